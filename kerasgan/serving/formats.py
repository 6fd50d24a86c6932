"""The generator alone as one file: LiteRT for phones and boards, ONNX, or Keras.

latents [N, Z + K] float32 -> images [N, H, W, C] float32 in [-1, 1], N free. Each is
loaded again by its own runtime and compared with the Keras model.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasgan.growing import one_resolution
from kerasgan.serving.comparison import ExportError, check_alike, pictures_of
from kerasgan.serving.saved_model import write_archive
from kerasgan.serving.signatures import Signature
from kerasgan.shown import whole

FILES = {"litert": "model.tflite", "onnx": "model.onnx", "keras": "generator.keras"}
OPSET = 17  # of ONNX: what runtimes of 2022 and later know


def write_file(
    generator: keras.Model,
    folder: Path,
    file_format: str,
    z: np.ndarray,
    quantize: str | None = None,
) -> float:
    """Write the generator as FILES names it, load it, and compare pictures of `z`.

    Args:
        file_format: `litert`, `onnx` or `keras`.
        z: latents to compare with, [N, Z + K].
        quantize: weights of a LiteRT file: `float16`, or `dynamic` for 8 bits.

    Returns:
        The mean difference of pictures from the generator's, in grey levels.

    Raises:
        ExportError: it cannot be converted, or the pictures are others.
        OSError: the disk is full, or the folder cannot be written to.
    """
    path = folder / FILES[file_format]
    if file_format == "litert":
        theirs = through_litert(generator, path, z, quantize)
    elif file_format == "onnx":
        theirs = through_onnx(generator, path, z)
    else:
        generator.save(path)
        theirs = pictures_of(keras.saving.load_model(path, compile=False), z)
    return check_alike(pictures_of(generator, z), theirs, quantize or "float32")


def drawing(generator: keras.Model) -> Signature:
    """latents -> images, and what it takes."""

    def draw(latents: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": whole(generator(latents, training=False))}

    size = generator.input_shape[-1]
    return draw, [tf.TensorSpec([None, size], tf.float32, name="latents")]


def through_litert(
    generator: keras.Model, path: Path, z: np.ndarray, quantize: str | None
) -> np.ndarray:
    """Write a LiteRT file; the pictures that its interpreter makes of latents.

    The way leads over a SavedModel, whose weights the converter makes constants.
    """
    draw, takes = drawing(generator)
    with tempfile.TemporaryDirectory() as saved:
        signatures = {"serving_default": (draw, takes)}
        write_archive([generator], signatures, Path(saved))
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if quantize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())
    with warnings.catch_warnings():  # that the interpreter will move elsewhere
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(str(path))
    return interpreter.get_signature_runner()(latents=z)["images"]


def through_onnx(generator: keras.Model, path: Path, z: np.ndarray) -> np.ndarray:
    """Write an ONNX file; the pictures that its runtime makes of latents."""
    import onnxruntime
    import tf2onnx

    draw, takes = drawing(generator)
    with one_resolution(generator):
        traced = tf.function(draw, takes, autograph=False)
        try:
            model, _ = tf2onnx.convert.from_function(traced, takes, opset=OPSET)
        except ValueError as error:
            raise ExportError(
                "tf2onnx must convert the generator, and cannot: take --format litert "
                f"or saved_model. It says: {str(error).splitlines()[0]}"
            ) from error
    path.write_bytes(model.SerializeToString())
    session = onnxruntime.InferenceSession(str(path))
    return session.run(["images"], {"latents": z})[0]
