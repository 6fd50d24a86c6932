"""`export`, typed as a user would."""

import importlib
import json
import shutil
import threading
import time
from pathlib import Path

import pytest
import tensorflow as tf

from kerasgan.cli.main import main
from kerasgan.serving.comparison import ExportError
from tests.conftest import draw_noise
from tests.serving.serving_double import TensorFlowServingDouble

KIT = Path(__file__).resolve().parents[2] / "export"
TINY = (
    "--model dcgan --image_size 16 --width 2 --latent_dim 4 --batch_size 4 "
    "--precision float32 --learning_rate 0.02 --balance none --labels folders --steps 4"
).split()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A run with two classes, trained once and copied for each test."""
    place = tmp_path_factory.mktemp("template")
    draw_noise(place / "faces" / "left")
    draw_noise(place / "faces" / "right", seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("KERASGAN_CACHE", str(place / "cache"))
        patch.setattr("kerasgan.layers.DCGAN_STDDEV", 0.5)
        assert main(["--path", "faces", *TINY]) == 0
    return place / "runs"


@pytest.fixture
def trained(in_tmp, template):
    shutil.copytree(template, in_tmp / "runs")
    return in_tmp / "runs" / "faces"


def test_a_served_sample_is_a_file_of_generate(trained, capsys):
    assert main(["generate", "--img_num", "10"]) == 0
    more = ["--kid", "71.5", "--licence", "LICENCE.txt"]
    Path("LICENCE.txt").write_text("Ask first.")
    assert main(["--TYPE", "export", *more]) == 0
    said = capsys.readouterr().out
    assert "saved_model in export/models/faces/1/" in said
    assert "docker run" in said
    version = Path("export/models/faces/1")
    sample = tf.saved_model.load(str(version)).signatures["sample"]
    made = sample(
        seeds=tf.range(10, dtype=tf.int64),
        truncation=tf.ones([10]),
        labels=tf.fill([10], tf.constant(-1, tf.int64)),
    )["image_bytes"].numpy()
    files = sorted((trained / "generated").glob("*.png"))
    assert made.tolist() == [file.read_bytes() for file in files]
    metadata = json.loads((version / "assets.extra/metadata.json").read_text())
    assert metadata["step"] == 4
    assert metadata["images_seen"] == 16
    assert metadata["labels"] == ["left", "right"]
    assert metadata["data"]["used"] == 24
    assert metadata["kid_x_1000"] == 71.5
    assert metadata["licence"] == "Ask first."
    assert str(trained.parents[1]) not in json.dumps(metadata)  # no path of this place


def test_the_run_s_own_kid_is_noted_and_names_may_have_spaces(trained, capsys):
    shutil.move(trained, "runs/my faces")
    line = {"step": 4, "kid": 0.25, "features": "plain", "reals": 30, "held": 30}
    Path("runs/my faces/evaluations.jsonl").write_text(json.dumps(line) + "\n")
    assert main(["export"]) == 0
    assert "target=/models/my faces,readonly' -e MODEL_NAME='my faces'" in (
        capsys.readouterr().out
    )
    metadata = "export/models/my faces/1/assets.extra/metadata.json"
    known = json.loads(Path(metadata).read_text())
    assert (known["kid_x_1000"], known["kid_features"]) == (250, "plain")
    assert known["kid_held_out"] is True


def test_other_formats_have_folders_of_their_own(trained, capsys):
    for number in (1, 2):
        assert main(["export", "--format", "keras"]) == 0
        folder = f"export/models/faces-keras/{number}/"
        assert f"keras in {folder}" in capsys.readouterr().out
        metadata = json.loads((Path(folder) / "metadata.json").read_text())
        assert metadata["latent_dim"] == 4


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ("--quantize float16", 2, "--quantize must go with --format litert"),
        ("--format tflite", 2, "--format must be one of saved_model, litert"),
        ("--format keras --image_format png", 2, "--image_format must go with"),
        ("--run_dir nowhere", 1, "nowhere must be the folder of a run"),
        ("--out notes.txt", 2, "--out must be a folder"),
        ("--out mixed", 2, "whose 3/ has no saved_model.pb: name another"),
        ("--kid nan", 2, "--kid must be a finite number"),
        ("--licence picture.jpg", 2, "--licence must be a text"),
        ("--licence typo.txt", 2, "typo.txt, which is no file"),
        ("--licence mixed", 2, "mixed, which is no file"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence(
    typed, status, sentence, trained, capsys
):
    Path("notes.txt").write_text("x")
    Path("mixed/3").mkdir(parents=True)
    Path("picture.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    assert main(["export", *typed.split()]) == status
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert not Path("export").exists()
    assert [entry.name for entry in Path("mixed").iterdir()] == ["3"]


def test_onnx_without_its_packages_says_what_to_install(trained, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["export", "--format", "onnx"]) == 2
    assert "pip install onnx onnxruntime tf2onnx" in capsys.readouterr().err


def test_jpeg_has_no_transparency(trained, capsys):
    config = trained / "config.json"
    config.write_text(config.read_text().replace('"channels": 3', '"channels": 4'))
    assert main(["export", "--image_format", "jpeg"]) == 2
    assert "--image_format must be png for pictures with alpha" in (
        capsys.readouterr().err
    )


def test_an_export_that_draws_otherwise_is_taken_away(trained, monkeypatch, capsys):
    def unlike(*arguments):
        raise ExportError("It is off.")

    monkeypatch.setattr("kerasgan.serving.formats.check_alike", unlike)
    assert main(["export", "--format", "keras"]) == 1
    assert "It is off." in capsys.readouterr().err
    assert list(Path("export/models/faces-keras").iterdir()) == []


def is_whole(version):
    """Whether everything is there that a server reads."""
    files = (
        "saved_model.pb",
        "variables/variables.index",
        "assets.extra/metadata.json",
    )
    files += ("assets.extra/tf_serving_warmup_requests",)
    return all((version / file).is_file() for file in files)


def test_a_version_appears_while_a_client_reads(trained, monkeypatch):
    """No request fails, and no folder that a server would look at is ever half full."""
    assert main(["export"]) == 0
    monkeypatch.syspath_prepend(str(KIT))
    connections = importlib.import_module("connections")
    folder = Path("export/models/faces").resolve()
    double = TensorFlowServingDouble(folder, "faces")
    model = connections.Rest(double.url, "faces")
    done = threading.Event()
    answers, failures, seen, half = [], [], set(), []

    def read():
        while not done.is_set():
            try:
                made = model.predict(
                    "sample", {"seeds": [3], "truncation": [1.0], "labels": [0]}
                )
                answers.append(made["image_bytes"][0])
            except Exception as error:
                failures.append(error)

    def watch():
        while not done.is_set():
            for entry in folder.iterdir():
                if entry.name.isdecimal():
                    seen.add(entry.name)
                    if not is_whole(entry):
                        half.append(entry)
            time.sleep(0.0005)

    threads = [threading.Thread(target=target) for target in (read, watch)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 120

    def wait_for(kinds):
        while len(set(answers)) < kinds and time.monotonic() < deadline:
            time.sleep(0.01)

    try:
        wait_for(1)
        assert main(["export", "--which", "raw"]) == 0
        wait_for(2)
    finally:
        done.set()
        for thread in threads:
            thread.join()
        double.close()
    assert failures == []
    assert half == []
    assert seen == {"1", "2"}
    assert len(set(answers)) == 2  # the averaged generator's picture, the raw one's
