"""The detector's file: named, kept, fetched, or a sentence that says what to do."""

import hashlib

import keras
import pytest

from kerasgan.data.doctor import DataError
from kerasgan.preparation import detector_model
from kerasgan.preparation.detector_model import FILE, is_kept, read_model


@pytest.fixture
def network(monkeypatch):
    """A server that has the content `b"model"`, and the calls it got."""
    calls = []

    def get_file(name, url, file_hash, cache_dir, cache_subdir):
        calls.append((name, url, file_hash))
        folder = detector_model.Path(cache_dir) / cache_subdir
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"model")

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    digest = hashlib.sha256(b"model").hexdigest()
    monkeypatch.setattr(detector_model, "SHA256", digest)
    return calls


def test_it_is_fetched_once(network, tmp_path):
    digest = hashlib.sha256(b"model").hexdigest()
    assert not is_kept(tmp_path)
    for _ in range(2):
        assert read_model(None, tmp_path) == (b"model", digest)
    ((name, url, asked),) = network
    assert (name, asked) == (FILE, digest)
    assert url.startswith("https://github.com/opencv/opencv_zoo/") and name in url
    assert is_kept(tmp_path)


def test_a_damaged_one_is_fetched_again(network, tmp_path):
    read_model(None, tmp_path)
    (tmp_path / "models" / FILE).write_bytes(b"mod")
    assert not is_kept(tmp_path)
    assert read_model(None, tmp_path)[0] == b"model"
    assert len(network) == 2


def test_a_file_of_ones_own_needs_no_network(network, tmp_path):
    (tmp_path / "mine.onnx").write_bytes(b"mine")
    assert read_model(tmp_path / "mine.onnx", tmp_path)[0] == b"mine"
    assert network == []


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"must be a file.*mine.onnx: No such file"):
        read_model(tmp_path / "mine.onnx", tmp_path)


def test_without_a_network_the_sentence_says_what_to_do(monkeypatch, tmp_path):
    def get_file(*args, **kwargs):
        raise Exception("URL fetch failure on https://x: None -- no route\nmore")

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    with pytest.raises(DataError) as caught:
        read_model(None, tmp_path)
    said = str(caught.value)
    assert "that failed (no route)" in said and "more" not in said
    assert "--detector_model" in said and "--faces none" in said
    assert detector_model.URL in said


def test_the_digest_is_that_of_the_file_in_the_zoo(shared_dir):
    data = (shared_dir / "models" / FILE).read_bytes()
    assert hashlib.sha256(data).hexdigest() == detector_model.SHA256
