"""`interpolate`, typed as a user would."""

import cv2
import numpy as np
import pytest

from kerasgan.cli import searching
from kerasgan.cli.main import main
from kerasgan.data.latent_files import Latents, read_latents, write_latents
from tests.cli.conftest import QUICK


def test_a_walk_begins_at_its_first_corner(trained):
    assert main(["generate", "--img_num", "3"]) == 0
    assert main(["interpolate", "--between", "seed:2,seed:0", "--frames", "4"]) == 0
    first = cv2.imread(str(trained / "walk" / "frames" / "0000.png"))
    assert np.array_equal(first, cv2.imread(str(trained / "generated" / "0002.png")))


def test_names_with_commas_stand_in_double_quotes(trained, in_tmp, capsys):
    (in_tmp / "faces" / "1.png").rename(in_tmp / "faces" / "me, you.png")
    typed = ["interpolate", "--frames", "2", *QUICK, "--between"]
    assert main([*typed, '"faces/me, you.png", seed:1']) == 0
    assert main([*typed, '"faces/me, you.png']) == 2
    assert "those with commas in double quotes" in capsys.readouterr().err


def test_a_run_of_another_model_does_not_take_these_latents(trained, capsys):
    assert main(["project", "--path", "faces", *QUICK, "--out", "p"]) == 0
    mine = read_latents("p/latents.npz")
    other = Latents(mine.names, mine.points, "z", "0123456789abcdef", "runs/cats (x)")
    write_latents("other.npz", other)
    typed = ["interpolate", "--between", "0,1", "--latents"]
    assert main([*typed, "other.npz"]) == 1
    error = capsys.readouterr().err
    unused = ["interpolate", "--between", "faces/1.png,seed:1", "--latents"]
    assert main([*unused, "other.npz"]) == 1  # nor where no name is out of it
    assert not (trained / "projections").exists()  # refused before any search
    assert "runs/cats (x)" in error and "runs/faces (dcgan, ema, step 4)" in error
    assert main([*typed, "p/latents.npz", "--frames", "5", "--noloop"]) == 0
    assert len(list((trained / "walk" / "frames").glob("*.png"))) == 5
    assert (trained / "walk" / "walk.mp4").stat().st_size > 100


def test_photos_of_one_walk_are_searched_for_together(trained, monkeypatch):
    searches, search = [], searching.projections

    def counted(trained, photos, *more):
        searches.append(photos.names)
        return search(trained, photos, *more)

    monkeypatch.setattr(searching, "projections", counted)
    walk = ["interpolate", "--frames", "4", *QUICK]
    assert main([*walk, "--between", "faces/1.png,seed:1,faces/2.png"]) == 0
    assert searches == [["1.png", "2.png"]]
    between = "faces/2.png,faces/3.png,faces/1.png,faces/3.png"
    assert main([*walk, "--between", between]) == 0
    assert searches[1:] == [["3.png"]]  # the others were kept
    assert main(["project", "--path", "faces/3.png", *QUICK]) == 0
    alone = read_latents(trained / "projected" / "latents.npz").points[0]
    kept = [read_latents(file) for file in (trained / "projections").iterdir()]
    point = next(each.points[0] for each in kept if each.names == ["3.png"])
    assert point == pytest.approx(alone, abs=1e-3)
