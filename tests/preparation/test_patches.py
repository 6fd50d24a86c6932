"""Random crops: where they come from, which are refused, what they follow from."""

import numpy as np
import pytest

from kerasgan.preparation.patches import contrast, cut_patches


def places(height=60, width=90):
    """A picture whose pixels tell where they are: red is x, green is y."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y, (x * 7 + y * 13) % 256], axis=-1).astype(np.uint8)


def test_a_patch_is_a_piece_of_the_picture():
    image = places()
    patches = list(cut_patches(image, 50, 16))
    assert len(patches) == 50
    corners = set()
    for patch in patches:
        left, top, _ = map(int, patch[0, 0])
        assert np.array_equal(patch, image[top : top + 16, left : left + 16])
        corners.add((left, top))
    assert len(corners) > 40
    assert max(x for x, _ in corners) > 60 and min(x for x, _ in corners) < 14


def test_the_whole_picture_is_a_patch_too():
    (patch,) = cut_patches(places(16, 16), 1, 16)
    assert np.array_equal(patch, places(16, 16))
    (turned,) = cut_patches(places(16, 16), 1, 16, rotation=90, scale=4)
    assert np.array_equal(turned, places(16, 16))  # nothing else fits


def test_patches_follow_from_the_seed():
    def cut(seed):
        patches = cut_patches(places(), 5, 16, seed=seed, rotation=30, scale=2)
        return np.stack(list(patches))

    assert np.array_equal(cut((3, 1)), cut((3, 1)))
    assert not np.array_equal(cut((3, 1)), cut((3, 2)))


def test_turned_and_shrunk_patches_stay_inside():
    """Where a pixel came from is linear in where it is, unless it was mirrored at the
    picture's edge."""
    y, x = np.mgrid[:16, :16]
    design = np.stack([x.ravel(), y.ravel(), np.ones(256)], axis=1)
    scales, angles = [], []
    for patch in cut_patches(places(120, 120), 60, 16, rotation=180, scale=4):
        came_from = patch[..., :2].reshape(256, 2).astype(float)
        fitted = np.linalg.lstsq(design, came_from, rcond=None)[0]
        assert np.abs(design @ fitted - came_from).max() < 1.5
        scales.append(np.hypot(*fitted[0]))
        angles.append(np.rad2deg(np.arctan2(fitted[0, 1], fitted[0, 0])))
    assert 0.98 < min(scales) < 1.5 and 3 < max(scales) < 4.05
    assert max(angles) - min(angles) > 200


def test_bare_paper_is_refused():
    image = np.full((200, 200, 3), 250, np.uint8)
    image[100:140, 100:140] = places(40, 40)
    patches = list(cut_patches(image, 20, 16))
    assert len(patches) == 20
    least = 0.25 * contrast(image)
    assert all(contrast(patch) > least for patch in patches)


def test_a_picture_of_nothing_gives_none_and_ends():
    assert list(cut_patches(np.full((50, 50, 3), 200, np.uint8), 10, 16)) == []


def test_a_picture_smaller_than_a_patch_is_refused():
    with pytest.raises(ValueError, match=r"at least 64 pixels.*60x90"):
        next(cut_patches(places(), 1, 64))
