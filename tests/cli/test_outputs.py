"""A word's output folder: nothing of anybody else's is lost."""

import json

import pytest

from kerasgan.cli.failures import UsageError
from kerasgan.cli.outputs import Output


def write(path, names, note=None):
    output = Output(path, "project", named=True)
    aside = output.begin()
    for name in names:
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).write_text(name)
    output.finish(note or {})


def test_new_files_take_the_place_of_the_old_ones_and_others_stay(tmp_path):
    write(tmp_path / "out", ["a.png", "frames/0.png"])
    (tmp_path / "out" / "mine.txt").write_text("mine")
    write(tmp_path / "out", ["b.png"], {"run": "x"})
    left = sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert left == ["b.png", "mine.txt", "project.json"]
    assert json.loads((tmp_path / "out" / "project.json").read_text())["run"] == "x"


def test_what_was_there_stays_until_the_end(tmp_path):
    write(tmp_path / "out", ["a.png"])
    aside = Output(tmp_path / "out", "project", named=True).begin()
    (aside / "half.png").write_text("")
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
