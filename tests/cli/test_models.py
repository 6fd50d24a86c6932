"""Every model, classes, and starting points, typed as a user would."""

import json
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from kerasgan import checkpoints
from kerasgan.cli.main import main
from kerasgan.config import MODELS
from kerasgan.growing import growing_layers
from kerasgan.runs import RunFolder
from kerasgan.training import Trainer
from tests.conftest import draw_noise

TINY = (
    "--image_size 16 --width 2 --latent_dim 4 --batch_size 4 --precision float32 "
    "--checkpoint_every 2 --sample_every 2 --log_every 1"
).split()


def train(*more, path="faces"):
    return main(["train", "--path", path, *TINY, *more])


def train_dcgan(*more):
    """The network whose graph is made soonest."""
    return train("--model", "dcgan", *more)


@pytest.fixture
def faces(in_tmp):
    """Two sub-folders of pictures, and a table of them."""
    lines = ["file,colour"]
    for number, name in enumerate(("left", "right")):
        draw_noise(Path("faces") / name, seed=number)
    for k, path in enumerate(sorted(Path("faces").rglob("*.png"))):
        lines.append(
            f"{path.relative_to('faces').as_posix()},{'red' if k % 3 else 'blue'}"
        )
    Path("colours.csv").write_text("\n".join(lines))
    return in_tmp


IN_GRAPHS = [
    # ProGAN's take long to make; tests/gans makes them.
    pytest.param(model, marks=[] if model == "progan" else pytest.mark.graphs)
    for model in MODELS
]


@pytest.mark.parametrize("model", IN_GRAPHS)
def test_each_model_trains_shows_and_generates(model, faces, capsys):
    more = ["--growth_kimg", "0.004"] if model == "progan" else []
    assert train("--model", model, "--steps", "2", *more) == 0
    run = faces / "runs" / "faces"
    assert json.loads((run / "log.jsonl").read_text().splitlines()[-1])["step"] == 2
    assert (run / "samples" / "step_00000002.png").is_file()
    assert (run / "samples" / "progress.mp4").is_file()
    assert main(["generate", "--img_num", "3"]) == 0
    made = [cv2.imread(str(path)) for path in sorted((run / "generated").iterdir())]
    assert [m.shape for m in made if m is not None] == [(16, 16, 3)] * 3
    if model != "average":
        check_that_photos_are_found(run)
    if model == "progan":
        said = capsys.readouterr()
        assert main(["explain", "--steps", "2"]) == 0
        shown = {path.name for path in (run / "explained").glob("*.png")}
        assert shown == {"maps_4.png", "deciding.png", "over_time.png"}
        assert "have grown to 4 of 16 pixels so far" in said.out
        check_that_the_resolution_is_told(run / "samples", said.err)
    if model == "vaegan":
        check_that_the_encoder_is_whole(run)


def check_that_photos_are_found(run):
    assert main(["project", "--path", "faces/left/0.png", "--steps", "1"]) == 0
    strip = cv2.imread(str(run / "projected" / "0.png"))
    assert strip.shape == (16, 48, 3)


