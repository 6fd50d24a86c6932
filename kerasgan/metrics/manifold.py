"""How good and how varied generated pictures are, told apart by neighbourhoods.

A real picture's neighbourhood reaches to its k-th nearest other real one, and all of
them together stand for what real pictures look like; the same with generated ones.

    precision  share of generated pictures within some real neighbourhood: quality
    recall     share of real pictures within some generated one: variety
    density    in how many real neighbourhoods a generated picture lies, over k: as
               precision, but one odd real picture cannot make it high; may exceed 1
    coverage   share of real neighbourhoods with a generated picture: as recall, but a
               few wild generated pictures cannot make it high

N real and M generated pictures, F features.
Sources: precision and recall, Kynkaanniemi et al. 2019; density and coverage, Naeem et
al. 2020. k is 3 and 5, as there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kerasgan.metrics.distances import (
    check_features,
    in_rows,
    neighbour_distances,
    squared_distances,
)

NEIGHBOURS, DENSITY_NEIGHBOURS = 3, 5


class Manifold(NamedTuple):
    """The four measures, 0 to 1 but for the density."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold(real_features: np.ndarray, fake_features: np.ndarray) -> Manifold:
    """Precision, recall, density and coverage of features [N, F] and [M, F].

    Raises:
        ValueError: fewer than six pictures, or features of different networks.

    Example:
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> found = manifold(rows, np.zeros((50, 2)))
    >>> found.precision, found.recall
    (1.0, 0.0)
    """
    check_features(real_features, fake_features, DENSITY_NEIGHBOURS + 1)
    reals = np.asarray(real_features, np.float64)
    fakes = np.asarray(fake_features, np.float64)
    around_reals = neighbour_distances(reals, DENSITY_NEIGHBOURS)  # [N, 5]
    around_fakes = neighbour_distances(fakes, NEIGHBOURS)  # [M, 3]
    narrow, wide = around_reals[:, NEIGHBOURS - 1], around_reals[:, -1]  # [N]
    reach = around_fakes[:, -1]  # [M]
    inside = np.zeros(len(fakes), bool)
    holders = np.zeros(len(fakes))
    reached, covered = [], []
    for part in in_rows(reals):
        apart = np.sqrt(squared_distances(reals[part], fakes))  # [rows, M]
        inside |= (apart <= narrow[part, None]).any(axis=0)
        reached.append((apart <= reach).any(axis=1))
        within = apart <= wide[part, None]
        holders += within.sum(axis=0)
        covered.append(within.any(axis=1))
    return Manifold(
        precision=float(inside.mean()),
        recall=float(np.concatenate(reached).mean()),
        density=float(holders.mean() / DENSITY_NEIGHBOURS),
        coverage=float(np.concatenate(covered).mean()),
    )
