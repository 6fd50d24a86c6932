"""prepare, typed as a user would."""

import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from kerasgan.cli.main import main
from kerasgan.images import read_image, write_png
from kerasgan.preparation.detector_model import FILE
from tests.data.test_near_duplicates import scene
from tests.preparation.test_frames import write as write_video

ROOT = Path(__file__).resolve().parents[2]
WHOLE = "--faces none --image_size 16 --min_sharpness 0".split()


def prepare(*arguments):
    return main(["prepare", *map(str, arguments)])


@pytest.fixture
def photos(in_tmp):
    folder = Path("photos")
    folder.mkdir()
    for k in range(5):
        write_png(folder / f"{k}.png", scene(k))
    return folder


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


def pictures(folder):
    return sorted(path.name for path in Path(folder).rglob("*.png"))


def test_whole_pictures_then_train_is_one_command_away(photos, capsys):
    before = digests(photos)
    assert prepare("--path", photos, "--out", "my faces", *WHOLE) == 0
    assert pictures("my faces") == [f"{k:06d}.png" for k in range(5)]
    assert digests(photos) == before
    said = capsys.readouterr().out.splitlines()
    assert "kept         5" in said
    assert said[-2] == "What was kept and dropped, with pictures: my faces/report.html"
    command = shlex.split(said[-1].partition("Next: ")[2])
    assert command[-2:] == ["--path", "my faces"]
    assert main(["train", *command[-2:], "--image_size", "16", "--dry_run"]) == 0


def test_the_same_command_again_goes_on_and_others_are_refused(photos, capsys):
    command = ["--path", photos, "--out", "out", *WHOLE]
    assert prepare(*command) == 0
    before = digests("out")
    assert prepare(*command) == 0
    assert "Going on in out/" in capsys.readouterr().out
    assert digests("out") == before
    assert prepare(*command, "--darkest", "40", "--near_bits", "2") == 1
    said = capsys.readouterr().err
    assert "--darkest: it was begun with 30.0, you asked for 40.0" in said
    assert "--near_bits: it was begun with 4, you asked for 2" in said
    assert "--fresh" in said and digests("out") == before


def test_fresh_removes_ours_and_leaves_what_others_put_there(photos):
    command = ["--path", photos, "--out", "out", *WHOLE]
    assert prepare(*command) == 0
    Path("out/notes.txt").write_text("mine")
    (photos / "4.png").unlink()
    assert prepare(*command, "--image_size", "24", "--fresh") == 0
    assert pictures("out") == [f"{k:06d}.png" for k in range(4)]
    assert read_image("out/000000.png").shape == (24, 24, 3)
    assert Path("out/notes.txt").read_text() == "mine"


def test_folders_of_others_are_refused_and_left_alone(photos, capsys):
    Path("holiday").mkdir()
    Path("holiday/a.png").write_bytes(b"mine")
    for out, sentence in (
        ("holiday", "which holds other files: name another"),
        ("holiday/a.png", "which is a file"),
        ("photos", "--out must lie outside --path"),
        ("photos/out", "--out must lie outside --path"),
        ("photos/../photos/x/y", "--out must lie outside --path"),
        (".", "--path must lie outside --out"),
    ):
        before = digests(".")
        assert prepare("--path", photos, "--out", out, *WHOLE, "--fresh") == 2
        assert sentence in capsys.readouterr().err
        assert digests(".") == before


def test_patches_of_one_picture_beside_their_folder(in_tmp):
    write_png("doodle.png", scene(0, side=300))
    command = "--path doodle.png --patches 12 --patch_size 32 --patch_rotation 20"
    assert prepare(*command.split(), "--out", "a") == 0
    assert prepare(*command.split(), "--out", "b") == 0
    assert prepare(*command.split(), "--out", "c", "--seed", "1") == 0
    a, b, c = (
        {name: digest for name, digest in digests(k).items() if name.endswith(".png")}
        for k in "abc"
    )
    assert len(a) == 12 and a == b and not set(a.values()) & set(c.values())
    assert read_image("a/000000.png").shape == (32, 32, 3)


