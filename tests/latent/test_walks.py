"""Walks: where they begin, end and pass."""

import numpy as np
import pytest

from kerasgan.latent.walks import between, eased, walk

CORNERS = np.random.default_rng(0).normal(size=(4, 64))


@pytest.mark.parametrize("way", ["spherical", "linear"])
@pytest.mark.parametrize("loop", [True, False])
def test_every_corner_is_passed(way, loop):
    frames = 13 if not loop else 12
    points = walk(CORNERS, frames, way=way, loop=loop)
    for k, corner in enumerate(CORNERS):
        place = k * (frames // 4) if loop else k * (frames - 1) // 3
        assert points[place] == pytest.approx(corner, abs=1e-5)


def test_a_loop_closes_with_a_step_like_the_others():
    points = walk(CORNERS, 40, loop=True, easing=False, way="linear")
    assert np.linalg.norm(points[0] - points[-1]) == pytest.approx(
        np.linalg.norm(points[31] - points[30]), rel=1e-4
    )


def test_the_sphere_keeps_lengths_and_the_straight_line_does_not():
    a, b = CORNERS[:2]
    shortest = min(np.linalg.norm(a), np.linalg.norm(b))
    assert np.linalg.norm(between(a, b, 0.5)) > 0.99 * shortest
    assert np.linalg.norm(between(a, b, 0.5, "linear")) < 0.9 * shortest


def test_points_without_a_direction_are_joined_by_a_line():
    a = np.array([1.0, 0.0])
    for b in (np.zeros(2), -a, 2 * a):
        assert between(a, b, 0.25) == pytest.approx(0.75 * a + 0.25 * b)


def test_easing_is_slow_at_corners():
    steps = np.diff([eased(k / 10) for k in range(11)])
    assert steps[0] == steps.min() < steps.max() == pytest.approx(steps[5])


@pytest.mark.parametrize(("corners", "frames"), [(CORNERS[:1], 10), (CORNERS, 3)])
def test_too_few_are_refused(corners, frames):
    with pytest.raises(ValueError, match="at least 2 corners"):
        walk(corners, frames)


def test_another_way_is_refused():
    with pytest.raises(ValueError, match="spherical, linear"):
        between(CORNERS[0], CORNERS[1], 0.5, "round")
