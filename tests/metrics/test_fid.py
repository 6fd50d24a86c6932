"""The Frechet distance against the textbook's matrix root."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from kerasgan.metrics.fid import fid


def rows(count, features, seed=0):
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(features, features)) / np.sqrt(features)
    return random.normal(size=(count, features)) @ mixed + random.normal(size=features)


def by_root(reals, fakes):
    first, second = np.cov(reals.T), np.cov(fakes.T)
    root = sqrtm(first @ second).real
    apart = ((reals.mean(0) - fakes.mean(0)) ** 2).sum()
    return apart + np.trace(first + second - 2 * root)


@pytest.mark.parametrize(("n", "m"), [(200, 300), (90, 81)])
def test_it_is_the_formula_with_a_matrix_root(n, m):
    reals, fakes = rows(n, 20), rows(m, 20, seed=1)
    assert fid(reals, fakes) == pytest.approx(by_root(reals, fakes), rel=1e-6)


def test_fewer_pictures_than_features_need_no_invertible_covariance():
    """Pictures in a plane of 40 dimensions: the formula in the plane."""
    reals, fakes = rows(30, 2), rows(25, 2, seed=1)
    turn, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(40, 40)))
    expected = by_root(reals, fakes)
    found = fid(reals @ turn[:2], fakes @ turn[:2])
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_set_is_at_zero_from_itself_in_any_order():
    reals = rows(100, 10)
    assert fid(reals, reals[::-1]) == pytest.approx(0, abs=1e-9)


def test_one_picture_has_no_covariance():
    with pytest.raises(ValueError, match="at least 2 pictures"):
        fid(rows(1, 3), rows(9, 3))
