"""Where features come from, by a name that stands beside every number made of them.

    plain              image processing, see `plain_features`; nothing to download
    inception          Inception-v3 of keras.applications, which FID is mostly told in
                       (other weights than the first papers': compare like with like)
    a file             any .keras or .tflite model that takes pictures

N pictures, H height, W width, C channels, F features.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasgan.hints import nearest_hint
from kerasgan.metrics import plain_features
from kerasgan.metrics.channels import with_channels

PLAIN, INCEPTION = plain_features.NAME, "inception"
NAMED = (PLAIN, INCEPTION)
ENDINGS = (".keras", ".tflite")
PIXELS = ("-1..1", "0..1", "0..255")  # what pixels' values may mean to a model
INCEPTION_SIDE = 299
BATCH = 64  # pictures at a time: Inception takes 16 MB for each


@dataclass(frozen=True)
class FeatureNet:
    """A function of pictures, and what it is called.

    Attributes:
        name: stands beside numbers.
        features: uint8 [N, H, W, C] of any size -> float32 [N, F].
        identity: equal where the features are.
    """

    name: str
    features: Callable[[np.ndarray], np.ndarray]
    identity: str

    def of(self, images: np.ndarray) -> np.ndarray:
        """The features [N, F] of any number of pictures, some at a time; the last ones
        are filled up, because a product of floats depends on its batch."""
        rows = []
        for start in range(0, len(images), BATCH):
            places = np.minimum(np.arange(start, start + BATCH), len(images) - 1)
            rows.append(self.features(np.asarray(images[places])))
        return np.concatenate(rows)[: len(images)]


def check_name(name: str, weights: str | os.PathLike | None = None) -> None:
    """Refuse a name behind which there is nothing; imports no TensorFlow.

    Raises:
        ValueError: says what must hold.

    Example:
    >>> check_name("plain")
    """
    if weights and name != INCEPTION:
        raise ValueError(
            "--feature_weights must go with --features inception. Received --features "
            f"{name}: leave them out."
        )
    for path in (weights, name if name not in NAMED else None):
        if path and not Path(path).is_file():
            raise ValueError(
                f"--features must be {', '.join(NAMED)} or a file, and "
                f"--feature_weights a file. Received {path}, which is none."
                f"{nearest_hint(str(path), NAMED)}"
            )
    if name not in NAMED and not str(name).endswith(ENDINGS):
        raise ValueError(
            f"--features must be {', '.join(NAMED)}, or a {' or '.join(ENDINGS)} file. "
            f"Received {name}."
        )


def open_features(
    name: str, weights: str | os.PathLike | None = None, pixels: str = "-1..1"
) -> FeatureNet:
    """The function behind a name.

    Args:
        name: as `check_name` takes it.
        weights: of Inception, a .h5 file without its top; None downloads ImageNet's.
        pixels: the range in which a model in a file wants its pixels.

    Raises:
        ValueError: there is nothing behind that name, or no model in that file.
        OSError: the download failed.

    Example:
    >>> open_features("plain").features(np.zeros((2, 16, 16, 3), np.uint8)).shape
    (2, 768)
    """
    check_name(name, weights)
    if name == PLAIN:
        whitening = digest_of(plain_features.WHITENING)
        identity = f"{PLAIN} {plain_features.VERSION} {whitening}"
        return FeatureNet(PLAIN, plain_features.plain_features, identity)
    if name == INCEPTION:
        return _inception(weights)
    from kerasgan.metrics.feature_nets import file_features

    features, (_, _, channels) = file_features(name, pixels=pixels)

    def of_any(images: np.ndarray) -> np.ndarray:
        return features(with_channels(images, channels))

    shown = Path(name).name + (f" ({pixels})" if pixels != PIXELS[0] else "")
    return FeatureNet(shown, of_any, f"{digest_of(name)} {pixels}")


def digest_of(path: str | os.PathLike) -> str:
    """A digest of a file's content."""
    return hashlib.blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()


def _inception(weights: str | os.PathLike | None) -> FeatureNet:
    import keras

    from kerasgan.metrics.feature_nets import graph_of, resized

    side = (INCEPTION_SIDE, INCEPTION_SIDE)
    try:
        network = keras.applications.InceptionV3(
            include_top=False,
            weights="imagenet" if weights is None else os.fspath(weights),
            input_shape=(*side, 3),
            pooling="avg",
        )
    except Exception as error:  # Keras raises a bare Exception where it cannot download
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(
            "--features inception must have its weights, and they could not be read "
            f"({first}). Give --feature_weights FILE (.h5, without the top), or take "
            "--features plain."
        ) from error
    run = graph_of(network)

    def features(images: np.ndarray) -> np.ndarray:
        images = resized(with_channels(images, 3), side)
        return run(images.astype(np.float32) / 127.5 - 1).numpy()

    if weights is None:
        return FeatureNet(INCEPTION, features, f"{INCEPTION} imagenet")
    name = f"{INCEPTION} {Path(weights).name}"
    return FeatureNet(name, features, f"{INCEPTION} {digest_of(weights)}")
