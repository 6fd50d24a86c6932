"""A word's output folder: nothing of anybody else's is lost."""

import json
import os

import numpy as np
import pytest

from kerasgan.cli.failures import Failure, UsageError
from kerasgan.cli.outputs import OVER, Output


def write(path, names, note=None):
    with Output(path, "project", named=True) as output:
        fill(output.begin(), names)
        output.finish(note or {})


def fill(aside, names):
    for name in names:
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).write_text(name)


def files(path):
    return sorted(p.name for p in path.rglob("*") if p.is_file())


def test_new_files_take_the_place_of_the_old_ones_and_others_stay(tmp_path):
    write(tmp_path / "out", ["a.png", "frames/0.png"])
    (tmp_path / "out" / "mine.txt").write_text("mine")
    write(tmp_path / "out", ["b.png"], {"run": "x"})
    left = sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert left == ["b.png", "mine.txt", "project.json"]
    assert json.loads((tmp_path / "out" / "project.json").read_text())["run"] == "x"


def test_what_was_there_stays_until_the_end(tmp_path):
    write(tmp_path / "out", ["a.png"])
    with Output(tmp_path / "out", "project", named=True) as output:
        (output.begin() / "half.png").write_text("")
    assert (tmp_path / "out" / "a.png").exists()
    write(tmp_path / "out", ["b.png"])
    assert not (tmp_path / "out" / "half.png").exists()


def test_somebodys_folder_and_a_file_are_refused(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "a.png").write_text("a")
    with pytest.raises(UsageError, match="holds other files: name another"):
        Output(tmp_path / "theirs", "project", named=True)
    with pytest.raises(UsageError, match="which is a file"):
        Output(tmp_path / "theirs" / "a.png", "project", named=True)


def test_what_was_asked_for_goes_on_and_something_else_does_not_take_it_away(
    tmp_path, capsys
):
    out = tmp_path / "out"
    with Output(out, "project", named=True) as output:
        fill(output.begin("many"), ["a.png", ".b.png.123.part"])
        output.write_done(0, {"points": np.ones(2)})
    with Output(out, "project", named=True) as output:
        fill(output.begin("one"), ["c.png"])
        assert output.read_done(0) is None
        output.finish({})
    assert "with other settings and stopped waits" in capsys.readouterr().out
    with Output(out, "project", named=True) as output:
        assert files(output.begin("many")) == ["000000.npz", "a.png"]
        assert output.read_done(0)["points"].tolist() == [1, 1]
        (output.done / "000000.npz").write_bytes(b"damaged")
        assert output.read_done(0) is None
        output.finish({})
    assert files(out) == ["a.png", "project.json"]


def test_two_words_in_one_folder_are_refused_at_once_and_later(tmp_path):
    out = tmp_path / "out"
    with Output(out, "project", named=True) as output:
        other = Output(out, "inpaint", named=True)
        fill(output.begin(), ["a.png"])
        with pytest.raises(Failure, match="another command is writing there"):
            other.begin()
        output.finish({})
    with other, pytest.raises(UsageError, match="holds other files"):
        other.begin()
    assert "a.png" in files(out)


def test_a_finished_start_leaves_alone_what_the_next_one_began(tmp_path):
    with Output(tmp_path / "out", "interpolate", named=True) as output:
        fill(output.begin(), ["0.png"])
        output.finish({})
        other = Output(tmp_path / "out", "interpolate", named=True)
        fill(other.begin(), ["1.png"])
    assert files(other.aside) == ["1.png"]
    with other:
        other.finish({})
    assert files(tmp_path / "out") == ["1.png", "interpolate.json"]


def test_what_cannot_be_gone_on_with_is_taken_away(tmp_path):
    with Output(tmp_path / "out", "interpolate", named=True) as output:
        fill(output.begin(), ["frames/0.png"])
    assert not output.aside.exists()


@pytest.mark.parametrize("key", ["same", "another"])
def test_two_starts_in_one_folder_are_refused(tmp_path, key):
    out = tmp_path / "out"
    with Output(out, "project", named=True) as output:
        output.begin("same")
        with pytest.raises(Failure, match="another command is writing there"):
            Output(out, "project", named=True).begin(key)
    with Output(out, "project", named=True) as output:
        output.begin(key)


def test_killed_while_it_clears_up_a_word_loses_nothing(tmp_path, monkeypatch):
    out = tmp_path / "out"

    def kill(folder):
        (folder / OVER / "moving.json").unlink()
        raise KeyboardInterrupt

    with Output(out, "project", named=True) as output, monkeypatch.context() as patch:
        fill(output.begin("key"), ["a.png"])
        output.write_done(0, {"points": np.ones(2)})
        patch.setattr("kerasgan.cli.outputs.shutil.rmtree", kill)
        with pytest.raises(KeyboardInterrupt):
            output.finish({})
    with Output(out, "project", named=True) as output:
        assert files(output.begin("key")) == []
        assert output.read_done(0) is None
        assert (out / "a.png").exists()
        fill(output.aside, ["a.png"])
        output.finish({})
    assert files(out) == ["a.png", "project.json"]


def test_killed_while_its_files_are_moved_a_word_finishes_that(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write(out, ["old.png", "a.png"])

    def kill(source, target):
        if target.name == "b.png":
            raise KeyboardInterrupt
        move(source, target)

    move = os.replace
    with Output(out, "project", named=True) as output, monkeypatch.context() as patch:
        fill(output.begin("key"), ["a.png", "b.png"])
        patch.setattr("kerasgan.cli.outputs.os.replace", kill)
        with pytest.raises(KeyboardInterrupt):
            output.finish({})
    assert sorted(each.name for each in out.glob("*.png")) == ["a.png", "old.png"]
    with Output(out, "project", named=True) as output:
        output.begin("key")
        output.finish({})
    assert files(out) == ["a.png", "b.png", "project.json"]
    assert json.loads((out / "project.json").read_text())["files"] == ["a.png", "b.png"]


def test_a_mark_that_names_files_elsewhere_removes_none(tmp_path):
    write(tmp_path / "out", ["a.png"])
    (tmp_path / "precious").write_text("")
    mark = tmp_path / "out" / "project.json"
    for names in (["../precious", str(tmp_path / "precious")], "a.png", [3], None):
        mark.write_text(json.dumps({"files": names}))
        write(tmp_path / "out", ["a.png"])
    mark.write_text("not json")
    write(tmp_path / "out", ["a.png"])
    assert (tmp_path / "precious").exists()
