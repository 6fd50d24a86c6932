"""KID: the kernel distance of two sets of pictures, in the features of a network.

The squared maximum mean discrepancy with the kernel k(a, b) = (a b / F + 1)^3, by its
unbiased estimate over all pairs, so that it is 0 on average for two sets of the same
kind, whatever their size, and does not depend on any order. Its error is the
jackknife's: what leaving out each picture in turn would change (Arvesen 1969).

N real and M generated pictures, F features.
Source: Binkowski et al. 2018, Demystifying MMD GANs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kerasgan.metrics.distances import check_features, in_rows

LEAST = 3  # pictures of which one can leave one out


class KID(NamedTuple):
    """The distance and its standard error; both are mostly told times 1,000."""

    value: float
    error: float


def kid(real_features: np.ndarray, fake_features: np.ndarray) -> KID:
    """The kernel distance of features [N, F] and [M, F].

    Takes some 2 F (N + M)^2 operations in float64, and memory for 1,024 rows of N + M.

    Raises:
        ValueError: fewer than three pictures, or features of different networks.

    Example:
    >>> rows = np.random.default_rng(0).normal(size=(100, 8))
    >>> kid(rows, rows + 1).value > 10 * kid(rows[:50], rows[50:]).value
    True
    """
    check_features(real_features, fake_features, LEAST)
    reals = np.asarray(real_features, np.float64)
    fakes = np.asarray(fake_features, np.float64)
    n, m = len(reals), len(fakes)
    real_sums = _sums(reals, reals) - _kernel_of_itself(reals)  # [N]
    fake_sums = _sums(fakes, fakes) - _kernel_of_itself(fakes)  # [M]
    across, back = _sums(reals, fakes), _sums(fakes, reals)  # [N], [M]
    within_reals, within_fakes = real_sums.sum(), fake_sums.sum()
    between = across.sum()

    def estimate(in_reals, in_fakes, both, n: int, m: int):
        return in_reals / (n * (n - 1)) + in_fakes / (m * (m - 1)) - 2 * both / (n * m)

    value = estimate(within_reals, within_fakes, between, n, m)
    without_real = estimate(
        within_reals - 2 * real_sums, within_fakes, between - across, n - 1, m
    )
    without_fake = estimate(
        within_reals, within_fakes - 2 * fake_sums, between - back, n, m - 1
    )
    variance = (n - 1) * without_real.var() + (m - 1) * without_fake.var()
    return KID(float(value), float(np.sqrt(variance)))


def _kernel(products: np.ndarray, features: int) -> np.ndarray:
    return (products / features + 1) ** 3


def _sums(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The sum of the kernel over all of theirs, for each of ours: [N]."""
    sums = [
        _kernel(ours[part] @ theirs.T, ours.shape[1]).sum(axis=1)
        for part in in_rows(ours)
    ]
    return np.concatenate(sums)


def _kernel_of_itself(rows: np.ndarray) -> np.ndarray:
    return _kernel((rows**2).sum(axis=1), rows.shape[1])
