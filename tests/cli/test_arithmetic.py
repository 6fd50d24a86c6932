"""`arithmetic` with expressions and the directions that a run keeps."""

import shutil

import numpy as np
import pytest

from kerasgan import building
from kerasgan.cli.arithmetic import strengths_of
from kerasgan.cli.main import main
from kerasgan.data.latent_files import Latents, read_latents, write_latents
from tests.cli.conftest import QUICK, sheet


def test_arithmetic_of_folders_and_photos(trained, in_tmp, capsys):
    for name, numbers in (("smile", (0, 1, 2)), ("neutral", (3, 4, 5))):
        (in_tmp / name).mkdir()
        for number in numbers:
            shutil.copy(in_tmp / "faces" / f"{number}.png", in_tmp / name)
    expression = "smile - neutral + faces/7.png"
    typed = ["arithmetic", "--expr", expression, "--strength", "-1..1", *QUICK]
    assert main(typed) == 0
    assert sheet(trained / "arithmetic" / "strip.png") == (16, 9 * 18 - 2)
    assert main(["project", "--path", "faces/7.png", *QUICK]) == 0
    me = read_latents(trained / "projected" / "latents.npz").points[0]
    strip = read_latents(trained / "arithmetic" / "latents.npz").points
    assert strip[4] == pytest.approx(me, abs=1e-3)  # strength 0
    way = strip[5] - strip[4]
    assert strip - strip[4] == pytest.approx(np.outer(np.arange(-4, 5), way), abs=1e-3)
    assert len(list((trained / "projections").glob("*.npz"))) == 3
    assert main(["arithmetic", "--expr", "smile", *QUICK]) == 0  # its mean face
    assert len(list((trained / "projections").glob("*.npz"))) == 3  # found again


def test_directions_of_a_generator_that_was_go_with_a_word(trained, capsys):
    was = Latents(["old"], np.ones((1, 4)), "z", "0123456789abcdef", "runs/faces (x)")
    write_latents(trained / "directions.npz", was)
    assert main(["arithmetic", "--discover", "1"]) == 0
    assert "old in runs/faces/directions.npz belonged" in capsys.readouterr().out
    assert main(["arithmetic", "--discover", "1"]) == 0
    assert "belonged" not in capsys.readouterr().out


def test_directions_of_each_generator_are_kept_beside_the_others(trained, capsys):
    assert main(["arithmetic", "--discover", "1"]) == 0
    assert main(["arithmetic", "--discover", "2", "--which", "raw"]) == 0
    assert main(["arithmetic", "--expr", "seed:1 + activations_1"]) == 0
    assert main(["arithmetic", "--expr", "seed:1 + activations_2"]) == 2
    assert "directions_z_raw.npz: see --space" in capsys.readouterr().err
    typed = ["arithmetic", "--which", "raw", "--expr", "seed:1 + activations_2"]
    assert main(typed) == 0


def test_a_photo_of_this_name_comes_before_what_project_left(trained, in_tmp):
    (in_tmp / "other").mkdir()
    shutil.copy(in_tmp / "faces" / "3.png", in_tmp / "other" / "0.png")
    assert main(["project", "--path", "faces", *QUICK, "--videos", "0"]) == 0
    typed = ["arithmetic", *QUICK, "--expr", "0.png"]
    searched = trained / "projections"
    assert main(typed) == 0  # there is none of that name here
    assert not searched.exists()
    assert main([*typed, "--path", "other"]) == 0
    assert len(list(searched.iterdir())) == 1
    file = str(trained / "projected" / "latents.npz")
    assert main([*typed, "--path", "other", "--latents", file]) == 0
    assert len(list(searched.iterdir())) == 1


def test_a_name_of_two_latents_is_pointed_at(trained, in_tmp, capsys):
    (in_tmp / "both").mkdir()
    for number, name in enumerate(("me.jpg", "me.png")):
        shutil.copy(in_tmp / "faces" / f"{number}.png", in_tmp / "both" / name)
    assert main(["project", "--path", "both", *QUICK, "--videos", "0"]) == 0
    assert main(["arithmetic", "--expr", "seed:1 + me"]) == 2
    said = capsys.readouterr().err
    assert "me.jpg and me.png" in said and "\n  seed:1 + me\n           ^" in said


def test_damaged_directions_are_set_aside(trained, capsys):
    (trained / "directions.npz").write_bytes(b"no zip")
    assert main(["arithmetic", "--discover", "1"]) == 0
    assert "directions.damaged now" in capsys.readouterr().out
    assert (trained / "directions.damaged").read_bytes() == b"no zip"
    assert len(read_latents(trained / "directions.npz").names) == 1


def test_a_direction_is_no_place_and_no_folder(trained, capsys):
    assert main(["arithmetic", "--discover", "1"]) == 0
    typed = ["interpolate", "--between", "seed:1,activations_1"]
    assert main(typed) == 2
    assert "is a direction, which has no picture" in capsys.readouterr().err
    shutil.copytree("faces", "activations_1")
    typed = ["arithmetic", *QUICK, "--expr"]
    assert main([*typed, "seed:1 + activations_1"]) == 2
    assert "must mean one thing" in capsys.readouterr().err
    assert main([*typed, "seed:1 - ./activations_1"]) == 0


def test_strengths():
    assert strengths_of(None).tolist() == [1.0]
    assert strengths_of("0.5").tolist() == [0.5]
    assert strengths_of("-1..1")[[0, 4, 8]].tolist() == [-1, 0, 1]


def test_a_run_that_cannot_be_written_to_is_worked_with(trained, capsys):
    (trained / "projections").write_text("a file where a folder should be")
    typed = ["arithmetic", "--expr", "faces/1.png", *QUICK, "--out", "elsewhere"]
    assert main(typed) == 0
    assert "not kept for next time" in capsys.readouterr().out


def test_a_generator_of_no_numbers_is_refused(trained, capsys, monkeypatch):
    load = building.load_generator_and_meta

    def spoilt(*args):
        generator, meta = load(*args)
        generator.weights[0].assign(np.nan * generator.weights[0])
        return generator, meta

    monkeypatch.setattr(building, "load_generator_and_meta", spoilt)
    assert main(["arithmetic", "--expr", "seed:1"]) == 1
    assert "a generator of finite numbers" in capsys.readouterr().err
