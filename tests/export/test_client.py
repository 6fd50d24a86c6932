"""The client against a double of TensorFlow Serving, or against a real server.

KERASGAN_SERVING_URL=http://localhost:8501 asks the server there, KERASGAN_SERVING_GRPC=
localhost:8500 by gRPC too; the model is KERASGAN_SERVING_MODEL (default: faces).
"""

import importlib
import json
import os
import socket
from pathlib import Path

import cv2
import numpy as np
import pytest

from kerasgan.serving.saved_model import write_saved_model
from tests.serving.networks import tiny
from tests.serving.serving_double import TensorFlowServingDouble

KIT = Path(__file__).resolve().parents[2] / "export"
MODEL = os.environ.get("KERASGAN_SERVING_MODEL", "faces")
REAL = os.environ.get("KERASGAN_SERVING_URL")
REAL_GRPC = os.environ.get("KERASGAN_SERVING_GRPC")
needs_double = pytest.mark.skipif(bool(REAL), reason="asks a real server")


@pytest.fixture(scope="module")
def client():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(KIT))
        module = importlib.import_module("client")
        patch.setattr("connections.FIRST_WAIT_SECONDS", 0.01)
        yield module


@pytest.fixture(scope="module")
def double(tmp_path_factory):
    """Serves a VAE-GAN of two versions; None where a real server is asked."""
    if REAL:
        yield None
        return
    folder = tmp_path_factory.mktemp("models") / MODEL
    write_saved_model(tiny("vaegan"), folder / "1", name=MODEL, metadata={})
    double = TensorFlowServingDouble(folder, MODEL, labels={"stable": 1})
    yield double
    double.close()


@pytest.fixture(params=["REST", "gRPC"])
def server(request, double):
    """The flags that name a server."""
    if request.param == "REST":
        return ["--model", MODEL, "--server", REAL or double.url]
    address = REAL_GRPC if REAL else double.grpc_address
    if address is None:
        pytest.skip("tensorflow-serving-api is not installed, or no address is given")
    return ["--model", MODEL, "--grpc", address]


def sampled(client, server, out, *more):
    assert client.main(["sample", *server, "--out", str(out), *more]) == 0
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def test_samples_are_files_by_number_whatever_the_request(
    client, server, in_tmp, capsys
):
    files = sampled(client, server, in_tmp / "many", "--count", "40")
    assert list(files)[:2] == ["0000.png", "0001.png"]
    assert len(files) == 40
    assert "40 pictures in " in capsys.readouterr().out
    few = sampled(client, server, in_tmp / "few", "--first", "38", "--count", "2")
    assert few == {name: files[name] for name in ("0038.png", "0039.png")}
    other = sampled(client, server, in_tmp / "other", "--seed", "7", "--count", "1")
    assert other["0000.png"] != files["0000.png"]
    picture = cv2.imdecode(np.frombuffer(files["0000.png"], np.uint8), -1)
    assert picture.ndim == 3


def test_a_picture_is_scored_and_encoded_and_drawn_again(
    client, server, double, in_tmp, capsys
):
    sampled(client, server, in_tmp / "made", "--count", "2")
    files = [str(path) for path in sorted((in_tmp / "made").iterdir())]
    capsys.readouterr()
    assert client.main(["score", *server, *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == files
    assert all(np.isfinite(float(line.split()[0])) for line in lines)
    assert client.main(["score", *server, *files, "--out", "scores.json"]) == 0
    scores = json.loads(Path("scores.json").read_text())
    assert [each["file"] for each in scores] == files
    assert np.isfinite([each["features"] for each in scores]).all()
    if double is None:
        return  # the model there may have no encoder
    assert client.main(["encode", *server, *files, "--out", "z.json"]) == 0
    assert np.shape(json.loads(Path("z.json").read_text())) == (2, 4)
    assert client.main(["draw", *server, "z.json", "--out", "drawn"]) == 0
    assert len(list(Path("drawn").glob("*.png"))) == 2


def test_what_a_server_refuses_is_a_sentence_and_it_lives_on(
    client, server, in_tmp, capsys
):
    Path("notes.txt").write_text("no picture")
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    Path("z.json").write_text("[[1, 2, 3]]")
    Path("nan.json").write_text("[[NaN, 1, 1, 1]]")
    Path("empty.json").write_text("[[]]")
    for command, said in {
        "score notes.txt": "must be PNG, JPEG or BMP",
        "score broken.png": "must have 1 to",
        "draw z.json": "",
        "draw nan.json": "" if REAL else "latents must be finite",
        "draw empty.json": "",
        "sample --truncation -1": "truncation must be above 0",
        "sample --class_number 1": "labels",
    }.items():
        assert client.main([*command.split(), *server]) == 1, command
        err = capsys.readouterr().err
        assert err.startswith("client: the server refuses: "), command
        assert said in err
        assert "Traceback" not in err
    assert client.main(["sample", *server, "--count", "1"]) == 0


def test_models_versions_and_labels_are_found_or_told(client, server, capsys, in_tmp):
    assert client.main(["status", *server]) == 0
    assert "AVAILABLE" in capsys.readouterr().out
    for more in (["--model", "nobody"], ["--version", "77"], ["--label", "nolabel"]):
        assert client.main(["sample", *server, "--count", "1", *more]) == 1
        assert "the server refuses" in capsys.readouterr().err


@needs_double
def test_a_label_names_a_version(client, double, in_tmp):
    server = ["--model", MODEL, "--server", double.url]
    assert client.main(["sample", *server, "--count", "1", "--label", "stable"]) == 0


@needs_double
def test_a_busy_server_is_asked_again(client, double, in_tmp, capsys):
    server = ["--model", MODEL, "--server", double.url]
    double.refuse_next = 3
    assert client.main(["sample", *server, "--count", "1"]) == 0
    double.refuse_next = 2
    assert client.main(["sample", *server, "--count", "1", "--tries", "2"]) == 1
    assert "does not after 2 tries (busy)" in capsys.readouterr().err
    assert double.refuse_next == 0


def test_no_server_is_told_with_its_address(client, in_tmp, capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    command = ["status", "--model", "m", "--server", address, "--tries", "2"]
    assert client.main(command) == 1
    err = capsys.readouterr().err
    assert f"the server at {address} must answer" in err
    assert "refused" in err


def test_a_file_that_is_not_there_is_told(client, capsys, in_tmp):
    assert client.main(["score", "--model", "m", "absent.png"]) == 1
    assert "absent.png" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["5", "[]", '{"a": 1}', '[["a"]]', "[", "[1, 2]"])
def test_a_file_that_holds_no_latents_is_told(content, client, capsys, in_tmp):
    Path("z.json").write_text(content)
    for way in ([], ["--grpc", "localhost:1"]):
        assert client.main(["draw", "--model", "m", "z.json", *way]) == 1
        assert "client: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed",
    [
        "score --model m",
        "sample --model m a.png",
        "sample --model m --tries 0",
        "sample --model m --seed 99999999999999",
        "sample --model m --class_number 99999999999999",
        "sample --model m --timeout_seconds 0",
        "sample --model m --server localhost:8501",
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(client, typed, capsys):
    with pytest.raises(SystemExit) as stopped:
        client.main(typed.split())
    assert stopped.value.code == 2
