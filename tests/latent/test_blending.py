"""Blending: known pixels stay, and the seam goes."""

import numpy as np
import pytest

from kerasgan.latent.blending import paste, poisson
from kerasgan.latent.masks import make_mask

RAMP = np.linspace(-0.5, 0.5, 32, dtype=np.float32)[None, :, None] * np.ones((32, 1, 3))


@pytest.mark.parametrize("kind", ["center", "left", "random", "grid"])
def test_a_drawing_that_is_off_by_a_constant_is_put_right(kind):
    mask = make_mask(kind, (32, 32), seed=3)
    assert poisson(RAMP, RAMP + 0.3, mask) == pytest.approx(RAMP, abs=1e-5)
    assert np.abs(paste(RAMP, RAMP + 0.3, mask) - RAMP).max() == pytest.approx(0.3)


def test_known_pixels_stay_and_differences_are_the_drawings():
    rng = np.random.default_rng(0)
    photo, drawn = rng.normal(size=(2, 16, 16, 1)).astype(np.float32)
    mask = make_mask("center", (16, 16))
    made = poisson(photo, drawn, mask)
    known = mask[..., 0] == 1
    assert np.array_equal(made[known], photo[known])
    difference = (made - drawn)[..., 0]
    around = (
        difference[7:9, 6:8] + difference[7:9, 8:10]
        + difference[6:8, 7:9] + difference[8:10, 7:9]
    )  # fmt: skip
    assert around == pytest.approx(4 * difference[7:9, 7:9], abs=1e-4)  # Laplace


def test_nothing_missing_and_nothing_known():
    photo = np.ones((4, 4, 1), np.float32)
    assert np.array_equal(poisson(photo, -photo, np.ones((4, 4, 1))), photo)
    with pytest.raises(ValueError, match="must have known pixels"):
        poisson(photo, photo, np.zeros((4, 4, 1)))
