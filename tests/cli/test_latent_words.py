"""What the words of the latents have in common: stopping, names, labels, bad input."""

import importlib
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from kerasgan.cli import photos
from kerasgan.cli.main import main
from tests.cli.conftest import QUICK, TINY, sheet


@pytest.mark.parametrize(
    ("typed", "module"),
    [
        (["project", "--videos", "7"], "kerasgan.latent.projection"),
        (["inpaint", "--variants", "2"], "kerasgan.latent.inpainting"),
    ],
)
def test_a_start_that_was_stopped_goes_on_with_the_next_batch(
    trained, in_tmp, monkeypatch, typed, module
):
    typed += ["--path", "faces", *QUICK]
    monkeypatch.setattr("kerasgan.cli.searching.batch_of", lambda config, each: 5)
    assert main([*typed, "--out", "whole"]) == 0
    searches = []

    def stop(*args, **options):
        searches.append(len(args[1]))
        if len(searches) == 2:
            raise KeyboardInterrupt
        return searching(*args, **options)

    word = typed[0]
    searching = getattr(importlib.import_module(module), word)
    monkeypatch.setattr(f"{module}.{word}", stop)
    assert main([*typed, "--out", "parts"]) == 130
    assert main([*typed, "--out", "parts"]) == 0
    assert searches == [5, 5, 5, 2]  # the first batch was not searched for again
    for file in sorted((in_tmp / "whole").iterdir()):
        assert file.read_bytes() == (in_tmp / "parts" / file.name).read_bytes()
    assert len(list((in_tmp / "parts").iterdir())) == len(list(Path("whole").iterdir()))
    searches[:] = [0, 0]
    assert main([*typed, "--rate", "0.2", "--out", "parts"]) == 0
    assert searches == [0, 0, 5, 5, 2]  # other settings, or a finished one: all anew


def test_one_photo_is_found_without_a_walk_over_its_folder(trained, in_tmp):
    (in_tmp / "faces" / ".hidden.png").write_bytes(Path("faces/3.png").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photos, "find_files", None)
        found = photos.list_photos(in_tmp / "faces" / ".hidden.png")
    assert found.folder == in_tmp / "faces"
    assert [file.name for file in found.files] == [".hidden.png"]


