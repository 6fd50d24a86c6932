"""Distances between the rows of two sets of features, a few rows at a time.

N and M pictures, F features; features [N, F], any float type. Memory is bounded by
`ROWS` x M numbers, however large N is, or where it is said by `ROWS` squared.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ROWS = 1024  # looked at together


def check_features(
    real_features: np.ndarray, fake_features: np.ndarray, least: int
) -> None:
    """Refuse two sets that cannot be compared.

    Raises:
        ValueError: names what must hold.
    """
    shapes = [list(np.shape(each)) for each in (real_features, fake_features)]
    if any(len(shape) != 2 for shape in shapes) or shapes[0][1] != shapes[1][1]:
        raise ValueError(
            "Features must be [N, F] and [M, F], of one network. Received "
            f"{shapes[0]} and {shapes[1]}."
        )
    if min(shapes[0][0], shapes[1][0]) < least:
        raise ValueError(
            f"There must be at least {least} pictures on each side. Received "
            f"{shapes[0][0]} and {shapes[1][0]}."
        )


def in_rows(features: np.ndarray) -> Iterator[slice]:
    """The slices of `ROWS` rows that [N, F] is looked at in.

    >>> [(part.start, part.stop) for part in in_rows(np.zeros((1500, 2)))]
    [(0, 1024), (1024, 1500)]
    """
    for start in range(0, len(features), ROWS):
        yield slice(start, min(start + ROWS, len(features)))


def squared_distances(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances [N, M] of the rows of [N, F] and [M, F], in float64:
    what is left of squares that cancel has few digits.

    >>> squared_distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])).tolist()
    [[25.0]]
    """
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    squares = (ours**2).sum(1)[:, None] + (theirs**2).sum(1) - 2 * ours @ theirs.T
    return np.maximum(squares, 0)  # rounding


def neighbour_distances(features: np.ndarray, neighbours: int) -> np.ndarray:
    """Distances [N, K] of each row to its K nearest others, the nearest first.

    Raises:
        ValueError: there are no K others.

    Example:
    >>> neighbour_distances(np.array([[0.0], [1.0], [3.0]]), 2).tolist()
    [[1.0, 3.0], [1.0, 2.0], [2.0, 3.0]]
    """
    if len(features) <= neighbours:
        raise ValueError(
            f"There must be more than {neighbours} pictures, to have so many "
            f"neighbours. Received {len(features)}."
        )
    found = np.empty((len(features), neighbours))
    for part in in_rows(features):
        squares = squared_distances(features[part], features)
        own = np.arange(part.start, part.stop)
        squares[own - part.start, own] = np.inf
        nearest = np.partition(squares, neighbours - 1, axis=1)[:, :neighbours]
        found[part] = np.sqrt(np.sort(nearest, axis=1))
    return found


def two_smallest(squares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each row of [N, M]: where the smallest number is [N], that number [N], and the
    second smallest [N], infinite where there is none. Overwrites `squares`.

    Example:
    >>> [each.tolist() for each in two_smallest(np.array([[5.0, 1.0, 2.0]]))]
    [[1], [1.0], [2.0]]
    """
    rows, places = np.arange(len(squares)), squares.argmin(axis=1)
    smallest = squares[rows, places]
    squares[rows, places] = np.inf
    return places, smallest, squares.min(axis=1)


def two_nearest(
    features: np.ndarray, among: np.ndarray, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Which of [M, F] is nearest to each row of [N, F], int [N], and the distances to
    it and to the second nearest, [N, 2]; both sides are looked at in pieces.

    Args:
        own: int [N], which of `among` each row itself is, and is not to be found.

    Example:
    >>> places, apart = two_nearest(np.array([[0.0]]), np.array([[5.0], [1.0], [2.0]]))
    >>> places.tolist(), apart.tolist()
    ([1], [[1.0, 2.0]])
    """
    count = len(features)
    best, places = np.full((count, 2), np.inf), np.zeros(count, np.int64)
    for part in in_rows(among):
        for rows in in_rows(features):
            squares = squared_distances(features[rows], among[part])
            if own is not None:
                mine = own[rows] - part.start
                here = (mine >= 0) & (mine < squares.shape[1])
                squares[here, mine[here]] = np.inf
            nearest, first, second = two_smallest(squares)
            found, second = np.sqrt(first), np.sqrt(second)
            closer = found < best[rows, 0]
            places[rows][closer] = part.start + nearest[closer]
            both = np.stack([best[rows, 0], best[rows, 1], found, second], axis=1)
            best[rows] = np.sort(both, axis=1)[:, :2]
    return places, best
