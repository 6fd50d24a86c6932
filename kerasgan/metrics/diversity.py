"""How different the pictures of a set are from each other: needs no feature net.

Each picture is made small and its differences from place to place are taken, so that
a plain background of another colour is no other picture. The measure is the distance
from a picture to the one most like it. The deviation over a set, which is the usual
measure, does not see a generator that repeats eight pictures: this one gives 0.

Legend: N pictures, H height, W width, C channels.
"""

from __future__ import annotations

import numpy as np

from kerasgan.metrics.shrink import shrink

SIDE = 8  # of the small pictures


def diversity(pictures: np.ndarray) -> float:
    """Median distance of a picture [N, H, W, C] to its nearest neighbour in the set.

    In units of the pixel values; it shrinks slowly as N grows, so compare sets of the
    same size. 0 for fewer than two pictures.

    Example:
    >>> two = np.zeros([2, 8, 8, 1])
    >>> two[1, :4] = 9.0
    >>> diversity(two[[0, 1]]) > 0, diversity(two[[0, 1, 0, 1]])
    (True, 0.0)
    """
    if len(pictures) < 2:
        return 0.0
    small = shrink(pictures, SIDE)
    downwards, across = np.diff(small, axis=1), np.diff(small, axis=2)
    flat = [each.reshape(len(small), -1) for each in (downwards, across)]
    edges = np.concatenate(flat, axis=1)  # [N, D]
    nearest = [
        np.sort(np.linalg.norm(edges - one, axis=1))[1]  # [0] is the picture itself
        for one in edges
    ]
    return float(np.median(nearest))
