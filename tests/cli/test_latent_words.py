"""project, inpaint, arithmetic, interpolate, explain, typed as a user would."""

import csv
import importlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from kerasgan.cli import photos, searching
from kerasgan.cli.arithmetic import strengths_of
from kerasgan.cli.attributes import from_table
from kerasgan.cli.main import main
from kerasgan.config import TrainConfig
from kerasgan.data.latent_files import Latents, read_latents, write_latents
from tests.cli.conftest import TINY

QUICK = ["--steps", "4"]


def sheet(path):
    image = cv2.imread(str(path))
    assert image is not None
    return image.shape[:2]


def test_project_writes_strips_latents_losses_and_videos(trained, capsys):
    assert main(["project", "--path", "faces", *QUICK, "--videos", "2"]) == 0
    out = trained / "projected"
    latents = read_latents(out / "latents.npz")
    assert len(latents.names) == 12 and latents.points.shape == (12, 4)
    assert sheet(out / "0.png") == (16, 48)
    assert len(list(out.glob("*.mp4"))) == 2
    rows = list(csv.reader((out / "losses.csv").open()))
    assert rows[0] == ["step", *latents.names]
    assert [row[0] for row in rows[1:]] == ["0", "1", "2", "3", "4"]
    losses = json.loads((out / "project.json").read_text())["losses"]
    smallest = np.array(rows[1:], float).min(axis=0)[1:]
    assert list(losses.values()) == pytest.approx(smallest, rel=1e-3)
    assert "12 photos projected into z" in capsys.readouterr().out


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


def test_a_photo_is_projected_alone_as_in_company(trained):
    assert main(["project", "--path", "faces", *QUICK]) == 0
    every = read_latents(trained / "projected" / "latents.npz")
    assert main(["project", "--path", "faces/7.png", *QUICK, "--out", "one"]) == 0
    one = read_latents("one/latents.npz")
    assert one.names == ["7.png"]
    expected = every.points[every.names.index("7.png")]
    assert one.points[0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        (["project"], 2, "project must have photos: add --path"),
        (["project", "--path", "nowhere"], 1, "no such folder"),
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
        (["arithmetic", "--expr", "faces - "], 1, "\n  faces - \n         ^"),
        (["arithmetic", "--expr", "faces - nobody"], 1, "\n          ^"),
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
        (["arithmetic", "--expr", "faces - empty"], 1, "\n          ^"),
        (["arithmetic", "--expr", "faces - text.txt"], 1, "\n          ^"),
        (["arithmetic", "--expr", 'faces - ""'], 1, "\n          ^"),
        (["arithmetic", "--expr", "x" * 300], 1, "none of that name"),
        (["arithmetic", "--expr", f"seed:{10**20}"], 1, "at most 2147483647"),
        (["arithmetic", "--expr", f"{'9' * 400} * seed:1"], 2, "above a million"),
        (["arithmetic", "--discover", "1", "--out", "x"], 2, "kept in the run"),
        (["arithmetic", "--expr", "mean", "--seed", f"{2**31}"], 2, "--seed must be 0"),
        (["interpolate", "--between", "seed:1"], 2, "two points or more"),
        (["interpolate", "--between", "seed:1,seed:x"], 1, "number of a picture"),
        (["interpolate", "--between", "faces,nobody"], 1, "nobody must be a photo"),
        (["interpolate", "--frames", "3"], 2, "--frames must be at least"),
        (["interpolate", "--fps", "1e-5"], 2, "--fps must be 0.1 to 240"),
        (["interpolate", "--latents", "x.npz"], 1, "no such file"),
        (["explain", "--path", "faces", "--out", "faces/x"], 2, "lie outside --path"),
        (["explain", "--layers", ","], 2, "--layers must name some of leaky_image"),
        (["explain", "--channels", "0"], 2, "--channels must be at least 1"),
        (["explain", "--layers", "x"], 1, "A layer must be one of leaky_image"),
    ],
)
def test_bad_input_is_a_sentence(trained, typed, status, sentence, in_tmp, capsys):
    (in_tmp / "empty").mkdir()
    cv2.imwrite(str(in_tmp / "big.png"), np.zeros((20, 16), np.uint8))
    for name in ("text.png", "text.txt"):
        (in_tmp / name).write_text("hello")
    assert main(typed) == status
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error
    assert "should not happen" not in error


