"""Has the generator learnt its training pictures by heart?

Blurred and plain pictures lie near to everything, so that how near a training picture
is says little by itself. What tells a copy is that it lies nearer to training pictures
than to others of their kind:

    copied   the nearest of all real pictures is a held-out one as often as chance has
             it, if nothing was learnt by heart; what is missing to that are copies
    single   the nearest training picture is much nearer than the second nearest; this
             needs no held-out pictures, and misses copies of what is there twice. How
             far that is beyond what is natural is `beyond_natural`
    nearer   how often a generated picture is nearer to a training picture than a
             held-out one is: 0.5 where they are alike, and more for blurred ones too

N generated pictures, M held-out and T training ones. Distances between the rows of any
features, pixels among them.
Source of `nearer`: Meehan et al. 2020, A non-parametric test to detect data-copying.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

STAND_INS = 1000  # training pictures in place of unseen ones, where none is held out
UNSEEN_SHARE = 0.01  # of unseen pictures has a nearest one as single by chance
SAME = 1e-6  # of the largest distance: two that differ by less are equal, but rounded


class Copied(NamedTuple):
    """The share of generated pictures that are copies, 0 to 1, and its error."""

    share: float
    error: float


def copied(places: np.ndarray, trained: int, held: int) -> Copied:
    """From which real picture is the nearest to each generated one.

    The error is that of a draw: held-out pictures are some of all real ones by lot, and
    where a few real pictures are the nearest to many, little is sure.

    Args:
        places: int [N] or [N, 2], numbers of real pictures: 0 to T - 1 are training
            pictures, T to T + M - 1 held-out ones; two where two are as near.
        trained, held: T and M.

    Raises:
        ValueError: there are no held-out pictures.

    Example:
    >>> copied(np.arange(80), trained=90, held=10).share
    1.0
    """
    if held < 1 or trained < 1:
        raise ValueError(
            "There must be training and held-out pictures. Received "
            f"{trained} and {held}."
        )
    places = np.ravel(places)
    total, count = trained + held, len(places)
    by_chance = held / total
    wins = (places >= trained).mean()
    hits = np.bincount(places, minlength=total)
    deviation = math.sqrt(held * (1 - by_chance) * hits.var(ddof=1))
    share = float(np.clip(1 - wins / by_chance, 0, 1))
    return Copied(share, deviation / (count * by_chance))


def nearest_of_both(
    to_trained: tuple[np.ndarray, np.ndarray],
    to_held: tuple[np.ndarray, np.ndarray],
    trained: int,
) -> np.ndarray:
    """What `copied` takes, [N, 2], from (places, distances) of the nearest among each:
    the nearer one twice, or both where they are as near, since one and the same picture
    may be on both sides.

    >>> near = (np.array([4, 4, 4]), np.array([1.0, 3.0, 2.0]))
    >>> held = (np.array([0, 1, 2]), np.array([2.0, 2.0, 2.0]))
    >>> nearest_of_both(near, held, 9).tolist()
    [[4, 4], [10, 10], [4, 11]]
    """
    (places, distances), (held_places, held_distances) = to_trained, to_held
    further = distances - held_distances
    rounding = SAME * max(distances.max(), held_distances.max())
    theirs = trained + held_places
    first = np.where(further > rounding, theirs, places)
    second = np.where(further < -rounding, places, theirs)
    return np.stack([first, second], axis=1)


def single(fakes: np.ndarray, unseen: np.ndarray) -> float:
    """The share of generated pictures whose nearest training picture is as much nearer
    than the second nearest as for a hundredth of unseen pictures.

    Args:
        fakes: [N, 2], distances to the two nearest training pictures, the nearer first.
        unseen: [M, 2], the same of pictures that were not trained on.

    Example:
    >>> single(np.array([[0.1, 2.0], [1.9, 2.0]]), np.array([[1.5, 2.0], [1.8, 2.0]]))
    0.5
    """
    ratios = [each[:, 0] / np.maximum(each[:, 1], 1e-12) for each in (fakes, unseen)]
    return float((ratios[0] < np.quantile(ratios[1], UNSEEN_SHARE)).mean())


def natural_share(unseen: int) -> float:
    """What `single` finds on average where nothing is copied, by M unseen pictures: a
    hundredth, and more where they are few.

    >>> round(natural_share(10_000), 3), round(natural_share(12), 3)
    (0.01, 0.085)
    """
    return (UNSEEN_SHARE * (unseen - 1) + 1) / (unseen + 1)


def beyond_natural(share: float, fakes: int, unseen: int) -> Copied:
    """The copies among N generated pictures of which `single` finds a share by M unseen
    ones. The error is that of both counts.

    >>> beyond_natural(1.0, 200, 300).share, beyond_natural(0.01, 200, 300).share
    (1.0, 0.0)
    """
    natural = natural_share(unseen)
    variance = share * (1 - share) / fakes + natural * (1 - natural) / (unseen + 2)
    beyond = max((share - natural) / (1 - natural), 0.0)
    return Copied(beyond, math.sqrt(variance) / (1 - natural))


def stand_ins(trained: int) -> np.ndarray:
    """Which of T training pictures, each among all the others, stand in for unseen ones
    where none is held out.

    >>> stand_ins(2500).tolist()[:3]
    [0, 3, 6]
    """
    return np.arange(trained)[:: trained // STAND_INS + 1]


def of_all(found: Copied, searched: int, trained: int) -> Copied:
    """The copies of any of T training pictures, where `searched` of them, drawn by lot,
    were looked at: copies of the others look new.

    >>> of_all(Copied(0.2, 0.01), searched=1000, trained=3000)
    Copied(share=0.6000000000000001, error=0.03)
    """
    times = trained / searched
    return Copied(min(times * found.share, 1.0), times * found.error)


def nearer(fake_distances: np.ndarray, held_distances: np.ndarray) -> float:
    """How often a generated picture's distance [N] to its nearest training picture is
    below a held-out one's [M]; equal ones count half.

    Example:
    >>> nearer(np.array([1.0, 1.0, 7.0, 9.0]), np.array([6.0, 8.0]))
    0.625
    """
    held = np.sort(held_distances)
    below = np.searchsorted(held, fake_distances, side="left")
    below_or_equal = np.searchsorted(held, fake_distances, side="right")
    return float(1 - ((below + below_or_equal) / 2).mean() / len(held))
