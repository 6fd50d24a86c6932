"""The generator as one file: LiteRT, ONNX, Keras; each is what the Keras model is."""

import keras
import numpy as np
import pytest

from kerasgan.serving.comparison import (
    ExportError,
    check_alike,
    compared_latents,
    difference,
)
from kerasgan.serving.formats import FILES, write_file
from tests.serving.networks import LATENT_DIM, tiny

Z = compared_latents(LATENT_DIM)
# The usual one, one with a switch in its graph, one with noise and modulated kernels
several_models = pytest.mark.parametrize("model", ["fastgan", "progan", "stylegan2"])


@several_models
def test_litert_draws_what_keras_draws(model, tmp_path):
    off = write_file(tiny(model).generator, tmp_path, "litert", Z)
    assert off < 0.01
    assert (tmp_path / "model.tflite").is_file()


@pytest.fixture
def onnx_packages():
    for package in ("tf2onnx", "onnxruntime"):
        pytest.importorskip(package, reason=f"{package} is not installed")


@several_models
def test_onnx_draws_what_keras_draws(model, tmp_path, onnx_packages):
    assert write_file(tiny(model).generator, tmp_path, "onnx", Z) < 0.01


def test_what_onnx_cannot_convert_is_told(tmp_path, onnx_packages, monkeypatch):
    def refuse(*args, **options):
        raise ValueError("no such operation\nand more")

    monkeypatch.setattr("tf2onnx.convert.from_function", refuse)
    with pytest.raises(ExportError, match="tf2onnx must .* It says: no such operation"):
        write_file(tiny("fastgan").generator, tmp_path, "onnx", Z)
    assert list(tmp_path.iterdir()) == []


def test_keras_draws_the_same(tmp_path):
    assert write_file(tiny("fastgan").generator, tmp_path, "keras", Z) == 0
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    assert loaded.input_shape == (None, LATENT_DIM)


def test_smaller_weights_are_smaller_and_nearly_the_same(tmp_path):
    generator = tiny("dcgan", width=16).generator
    sizes, off = {}, {}
    for quantize in (None, "float16", "dynamic"):
        off[quantize] = write_file(generator, tmp_path, "litert", Z, quantize)
        sizes[quantize] = (tmp_path / FILES["litert"]).stat().st_size
    assert sizes["dynamic"] < sizes["float16"] < 0.7 * sizes[None]
    assert off[None] < off["float16"] < off["dynamic"]


def test_a_difference_above_what_may_be_is_an_error():
    ours = np.zeros([2, 4, 4, 1], np.float32)
    theirs = ours.copy()
    theirs[1] += 1 / 127.5  # one grey level
    assert difference(ours, theirs) == pytest.approx(1)
    assert check_alike(ours, theirs, "dynamic") == pytest.approx(1)
    for precision, wrong in {
        "float32": theirs,
        "float16": theirs,
        "dynamic": theirs * 20,
    }.items():
        with pytest.raises(ExportError, match="nothing was exported"):
            check_alike(ours, wrong, precision)
    with pytest.raises(ExportError, match="is off by nan"):
        check_alike(ours, theirs * np.nan, "dynamic")
    with pytest.raises(ExportError, match="must make pictures of"):
        check_alike(ours, theirs[:1], "float32")
