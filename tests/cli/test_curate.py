"""The word `curate`, typed as a user would, with a tiny D."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from kerasgan.cli.main import main
from kerasgan.cli.typed import typed
from kerasgan.config import TrainConfig
from tests.cli.conftest import TINY

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--kimg", "0.1", "--image_size", "16"]


def draw_kinds(folder, each=12):
    """Noise, and flat colours with a bar, in one flat folder; a table of the kinds."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    lines = ["file,kind"]
    for k in range(each):
        noise = random.integers(0, 256, (20, 20, 3)).astype(np.uint8)
        bar = np.full((20, 20, 3), random.integers(90, 120, 3), np.uint8)
        bar[:, k : k + 3] = 255
        for kind, image in (("noise", noise), ("bar", bar)):
            cv2.imwrite(str(folder / f"{kind}{k:02d}.png"), image)
            lines.append(f"{kind}{k:02d}.png,{kind}")
    (folder.parent / "kinds.csv").write_text("\n".join(lines))


def curate(*more, path="scrape", out="sorted"):
    return main(["curate", "--path", path, "--out", out, *SMALL, *more])


def contents(folder):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A finished curation, made once and copied for each test."""
    place = tmp_path_factory.mktemp("curation")
    draw_kinds(place / "scrape")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("KERASGAN_CACHE", str(place / "cache"))
        before = contents("scrape")
        assert curate("--truth", "kinds.csv", "--clusters", "2") == 0
        assert contents("scrape") == before
    return place


@pytest.fixture
def sorted_here(in_tmp, template):
    for path in template.iterdir():
        if path.is_dir():
            shutil.copytree(path, in_tmp / path.name)
        else:
            shutil.copy(path, in_tmp)
    summary = in_tmp / "sorted" / "curation.json"
    text = summary.read_text().replace(str(template), str(in_tmp))
    summary.write_text(text)  # it names the folder by its whole path
    return in_tmp / "sorted"


def test_one_command_sorts_a_raw_folder(sorted_here):
    summary = json.loads((sorted_here / "curation.json").read_text())
    assert summary["purity"] == 1.0
    assert [each["pictures"] for each in summary["clusters"]] == [12, 12]
    assert len((sorted_here / "pictures.csv").read_text().splitlines()) == 25
    names = {path.name for path in sorted_here.iterdir()}
    assert {"map.html", "map.png", "cluster_01.png", "cluster_02.png"} <= names
    assert "noise 12" in (sorted_here / "map.html").read_text()


def test_the_same_command_does_no_step_again(sorted_here, monkeypatch):
    def never(*_, **__):
        raise AssertionError("this step was done already")

    for name in ("Reduction", "Clusters", "PictureMap", "near_duplicates", "extract"):
        monkeypatch.setattr(f"kerasgan.cli.curating.{name}", never)
    before = (sorted_here / "pictures.csv").read_bytes()
    assert curate("--truth", "kinds.csv", "--clusters", "2") == 0
    assert (sorted_here / "pictures.csv").read_bytes() == before


def test_other_clusters_take_the_same_features(sorted_here, monkeypatch, capsys):
    monkeypatch.setattr("kerasgan.cli.curating.extract", lambda *_: 1 / 0)
    assert curate("--clusters", "3") == 0
    said = capsys.readouterr().out
    assert "cluster  3" in said
    assert "Purity" not in said
    assert (sorted_here / "cluster_03.png").is_file()
    assert curate() == 0
    assert "Silhouettes, by the number of clusters: 2: " in capsys.readouterr().out


def test_a_changed_picture_is_a_new_curation(sorted_here, capsys):
    cv2.imwrite("scrape/new.png", np.full((20, 20, 3), 9, np.uint8))
    assert curate("--clusters", "2") == 0
    assert "training a small D" in capsys.readouterr().out
    assert len((sorted_here / "pictures.csv").read_text().splitlines()) == 26
    folders = list((sorted_here / "steps").glob("discriminator-*"))
    assert len(folders) == 1


def test_kept_clusters_can_be_trained_on(sorted_here, capsys):
    before = contents("scrape")
    first = (sorted_here / "pictures.csv").read_text().splitlines()[1].split(",")
    assert main(["curate", "--keep", first[1], "--out", "eyes"]) == 0
    said = capsys.readouterr().out
    assert "12 of 24 pictures in eyes/ (0 copied, 12 hard links)" in said
    assert f"{typed()} --path eyes" in said
    kept = contents("eyes")
    assert len(kept) == 12
    assert kept.items() <= before.items()
    assert contents("scrape") == before
    assert main(["--path", "eyes", *TINY, "--dry_run"]) == 0


def test_a_picture_that_changed_since_is_told(sorted_here, capsys):
    rows = [line.split(",") for line in (sorted_here / "pictures.csv").open()][1:]
    first = [row[0] for row in rows if row[1] == "1"]
    os.utime(f"scrape/{first[0]}", ns=(1, 1))
    command = ["curate", "--keep", "1", "--out"]
    assert main([*command, "same"]) == 0
    assert "changed" not in capsys.readouterr().out
    Path("scrape", first[1]).write_bytes(Path("scrape", first[2]).read_bytes())
    assert main([*command, "eyes"]) == 0
    said = capsys.readouterr().out
    assert f"1 of them changed since they were sorted, such as {first[1]}" in said


def test_a_lasso_keeps_what_it_holds(sorted_here):
    rows = [line.split(",") for line in (sorted_here / "pictures.csv").open()][1:]
    x, y = (int(value) for value in rows[0][2:4])
    corners = f"{max(x - 1, 0)},{max(y - 1, 0)},{x + 1},{max(y - 1, 0)},{x + 1},{y + 1}"
    corners += f",{max(x - 1, 0)},{y + 1}"
    command = ["curate", "--curation", "sorted"]
    assert main([*command, "--inside", corners, "--out", "one"]) == 0
    assert rows[0][0] in contents("one")
    assert len(contents("one")) < 12
    more = ["--keep", "1,2", "--outside", corners, "--copy"]
    assert main([*command, *more, "--out", "others"]) == 0
    assert len(contents("one")) + len(contents("others")) == 24


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--keep 9 --out new", "--keep must name clusters from 1 to 2. Received 9"),
        ("--keep one --out new", "--keep must be numbers of clusters"),
        ("--keep 1", "--out must name a folder for the kept pictures"),
        ("--keep 1 --out scrape/in", "which stays as it is"),
        ("--keep 1 --out sorted/in", "which stays as it is"),
        ("--keep 1 --out scrape", "must be a new or empty folder"),
        ("--keep 1 --out new --path scrape", "--path must go without --keep"),
        ("--keep 1 --out new --curation scrape", "has no curation.json"),
        ("--keep 1 --out new --drop outlier", "Did you mean outliers?"),
        ("--inside 1,2,3 --out new", "--inside must be at least three corners"),
        ("--inside 1,2,3,4,5,x --out new", "--inside must be at least three corners"),
        ("--inside 0,0,1,0,0,1 --drop outliers --out new", "keeps none"),
    ],
)
def test_a_choice_that_cannot_be_is_one_sentence(
    arguments, sentence, sorted_here, capsys
):
    before = contents(".")
    assert main(["curate", *arguments.split()]) in (1, 2)
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert contents(".") == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--path a", "--path must name a folder of pictures and --out one"),
        ("--out a", "Received no --path"),
        ("--path a --out b --clusters 1", "--clusters must be between 2 and 99"),
        ("--path a --out b --kimg 0", "--kimg must be above 0"),
        ("--path a --out b --image_size 20", "the nearest are 16 and 32"),
        ("--path a --out b --image_size big", "--image_size must be one number"),
        ("--path a --out b --seed -1", "--seed must be between 0 and"),
        ("--path . --out b", "--out must lie outside --path"),
        ("--path a --out b --run_dir c --features d.keras", "Received both"),
        ("--path a --out b --features d.h5", "must be a .keras or .tflite file"),
        ("--path a --out b --features d.keras", "--features must be a file"),
        ("--path a --out b --run_dir c --kimg 3", "--kimg must go without --run_dir"),
        ("--path a --out b --pixels 0..1", "--pixels must go with --features"),
        ("--path a --out b --drop outliers", "--drop must go with --keep"),
        ("--keep 1 --out b", "there is none in this folder"),
    ],
)
def test_usage_errors_are_one_sentence_and_exit_2(arguments, sentence, in_tmp, capsys):
    assert main(["curate", *arguments.split()]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert list(in_tmp.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--path", "absent"], "The picture folder must exist"),
        (["--path", "empty"], "must hold pictures"),
        (["--path", "scrape", "--run_dir", "absent"], "must be the folder of a run"),
        (["--path", "scrape", "--run_dir", "no"], "run_dir, and a small D is trained"),
        (["--path", "scrape", "--features", "bad.keras"], "Keras or TFLite can read"),
        (["--path", "scrape", "--truth", "folders", *SMALL], "some picture must lie"),
        (["--path", "scrape", "--truth", "no.csv", *SMALL], "folders or a CSV file"),
    ],
)
def test_what_cannot_be_sorted_is_one_sentence_and_exit_1(
    more, sentence, in_tmp, capsys
):
    Path("empty").mkdir()
    Path("bad.keras").write_bytes(b"x")
    draw_kinds(Path("scrape"), each=2)
    assert main(["curate", "--out", "sorted", "--cache_dir", "packs", *more]) == 1
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_out_with_other_files_is_refused_and_left_alone(in_tmp, capsys):
    draw_kinds(Path("scrape"), each=2)
    Path("sorted").mkdir()
    Path("sorted/mine.txt").write_text("mine")
    assert curate() == 2
    assert "must be a new or empty folder" in capsys.readouterr().err
    assert contents("sorted").keys() == {"mine.txt"}


def test_two_pictures_are_sorted_and_one_is_not(in_tmp, capsys):
    draw_kinds(Path("scrape"), each=1)
    command = ["curate", "--path", "scrape", "--out", "sorted"]
    command += ["--features", means(in_tmp, 16)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "3 features a picture, from means16.keras" in said
    assert "--keep 1 --out kept" in said  # there is one cluster
    assert len(Path("sorted/pictures.csv").read_text().splitlines()) == 3
    Path("scrape/bar00.png").unlink()
    assert main(command) == 1
    assert "at least two pictures to sort" in capsys.readouterr().err


def means(folder, side):
    """A model that takes pictures of `side` pixels and gives their mean colours."""
    images = keras.Input((side, side, 3))
    rows = keras.layers.GlobalAveragePooling2D()(images)
    keras.Model(images, rows).save(folder / f"means{side}.keras")
    return str(folder / f"means{side}.keras")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--layers", "leaky_8x8,nosuch"], "--layers must name layers"),
        (["--clusters", "5"], "Received 5 for 4 pictures: ask for fewer"),
    ],
)
def test_what_cannot_be_is_said_before_a_training(more, sentence, in_tmp, capsys):
    draw_kinds(Path("scrape"), each=2)
    assert curate(*more) != 0
    said = capsys.readouterr()
    assert sentence in said.err
    assert "training a small D" not in said.out


def test_small_pictures_are_enlarged_for_a_large_model(in_tmp, capsys):
    draw_kinds(Path("scrape"), each=2)  # of 20 pixels
    cv2.imwrite("scrape/tiny.png", np.full((9, 9, 3), 9, np.uint8))
    model = means(in_tmp, 80)
    command = ["curate", "--path", "scrape", "--out", "sorted", "--features", model]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "4 small ones are enlarged more than 2 times" in said
    assert "too small: 9x9" in said
    assert len(Path("sorted/pictures.csv").read_text().splitlines()) == 5


def test_how_many_pictures_are_judged_is_said(in_tmp, capsys):
    draw_kinds(Path("scrape"), each=2)
    lines = ["file,kind", "bar00.png,bar", "noise01.png,noise", "old.png,bar"]
    Path("some.csv").write_text("\n".join(lines))
    command = ["curate", "--path", "scrape", "--out", "sorted", "--truth", "some.csv"]
    assert main([*command, "--features", means(in_tmp, 16), "--clusters", "2"]) == 0
    said = capsys.readouterr().out
    assert "--truth knows the class of 2 of 4 pictures" in said
    assert "--truth names others too" in said and ": 1, such as old.png" in said
    assert ", of 2 pictures" in said
    assert json.loads(Path("sorted/curation.json").read_text())["judged"] == 2


def test_damaged_files_are_made_again_or_told(in_tmp, capsys):
    draw_kinds(Path("scrape"), each=2)
    command = ["curate", "--path", "scrape", "--out", "sorted"]
    command += ["--features", means(in_tmp, 16)]
    assert main(command) == 0
    whole = Path("sorted/pictures.csv").read_bytes()
    for pattern in ("features-*", "*-*"):
        for path in Path("sorted/steps").glob(pattern):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        Path("sorted/pictures.csv").write_text("")
        assert main(command) == 0
        assert Path("sorted/pictures.csv").read_bytes() == whole
    capsys.readouterr()
    summary = Path("sorted/curation.json").read_text()
    for damaged in (summary, "{}", "{", "[]", '{"folder": 3}'):
        Path("sorted/curation.json").write_text(damaged)
        Path("sorted/pictures.csv").write_text("")
        assert main(["curate", "--keep", "1", "--out", "new"]) == 1
        said = capsys.readouterr().err
        assert "is damaged" in said and "Run curate again with the --path" in said
        assert "--fresh" not in said and not Path("new").exists()
    assert main(command) == 0
    assert Path("sorted/pictures.csv").read_bytes() == whole


def test_features_of_a_run(in_tmp, capsys):
    draw_kinds(Path("scrape"))
    assert main(["--path", "scrape", *TINY, "--steps", "2"]) == 0
    command = ["curate", "--path", "scrape", "--out", "sorted", "--clusters", "2"]
    assert main([*command, "--run_dir", "runs/scrape"]) == 0
    said = capsys.readouterr().out
    assert "from the D of runs/scrape" in said
    assert "D was trained on these very pictures" in said
    layers = ["--layers", "leaky_8x8"]
    assert main([*command, "--run_dir", "runs/scrape", *layers]) == 0
    assert "4 features a picture" in capsys.readouterr().out
    assert main([*command, "--run_dir", "runs/scrape", "--layers", "x"]) == 1
    assert "--layers must name layers" in capsys.readouterr().err


def test_a_run_without_a_discriminator_is_told(in_tmp, capsys):
    draw_kinds(Path("scrape"), each=3)
    Path("runs/scrape").mkdir(parents=True)
    settings = TrainConfig.for_model(path="scrape", model="average").to_json()
    Path("runs/scrape/config.json").write_text(json.dumps({"settings": settings}))
    command = ["curate", "--path", "scrape", "--out", "sorted"]
    assert main([*command, "--run_dir", "runs/scrape"]) == 1
    assert "is of --model average, which has none" in capsys.readouterr().err


@pytest.mark.graphs  # as in the process that is killed: the same bits
def test_killed_in_the_middle_the_next_start_goes_on(in_tmp, capsys):
    draw_kinds(Path("scrape"))
    flags = ["--path", "scrape", "--out", "sorted", "--image_size", "16"]
    command = [*flags, "--kimg", "3.6", "--clusters", "2"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), "--TYPE", "curate", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    pattern = "steps/discriminator-*/checkpoints/step_00000100"
    while process.poll() is None and not list(Path("sorted").glob(pattern)):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not Path("sorted/curation.json").exists()
    assert main(["curate", *command]) == 0
    assert "Going on from step 100." in capsys.readouterr().out
    interrupted = Path("sorted/pictures.csv").read_bytes()
    os.replace("sorted", "first")
    assert main(["curate", *command]) == 0
    assert Path("sorted/pictures.csv").read_bytes() == interrupted