def check_that_the_encoder_is_whole(run):
    encoder = keras.saving.load_model(run / "encoder.keras")
    assert encoder.output_shape == [(None, 4), (None, 4)]
    saved = [np.copy(weight) for weight in encoder.get_weights()]
    checkpoints.load_part(encoder, "encoder", run / "checkpoints")
    for a, b in zip(saved, encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    (run / "encoder.keras").unlink()
    assert train("--model", "vaegan", "--steps", "2") == 0
    assert (run / "encoder.keras").is_file()  # nothing to train, and written again


def check_that_the_resolution_is_told(samples, said):
    assert "resolution 4 " in said
    plain, begun, later = (
        cv2.imread(str(samples / f"{name}.png"))
        for name in ("reals", "init", "step_00000002")
    )
    assert plain.shape[0] < begun.shape[0] == later.shape[0]  # the line below
    assert (begun[-20:] != later[-20:]).any()


def test_classes_of_sub_folders_can_be_asked_for_by_name(faces, capsys):
    assert train_dcgan("--labels", "folders", "--steps", "2") == 0
    assert "Classes: 12 left, 12 right" in capsys.readouterr().out
    settings = json.loads(Path("runs/faces/config.json").read_text())["settings"]
    assert settings["label_names"] == ["left", "right"]
    pictures = {}
    for label in ("left", "right"):
        out = ["--img_num", "2", "--label", label, "--out", label]
        assert main(["generate", *out]) == 0
        pictures[label] = cv2.imread(f"{label}/0001.png").astype(int)
    assert main(["generate", "--img_num", "4", "--out", "all"]) == 0
    turn = cv2.imread("all/0001.png")
    assert np.array_equal(turn, pictures["right"])  # 0 left, 1 right, 2 left ...
    assert main(["generate", "--label", "rihgt"]) == 2
    assert "Did you mean right?" in capsys.readouterr().err
    assert (
        train_dcgan("--steps", "4") == 0
    )  # the same command but for the length goes on


def test_classes_of_a_table_and_of_others_on_going_on(faces, capsys):
    assert train_dcgan("--labels", "colours.csv:colour", "--steps", "2") == 0
    table = Path("colours.csv")
    table.write_text(table.read_text().replace("blue", "green"))
    assert train_dcgan("--steps", "4") == 1
    assert "under its own classes, blue, red. Received green, red" in (
        capsys.readouterr().err
    )
    new = ["--init_from", "runs/faces", "--run_dir", "runs/new", "--steps", "1"]
    assert train_dcgan("--labels", "colours.csv:colour", *new) == 0
    assert "Its classes were others: green as blue begins" in capsys.readouterr().out


def test_a_table_of_classes_may_move_and_may_not_change(faces, capsys):
    assert train_dcgan("--labels", "colours.csv", "--steps", "2") == 0
    table = Path("colours.csv").rename("moved.csv")
    assert train_dcgan("--labels", "moved.csv", "--steps", "3") == 0
    lines = table.rename("moved.csv").read_text().splitlines()
    lines[1] = lines[1].replace("blue", "red")
    Path("moved.csv").write_text("\n".join(lines))
    capsys.readouterr()
    assert train_dcgan("--labels", "moved.csv", "--steps", "4") == 1
    assert "some pictures are of another now" in capsys.readouterr().err
    assert train_dcgan("--labels", "moved.csv", "--steps", "4", "--allow_new_data") == 0
    assert train_dcgan("--labels", "", "--steps", "5") == 1
    assert "--labels: the run has moved.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("stylegan", "Received stylegan. Did you mean stylegan2?"),
        ("pggan", "Received pggan. Did you mean progan?"),
        ("", "--model must be one of"),
    ],
)
def test_a_model_that_there_is_not(typed, sentence, faces, capsys):
    assert train("--model", typed) == 2
    assert sentence in capsys.readouterr().err


def test_words_to_choose_from_may_be_written_in_capitals(faces, capsys):
    assert train("--model", "StyleGAN2", "--dry_run") == 0
    assert '"model": "stylegan2"' in capsys.readouterr().out


def test_a_long_training_is_told_of_the_better_model(faces, capsys):
    words = "gets further with --model fastgan"
    for length, told in (("60", True), ("0.001", False)):
        typed = ["--minutes", length, "--run_dir", f"runs/{length}"]
        stop = ["--learning_rate", "1e30"] * told  # a long training that ends soon
        assert train_dcgan(*typed, *stop) == told
        assert (words in capsys.readouterr().out) == told


def test_progan_says_when_it_is_whole(faces, capsys):
    assert train("--model", "progan", "--steps", "1") == 0
    said = capsys.readouterr().out
    assert "is whole after 20,000 pictures" in said
    assert "This training ends before" in said


