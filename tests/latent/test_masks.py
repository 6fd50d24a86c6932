"""Masks: which pixels they hide."""

import numpy as np
import pytest

from kerasgan.latent.masks import importance, make_mask, mask_of_picture


@pytest.mark.parametrize(
    ("kind", "share"),
    [("center", 0.75), ("left", 0.5), ("grid", 1 / 16), ("lowres", 0.0)],
)
def test_share_that_is_known(kind, share):
    mask = make_mask(kind, (32, 32))
    assert mask.shape == (32, 32, 1)
    assert set(np.unique(mask)) <= {0.0, 1.0}
    assert mask.mean() == pytest.approx(share)


def test_the_middle_the_left_and_the_seed():
    assert make_mask("center", (8, 16))[2:6, 4:12].max() == 0
    assert make_mask("left", (8, 8))[:, :4].max() == 0
    first, same, other = (make_mask("random", (64, 64), seed) for seed in (1, 1, 2))
    assert np.array_equal(first, same) and not np.array_equal(first, other)
    assert 0.17 < first.mean() < 0.23


def test_a_picture_is_a_mask():
    picture = np.full((4, 6, 1), 255, np.uint8)
    picture[1] = 0
    assert mask_of_picture(picture, (4, 6))[:, 0, 0].tolist() == [1, 0, 1, 1]


def test_what_is_transparent_is_missing_whatever_its_colour():
    picture = np.zeros((4, 6, 4), np.uint8)  # black
    picture[..., 3] = 255
    picture[1, :, 3] = 0
    assert mask_of_picture(picture, (4, 6))[:, 0, 0].tolist() == [1, 0, 1, 1]
    picture[..., 3] = 255  # nothing is: colours count
    picture[2, :, :3] = 255
    assert mask_of_picture(picture, (4, 6))[:, 0, 0].tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (
            np.zeros((4, 4, 1), np.uint8),
            "must have the size of the run's pictures, 4x6",
        ),
        (np.zeros((4, 6, 1), np.uint8), "hides everything"),
        (np.full((4, 6, 1), 255, np.uint8), "shows everything"),
    ],
)
def test_pictures_that_are_no_masks(picture, sentence):
    with pytest.raises(ValueError, match=sentence):
        mask_of_picture(picture, (4, 6))


def test_pixels_near_the_hole_count_more():
    mask = make_mask("center", (32, 32))
    weights = importance(mask)[..., 0]
    assert weights[mask[..., 0] == 0].max() == 0
    assert weights[8, 7] > weights[8, 5] > weights[8, 0] == pytest.approx(0.1)


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="center, left, random, grid, lowres"):
        make_mask("right", (8, 8))
