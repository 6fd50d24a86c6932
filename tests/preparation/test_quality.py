"""Sharpness and brightness, by hand and on blurred pictures."""

import cv2
import numpy as np
import pytest

from kerasgan.preparation.quality import Limits, brightness, sharpness


def noise(side, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(60, 200, (side, side, 3)).astype(np.uint8)


def test_sharpness_of_a_chess_board_by_hand():
    """Each pixel's Laplacian is 4 x 10 up or down: its variance is 1,600."""
    board = np.indices((64, 64)).sum(axis=0) % 2 * 10 + 100
    picture = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    assert sharpness(picture) == pytest.approx(1600)


def test_blur_is_seen():
    picture = cv2.resize(noise(64), (128, 128), interpolation=cv2.INTER_CUBIC)
    values = [
        sharpness(cv2.GaussianBlur(picture, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] > 20 * values[2]


def test_a_larger_picture_of_the_same_has_about_the_same_sharpness():
    small = cv2.resize(noise(32), (128, 128), interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(noise(32), (512, 512), interpolation=cv2.INTER_CUBIC)
    assert sharpness(large) == pytest.approx(sharpness(small), rel=0.1)


def test_brightness_by_hand():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:2] = 100
    assert brightness(picture) == 50


def test_the_first_reason_is_told():
    limits = Limits(min_sharpness=20, darkest=30, brightest=225)
    assert limits.reason_against(noise(64)) == ""
    assert limits.reason_against(noise(64) // 10) == "too dark: 13 of 255"
    bright = 255 - noise(64) // 10
    assert limits.reason_against(bright).startswith("too bright: 24")
    flat = np.full((64, 64, 3), 128, np.uint8)
    assert limits.reason_against(flat) == "blurred: sharpness 0.0"
    assert Limits(0, 0, 255).reason_against(flat) == ""