def test_photos_may_be_called_as_the_words_call_their_own_files(trained, in_tmp):
    (in_tmp / "photos").mkdir()
    for number, name in enumerate(("sheet", "me", "me_completed_1")):
        shutil.copy(in_tmp / "faces" / f"{number}.png", in_tmp / f"photos/{name}.png")
    assert main(["project", "--path", "photos", *QUICK, "--videos", "0"]) == 0
    out = trained / "projected"
    assert {each.name for each in out.glob("*.png")} == {
        *("me.png", "me_completed_1.png", "sheet.png", "sheet_2.png")
    }
    assert sheet(out / "sheet.png") == (34, 98)  # of all
    assert sheet(out / "sheet_2.png") == (16, 48)
    assert main(["inpaint", "--path", "photos", *QUICK]) == 0
    out = trained / "inpainted"
    assert len(list(out.glob("*.png"))) == 3 * 2 + 1
    assert sheet(out / "sheet.png") == (34, 130)
    assert sheet(out / "me_completed_1.png") == (16, 16)


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        (["project"], 2, "project must have photos: add --path"),
        (["project", "--path", "nowhere"], 1, "nothing of that name"),
        (["project", "--path", "empty"], 1, "is empty"),
        (["project", "--path", "faces", "--steps", "0"], 2, "--steps must be above 0"),
        (["project", "--path", "faces", "--space", "w"], 2, "a run of stylegan2"),
        (["project", "--path", "faces", "--label", "x"], 2, "knows none"),
        (["project", "--path", "faces", "--realism", "-1"], 2, "must be 0 or more"),
        (["project", "--path", "faces", "--out", "faces"], 2, "holds other files"),
        (["project", "--path", "faces", "--out", "faces/x"], 2, "lie outside --path"),
        (["inpaint", "--path", "faces", "--out", "faces/x"], 2, "lie outside --path"),
        (["inpaint", "--path", "faces", "--mask", "x"], 2, "--mask must be one of"),
        (["inpaint", "--path", "faces", "--mask", "big.png"], 2, "size of the run's"),
        (["inpaint", "--path", "faces", "--mask", "text.png"], 2, "be a picture"),
        (["inpaint", "--path", "faces", "--variants", "0"], 2, "must be 1 to 64"),
        (["arithmetic"], 2, "exactly one of --expr"),
        (["arithmetic", "--expr", "faces - "], 2, "\n  faces - \n         ^"),
        (["arithmetic", "--expr", "faces - nobody"], 2, "\n          ^"),
        (["arithmetic", "--expr", "faces", "--strength", "a..b"], 2, "two dots"),
        (["arithmetic", "--expr", "faces", "--strength", "0..1"], 2, "way to go"),
        (["arithmetic", "--expr", "faces/1.png", "--strength", "3"], 2, "way to go"),
        (["arithmetic", "--expr", "seed:1", "--path", "nosuch"], 2, "be a folder"),
        (["arithmetic", "--expr", "seed:1", "--latents", "x.npz"], 1, "no such file"),
        (["arithmetic", "--discover", "1", "--method", "pca"], 2, "with --space w"),
        (["arithmetic", "--learn", "smile=faces"], 2, "NAME=FOLDER_WITH"),
        (["arithmetic", "--learn", "mean=faces,faces"], 2, "a name other than mean"),
        (["arithmetic", "--learn", "seed:1=faces,faces"], 2, "a name other than mean"),
        (["arithmetic", "--attributes", "a.csv"], 2, "add --path"),
        (["arithmetic", "--discover", "0"], 2, "--discover must be at least 1"),
        (["arithmetic", "--discover", "1", "--method", "svm"], 2, "one of activations"),
        (["arithmetic", "--expr", "faces - empty"], 2, "\n          ^"),
        (["arithmetic", "--expr", "faces - text.txt"], 2, "\n          ^"),
        (["arithmetic", "--expr", 'faces - ""'], 2, "\n          ^"),
        (["arithmetic", "--expr", "mean + broken.png"], 2, "\n         ^"),
        (["arithmetic", "--expr", "mean + broken.png"], 2, "broken.png must be a pic"),
        (["project", "--path", "broken.png"], 1, "broken.png must be a picture that"),
        (["interpolate", "--between", "mean,broken.png"], 2, "and is not: truncated"),
        (["interpolate", "--between", "mean,seed:1-2"], 2, "need a space before"),
        (["arithmetic", "--expr", "mean", "--latents", "big.png"], 1, "no .npz file"),
        (["arithmetic", "--expr", "x" * 300], 2, "none of that name"),
        (["arithmetic", "--expr", f"seed:{10**20}"], 2, "at most 2147483647"),
        (["arithmetic", "--expr", f"{'9' * 400} * seed:1"], 2, "above a million"),
        (["arithmetic", "--discover", "1", "--out", "x"], 2, "kept in the run"),
        (["arithmetic", "--expr", "mean", "--seed", f"{2**31}"], 2, "--seed must be 0"),
        (["interpolate", "--between", "seed:1"], 2, "two points or more"),
        (["interpolate", "--between", "seed:1,seed:x"], 2, "number of a picture"),
        (["interpolate", "--between", "faces,nobody"], 2, "nobody must be a photo"),
        (["interpolate", "--frames", "3"], 2, "--frames must be at least"),
        (["interpolate", "--fps", "1e-5"], 2, "--fps must be 0.1 to 240"),
        (["interpolate", "--latents", "x.npz"], 1, "no such file"),
        (["explain", "--path", "faces", "--out", "faces/x"], 2, "lie outside --path"),
        (["explain", "--layers", ","], 2, "--layers must name some of leaky_image"),
        (["explain", "--channels", "0"], 2, "--channels must be at least 1"),
        (["explain", "--layers", "x"], 2, "--layers must name some of leaky_image"),
    ],
)
def test_bad_input_is_a_sentence(trained, typed, status, sentence, in_tmp, capsys):
    (in_tmp / "empty").mkdir()
    cv2.imwrite(str(in_tmp / "big.png"), np.zeros((20, 16), np.uint8))
    (in_tmp / "broken.png").write_bytes((in_tmp / "big.png").read_bytes()[:60])
    for name in ("text.png", "text.txt"):
        (in_tmp / name).write_text("hello")
    assert main(typed) == status
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error
    assert "should not happen" not in error


def test_a_run_without_latents_is_refused(in_tmp, pictures, capsys):
    plain = TINY[: TINY.index("--augment")]  # which it does not know
    typed = ["--path", "faces", *plain, "--model", "average", "--steps", "1"]
    assert main(typed) == 0
    assert main(["project", "--path", "faces"]) == 2
    assert "which draws one picture" in capsys.readouterr().err


def test_grey_with_classes_needs_and_takes_a_label(in_tmp, pictures, capsys):
    for name in ("cat", "dog"):
        (in_tmp / "pets" / name).mkdir(parents=True)
    for k, file in enumerate(sorted(pictures.glob("*.png"))):
        shutil.copy(file, in_tmp / "pets" / ("cat", "dog")[k % 2])
    typed = ["--path", "pets", *TINY, "--labels", "folders", "--channels", "1"]
    assert main([*typed, "--steps", "2"]) == 0
    assert main(["project", "--path", "pets", *QUICK]) == 2
    assert "--label must say of which class" in capsys.readouterr().err
    assert main(["project", "--path", "pets/dog", "--label", "dog", *QUICK]) == 0
    typed = ["inpaint", "--path", "pets/dog", "--label", "dog", *QUICK]
    assert main([*typed, "--mask", "random"]) == 0
    typed = ["explain", "--steps", "1", "--channels", "1"]
    assert main(typed) == 2
    assert "--label must say of which class" in capsys.readouterr().err
    decide = []
    for name in ("cat", "dog"):
        assert main([*typed, "--path", "pets/cat", "--label", name]) == 0
        file = in_tmp / "runs" / "pets" / "explained" / "deciding.png"
        decide.append(cv2.imread(str(file)))
    assert not np.array_equal(*decide)
