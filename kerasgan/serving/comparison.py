"""Is what was exported still the generator? Pictures of both, from the same latents.

Legend: N pictures, Z latent_dim, K classes, H height, W width, C channels.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from kerasgan.images import to_uint8
from kerasgan.latents import latents, with_classes
from kerasgan.shown import whole

COMPARED = 16  # pictures
# Mean difference of a picture's pixels, in grey levels of 255, that is still the same;
# by the precision of the exported weights
TOLERANCES = {"float32": 0.01, "float16": 0.5, "dynamic": 8.0}


class ExportError(ValueError):
    """What was exported does not do what the generator does."""


def compared_latents(latent_dim: int, classes: int = 0) -> np.ndarray:
    """Latents to compare with, of all classes in turn: [N, Z + K]."""
    z = latents(0, 0, COMPARED, latent_dim)
    return with_classes(z, np.arange(COMPARED), classes)


def pictures_of(generator: keras.Model, z: np.ndarray) -> np.ndarray:
    """What the Keras generator makes of latents: float32 [N, H, W, C] in [-1, 1]."""
    return whole(generator(tf.constant(z), training=False)).numpy()


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The mean difference of the pixels of the picture that differs most, in grey
    levels; both are [N, H, W, C], uint8 or float32 in [-1, 1].

    >>> black, other = np.full([2, 1, 2, 1], -1.0), np.full([2, 1, 2, 1], 0, np.uint8)
    >>> other[1, 0, 0] = 6
    >>> difference(black, other)
    3.0
    """
    if ours.shape != theirs.shape:
        raise ExportError(
            f"The exported model must make pictures of {list(ours.shape)}, and makes "
            f"{list(theirs.shape)}."
        )
    levels = [
        np.asarray(each if each.dtype == np.uint8 else (each + 1) * 127.5, np.float64)
        for each in (ours, theirs)
    ]
    return float(np.abs(levels[0] - levels[1]).mean(axis=(1, 2, 3)).max())


def check_alike(ours: np.ndarray, theirs: np.ndarray, precision: str) -> float:
    """Their difference, if it may be as large at that precision.

    Raises:
        ExportError: it may not, or is no number.
    """
    if theirs.dtype == np.uint8:
        ours = to_uint8(ours)
    found, most = difference(ours, theirs), TOLERANCES[precision]
    if not found <= most:
        raise ExportError(
            "The exported model must make the generator's pictures, to "
            f"{most:g} grey levels ({precision}), and is off by {found:.3g}: nothing "
            "was exported."
        )
    return found
