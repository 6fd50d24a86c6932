"""Features without a network: what they see, and that they are always the same."""

import cv2
import numpy as np
import pytest

from kerasgan.images import fit_image, read_image
from kerasgan.metrics.kid import kid
from kerasgan.metrics.plain_features import plain_features, raw_features, whitening


def stripes(turned=False, side=64):
    picture = np.zeros((side, side, 3), np.uint8)
    picture[:, ::8] = 200
    return np.transpose(picture, (1, 0, 2)) if turned else picture


def noisy(picture, seed=0):
    noise = np.random.default_rng(seed).normal(scale=20, size=picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


GREY = np.full((64, 64, 3), 128, np.uint8)


def test_each_group_sees_its_own():
    grey, light, upright, flat = raw_features(
        np.stack([GREY, GREY + 60, stripes(), stripes(turned=True)])
    )
    assert (light[:192] > grey[:192]).all()  # layout
    np.testing.assert_allclose(light[192:], grey[192:], atol=1e-4)
    assert np.abs(upright[192:576] - flat[192:576]).max() > 1  # edges have directions


def test_noise_is_seen_in_the_finest_detail_first():
    clear, rough = raw_features(np.stack([GREY, noisy(GREY)]))
    detail = (rough - clear)[576:].reshape(4, -1).mean(axis=1)
    assert detail[0] == detail.max() > 1.5
    assert detail[3] < detail[0] / 2


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(16, 16), (48, 32), (96, 160)])
def test_any_size_and_number_of_channels(shape, channels):
    images = np.random.default_rng(0).integers(0, 256, (2, *shape, channels), np.uint8)
    found = plain_features(images)
    assert found.dtype == np.float32
    assert found.shape == (2, 768)
    assert np.isfinite(found).all()


def test_they_are_whitened_by_a_fixed_matrix():
    mean, deviation, matrix = whitening()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > 0
    images = np.stack([GREY, stripes()])
    expected = (raw_features(images) - mean) / deviation @ matrix
    np.testing.assert_allclose(plain_features(images), expected, rtol=1e-5)


@pytest.mark.parametrize("spoiled", ["noise", "blur", "colour", "alike"])
def test_pictures_that_are_spoiled_are_farther_away(spoiled, shared_dir):
    files = sorted((shared_dir / "data" / "faces").rglob("*.jpg"))[::12][:160]
    faces = np.stack([fit_image(read_image(file), (64, 64), "crop") for file in files])
    ours, theirs = faces[::2], faces[1::2]
    worse = {
        "noise": lambda: np.stack([noisy(each) for each in theirs]),
        "blur": lambda: np.stack(
            [cv2.GaussianBlur(each, (0, 0), 1) for each in theirs]
        ),
        "colour": lambda: theirs[..., ::-1],
        "alike": lambda: np.repeat(theirs[:4], 20, axis=0),
    }[spoiled]()
    known = plain_features(ours)
    clean, bad = (kid(known, plain_features(each)) for each in (theirs, worse))
    assert abs(clean.value) < 2 * clean.error
    assert bad.value - bad.error > clean.value + clean.error


def test_a_picture_s_features_do_not_depend_on_the_others():
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    np.testing.assert_array_equal(
        plain_features(images)[3], plain_features(images[3:])[0]
    )