def test_fewer_patches_than_asked_for_are_told(photos, capsys):
    blank = np.full((64, 64, 3), 200, np.uint8)
    write_png(photos / "z.png", blank)
    command = ["--out", "out", "--patch_size", "32", "--patches", "60", "--path"]
    assert prepare(*command, photos) == 0
    said = capsys.readouterr().out
    assert "kept            60" in said and "nearly empty  1" in said
    write_png("blank.png", blank)
    assert prepare(*command, "blank.png", "--fresh") == 1
    said = capsys.readouterr().out
    assert "0 patches of 60: the pictures are too empty." in said


def test_one_picture_many_times(in_tmp):
    write_png("one.png", scene(0))
    assert prepare("--path", "one.png", "--out", "out", "--multiply", 20) == 0
    made = list(Path("out").glob("*.png"))
    assert len(made) == 20 == len({path.read_bytes() for path in made})
    assert all(np.array_equal(read_image(path), scene(0)) for path in made)


def test_frames_of_a_video(in_tmp, capsys):
    Path("films").mkdir()
    write_video("films/a.avi", count=20, rate=10)
    light = ["--darkest", 0, "--brightest", 255, "--near_bits", -1]
    command = ["--path", "films", "--out", "out", *WHOLE, *light]
    assert prepare(*command) == 1
    assert "add --every 1s" in capsys.readouterr().err
    assert prepare(*command, "--every", "500ms") == 0
    greys = [read_image(path).mean() for path in sorted(Path("out").glob("*.png"))]
    assert np.allclose(greys, [0, 50, 100, 150], atol=3)


def test_nothing_kept_is_said_and_fails(photos, capsys):
    command = ["--path", photos, "--out", "out", *WHOLE[:-2], "--min_sharpness", 90000]
    assert prepare(*command) == 1
    said = capsys.readouterr()
    assert "blurred    5" in said.out
    assert "must get at least one picture and got none" in said.err
    assert Path("out/report.html").is_file()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "--path must name a folder of photographs"),
        ("--path a", "--out must name a folder"),
        ("--path a --out b --faces some", "--faces must be one of all, biggest, none"),
        ("--path a --out b --margin 3", "--margin must be between 0 and 2"),
        ("--path a --out b --margin nan", "--margin must be between 0 and 2"),
        ("--path a --out b --near_bits 40", "--near_bits must be between -1 and 16"),
        ("--path a --out b --patches -1", "--patches must be between 0"),
        ("--path a --out b --image_size 4", "--image_size must be between 8 and 4096"),
        ("--path a --out b --image_size x", "--image_size must be one number, or"),
        ("--path a --out b --darkest 99 --brightest 50", "--darkest must be below"),
        ("--path a --out b --patches 5 --multiply 5", "one of --patches and --multip"),
        ("--path a --out b --every never", "--every must be a time above 0"),
        ("--path a --out b --patch_size 64", "--patch_size must go with --patches"),
        (
            "--path a --out b --patches 5 --margin 1",
            "--margin must go with faces, and means nothing to --patches",
        ),
        (
            "--path a --out b --faces none --min_size 9",
            "--min_size must go with faces, and means nothing to --faces none",
        ),
        (
            "--path a --out b --multiply 5 --image_size 64",
            "--image_size must go with faces and whole pictures",
        ),
    ],
)
def test_usage_errors_are_one_sentence_and_exit_2(typed, sentence, in_tmp, capsys):
    assert prepare(*typed.split()) == 2
    said = capsys.readouterr()
    assert sentence in said.err and "Traceback" not in said.err
    assert list(in_tmp.iterdir()) == []


