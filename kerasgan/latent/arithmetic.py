"""Sums of named points: which parts are places, and which are ways to go.

`smile - neutral + me.jpg` is me.jpg, moved along the way from neutral to smile. The
parts whose coefficients cancel out, and directions, are the way; what is left is the
place it starts from, the mean point where nothing is left.

Legend: points [...] of one space, S strengths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Sum:
    """Named things with coefficients, which can be added and multiplied by numbers.

    >>> (Sum.of("a") - 2 * Sum.of("b")).parts
    {'a': 1.0, 'b': -2.0}
    """

    parts: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str) -> Sum:
        """The thing of that name, once."""
        return cls({name: 1.0})

    def __add__(self, other: Sum) -> Sum:
        parts = dict(self.parts)
        for name, share in other.parts.items():
            parts[name] = parts.get(name, 0.0) + share
        return Sum(parts)

    def __neg__(self) -> Sum:
        return self * -1.0

    def __sub__(self, other: Sum) -> Sum:
        return self + -other

    def __mul__(self, factor: float) -> Sum:
        return Sum({name: factor * share for name, share in self.parts.items()})

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Sum:
        return self * (1 / divisor)


def split(total: Sum, kind: Callable[[str], str]) -> tuple[Sum, Sum]:
    """(where it starts, the way from there) of a sum.

    The way has all directions; of the places it has all, or all folders, where their
    coefficients cancel out. Else each place that is taken away goes with the nearest
    one before it that is added as often (or, where there is none, behind it); the start
    is the first that goes with none, if all others cancel out; or the last place that
    is added once, if they do without it; or else all places.

    Args:
        kind: of a name: direction, folder, or another word for a single place.

    Example:
    >>> me, a, b = (Sum.of(name) for name in ("me", "a", "b"))
    >>> kinds = {"me": "photo", "a": "folder", "b": "folder"}
    >>> start, way = split(a - b + me, kinds.get)
    >>> start.parts, way.parts
    ({'me': 1.0}, {'a': 1.0, 'b': -1.0})
    """
    parts = {name: share for name, share in total.parts.items() if share}
    directions = {name: s for name, s in parts.items() if kind(name) == "direction"}
    places = {name: s for name, s in parts.items() if name not in directions}
    folders = {name: s for name, s in places.items() if kind(name) == "folder"}
    singles = {name: s for name, s in places.items() if name not in folders}
    if _cancel(places):
        return Sum(), Sum(parts)
    if folders and _cancel(folders):
        return Sum(singles), Sum(directions | folders)
    every = list(places.items())
    for name, share in [*_unpaired(every), *reversed(every)]:
        others = {n: s for n, s in places.items() if n != name}
        if share == 1 and others and _cancel(others):
            return Sum({name: share}), Sum(directions | others)
    return Sum(places), Sum(directions)


def _unpaired(places: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The places that no other one cancels out."""
    left = list(places)
    for name, share in places:
        if share > 0:
            continue
        number = left.index((name, share))
        added = [k for k, (_, other) in enumerate(left) if abs(other + share) < 1e-9]
        before = [k for k in added if k < number]
        if added:
            pair = {number, max(before, default=min(added))}
            left = [each for k, each in enumerate(left) if k not in pair]
    return left


def _cancel(parts: Mapping[str, float]) -> bool:
    """Whether coefficients add up to 0; also where there are none."""
    return abs(sum(parts.values())) < 1e-9


def strip(
    start: Sum,
    way: Sum,
    strengths: np.ndarray,
    point: Callable[[str], np.ndarray],
    mean: np.ndarray,
) -> np.ndarray:
    """The points start + strength x way, [S, ...].

    Args:
        point: a name's.
        mean: the start where there is none.

    Example:
    >>> points = {"a": np.array([2.0]), "b": np.array([1.0])}
    >>> start, way = Sum(), Sum.of("a") - Sum.of("b")
    >>> strip(start, way, np.array([0.0, 3.0]), points.get, np.array([5.0])).tolist()
    [[5.0], [8.0]]
    """
    begin = add_up(start, point) if start.parts else mean
    step = add_up(way, point) if way.parts else np.zeros_like(mean)
    shape = (-1,) + (1,) * mean.ndim
    return begin + np.asarray(strengths).reshape(shape) * step


def add_up(total: Sum, point: Callable[[str], np.ndarray]) -> np.ndarray:
    """The point, or the way, that a sum stands for."""
    return sum(share * point(name) for name, share in total.parts.items())
