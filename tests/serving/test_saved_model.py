"""A SavedModel where nothing of Keras or of this package is: TensorFlow's own tools."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import flagsaver
from tensorflow.python.tools import saved_model_cli

from kerasgan.serving.comparison import ExportError
from kerasgan.serving.saved_model import check_saved_model, write_saved_model
from kerasgan.serving.warmup import FILE, FOLDER
from tests.serving.networks import tiny
from tests.serving.serving_double import LoadedVersion
from tests.serving.test_received import png_header

SEVERAL = (1, 7, 64)
# What a server does, without Python's layers: loads the graph and runs it
SESSION = """
import json, sys
sys.modules["keras"] = sys.modules["kerasgan"] = None  # neither can be imported
import numpy as np
import tensorflow as tf
folder, inputs = sys.argv[1], np.load(sys.argv[2], allow_pickle=True)
said = []
with tf.compat.v1.Session(graph=tf.Graph()) as session:
    graph = tf.compat.v1.saved_model.load(session, ["serve"], folder)
    for signature, feed in inputs["requests"]:
        of = graph.signature_def[signature]
        feed = {of.inputs[name].name: value for name, value in feed.items()}
        fetch = {name: info.name for name, info in of.outputs.items()}
        try:
            done = session.run(fetch, feed)
            said.append({name: list(value.shape) for name, value in done.items()})
        except (tf.errors.InvalidArgumentError, ValueError) as error:
            said.append(getattr(error, "message", str(error)))
print("SAID", json.dumps(said))
"""


@pytest.fixture(scope="module")
def served():
    return tiny("vaegan")


@pytest.fixture(scope="module")
def folder(served, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny") / "1"
    write_saved_model(served, folder, name="tiny", metadata={"step": 5})
    return folder


def requests_for(served, counts):
    """Good requests to each signature."""
    picture = np.full(served.image_shape, 90, np.uint8)
    values = {
        "latents": np.ones([1, 4], np.float32),
        "seeds": np.array([3]),
        "truncation": np.array([0.7], np.float32),
        "image_bytes": np.array([tf.io.encode_png(picture).numpy()], object),
    }
    return [
        (name, {s.name: np.repeat(values[s.name], count, axis=0) for s in specs})
        for name, (_, specs) in served.signatures().items()
        for count in counts
    ]


def run_without_keras(folder, requests, tmp_path):
    file = tmp_path / "requests.npz"
    packed = np.empty([len(requests), 2], object)
    for k, request in enumerate(requests):
        packed[k] = request
    np.savez(file, requests=packed)
    command = [sys.executable, "-c", SESSION, str(folder), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = next(x for x in done.stdout.splitlines() if x.startswith("SAID "))
    return json.loads(line.removeprefix("SAID "))


def test_a_process_without_keras_answers_good_requests_and_survives_bad_ones(
    served, folder, tmp_path
):
    good = requests_for(served, SEVERAL)
    bad = [
        ("serving_default", {"latents": np.ones([2, 3], np.float32)}),
        ("serving_default", {"latents": np.ones([0, 4], np.float32)}),
        ("generate_png", {"latents": np.full([1, 4], np.nan, np.float32)}),
        ("score", {"image_bytes": np.array([b"hello"], object)}),
        ("encode", {"image_bytes": np.array([png_header(20_000, 20_000)], object)}),
    ]
    said = run_without_keras(folder, [*bad, *good], tmp_path)
    refused, answered = said[: len(bad)], said[len(bad) :]
    for sentence, words in zip(
        refused,
        ("shape", "1 to 128 pictures", "must be finite", "must be PNG", "pixels"),
        strict=True,
    ):
        assert words in sentence
    counts = [count for _ in served.signatures() for count in SEVERAL]
    for outputs, count in zip(answered, counts, strict=True):
        assert {shape[0] for shape in outputs.values()} == {count}


def test_saved_model_cli_shows_and_runs_every_signature(
    served, folder, tmp_path, capsys, monkeypatch
):
    for name, inputs in requests_for(served, (2,)):
        base = ["--dir", str(folder), "--tag_set", "serve", "--signature_def", name]
        run_cli(monkeypatch, "show", *base)
        said = capsys.readouterr().out
        assert all(f"inputs['{each}']" in said for each in inputs)
        given = []
        for each, value in inputs.items():
            np.save(tmp_path / f"{each}.npy", value, allow_pickle=True)
            given.append(f"{each}={tmp_path / each}.npy")
        if "image_bytes" in inputs:  # an object array is a pickle, which it refuses
            text = repr(inputs["image_bytes"].tolist())
            run_cli(monkeypatch, "run", *base, "--input_exprs", f"image_bytes={text}")
        else:
            run_cli(monkeypatch, "run", *base, "--inputs", ";".join(given))
        assert "Result for output key" in capsys.readouterr().out


def run_cli(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["saved_model_cli", *arguments])
    # its flags are of the whole process, and must not stay for the next run
    with flagsaver.flagsaver(), pytest.raises(SystemExit) as stopped:
        saved_model_cli.main()
    assert not stopped.value.code


def test_warmup_records_are_requests_that_a_server_can_replay(served, folder):
    prediction_log_pb2 = pytest.importorskip(
        "tensorflow_serving.apis.prediction_log_pb2",
        reason="tensorflow-serving-api is not installed",
    )
    loaded = LoadedVersion(folder)
    records = tf.data.TFRecordDataset(str(folder / FOLDER / FILE)).as_numpy_iterator()
    replayed = set()
    for record in records:
        log = prediction_log_pb2.PredictionLog.FromString(record)
        request = log.predict_log.request
        assert request.model_spec.name == "tiny"
        name = request.model_spec.signature_name
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        loaded.predict(name, inputs)
        replayed.add((name, len(next(iter(inputs.values())))))
    assert replayed == {(name, n) for name in served.signatures() for n in (1, 8)}


def test_metadata_says_what_it_was_told_and_what_can_be_asked(served, folder):
    metadata = json.loads((folder / FOLDER / "metadata.json").read_text())
    assert metadata["step"] == 5
    assert metadata["signatures"]["sample"] == ["seeds", "truncation"]
    assert set(metadata["signatures"]) == set(served.signatures())


def test_other_weights_than_the_generators_are_found_out(served, folder):
    other = tiny("vaegan")
    other.generator.weights[0].assign(other.generator.weights[0] * 1.5)
    with pytest.raises(ExportError, match="nothing was exported"):
        check_saved_model(other, folder, [])


def test_a_signature_that_fails_is_found_out(served, folder):
    broken = [("score", {"image_bytes": np.array([b"hello"], object)})]
    with pytest.raises(ExportError, match="must answer score, and says"):
        check_saved_model(served, folder, broken)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ExportError, match="Free some space, or name another folder"):
        write_saved_model(tiny("average"), tmp_path / "file/1", name="x", metadata={})