def test_what_means_nothing_to_a_model_is_refused(faces, capsys):
    assert train("--model", "progan", "--spectral_norm") == 2
    assert "--spectral_norm must go with --model dcgan." in (capsys.readouterr().err)
    assert train("--model", "fastgan", "--d_batch_norm") == 2
    assert "name another by --model, or leave out --d_batch_norm" in (
        capsys.readouterr().err
    )
    assert train("--model", "average", "--balance", "none") == 2
    assert "to which it means nothing" in capsys.readouterr().err
    assert train("--model", "average", "--steps", "1") == 0
    assert main(["generate", "--truncation", "0.5"]) == 2
    assert "--truncation must go with a run of dcgan" in capsys.readouterr().err


def test_a_run_of_an_earlier_version_goes_on_and_draws_as_it_did(faces, capsys):
    assert (
        train_dcgan("--steps", "2", "--labels", "folders", "--colour_detail", "1") == 0
    )
    run = faces / "runs" / "faces"
    assert main(["generate", "--img_num", "2", "--out", "before"]) == 0
    config = json.loads((run / "config.json").read_text())
    del config["settings"]["colour_detail"]
    (run / "config.json").write_text(json.dumps(config))
    dataset = json.loads((run / "dataset.json").read_text())
    del dataset["labels"]
    (run / "dataset.json").write_text(json.dumps(dataset))
    assert main(["generate", "--img_num", "2", "--out", "after"]) == 0
    for name in ("0000.png", "0001.png"):
        before, after = (faces / folder / name for folder in ("before", "after"))
        assert before.read_bytes() == after.read_bytes()
    assert train_dcgan("--steps", "3") == 0


def test_an_average_goes_on_whatever_its_config_says_of_a_game(faces):
    assert train("--model", "average", "--steps", "1") == 0
    path = faces / "runs" / "faces" / "config.json"
    config = json.loads(path.read_text())
    config["settings"]["augment"] = "diffaugment"
    path.write_text(json.dumps(config))
    assert train("--steps", "2") == 0


def test_networks_that_have_not_grown_are_no_starting_point(faces, capsys, monkeypatch):
    def claim_a_step(trainer, callbacks):  # its graph takes long to make
        gan = trainer.gan
        networks = (gan.generator, gan.averaged_generator, gan.discriminator)
        for layer in growing_layers(*networks):
            layer.level.assign(0)
        gan.step.assign(1)
        trainer.checkpoint.progress.step = 1
        trainer.checkpoint.save()

    size = ["--model", "progan", "--image_size", "16"]
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "fit", claim_a_step)
        assert train(*size, "--steps", "1", "--run_dir", "runs/old") == 0
    again = ["--growth_kimg", "5", "--steps", "1"]  # the run knows its model
    assert train(*again, "--image_size", "16", "--run_dir", "runs/old") == 0
    more = ["--init_from", "runs/old", "--run_dir", "runs/new", "--steps", "1"]
    assert train(*size, *more) == 1
    assert "which is at 4 pixels: train it to the end first" in capsys.readouterr().err
    assert train(*size, *more, "--growth_kimg", "10") == 2
    assert "--growth_kimg must be left out" in capsys.readouterr().err


def test_settings_may_change_while_nothing_was_trained(faces, monkeypatch):
    def stop_after_step_0(trainer, callbacks):
        checkpoints.write_checkpoint(trainer.gan, trainer.run.checkpoints, step=0)
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "fit", stop_after_step_0)
    assert train_dcgan("--steps", "2") == 130
    run = RunFolder("runs/faces")
    assert [each.name for each in run.checkpoints.glob("step_*")] == ["step_00000000"]
    monkeypatch.undo()
    monkeypatch.chdir(faces)
    monkeypatch.setenv("KERASGAN_CACHE", str(faces / "cache"))
    assert train_dcgan("--steps", "2", "--learning_rate", "0.5", "--seed", "7") == 0
    state = np.load(run.checkpoints / "step_00000002" / "state.npz")
    numbers = [state[n] for n in state.files if "_optimizer/" in n]
    assert sum(number.shape == () and number == 0.5 for number in numbers) == 2


def test_a_picture_without_a_class_and_a_model_without_classes(faces, capsys):
    draw_noise(Path("faces"), seed=9)
    assert train("--labels", "folders", "--steps", "2") == 1
    assert "must lie in a sub-folder" in capsys.readouterr().err
    assert train("--labels", "folders", "--model", "progan") == 2
    assert "--labels must go with --model dcgan" in capsys.readouterr().err
    assert train_dcgan("--steps", "2") == 0
    assert main(["generate", "--label", "left"]) == 2
    assert "knows none: train one with --labels" in capsys.readouterr().err