def test_a_run_of_another_model_does_not_take_these_latents(trained, capsys):
    assert main(["project", "--path", "faces", *QUICK, "--out", "p"]) == 0
    mine = read_latents("p/latents.npz")
    other = Latents(mine.names, mine.points, "z", "0123456789abcdef", "runs/cats (x)")
    write_latents("other.npz", other)
    typed = ["interpolate", "--between", "0,1", "--latents"]
    assert main([*typed, "other.npz"]) == 1
    error = capsys.readouterr().err
    assert "runs/cats (x)" in error and "runs/faces (dcgan, ema)" in error
    assert main([*typed, "p/latents.npz", "--frames", "5", "--noloop"]) == 0
    assert len(list((trained / "walk" / "frames").glob("*.png"))) == 5
    assert (trained / "walk" / "walk.mp4").stat().st_size > 100


def test_a_walk_begins_at_its_first_corner(trained):
    assert main(["generate", "--img_num", "3"]) == 0
    assert main(["interpolate", "--between", "seed:2,seed:0", "--frames", "4"]) == 0
    first = cv2.imread(str(trained / "walk" / "frames" / "0000.png"))
    assert np.array_equal(first, cv2.imread(str(trained / "generated" / "0002.png")))


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


@pytest.mark.parametrize("mask", ["center", "lowres", "mask.png"])
def test_inpaint_keeps_what_is_known(trained, in_tmp, mask):
    drawn = np.full((16, 16), 255, np.uint8)
    drawn[4:12, 4:12] = 0
    cv2.imwrite(str(in_tmp / "mask.png"), drawn)
    typed = ["inpaint", "--path", "faces", "--mask", mask, "--variants", "2", *QUICK]
    assert main(typed) == 0
    out = trained / "inpainted"
    assert sheet(out / "3.png") == (34, 64)
    made = cv2.imread(str(out / "3_completed_2.png"))
    photo = cv2.imread(str(out / "3.png"))[:16, :16]
    if mask != "lowres":
        known = drawn > 0
        assert np.abs(made.astype(int) - photo)[known].max() <= 1
        assert np.abs(made.astype(int) - photo)[~known].max() > 10


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


@pytest.mark.parametrize("method", ["samples", "apart", "steered", "mean", "svm"])
def test_directions_are_learnt_from_folders_and_used(trained, in_tmp, method):
    for name, numbers in (("a", range(6)), ("b", range(6, 12))):
        (in_tmp / name).mkdir()
        for number in numbers:
            shutil.copy(in_tmp / "faces" / f"{number}.png", in_tmp / name)
    typed = ["arithmetic", "--learn", "up=a,b", "--method", method, *QUICK]
    assert main(typed) == 0
    found = read_latents(trained / "directions.npz")
    assert found.names == ["up"] and np.linalg.norm(found.points[0]) > 0
    assert (trained / "directions" / "up.png").is_file()
    assert main(["arithmetic", "--expr", "seed:3 + 2*up"]) == 0


def test_directions_apart_change_no_other_column(trained, in_tmp, capsys):
    files = [f"{number}.png" for number in range(12)]
    rng = np.random.default_rng(0)
    table = Path("table.csv")

    def learn(columns, method):
        rows = "".join(
            f"{file},{a},{b}\n" for file, (a, b) in zip(files, columns, strict=True)
        )
        table.write_text(f"file,up,round\n{rows}")
        typed = ["arithmetic", "--attributes", "table.csv", "--path", "faces", *QUICK]
        return main([*typed, "--method", method])

    columns = rng.integers(0, 2, (12, 2))
    assert learn(columns, "samples") == 0
    plain = read_latents(trained / "directions.npz").points
    assert learn(columns, "apart") == 0
    alone = read_latents(trained / "directions.npz").points
    assert abs(alone[0] @ plain[1]) < 1e-4 * np.linalg.norm(alone[0])
    assert abs(alone[1] @ plain[0]) < 1e-4 * np.linalg.norm(alone[1])
    capsys.readouterr()
    assert learn(columns[:, [0, 0]], "apart") == 1
    assert "up must change by itself" in capsys.readouterr().err


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
    assert main(["arithmetic", "--expr", "seed:1 + activations_2"]) == 1
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
    assert main(["arithmetic", "--expr", "seed:1 + me"]) == 1
    said = capsys.readouterr().err
    assert "me.jpg and me.png" in said and "\n  seed:1 + me\n           ^" in said


@pytest.mark.parametrize("other", ["./faces", "faces/some", "."])
def test_one_folder_has_no_direction_to_itself(trained, capsys, other):
    typed = ["arithmetic", "--learn", f"x=faces,{other}", *QUICK]
    assert main(typed) == 2
    assert "on both sides" in capsys.readouterr().err


def test_the_small_picture_may_be_compared_in_features(trained):
    typed = ["inpaint", "--path", "faces/1.png", "--mask", "lowres", *QUICK]
    assert main([*typed, "--features", "0.05"]) == 0