def test_a_detector_that_cannot_be_had_is_a_sentence(photos, capsys, monkeypatch):
    import keras

    def get_file(*args, **kwargs):
        raise Exception("URL fetch failure on https://x: None -- no route")

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    assert prepare("--path", photos, "--out", "out") == 1
    said = capsys.readouterr().err
    assert "no route" in said and "--detector_model" in said
    Path("mine.onnx").write_bytes(b"no network")
    command = ["--path", photos, "--out", "out", "--detector_model"]
    assert prepare(*command, "mine.onnx") == 1
    assert "must be YuNet's ONNX file" in capsys.readouterr().err
    assert prepare(*command, "absent.onnx") == 1
    assert "absent.onnx: No such file" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_damaged_record_is_named(photos, capsys):
    Path("out").mkdir()
    Path("out/prepared.jsonl").write_text("mine\n")
    assert prepare("--path", photos, "--out", "out", *WHOLE) == 2
    assert "its line 1 is not" in capsys.readouterr().err
    assert Path("out/prepared.jsonl").read_text() == "mine\n"


def start(*command):
    return subprocess.Popen(
        [sys.executable, ROOT / "train.py", "--TYPE", "prepare", *map(str, command)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A folder of photographs large enough to be killed in, and what comes of it."""
    place = tmp_path_factory.mktemp("many")
    (place / "photos").mkdir()
    for k in range(120):
        write_png(place / f"photos/{k:03d}.png", scene(k, side=250))
    assert prepare("--path", place / "photos", "--out", place / "whole", *WHOLE) == 0
    return place


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_in_the_middle_the_next_start_goes_on(in_tmp, many, number):
    before = digests(many / "photos")
    command = ["--path", many / "photos", "--out", "out", *WHOLE]
    process = start(*command)
    while process.poll() is None and len(pictures("out")) < 3:
        time.sleep(0.002)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0 and "Traceback" not in said
    if number != signal.SIGKILL:
        assert "type the same command again" in said
    assert 0 < len(pictures("out")) < 120
    assert prepare(*command) == 0
    ours, whole = digests("out"), digests(many / "whole")
    assert ours["prepared.jsonl"] == whole["prepared.jsonl"]
    assert ours == whole and len(pictures("out")) == 120
    assert digests(many / "photos") == before


def test_two_at_a_time_are_refused(photos, capsys):
    from kerasgan.runs import RunLock

    Path("out").mkdir()
    lock = RunLock(Path("out/.lock"))
    assert prepare("--path", photos, "--out", "out", *WHOLE) == 1
    assert "another prepare is writing there" in capsys.readouterr().err
    lock.release()
    assert prepare("--path", photos, "--out", "out", *WHOLE) == 0


def test_no_tensorflow_is_needed(photos):
    program = (
        "import sys; from kerasgan.cli.main import main; main(sys.argv[1:])\n"
        "print('LOADED', [m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    command = ["prepare", "--path", "photos", "--out", "out", *WHOLE]
    done = subprocess.run(
        [sys.executable, "-c", program, *command],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert "LOADED []" in done.stdout


def test_faces_of_real_photographs(shared_dir, in_tmp, capsys):
    Path("photos").mkdir()
    for name in ("2008_001322.jpg", "2008_002506.jpg", "2009_004587.jpg"):
        photo = shared_dir / "data/messy_photos/dlib_truth" / name
        Path("photos", name).symlink_to(photo)
    model = shared_dir / "models" / FILE
    before = digests("photos")
    command = ["--path", "photos", "--detector_model", model, "--image_size", "64"]
    assert prepare(*command, "--out", "all", "--border", "blur") == 0
    assert len(pictures("all")) == 8
    assert "not the biggest face" not in capsys.readouterr().out
    assert prepare(*command, "--out", "one", "--faces", "biggest") == 0
    assert "not the biggest face  5" in capsys.readouterr().out
    one = [cv2.imread(f"one/{name}") for name in pictures("one")]
    assert [picture.shape for picture in one] == [(64, 64, 3)] * 3
    first = Path("one/prepared.jsonl").read_text().splitlines()[1]
    assert json.loads(first)["kept"][0]["score"] > 0.8
    assert digests("photos") == before
