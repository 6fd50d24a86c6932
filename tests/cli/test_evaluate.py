"""The word evaluate: runs and folders against each other, in numbers."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from kerasgan.cli.copying import words_of
from kerasgan.cli.main import main
from kerasgan.cli.report import training_pictures
from kerasgan.jsonl import read_lines
from kerasgan.metrics import plain_features
from kerasgan.metrics.extraction import extract
from kerasgan.metrics.named_features import FeatureNet
from kerasgan.runs import RunFolder, read_json
from tests.cli.conftest import train
from tests.conftest import draw_noise

ROOT = Path(__file__).resolve().parents[2]
SMALL, RAW = ["--image_size", "16"], ["--which", "raw"]


def evaluate(*more):
    return main(["--TYPE", "evaluate", "--img_num", "12", *more])


def test_a_run_against_its_own_pictures(trained, capsys):
    assert evaluate() == 0
    said = capsys.readouterr().out
    assert "12 drawn by runs/faces (dcgan, ema, step 4)" in said
    assert "against its own pictures, 12 in" in said
    assert "KID x 1000" in said
    assert "much nearer to one than to all others" in said
    facts = read_json(trained / "evaluation.json")
    assert (facts["features"], facts["step"]) == ("plain", 4)
    assert facts["kid_error"] > 0
    assert 0 <= facts["copies_in_pixels"]["single"] <= 1
    assert facts["image_size"] == "16x16"
    sheet = cv2.imread(str(trained / "evaluation_nearest.png"))
    assert sheet.shape[1] == 6 * 32 + 5 * 6  # pairs in six columns


def test_the_pictures_are_those_of_generate(trained, capsys):
    assert main(["generate", "--img_num", "12", "--out", "made"]) == 0
    assert evaluate("--out", "run.json", "--against", "faces") == 0
    command = ["evaluate", "--path", "made", "--against", "faces", "--out", "made.json"]
    assert main([*command, "--image_size", "16"]) == 0
    ours, theirs = (read_json(name) for name in ("run.json", "made.json"))
    for name in ("kid", "fid", "precision", "diversity"):
        assert ours[name] == pytest.approx(theirs[name], rel=1e-6)


def test_neither_batches_nor_the_order_of_files_matter(in_tmp, monkeypatch):
    draw_noise(in_tmp / "a")
    draw_noise(in_tmp / "b", seed=1)
    for k, file in enumerate(sorted((in_tmp / "a").iterdir())):
        (in_tmp / "other").mkdir(exist_ok=True)
        shutil.copy(file, in_tmp / "other" / f"{99 - k}.png")
    found = []
    for path, batch in (("a", 128), ("other", 5)):
        in_batches = functools.partial(extract, batch_size=batch)
        monkeypatch.setattr("kerasgan.cli.sides.extract", in_batches)
        command = ["evaluate", "--path", "b", "--against", path, "--image_size", "16"]
        assert main([*command, "--out", "found.json"]) == 0
        found.append(read_json("found.json"))
    for name in ("kid", "kid_error", "fid", "recall", "sliced_wasserstein"):
        assert found[0][name] == pytest.approx(found[1][name], rel=1e-6)


def test_a_run_against_a_run(trained, in_tmp, capsys):
    shutil.copytree(trained, in_tmp / "runs" / "twin")
    assert evaluate("--run_dir", "runs/faces", "--against", "runs/twin") == 0
    facts = read_json(trained / "evaluation.json")
    assert facts["fid"] > 0.1  # not the same pictures
    assert abs(facts["kid"]) < 4 * facts["kid_error"]  # and of the same kind
    assert "against 12 drawn by runs/twin" in capsys.readouterr().out
    assert not (trained / "evaluation_nearest.png").exists()


def test_a_judged_folder_keeps_its_copies_and_small_pictures(in_tmp, capsys):
    new = draw_noise(in_tmp / "new", seed=1)
    (in_tmp / "made").mkdir()
    for k in range(12):
        shutil.copy(new / "0.png", in_tmp / "made" / f"{k}.png")
    cv2.imwrite("made/tiny.png", cv2.imread(str(new / "1.png"))[:4, :4])
    Path("made/torn.png").write_bytes(b"")
    shutil.copy(draw_noise(in_tmp / "faces") / "0.png", "faces/again.png")
    command = ["evaluate", "--path", "made", "--against", "faces", *SMALL]
    assert main([*command, "--out", "found.json"]) == 0
    said = capsys.readouterr().out
    assert "13 in made\nagainst 12 in faces" in said
    assert "Files in made that are left out: 1 (empty file 1)." in said
    assert "Files in faces that are left out: 1 (copy 1)." in said
    assert read_json("found.json")["diversity"] < 0.4


def test_another_programs_config_makes_no_run_of_a_folder(in_tmp, capsys):
    for name in ("faces", "made"):
        draw_noise(in_tmp / name)
        (in_tmp / name / "config.json").write_text("{}")
    assert main(["evaluate", "--path", "made", "--against", "faces", *SMALL]) == 0
    assert "12 in made\nagainst 12 in faces" in capsys.readouterr().out


def test_only_its_own_numbers_are_written_over(trained, capsys):
    assert evaluate("--out", "runs/faces/config.json") == 2
    assert "which is something else" in capsys.readouterr().err
    assert RunFolder(trained).read_settings()["model"] == "dcgan"
    for text in ("[1]", "no json"):
        Path("mine.json").write_text(text)
        assert evaluate("--out", "mine.json") == 2
    assert evaluate("--out", "new.json") == evaluate("--out", "new.json") == 0


def test_a_run_is_judged_from_any_folder(trained, in_tmp, monkeypatch, capsys):
    (in_tmp / "elsewhere").mkdir()
    monkeypatch.chdir(in_tmp / "elsewhere")
    assert evaluate("--run_dir", str(trained)) == 0
    assert "against its own pictures, 12 in" in capsys.readouterr().out
    assert len(training_pictures(RunFolder(trained), None)) == 12


def test_where_there_is_no_best_checkpoint_that_is_told(trained, capsys):
    (trained / "checkpoints" / "best").unlink()
    told = "no best checkpoint, as none was scored yet: the newest is taken, of step 4."
    assert evaluate("--which", "best") == 0
    assert told in capsys.readouterr().out
    assert main(["generate", "--img_num", "2", "--which", "best"]) == 0
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("side", ["drawn", "own"])
def test_features_that_are_no_numbers_are_a_sentence(
    side, trained, monkeypatch, capsys
):
    def features(images):
        are_own = len(images) == 128  # a batch of a folder's pictures
        bad = are_own == (side == "own")
        return np.full((len(images), 3), np.nan if bad else 1.0, np.float32)

    net = FeatureNet("odd", features, side)
    monkeypatch.setattr("kerasgan.cli.evaluating.open_features", lambda *given: net)
    assert evaluate() in (1, 2)
    said = capsys.readouterr().err
    assert "finite numbers" in said
    assert said.count("\n") == 1


def test_features_of_a_folder_are_taken_once(trained, monkeypatch):
    assert evaluate() == 0
    taken, whole = [], plain_features.plain_features

    def counted(images):
        taken.append(len(images))
        return whole(images)

    monkeypatch.setattr(plain_features, "plain_features", counted)
    assert evaluate() == 0
    assert taken == [64]  # the drawn ones alone, their batch filled up


def test_other_features_from_a_file(trained, tmp_path, capsys):
    import keras

    images = keras.Input((8, 8, 3))
    rows = keras.layers.GlobalAveragePooling2D()(images)
    keras.Model(images, rows).save(tmp_path / "net.keras")
    assert evaluate("--features", "net.keras") == 0
    assert "in features of: net.keras" in capsys.readouterr().out


def test_a_folder_that_changed_since_is_told(trained, in_tmp, capsys):
    draw_noise(in_tmp / "faces", seed=9)
    assert evaluate() == 0
    assert "have changed since" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["--path", "faces"], "must go with --against"),
        (["--path", "faces", "--run_dir", "runs/faces"], "Received both"),
        (["--image_size", "32"], "must go with two folders"),
        (["--path", "runs/faces", "--against", "faces"], "name it by --run_dir"),
        (
            ["--path", "faces", "--against", "faces", "--which", "raw"],
            "--which must go",
        ),
        (["--path", "one", "--against", "faces", *SMALL], "at least 6 pictures"),
        (["--against", "nowhere"], "nowhere"),
        (["--features", "inceptoin"], "Did you mean inception"),
        (["--pixels", "0..1"], "must go with --features FILE"),
        (["--img_num", "3"], "--img_num must be at least 6"),
        (["--out", "numbers.txt"], "must be a .json file"),
        (["--seed", "-1"], "--seed must be"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(typed, words, trained, capsys):
    shutil.copytree("faces", "one", ignore=shutil.ignore_patterns("?.png", "11.png"))
    assert main(["evaluate", *typed]) in (1, 2)
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("share", "error", "words"),
    [
        (1.0, 1.41, "it cannot be told (100% +- 141%"),
        (0.0, 0.30, "it cannot be told"),
        (0.1, 0.10, "no sign of them (10% +- 10%"),
        (0.0, 0.00, "no sign of them"),
        (0.9, 0.30, "90% are"),
    ],
)
def test_a_share_of_copies_says_no_more_than_its_error_lets_it(share, error, words):
    numbers = {"copied": share, "copied_error": error, "nearer": 0.5}
    assert words_of(numbers | {"single": 0.0, "natural": 0.01}).startswith(words)


def test_pictures_that_are_gone_are_told(trained, in_tmp, capsys):
    shutil.rmtree(in_tmp / "faces")
    assert evaluate() == 2
    assert "--against must name pictures to compare with" in capsys.readouterr().err


def test_training_against_held_out_pictures(in_tmp, monkeypatch, capsys):
    """A thousand pictures are too many for a test: let a dozen be enough."""
    monkeypatch.setattr("kerasgan.data.held_out.LEAST", 12)
    draw_noise(in_tmp / "faces")
    more = ("--steps", "4", "--evaluate_every", "2", "--held_out", "0.5")
    assert train(*more) == 0
    assert "6 of the 12 pictures are kept from the training" in capsys.readouterr().out
    run = in_tmp / "runs" / "faces"
    lines = read_lines(run / "evaluations.jsonl")
    assert [line["held"] for line in lines] == [6, 6]
    assert [line["step"] for line in read_lines(run / "verdicts.jsonl")] == [2, 4]
    assert evaluate("--run_dir", str(run)) == 0
    assert "by the held-out ones" in capsys.readouterr().out


def test_pictures_that_were_trained_on_are_never_held_out_later(in_tmp, monkeypatch):
    monkeypatch.setattr("kerasgan.data.held_out.LEAST", 12)
    draw_noise(in_tmp / "faces")
    more = ("--held_out", "0.5", "--evaluate_every", "2")
    assert train("--steps", "2", *more) == 0
    before = read_json("runs/faces/dataset.json")["held_out"]
    for k, file in enumerate(sorted(draw_noise(in_tmp / "new", seed=7).iterdir())):
        shutil.copy(file, in_tmp / "faces" / f"new{k}.png")
    assert train("--steps", "4", "--allow_new_data") == 0
    assert read_json("runs/faces/dataset.json")["held_out"] == before
    run = RunFolder("runs/faces")
    shown = training_pictures(run, None)  # on the report's page
    assert len(shown) == 24 - len(before)


def test_two_at_once_share_the_features_of_a_folder(trained, in_tmp):
    command = [sys.executable, str(ROOT / "train.py"), "--TYPE", "evaluate"]
    command += ["--img_num", "12", "--run_dir"]
    shutil.copytree(trained, in_tmp / "runs" / "twin")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen([*command, f"runs/{name}"], env=environment)
        for name in ("faces", "twin")
    ]
    assert [each.wait() for each in both] == [0, 0]
    ours, theirs = (read_json(f"runs/{n}/evaluation.json") for n in ("faces", "twin"))
    assert ours["kid"] == theirs["kid"]
