"""Copies of training pictures looked for again and again, as a training goes on.

K generated pictures, S training pictures that are searched of T in all, M held-out
ones, H x W x C pixels; uint8. Compared are pixels of pictures made small, so that a
search is cheap: what is the same each time is kept.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from kerasgan.metrics.copies import (
    Copied,
    beyond_natural,
    copied,
    nearest_of_both,
    of_all,
    single,
    stand_ins,
)
from kerasgan.metrics.nearest import nearest
from kerasgan.metrics.shrink import shrink

SIDE = 16  # of the small pictures
CHUNK = 1024  # pictures made small together


class CopySearch:
    """Which share of generated pictures are copies.

    Args:
        trained: [S, H, W, C], drawn by lot from the training pictures.
        held: [M, H, W, C], held-out ones; None: there are none, and copies are told by
            how single their nearest picture is.
        trained_count: T; None: S.

    Example:
    >>> faces = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), np.uint8)
    >>> CopySearch(faces[:20]).look(faces[:20]).share
    1.0
    """

    def __init__(
        self,
        trained: np.ndarray,
        held: np.ndarray | None = None,
        trained_count: int | None = None,
    ) -> None:
        self._trained, self._held = trained, held
        self.searched = len(trained)
        self.trained_count = trained_count or len(trained)

    def look(self, fakes: np.ndarray) -> Copied:
        """The copies among pictures [K, H, W, C]."""
        fakes = small_ones(fakes)
        found = nearest(fakes, self._small)
        if self._held is None:
            share = single(found.pairs, self._unseen)
            copies = beyond_natural(share, len(fakes), len(self._unseen))
        else:
            unseen = nearest(fakes, self._small_held)
            places = nearest_of_both(found[:2], unseen[:2], self.searched)
            copies = copied(places, self.searched, len(self._held))
        return of_all(copies, self.searched, self.trained_count)

    @cached_property
    def _small(self) -> np.ndarray:
        return small_ones(self._trained)

    @cached_property
    def _small_held(self) -> np.ndarray:
        return small_ones(self._held)

    @cached_property
    def _unseen(self) -> np.ndarray:
        """Distances of the stand-ins to their two nearest others, [M, 2]."""
        places = stand_ins(self.searched)
        return nearest(self._small[places], self._small, places).pairs


def small_ones(images: np.ndarray) -> np.ndarray:
    """Pictures [K, H, W, C] made small, float32 [K, at most SIDE, at most SIDE, C]."""
    return np.concatenate(
        [
            shrink(images[start : start + CHUNK], SIDE).astype(np.float32)
            for start in range(0, len(images), CHUNK)
        ]
    )