def test_damaged_directions_are_set_aside(trained, capsys):
    (trained / "directions.npz").write_bytes(b"no zip")
    assert main(["arithmetic", "--discover", "1"]) == 0
    assert "directions.damaged now" in capsys.readouterr().out
    assert (trained / "directions.damaged").read_bytes() == b"no zip"
    assert len(read_latents(trained / "directions.npz").names) == 1


def test_a_direction_is_no_place_and_no_folder(trained, capsys):
    assert main(["arithmetic", "--discover", "1"]) == 0
    typed = ["interpolate", "--between", "seed:1,activations_1"]
    assert main(typed) == 1
    assert "is a direction, which has no picture" in capsys.readouterr().err
    shutil.copytree("faces", "activations_1")
    typed = ["arithmetic", *QUICK, "--expr"]
    assert main([*typed, "seed:1 + activations_1"]) == 1
    assert "must mean one thing" in capsys.readouterr().err
    assert main([*typed, "seed:1 - ./activations_1"]) == 0


def test_directions_from_a_table_and_without_labels(trained, in_tmp, capsys):
    with open(in_tmp / "table.csv", "w") as file:
        file.write("file,smile,hair,colour\n")
        for k in range(12):
            file.write(f"{k}.png,{k % 3},{k / 12},red\n")
    typed = ["arithmetic", "--attributes", "table.csv", "--path", "faces"]
    assert main(typed) == 0
    assert main(["arithmetic", "--discover", "2"]) == 0
    assert main(["arithmetic", "--discover", "1", "--method", "weights"]) == 0
    names = read_latents(trained / "directions.npz").names
    assert names == ["smile", "hair", "activations_1", "activations_2", "weights_1"]
    typed[2] = "table.csv:hairs"
    assert main(typed) == 2
    assert "Did you mean hair?" in capsys.readouterr().err


def test_explain_leaves_a_damaged_checkpoint_out(trained, capsys):
    first = sorted((trained / "checkpoints").glob("step_*"))[0]
    (first / "state.npz").write_bytes(b"")
    assert main(["explain", "--steps", "1", "--channels", "1"]) == 0
    assert f"{first.name} is damaged" in capsys.readouterr().out


def test_explain_draws_every_layer_and_how_it_came_about(trained):
    assert main(["explain", "--steps", "2", "--channels", "2"]) == 0
    out = trained / "explained"
    layers = json.loads((out / "explain.json").read_text())["layers"]
    assert layers[0] == "leaky_image" and len(layers) >= 3
    assert all((out / f"{layer}.png").is_file() for layer in layers)
    assert sheet(out / "deciding.png")[1] == 8 * 34 - 2
    assert (out / "over_time.png").is_file()


def test_a_run_without_latents_is_refused(in_tmp, pictures, capsys):
    plain = TINY[: TINY.index("--augment")]  # which it does not know
    typed = ["--path", "faces", *plain, "--model", "average", "--steps", "1"]
    assert main(typed) == 0
    assert main(["project", "--path", "faces"]) == 2
    assert "which draws one picture" in capsys.readouterr().err


def test_strengths():
    assert strengths_of(None).tolist() == [1.0]
    assert strengths_of("0.5").tolist() == [0.5]
    assert strengths_of("-1..1")[[0, 4, 8]].tolist() == [-1, 0, 1]


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


def test_a_run_that_cannot_be_written_to_is_worked_with(trained, capsys):
    (trained / "projections").write_text("a file where a folder should be")
    typed = ["arithmetic", "--expr", "faces/1.png", *QUICK, "--out", "elsewhere"]
    assert main(typed) == 0
    assert "not kept for next time" in capsys.readouterr().out


def test_a_row_with_a_hole_is_left_out_and_a_constant_column_is_named(trained, capsys):
    rows = [f"{k}.png,{k % 2},{'' if k < 4 else 1}" for k in range(12)]
    Path("table.csv").write_text("\n".join(["file,smile,hat", *rows]))
    typed = ["arithmetic", "--path", "faces", "--attributes"]
    assert main([*typed, "table.csv"]) == 1
    error = capsys.readouterr().err
    assert "hat must differ between photos, and is the same for all 8." in error
    assert main([*typed, "table.csv:smile"]) == 0


def test_of_a_large_folder_photos_with_rows_are_taken_first(in_tmp, pictures):
    Path("table.csv").write_text("file,smile\n3.png,1\n8.png,0\n9.png,\n")
    trained = SimpleNamespace(config=TrainConfig(image_size=(16, 16)))
    values = SimpleNamespace(path="faces", attributes="table.csv")
    _, photos, labels = from_table(trained, values, most=2)
    assert photos.names == ["3.png", "8.png"]
    assert labels.tolist() == [[1.0], [0.0]]
