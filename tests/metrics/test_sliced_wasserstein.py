"""The sliced Wasserstein distance."""

import numpy as np
import pytest

from kerasgan.metrics.sliced_wasserstein import sliced_wasserstein


def noise(count, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 0.3, (count, 8, 8, 3))


def test_order_does_not_matter():
    images = noise(20, 0)
    assert sliced_wasserstein(images, images[::-1]) == pytest.approx(0, abs=1e-12)


def test_a_constant_shift_by_hand():
    """Each projection moves by the shift times the sum of its direction."""
    reals = np.zeros((4, 1, 1, 1))
    assert sliced_wasserstein(reals, reals + 0.25) == pytest.approx(0.25)


def test_collapse_is_further_away_than_another_sample():
    reals, others = noise(200, 0), noise(200, 1)
    collapsed = np.repeat(noise(1, 2), 200, axis=0)
    near, far = (sliced_wasserstein(reals, x) for x in (others, collapsed))
    assert far > 3 * near


def test_sets_of_other_sizes_compare_and_empty_ones_do_not():
    assert sliced_wasserstein(noise(200, 0), noise(50, 1)) < 0.1
    with pytest.raises(ValueError, match="Both sets must hold pictures of one shape"):
        sliced_wasserstein(noise(2, 0), noise(0, 0))
