"""Samples of a run beside the training pictures that they are most like.

N training pictures, K samples, H height, W width, C channels; uint8.

How far a training picture is from the others gives the scale. What is nearer is no copy
by that alone: blurred and plain samples are near to everything, see `metrics.copies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.curation.thumbnails import thumbnail
from kerasgan.data.picked import Picked
from kerasgan.images import UnreadableImage, grid, read_image
from kerasgan.metrics.nearest import Nearest, nearest, side_by_side
from kerasgan.report.grids import cut_grid, grid_steps, on_page

SEARCHED = 4_096  # training pictures among which to look
COMPARED = 32  # training pictures whose own distances give the scale
SHOWN = 24  # pairs
SIDE = 64  # pixels of a picture of a pair
COLUMNS = 4
NONE = -1  # a sample is none of the training pictures


@dataclass(frozen=True)
class Likeness:
    """The pairs, the nearest first.

    Attributes:
        pairs: uint8 [K, H, 2 W, C], the training picture on the right, mirrored where
            that is nearer.
        distances: [K], root mean squares in grey levels.
        between: the median of that between training pictures, None for too few.
        searched, total: training pictures looked at, and how many there are.
    """

    pairs: np.ndarray
    distances: np.ndarray
    between: float | None
    searched: int
    total: int

    def page_data(self) -> dict[str, Any]:
        """The first pairs as one picture, and the numbers."""
        shown = []
        for pair in self.pairs[:SHOWN]:
            halves = [thumbnail(half, SIDE) for half in np.split(pair, 2, axis=1)]
            shown.append(np.concatenate(halves, axis=1))  # [S, 2 S, 3]
        return on_page(grid(np.stack(shown), columns=COLUMNS, gap=8)) | {
            "shown": len(shown),
            "samples": len(self.pairs),
            "nearest": round(float(self.distances[0]), 1),
            "median": round(float(np.median(self.distances)), 1),
            "between": None if self.between is None else round(self.between, 1),
            "searched": self.searched,
            "total": self.total,
        }


def newest_samples(
    folder: Path, image_size: tuple[int, int], channels: int
) -> np.ndarray | None:
    """The pictures of the newest grid in samples/, [K, H, W, C]; None without one.

    In the grids of a generator that draws all sizes the smaller ones stand beside
    each picture: they are left out.
    """
    height, width = image_size
    for step, path in reversed(grid_steps(folder)):
        if step == 0:
            break
        try:
            sheet = read_image(path, channels)
        except UnreadableImage:
            continue
        for wide in (width, width + width // 2):
            pictures = cut_grid(sheet, (height, wide))
            if pictures is not None:
                return pictures[:, :, :width]
    return None


def find_likeness(
    samples: np.ndarray, images: np.ndarray, most: int = SEARCHED
) -> Likeness:
    """Look for each sample's nearest among at most `most` training pictures.

    Args:
        samples: uint8 [K, H, W, C].
        images: uint8 [N, H, W, C], N at least 1, in memory or not; every one, or every
            second, third ... is looked at.
        most: bounds the time.

    Example:
    >>> faces = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), np.uint8)
    >>> find_likeness(faces[[4]], faces).distances.tolist()
    [0.0]
    """
    count = len(samples)
    among = Picked(images, np.arange(0, len(images), -(-len(images) // most)))
    some = np.arange(0, len(among), -(-len(among) // COMPARED))
    looked_for = np.concatenate([samples, among[some]])
    own = np.concatenate([np.full(count, NONE), some])
    found = nearest(looked_for, among, own)
    of_samples = Nearest(*(each[:count] for each in found))
    return Likeness(
        pairs=side_by_side(samples, among, of_samples, count),
        distances=np.sort(of_samples.distances),
        between=between(found.distances[count:]),
        searched=len(among),
        total=len(images),
    )


def between(distances: np.ndarray) -> float | None:
    """The median of training pictures' distances, None where one has no other.

    >>> between(np.array([1.0, 4.0, 2.0])), between(np.array([np.inf]))
    (2.0, None)
    """
    return float(np.median(distances)) if np.isfinite(distances).all() else None
