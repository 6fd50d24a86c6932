"""generate, typed as a user would, with tiny networks."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np

from kerasgan.cli.main import main
from tests.cli.conftest import train


def read(folder):
    return {file.name: cv2.imread(str(file)) for file in sorted(folder.glob("*.png"))}


def test_train_then_generate_gives_exactly_the_pictures_asked_for(trained, capsys):
    assert main(["--TYPE", "generate", "--img_num", "100"]) == 0
    made = sorted(path.name for path in (trained / "generated").glob("*.png"))
    assert made == [f"{k:04d}.png" for k in range(100)]
    assert (trained / "generated.png").is_file()
    assert "100 pictures in runs/faces/generated/" in capsys.readouterr().out
    assert main(["--TYPE", "generate", "--img_num", "3"]) == 0
    assert len(list((trained / "generated").glob("*.png"))) == 3


def test_picture_k_depends_on_the_seed_and_k_alone(trained):
    for count, seed, out in ((40, 5, "a"), (3, 5, "b"), (3, 6, "c")):
        command = ["generate", "--img_num", str(count), "--seed", str(seed)]
        assert main([*command, "--out", out]) == 0
    a, b, c = (read(Path(name)) for name in "abc")
    assert all(np.array_equal(a[name], b[name]) for name in b)
    assert not np.array_equal(b["0000.png"], c["0000.png"])


def test_which_and_truncation_change_the_pictures(trained):
    made = {}
    for name, flags in {
        "ema": [],
        "raw": ["--which", "raw"],
        "best": ["--which", "best"],
        "calm": ["--truncation", "0.3"],
    }.items():
        assert main(["generate", "--img_num", "2", "--out", name, *flags]) == 0
        made[name] = read(Path(name))["0001.png"]
    assert not np.array_equal(made["ema"], made["raw"])
    assert not np.array_equal(made["ema"], made["calm"])
    assert made["best"].shape == (16, 16, 3)


def test_out_with_other_files_is_refused_and_left_alone(trained, capsys):
    holiday = Path("holiday")
    holiday.mkdir()
    (holiday / "0001.png").write_bytes(b"mine")
    assert main(["generate", "--out", "holiday"]) == 2
    assert "must be a new or empty folder" in capsys.readouterr().err
    assert (holiday / "0001.png").read_bytes() == b"mine"


def test_out_does_not_overwrite_a_picture_beside_it(trained, capsys):
    Path("new.png").write_bytes(b"mine")
    assert main(["generate", "--img_num", "2", "--out", "new"]) == 2
    assert "name another" in capsys.readouterr().err
    assert Path("new.png").read_bytes() == b"mine"


def test_generate_without_a_run_or_a_checkpoint(in_tmp, pictures, capsys):
    assert main(["generate"]) == 1
    assert "Train one first" in capsys.readouterr().err
    assert main(["generate", "--run_dir", "faces"]) == 1
    assert "faces must be the folder of a run" in capsys.readouterr().err
    assert train("--steps", "1") == 0
    for path in Path("runs/faces/checkpoints").glob("step_*/*"):
        path.unlink()
    assert main(["generate"]) == 1
    assert "must hold a whole checkpoint" in capsys.readouterr().err
    assert not Path("runs/faces/generated/0000.png").exists()


def test_the_best_is_the_one_that_the_score_chose_or_another_if_damaged(
    trained, capsys
):
    checkpoints = trained / "checkpoints"
    (checkpoints / "best").write_text("step_00000002\n")
    assert main(["generate", "--img_num", "2", "--out", "new"]) == 0
    assert main(["generate", "--img_num", "2", "--out", "best", "--which", "best"]) == 0
    assert Path("best/0001.png").read_bytes() != Path("new/0001.png").read_bytes()
    state = checkpoints / "step_00000002/state.npz"
    state.write_bytes(state.read_bytes()[:100])
    assert main(["generate", "--img_num", "2", "--out", "best", "--which", "best"]) == 0
    assert "step_00000002 is damaged" in capsys.readouterr().out
    assert Path("best/0001.png").read_bytes() == Path("new/0001.png").read_bytes()


def test_a_run_that_never_trained_has_no_pictures(trained, capsys):
    checkpoints = trained / "checkpoints"
    for step in (2, 4):
        shutil.rmtree(checkpoints / f"step_{step:08d}")
    (checkpoints / "latest").write_text("step_00000000\n")
    for which in ("ema", "best"):
        assert main(["generate", "--which", which]) == 1
        assert "must hold a whole checkpoint" in capsys.readouterr().err


def test_a_generate_that_fails_leaves_the_pictures_there(trained, capsys):
    assert main(["generate", "--img_num", "3"]) == 0
    shutil.rmtree(trained / "checkpoints")
    assert main(["generate", "--img_num", "2"]) == 1
    assert len(list((trained / "generated").glob("*.png"))) == 3


def test_a_full_disk_during_generate_leaves_the_pictures_there(
    trained, monkeypatch, capsys
):
    assert main(["generate", "--img_num", "3"]) == 0
    before = {path.name: path.read_bytes() for path in files_in(trained / "generated")}

    def full(path, png):
        if "0002" in Path(path).name:
            raise OSError(28, "No space left on device", str(path))
        Path(path).write_bytes(b"new")

    monkeypatch.setattr("kerasgan.generation.write_atomically", full)
    assert main(["generate", "--img_num", "5", "--seed", "7"]) == 1
    assert "The disk must have room" in capsys.readouterr().err
    after = {path.name: path.read_bytes() for path in files_in(trained / "generated")}
    assert after == before
    monkeypatch.undo()
    os.chdir(trained.parents[1])
    assert main(["generate", "--img_num", "2"]) == 0
    names = {path.name for path in (trained / "generated").iterdir()}
    assert names == {"0000.png", "0001.png", "generated.json"}


def files_in(folder):
    return [path for path in folder.iterdir() if path.is_file()]


def test_a_folder_named_like_a_picture_loses_none(trained):
    assert main(["generate", "--img_num", "3", "--out", "0001"]) == 0
    assert [read(Path("0001"))[f"000{k}.png"].shape for k in range(3)] == [
        (16, 16, 3)
    ] * 3
