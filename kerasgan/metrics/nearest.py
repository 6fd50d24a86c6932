"""The training picture that a generated one is most like: has G learnt by heart?

Compared are pixels of pictures made small, each training picture also mirrored, since
most trainings show both. A copy is found, also one with other fine detail; a face
that was moved or turned is not.

Legend: N pictures, M pictures among which to look, H height, W width, C channels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kerasgan.metrics.distances import squared_distances, two_smallest
from kerasgan.metrics.shrink import shrink

SIDE = 32  # of the small pictures
CHUNK = 2048  # pictures looked at together: bounds the memory


class Nearest(NamedTuple):
    """For each of N pictures: which one [N], how far [N], whether mirrored [N], and how
    far the second nearest is [N] (infinitely where there is none).

    Distances are root mean squares over the pixels, in the pictures' units.
    """

    places: np.ndarray
    distances: np.ndarray
    mirrored: np.ndarray
    second: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        """The two distances, [N, 2]."""
        return np.stack([self.distances, self.second], axis=1)


def nearest(
    pictures: np.ndarray, among: np.ndarray, own: np.ndarray | None = None
) -> Nearest:
    """The nearest of `among` to each picture.

    Args:
        pictures: [N, H, W, C].
        among: [M, H, W, C], in the same units; memory does not grow with M.
        own: int [N], which of `among` each picture itself is, and is not to be found;
            None: none of them.

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
    rows = np.arange(count)
    best = Nearest(
        np.zeros(count, np.int64),
        np.full(count, np.inf),
        np.zeros(count, bool),
        np.full(count, np.inf),
    )
    for start in range(0, len(among), CHUNK):
        small = shrink(among[start : start + CHUNK], SIDE)
        straight, turned = (
            squared_distances(ours, theirs.reshape(len(small), -1))
            for theirs in (small, small[:, :, ::-1])
        )  # [N, CHUNK]
        squares = np.minimum(straight, turned)
        if own is not None:
            here = (own >= start) & (own < start + len(small))
            squares[here, own[here] - start] = np.inf
        places, first, second = two_smallest(squares)
        distances = np.sqrt(first / size)
        mirrored = turned[rows, places] < straight[rows, places]
        second = np.minimum(best.second, np.sqrt(second / size))
        closer = distances < best.distances
        loser = np.where(closer, best.distances, distances)
        best.second[:] = np.minimum(second, loser)
        best.places[closer] = start + places[closer]
        best.distances[closer] = distances[closer]
        best.mirrored[closer] = mirrored[closer]
    return best


def side_by_side(
    pictures: np.ndarray, among: np.ndarray, found: Nearest, count: int
) -> np.ndarray:
    """The `count` pictures that are nearest to one of `among`, each with that one on
    its right: [at most count, H, 2 W, C], the nearest pair first.

    Example:
    >>> faces = np.arange(4 * 8 * 8 * 3).reshape(4, 8, 8, 3)
    >>> side_by_side(faces, faces, nearest(faces, faces), 2).shape
    (2, 8, 16, 3)
    """
    order = np.argsort(found.distances, kind="stable")[:count]
    theirs = np.stack([among[place] for place in found.places[order]])
    turned = found.mirrored[order]
    theirs[turned] = theirs[turned][:, :, ::-1]
    return np.concatenate([pictures[order], theirs], axis=2)
