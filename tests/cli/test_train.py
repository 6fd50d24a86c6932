"""train, typed as a user would, with tiny networks."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf

from kerasgan import training
from kerasgan.cli.main import main
from kerasgan.images import comment_png
from kerasgan.runs import RunFolder
from tests.cli.conftest import TINY, train

ROOT = Path(__file__).resolve().parents[2]


def test_config_and_dataset_tell_how_the_run_was_made(trained):
    config = json.loads((trained / "config.json").read_text())
    assert config["settings"]["width"] == 2
    assert config["precision"] == "float32"
    assert {"kerasgan", "tensorflow", "keras", "python"} <= config["versions"].keys()
    assert json.loads((trained / "dataset.json").read_text())["used"] == 12


def test_the_same_command_goes_on_and_keeps_the_settings(trained, capsys):
    assert main(["--path", "faces", "--steps", "6"]) == 0
    assert "6 steps" in capsys.readouterr().out
    config = json.loads((trained / "config.json").read_text())
    assert (config["settings"]["width"], config["settings"]["steps"]) == (2, 6)


def test_a_run_that_is_done_says_how_to_go_on(trained, capsys):
    assert train("--steps", "4") == 0
    assert "has had its 4 steps already" in capsys.readouterr().out


def test_other_settings_are_refused_one_by_one(trained, capsys):
    assert train("--steps", "6", "--width", "4", "--seed", "3") == 1
    said = capsys.readouterr().err
    assert "--width: the run has 2, you asked for 4" in said
    assert "--seed: the run has 0, you asked for 3" in said
    assert "--fresh" in said
    assert not (trained / "checkpoints/step_00000006").exists()


def test_fresh_starts_a_numbered_run_and_says_how_to_go_on_there(trained, capsys):
    assert train("--steps", "2", "--width", "4", "--fresh") == 0
    again = "with --run_dir runs/faces-2 in place of --fresh goes on"
    assert again in capsys.readouterr().out
    assert RunFolder("runs/faces-2").exists()
    assert RunFolder("runs/faces").exists()


def test_changed_pictures_are_refused_unless_allowed(trained, capsys):
    (Path("faces") / "0.png").unlink()
    assert train("--steps", "6") == 1
    said = capsys.readouterr().err
    assert "12 of them in " in said
    assert "there are 11 now" in said
    assert train("--steps", "6", "--allow_new_data") == 0


def test_the_same_pictures_in_another_place_are_the_same(trained):
    shutil.move("faces", "moved")
    assert main(["--path", "moved", "--run_dir", str(trained), "--steps", "5"]) == 0


def test_dry_run_prints_and_touches_nothing(in_tmp, pictures, capsys):
    before = sorted(in_tmp.rglob("*"))
    assert train("--dry_run") == 0
    said = capsys.readouterr().out
    assert "starts in runs/faces/" in said
    assert '"minutes": 10.0' in said
    assert "null" not in said
    assert sorted(in_tmp.rglob("*")) == before


def test_fewer_pictures_than_a_batch_train_all_the_same(in_tmp, pictures, capsys):
    assert train("--steps", "2", "--batch_size", "32") == 0
    said = capsys.readouterr().out
    assert "fewer pictures (12) than a batch has (32)" in said
    assert "expect copies" in said


def test_one_picture_many_times_is_told(in_tmp, pictures, capsys):
    picture = (pictures / "0.png").read_bytes()
    for number in range(12):  # other bytes, or they would be left out as copies
        content = comment_png(picture, f"copy {number}")
        (pictures / f"{number}.png").write_bytes(content)
    assert train("--steps", "1") == 0
    said = capsys.readouterr().out
    assert "All 12 pictures are the same. With 1 picture expect copies" in said


def test_non_square_grey_and_alpha(in_tmp, pictures):
    for channels, size in ((1, "32x16"), (4, "16x32")):
        run_dir = f"runs/c{channels}"
        flags = ["--channels", str(channels), "--image_size", size]
        assert train("--steps", "1", "--run_dir", run_dir, *flags) == 0
        assert main(["generate", "--img_num", "1", "--run_dir", run_dir]) == 0
        made = cv2.imread(f"{run_dir}/generated/0000.png", cv2.IMREAD_UNCHANGED)
        height, width = map(int, size.split("x"))
        assert made.shape == ((height, width) if channels == 1 else (height, width, 4))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: None, "no such folder"),
        (lambda: Path("bad").write_text("x"), "folder"),
        (lambda: Path("bad").mkdir(), "bad"),
        (lambda: (Path("bad").mkdir(), Path("bad/a.jpg").write_text("x")), "a.jpg"),
    ],
)
def test_a_folder_without_pictures_is_a_sentence(make, sentence, in_tmp, capsys):
    make()
    assert main(["--path", "bad"]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert not Path("runs").exists()


def test_a_damaged_checkpoint_falls_back_to_the_one_before(trained, capsys):
    newest = trained / "checkpoints/step_00000004/state.npz"
    newest.write_bytes(newest.read_bytes()[:100])
    assert main(["generate", "--img_num", "1"]) == 0
    assert "step_00000004 is damaged" in capsys.readouterr().out
    assert train("--steps", "6") == 0
    assert "step_00000004 is damaged" in capsys.readouterr().out
    assert (trained / "checkpoints/step_00000006").is_dir()


def test_somebodys_folder_is_no_run(in_tmp, pictures, capsys):
    model = Path("project/checkpoints/model.pt")
    model.parent.mkdir(parents=True)
    model.write_text("mine")
    assert train("--steps", "1", "--run_dir", "project") == 1
    assert "name another folder by --run_dir" in capsys.readouterr().err
    assert [path.name for path in Path("project").iterdir()] == ["checkpoints"]
    assert model.read_text() == "mine"


def test_a_full_disk_during_a_save_keeps_the_last_checkpoint(
    trained, monkeypatch, capsys
):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kerasgan.state.save_state", full)
    assert train("--steps", "8") == 1
    said = capsys.readouterr().err
    assert "No space left" in said or "disk must have room" in said
    monkeypatch.undo()
    os.chdir(trained.parents[1])
    newest = (trained / "checkpoints/latest").read_text().strip()
    assert newest == "step_00000004"
    assert not list((trained / "checkpoints").glob(".*"))


def test_a_run_folder_that_cannot_be_written(in_tmp, pictures, capsys):
    Path("runs").write_text("a file where the folder should be")
    assert train("--steps", "1") == 1
    assert "runs/faces must be a folder or lie in one" in capsys.readouterr().err


@pytest.mark.skipif(
    not Path("/sys/kernel").is_dir(), reason="no folder here that nobody may write to"
)
def test_a_read_only_run_folder_is_a_sentence(in_tmp, pictures, capsys):
    assert train("--steps", "1", "--run_dir", "/sys/kerasgan/run") == 1
    said = capsys.readouterr().err
    assert "/sys/kerasgan must be accessible and is not" in said
    assert "name another folder" in said


def test_tensorboard_gets_what_the_log_gets(in_tmp, pictures):
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.plugin_event_accumulator",
        reason="TensorBoard is not installed",
    )
    assert train("--steps", "2", "--tensorboard") == 0
    assert train("--steps", "4") == 0  # it goes on with it
    events = reader.EventAccumulator("runs/faces/tensorboard").Reload()
    lines = Path("runs/faces/log.jsonl").read_text().splitlines()
    for tag, name in (("loss/D", "d_loss"), ("balance/gap", "gap")):
        shown = events.Tensors(tag)
        values = [float(tf.make_ndarray(event.tensor_proto)) for event in shown]
        assert np.allclose(values, [json.loads(line)[name] for line in lines])
    assert [event.step for event in events.Tensors("samples/averaged")] == [0, 2, 4]
    rows = np.loadtxt("runs/faces/tensorboard/pictures.tsv", delimiter="\t")
    assert len(rows) == 12 + 256  # all training pictures, and generated ones


def test_a_run_that_failed_before_its_first_step_takes_other_settings(
    in_tmp, pictures, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(training.Trainer, "fit", lambda *args: 1 / 0)
        assert train("--steps", "1") == 1
    assert train("--steps", "1", "--width", "4") == 0
    assert RunFolder("runs/faces").read_settings()["width"] == 4


def test_a_training_that_was_killed_is_told_to_the_next(trained, capsys):
    (trained / ".lock").write_text("training")
    assert train("--steps", "5") == 0
    assert "was ended from outside" in capsys.readouterr().out
    assert train("--steps", "6") == 0
    assert "was ended from outside" not in capsys.readouterr().out


def test_numbers_that_explode_are_told_and_exit_1(in_tmp, pictures, capsys):
    assert train("--steps", "20", "--learning_rate", "1e30") == 1
    said = capsys.readouterr()
    assert "going back to step 0" in said.out
    assert "smaller learning rate" in said.err


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_signals_save_and_tell_how_to_go_on(number, status, in_tmp, pictures):
    command = [sys.executable, str(ROOT / "train.py"), "--path", "faces", *TINY]
    process = subprocess.Popen(
        [*command, "--steps", "100000", "--checkpoint_every", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = Path("runs/faces/log.jsonl")
    while not (log.exists() and log.stat().st_size) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert "Run the same command again to go on" in out
    assert "Traceback" not in err
    step = int((Path("runs/faces/checkpoints/latest").read_text().strip())[5:])
    assert step > 0
    assert json.loads(log.read_text().splitlines()[-1])["step"] == step


def test_a_run_without_dataset_json_goes_on(trained, capsys):
    (trained / "dataset.json").unlink()
    assert train("--steps", "5") == 0
    assert (trained / "dataset.json").exists()
    assert "Going on from step 4." in capsys.readouterr().out
