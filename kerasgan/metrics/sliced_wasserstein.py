"""Sliced Wasserstein distance of two sets of pictures: needs no feature net.

Both sets are made small, projected onto random directions, and sorted; the distance
is the mean difference of the sorted projections (Rabin et al. 2011). Small pictures
make it blind to fine detail; it tells collapse and drift, and it costs milliseconds.

Legend: N pictures, H height, W width, C channels; images float in [-1, 1].
"""

from __future__ import annotations

import numpy as np

from kerasgan.metrics.shrink import shrink

SIDE = 16  # of the small pictures
DIRECTIONS = 128


def sliced_wasserstein(
    real_images: np.ndarray, fake_images: np.ndarray, seed: int = 0
) -> float:
    """The distance between two sets of equal size, in units of a pixel's value.

    Shapes: both [N, H, W, C]; the same seed takes the same directions.

    Raises:
        ValueError: one set is empty, or the pictures differ in shape.

    Example:
    >>> reals = np.linspace(-1, 1, 4 * 16 * 16 * 3).reshape(4, 16, 16, 3)
    >>> sliced_wasserstein(reals, reals[::-1])
    0.0
    """
    if min(len(real_images), len(fake_images)) == 0 or (
        real_images.shape[1:] != fake_images.shape[1:]
    ):
        raise ValueError(
            "Both sets must hold pictures of one shape. Received shapes "
            f"{real_images.shape} and {fake_images.shape}."
        )
    reals, fakes = (
        shrink(images, SIDE).reshape(len(images), -1)
        for images in (real_images, fake_images)
    )
    directions = np.random.default_rng(seed).normal(size=(reals.shape[1], DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    # Quantiles at the same places, so that sets of other sizes compare too.
    places = (np.arange(256) + 0.5) / 256
    ours = np.quantile(reals @ directions, places, axis=0)
    theirs = np.quantile(fakes @ directions, places, axis=0)
    return float(np.abs(ours - theirs).mean())
