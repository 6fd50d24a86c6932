"""Which pictures are kept from the training, to judge it by.

A picture is held out for its name, so that the choice stays, but for a few, when
pictures are added or removed. N pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LEAST = 1000  # pictures of which some can be spared
MOST = 1000  # held out: more would tell nothing more


class Split(NamedTuple):
    """Places of pictures: those trained on, and those held out; both sorted."""

    trained: np.ndarray
    held: np.ndarray


def hold_out(names: Sequence[str], share: float) -> Split:
    """`share` of the pictures of these names, `MOST` at most, none of fewer than
    `LEAST`.

    Example:
    >>> [len(part) for part in hold_out([f"{k}.png" for k in range(2000)], 0.1)]
    [1800, 200]
    >>> [len(part) for part in hold_out(["a.png", "b.png"], 0.1)]
    [2, 0]
    """
    count = 0 if len(names) < LEAST else min(round(share * len(names)), MOST)
    held = by_lot(names, count, "held out")
    return Split(np.setdiff1d(np.arange(len(names)), held), held)


def hold_out_again(names: Sequence[str], held: Sequence[str]) -> Split:
    """The pictures that were held out before, as far as they are still there, and no
    others, whatever has come or gone: what was trained on once is never held out.

    >>> hold_out_again(["a", "b", "new"], ["b", "gone"]).held.tolist()
    [1]
    """
    known = set(held)
    is_held = np.array([name in known for name in names], bool)
    return Split(np.flatnonzero(~is_held), np.flatnonzero(is_held))


def by_lot(names: Sequence[str], count: int, purpose: str = "") -> np.ndarray:
    """The places, sorted, of `count` of the names, drawn by a digest of each name;
    others for another purpose.

    >>> by_lot(["a.png", "b.png", "c.png"], 3).tolist()
    [0, 1, 2]
    """
    lots = [
        hashlib.blake2b(f"{purpose} {name}".encode("utf-8", "surrogateescape")).digest()
        for name in names
    ]
    drawn = sorted(range(len(names)), key=lots.__getitem__)[:count]
    return np.sort(np.array(drawn, np.int64))
