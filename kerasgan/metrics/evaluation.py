"""All measures of generated pictures against real ones, as one dict of numbers.

N real and M generated pictures, F features, H height, W width, C channels.
"""

from __future__ import annotations

import hashlib

import numpy as np

from kerasgan.metrics.diversity import diversity
from kerasgan.metrics.fid import fid
from kerasgan.metrics.kid import kid
from kerasgan.metrics.manifold import manifold
from kerasgan.metrics.sliced_wasserstein import sliced_wasserstein

LEAST = 6  # pictures on each side that every measure can do with
DIVERSITY_OF = 1000  # pictures at most


def compare_features(
    real_features: np.ndarray, fake_features: np.ndarray
) -> dict[str, float]:
    """`kid`, `kid_error`, `fid`, `precision`, `recall`, `density`, `coverage` of [N, F]
    and [M, F].

    Raises:
        ValueError: fewer than `LEAST` pictures, or features of different networks.

    Example:
    >>> rows = np.random.default_rng(0).normal(size=(40, 4))
    >>> sorted(compare_features(rows[:20], rows[20:]))[:3]
    ['coverage', 'density', 'fid']
    """
    distance = kid(real_features, fake_features)
    return {
        "kid": distance.value,
        "kid_error": distance.error,
        "fid": fid(real_features, fake_features),
        **manifold(real_features, fake_features)._asdict(),
    }


def compare_pictures(
    real_images: np.ndarray, fake_images: np.ndarray
) -> dict[str, float | None]:
    """`sliced_wasserstein` and `diversity`, the generated pictures' over that of as
    many real ones (None if those are all alike), of uint8 [N, H, W, C] and
    [M, H, W, C]; these need no features.

    Raises:
        ValueError: one set is empty, or the pictures differ in shape.
    """
    count = min(len(real_images), len(fake_images), DIVERSITY_OF)
    real = diversity(some_of(real_images, count))
    fake = diversity(some_of(fake_images, count))
    distance = sliced_wasserstein(real_images, fake_images)
    return {
        "sliced_wasserstein": distance / 127.5,  # as of pictures in [-1, 1]
        "diversity": fake / real if real > 0 else None,
    }


def some_of(images: np.ndarray, count: int) -> np.ndarray:
    """`count` of the pictures [N, ...], chosen by their content: in whatever order they
    come, it is the same ones.

    >>> some_of(np.arange(9).reshape(9, 1), 9).ravel().tolist() == list(range(9))
    True
    """
    if count >= len(images):
        return images
    lots = [hashlib.blake2b(np.ascontiguousarray(each)).digest() for each in images]
    chosen = sorted(range(len(images)), key=lots.__getitem__)[:count]
    return images[np.sort(chosen)]
