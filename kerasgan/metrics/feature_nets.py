"""Networks as functions of pictures that give features: a D's layers, or any model.

B batch, H height, W width, C channels, F features. What comes back takes uint8
[B, H, W, C] and gives float32 [B, F]; pictures of another size are resized to the
network's.

A layer that gives a map is pooled over its places to the mean and the deviation of
each channel (global average pooling of the map and of its square): what is in a
picture, and how unevenly, but not where.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasgan.hints import nearest_hint
from kerasgan.images import fit_image

Features = Callable[[np.ndarray], np.ndarray]
DEEPEST = 2  # sizes of maps that are pooled by default


class FeatureError(ValueError):
    """A model that cannot give features; the message says why."""


def layer_features(
    model: keras.Model, layers: Sequence[str] = (), pixels: str = "-1..1"
) -> Features:
    """The pooled activations of some layers of a model.

    Args:
        model: takes pictures, in one or several sizes; inputs of another rank (classes)
            are left out.
        layers: their names; by default `default_layers`.
        pixels: which range the model wants its pixels in.

    Raises:
        FeatureError: no such layer, or one that gives neither maps nor rows.

    Example:
    >>> from kerasgan.networks import dcgan
    >>> features = layer_features(dcgan.build_discriminator((32, 32), width=4))
    >>> features(np.zeros((5, 32, 32, 3), np.uint8)).shape
    (5, 48)
    """
    outputs = [_pooled(_output(model, n)) for n in layers or default_layers(model)]
    rows = keras.layers.Concatenate(dtype="float32")(outputs)
    inputs = [each for each in model.inputs if len(each.shape) == 4]
    network = keras.Model(inputs, rows)
    run = graph_of(network)

    def features(images: np.ndarray) -> np.ndarray:
        views = [_scaled(resized(images, each.shape[1:3]), pixels) for each in inputs]
        return run(views if len(views) > 1 else views[0]).numpy()

    return features


def graph_of(model: keras.Model) -> Callable[..., tf.Tensor]:
    """What a model gives outside training, as one graph for batches of any size.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5)])
    >>> graph_of(model)(tf.ones([1, 2])).numpy().tolist()
    [[1.0, 1.0]]
    """
    return tf.function(
        lambda x: model(x, training=False), autograph=False, reduce_retracing=True
    )


def default_layers(model: keras.Model) -> list[str]:
    """The last map of each of the two smallest sizes above one place; where a model
    shows no maps, the last layer that gives more than one number.

    >>> from kerasgan.networks import dcgan
    >>> default_layers(dcgan.build_discriminator((32, 32), width=4))
    ['leaky_8x8', 'leaky_4x4']
    """
    last: dict[tuple[int, int], str] = {}
    rows = [model.layers[-1].name]
    for layer in model.layers:
        shape = getattr(_first(layer), "shape", ())
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if len(shape) == 4 and None not in shape[1:3]:
            last[tuple(shape[1:3])] = layer.name
        elif len(shape) == 2 and shape[1] > 1:
            rows.append(layer.name)
    sizes = sorted((size for size in last if min(size) > 1), key=np.prod)
    chosen = [last[size] for size in reversed(sizes[:DEEPEST])]
    return chosen or rows[-1:]


def earlier_layers(model: keras.Model) -> list[str]:
    """The same without the smallest size, for a D that knows its pictures by heart."""
    return default_layers(model)[:-1] or default_layers(model)


def file_features(
    path: str | os.PathLike, layers: Sequence[str] = (), pixels: str = "-1..1"
) -> tuple[Features, tuple[int, int, int]]:
    """The features of a model in a file, and the (H, W, C) that it takes.

    Args:
        path: a `.keras` file, or a `.tflite` one, whose first output is taken.
        layers: of a `.keras` model; by default its output where that is a row,
            else `default_layers`.
        pixels: as `layer_features` takes it; a .tflite that takes bytes gets them.

    Raises:
        FeatureError: it is no such file, or does not take pictures.
    """
    path = Path(path)
    if path.suffix == ".tflite":
        if layers:
            raise FeatureError(
                "Layers must go with a .keras model. Received a .tflite one, which "
                "gives its output alone: leave --layers out."
            )
        return _tflite_features(path, pixels)
    model = _load_keras(path)
    height, width, channels = _picture_shape(model.inputs[0].shape, path)
    output = model.outputs[0]
    if not layers and len(output.shape) == 2:
        rows = graph_of(model)

        def features(images: np.ndarray) -> np.ndarray:
            found = rows(_scaled(resized(images, (height, width)), pixels))
            return tf.cast(tf.nest.flatten(found)[0], tf.float32).numpy()

        return features, (height, width, channels)
    return layer_features(model, layers, pixels), (height, width, channels)


def resized(images: np.ndarray, image_size: Sequence[int]) -> np.ndarray:
    """uint8 [B, h, w, C] -> uint8 [B, H, W, C], by area averaging or cubic.

    >>> resized(np.zeros((2, 8, 8, 1), np.uint8), (4, 6)).shape
    (2, 4, 6, 1)
    """
    if tuple(images.shape[1:3]) == tuple(image_size):
        return images
    return np.stack([fit_image(each, tuple(image_size), "stretch") for each in images])


def _scaled(images: np.ndarray, pixels: str) -> np.ndarray:
    images = images.astype(np.float32)
    if pixels == "0..255":
        return images
    return images / 255 if pixels == "0..1" else images / 127.5 - 1


def _first(layer: keras.layers.Layer) -> keras.KerasTensor | None:
    """What a layer gives, the first where it gives several; None if it was not called
    in this model."""
    try:
        return tf.nest.flatten(layer.output)[0]
    except (AttributeError, ValueError):
        return None


def _output(model: keras.Model, name: str) -> keras.KerasTensor:
    names = [layer.name for layer in model.layers if _first(layer) is not None]
    if name not in names:
        raise FeatureError(
            f"--layers must name layers of {model.name}: {', '.join(names)}. Received "
            f"{name}.{nearest_hint(name, names)}"
        )
    return _first(model.get_layer(name))


def _pooled(output: keras.KerasTensor) -> keras.KerasTensor:
    """[B, h, w, F] -> [B, 2 F] mean and deviation; [B, F] stays."""
    if len(output.shape) == 2:
        return keras.ops.cast(output, "float32")
    if len(output.shape) != 4:
        raise FeatureError(
            "--layers must give maps [H, W, F] or rows [F]. Received one that gives "
            f"{list(output.shape[1:])}."
        )
    x = keras.ops.cast(output, "float32")
    mean, variance = keras.ops.moments(x, axes=[1, 2])
    return keras.ops.concatenate([mean, keras.ops.sqrt(variance + 1e-8)], axis=-1)


def _load_keras(path: Path) -> keras.Model:
    import kerasgan.networks  # noqa: F401 registers this package's layers

    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise FeatureError(
            f"--features must be a model that Keras or TFLite can read. Received "
            f"{path}: {first}"
        ) from error


def _picture_shape(shape: Sequence[int | None], path: Path) -> tuple[int, int, int]:
    """(H, W, C) of [B, H, W, C]."""
    if len(shape) != 4 or None in shape[1:] or shape[3] not in (1, 3, 4):
        raise FeatureError(
            "--features must be a model that takes pictures [H, W, C] of a fixed size, "
            f"C being 1, 3 or 4. {path} takes {list(shape[1:])}."
        )
    height, width, channels = (int(side) for side in shape[1:])
    return height, width, channels


def _tflite_features(path: Path, pixels: str) -> tuple[Features, tuple[int, int, int]]:
    try:
        with warnings.catch_warnings():  # tf.lite says that it will move elsewhere
            warnings.simplefilter("ignore")
            interpreter = tf.lite.Interpreter(str(path), num_threads=os.cpu_count())
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [""])[0]
        raise FeatureError(
            f"--features must be a model that Keras or TFLite can read. Received "
            f"{path}: {first}"
        ) from error
    source, target = (
        interpreter.get_input_details()[0],
        interpreter.get_output_details()[0],
    )
    shape = _picture_shape(source["shape"].tolist(), path)

    def one(image: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(source["index"], _as_taken(image[None], source, pixels))
        interpreter.invoke()
        found = interpreter.get_tensor(target["index"]).ravel().astype(np.float32)
        scale, zero = target["quantization"]
        return (found - zero) * scale if scale else found

    def features(images: np.ndarray) -> np.ndarray:
        return np.stack([one(image) for image in resized(images, shape[:2])])

    return features, shape


def _as_taken(images: np.ndarray, source: dict, pixels: str) -> np.ndarray:
    """Pictures as a TFLite input takes them: bytes as they are, other integers by the
    input's own scale and zero."""
    if source["dtype"] == np.uint8:
        return images
    values = _scaled(images, pixels)
    scale, zero = source["quantization"]
    if scale:
        limits = np.iinfo(source["dtype"])
        values = np.clip(np.round(values / scale + zero), limits.min, limits.max)
    return values.astype(source["dtype"])
