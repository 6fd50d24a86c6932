"""Similarity transforms, poses, and what a warped picture looks like."""

import numpy as np
import pytest

from kerasgan.preparation.alignment import (
    SHAPE,
    apply,
    face_transform,
    outside_share,
    pose,
    similarity,
    targets,
    warp,
)


def turned_by(degrees, scale, shift):
    angle = np.deg2rad(degrees)
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, shift[0]], [s, c, shift[1]]])


def test_targets_by_hand():
    """128 pixels are 2.8 * 1.4 = 3.92 eye distances: one is 32.65 pixels."""
    onto = targets((128, 128), margin=0.2)
    assert onto[1, 0] - onto[0, 0] == pytest.approx(32.653, abs=1e-3)
    assert onto[0, 1] == onto[1, 1] == pytest.approx(63.5 - 16.327, abs=1e-3)
    assert onto[:, 0].mean() == pytest.approx(63.5)
    wide = targets((64, 128), margin=0)
    assert wide[1, 0] - wide[0, 0] == pytest.approx(64 / 2.8)
    assert wide[2, 0] == 63.5


@pytest.mark.parametrize("degrees", [0, 30, -100, 180])
@pytest.mark.parametrize("scale", [0.2, 3.0])
def test_a_similarity_is_found_again(degrees, scale):
    made = turned_by(degrees, scale, (7, -3))
    points = np.random.default_rng(0).normal(size=(5, 2)) * 20
    assert np.allclose(similarity(points, apply(made, points)), made)


def test_no_other_similarity_is_nearer():
    rng = np.random.default_rng(1)
    points, onto = rng.normal(size=(2, 4, 2)) * 10
    best = similarity(points, onto)

    def distance(matrix):
        return ((apply(matrix, points) - onto) ** 2).sum()

    for _ in range(50):
        a, b, x, y = rng.normal(size=4) * 0.01
        other = best + np.array([[a, -b, x], [b, a, y]])
        assert distance(other) > distance(best)


def test_the_nose_does_not_move_the_face():
    onto = targets((64, 64), 0.2)
    beside = SHAPE * 30 + 50
    beside[2] += (9, 4)
    straight = face_transform(SHAPE * 30 + 50, onto)
    assert np.allclose(face_transform(beside, onto), straight)


def test_pose_by_hand_and_whatever_the_roll():
    assert pose(SHAPE).turned == pytest.approx(0)
    assert pose(SHAPE).nose_height == pytest.approx(0.57 / 0.99)
    aside = SHAPE.copy()
    aside[2, 0] = 0.3
    rolled = apply(turned_by(40, 25, (100, 50)), aside)
    assert abs(pose(rolled).turned) == pytest.approx(0.3)
    assert not pose(rolled).is_frontal
    aside[2] = (0.2, 0.57)
    assert pose(aside).is_frontal
    bent = SHAPE.copy()
    bent[2, 1] = 0.9
    assert not pose(bent).is_frontal


def test_landmarks_that_fall_together_are_no_error():
    assert not pose(np.zeros((5, 2))).is_frontal


@pytest.mark.parametrize("degrees", [0, 25])
@pytest.mark.parametrize("scale", [0.15, 0.3, 0.9, 2.0])
def test_what_is_drawn_at_the_landmarks_arrives_at_their_targets(degrees, scale):
    """Also where the picture is shrunk by areas first: no shift of half a pixel."""
    onto = targets((96, 128), 0.2)
    eye_distance = onto[1, 0] - onto[0, 0]
    back = turned_by(degrees, 1 / scale, (200, 150))
    landmarks = apply(back, onto)
    size = int(landmarks.max() + 3 * eye_distance / scale)
    y, x = np.mgrid[:size, :size]
    light = np.zeros((size, size))
    for eye in landmarks[:2]:  # a soft spot
        light += np.exp(-((x - eye[0]) ** 2 + (y - eye[1]) ** 2) / 2 / (3 / scale) ** 2)
    image = np.repeat(np.rint(250 * light)[..., None], 3, axis=2).astype(np.uint8)
    made = warp(image, face_transform(landmarks, onto), (96, 128))
    grey = made[..., 0].astype(float)
    for eye, half in zip(onto[:2], (slice(0, 64), slice(64, 128)), strict=True):
        y, x = np.mgrid[:96, half]
        weights = grey[:, half]
        centre = [(x * weights).sum(), (y * weights).sum()] / weights.sum()
        assert np.hypot(*(centre - eye)) < 0.15


def test_shrinking_averages_and_does_not_flicker():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    shrink = np.array([[1 / 8, 0, 0], [0, 1 / 8, 0]])
    inner = warp(stripes, shrink, (32, 32))[4:-4, 4:-4]
    assert abs(int(inner.min()) - 127) <= 2 and abs(int(inner.max()) - 127) <= 2


def test_an_unmoved_picture_stays_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    unmoved = np.array([[1.0, 0, 0], [0, 1, 0]])
    assert np.array_equal(warp(image, unmoved, (20, 30)), image)


def test_borders_mirror_or_fade():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    right = np.array([[1.0, 0, 32], [0, 1, 0]])  # 32 columns beyond the left edge
    mirrored, faded = (warp(image, right, (64, 64), b) for b in ("reflect", "blur"))
    assert np.array_equal(mirrored[:, :32], image[:, 32:0:-1])
    assert np.array_equal(mirrored[:, 32:], image[:, :32])
    assert np.array_equal(faded[:, 32:], image[:, :32])
    assert faded[:, :8].std() < mirrored[:, :8].std() / 4
    assert abs(faded[:, 0].mean() - image[:, :32].mean()) < 8
    inside = np.array([[1.0, 0, 0], [0, 1, 0]])
    assert np.array_equal(warp(image, inside, (64, 64), "blur"), image)


def test_a_frame_wholly_beyond_the_picture_is_no_error():
    image = np.full((20, 20, 3), 9, np.uint8)
    away = np.array([[1.0, 0, 500], [0, 1, 500]])
    for border in ("reflect", "blur"):
        assert warp(image, away, (16, 16), border).shape == (16, 16, 3)
    assert outside_share(image.shape, away, (16, 16)) == 1


def test_an_unknown_border_is_refused():
    with pytest.raises(ValueError, match="border must be one of reflect, blur"):
        warp(np.zeros((4, 4, 3), np.uint8), np.eye(2, 3), (4, 4), "mirror")


def test_half_outside():
    half = np.array([[1.0, 0, 8], [0, 1, 0]])
    assert outside_share((16, 16, 3), half, (16, 16)) == 0.5
    assert outside_share((16, 16, 3), np.eye(2, 3), (16, 16)) == 0
