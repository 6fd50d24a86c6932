"""The training picture that a generated one is most like: has G learnt by heart?

Compared are pixels of pictures made small, each training picture also mirrored, since
most trainings show both. A copy is found, also one with other fine detail; a face
that was moved or turned is not.

Legend: N pictures, M pictures among which to look, H height, W width, C channels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kerasgan.metrics.shrink import shrink

SIDE = 32  # of the small pictures
CHUNK = 2048  # pictures looked at together: bounds the memory


class Nearest(NamedTuple):
    """For each of N pictures: which one [N], how far [N], whether mirrored [N].

    Distances are root mean squares over the pixels, in the pictures' units.
    """

    places: np.ndarray
    distances: np.ndarray
    mirrored: np.ndarray


def nearest(pictures: np.ndarray, among: np.ndarray) -> Nearest:
    """The nearest of `among` to each picture.

    Args:
        pictures: [N, H, W, C].
        among: [M, H, W, C], in the same units; memory does not grow with M.

    Raises:
        ValueError: there is nothing to look among, or the pictures differ in shape.

    Example:
    >>> faces = np.random.default_rng(0).integers(0, 256, [5, 16, 16, 3])
    >>> nearest(faces[[3, 1]], faces).places.tolist()
    [3, 1]
    """
    if not len(among) or pictures.shape[1:] != among.shape[1:]:
        raise ValueError(
            "pictures must have the shape of those among which to look. Received "
            f"{list(pictures.shape)} and {list(among.shape)}."
        )
    ours = shrink(pictures, SIDE).reshape(len(pictures), -1)  # [N, D]
    count, size = ours.shape
    best = Nearest(
        np.zeros(count, np.int64), np.full(count, np.inf), np.zeros(count, bool)
    )
    for start in range(0, len(among), CHUNK):
        small = shrink(among[start : start + CHUNK], SIDE)
        for turned in (False, True):
            theirs = (small[:, :, ::-1] if turned else small).reshape(len(small), -1)
            squares = _squares(ours, theirs)  # [N, CHUNK]
            places = squares.argmin(axis=1)
            distances = np.sqrt(squares[np.arange(count), places] / size)
            closer = distances < best.distances
            best.places[closer] = start + places[closer]
            best.distances[closer] = distances[closer]
            best.mirrored[closer] = turned
    return best


def _squares(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Squared distances [N, M] of the rows of [N, D] and [M, D]."""
    squares = (ours**2).sum(1)[:, None] + (theirs**2).sum(1) - 2 * ours @ theirs.T
    return np.maximum(squares, 0)  # rounding