def test_a_training_begins_with_the_weights_of_another(faces, capsys):
    fast = ["--learning_rate", "0.05", "--run_dir", "runs/old"]
    assert train_dcgan("--steps", "4", *fast) == 0
    more = ["--steps", "1", "--init_from", "runs/old", "--run_dir", "runs/new"]
    assert train_dcgan(*more) == 0
    assert "Taken over from runs/old: generator" in capsys.readouterr().out
    first = cv2.imread("runs/new/samples/init.png")
    assert np.array_equal(first, cv2.imread("runs/old/samples/step_00000004.png"))
    untrained = cv2.imread("runs/old/samples/init.png")
    _, frame = cv2.VideoCapture("runs/new/samples/progress.mp4").read()
    frame = frame[: first.shape[0], : first.shape[1]].astype(int)
    ours, theirs = (np.abs(frame - grid).mean() for grid in (first, untrained))
    assert ours < theirs / 2  # the codec loses a little
    other = ["--init_from", "runs/old", "--run_dir", "runs/other", "--steps", "1"]
    changed = ["--width", "4", "--latent_dim", "6", "--labels", "folders"]
    assert train_dcgan(*other, *changed) == 2
    said = capsys.readouterr().err
    assert "--width: it has 2, you asked for 4" in said
    assert "--latent_dim: it has 4, you asked for 6" in said
    assert "--labels: it has 0 classes, yours are 2" in said
    assert not Path("runs/other").exists()  # nothing was begun
    file = ["--init_from", "runs/old/generator.keras", *other[2:]]
    assert train_dcgan(*file, "--width", "4") == 2
    assert "--width: it has 2" in capsys.readouterr().err
    again = ["--init_from", "./runs/old/", "--run_dir", "runs/new", "--steps", "2"]
    assert train_dcgan(*again) == 0  # the same place, typed otherwise
    frozen = ["--init_from", "runs/old", "--freeze_d", "1", "--steps", "1"]
    assert train_dcgan(*frozen, "--run_dir", "runs/frozen") == 0
    assert "Frozen in the discriminator: from_image." in capsys.readouterr().out
    assert train_dcgan("--init_from", "nowhere", "--run_dir", "runs/third") == 2
    assert "--init_from must be" in capsys.readouterr().err


@pytest.mark.parametrize("model", ["progan", "stylegan2"])
def test_a_size_that_a_model_cannot_have_is_a_usage_error(model, faces, capsys):
    assert train("--model", model, "--image_size", "48") == 2
    assert "power of two" in capsys.readouterr().err


def test_a_model_brings_its_own_defaults(faces, capsys):
    assert main("train --path faces --model stylegan2 --dry_run".split()) == 0
    assert '"beta_1": 0.0' in capsys.readouterr().out


def odd_pictures(kind):
    Path("faces").mkdir()
    if kind == "one picture many times":
        picture = (
            np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
        )
        pictures = [picture] * 20
    else:
        pictures = []
        for k in range(6):
            picture = np.full((40, 40, 3), 255, np.uint8)
            picture[10 + k : 30, 10:30] = 0
            pictures.append(picture)
    for k, picture in enumerate(pictures):
        cv2.imwrite(f"faces/{k}.png", picture)


@pytest.mark.parametrize("kind", ["one picture many times", "black squares on white"])
@pytest.mark.parametrize("model", MODELS)
def test_few_and_odd_pictures_run_and_are_told_what_to_expect(
    kind, model, in_tmp, capsys
):
    odd_pictures(kind)
    assert train("--model", model, "--steps", "2") == 0
    said = capsys.readouterr().out
    assert "expect copies rather than new ones" in said
    if kind == "one picture many times":
        assert "With 1 picture expect" in said and "19" in said
    assert Path("runs/faces/samples/progress.mp4").is_file()
