"""Precision, recall, density and coverage, by hand and against plain loops."""

import numpy as np
import pytest

from kerasgan.metrics import distances
from kerasgan.metrics.distances import neighbour_distances, two_nearest
from kerasgan.metrics.manifold import manifold


def rows(count, seed=0, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(size=(count, 3)) * scale + shift


def by_loops(reals, fakes):
    def reach(some, k):
        return [np.sort(np.linalg.norm(some - one, axis=1))[k] for one in some]

    def holders(some, reaches, point):
        apart = np.linalg.norm(some - point, axis=1)
        return sum(a <= r for a, r in zip(apart, reaches, strict=True))

    narrow, wide = reach(reals, 3), reach(reals, 5)
    precision = np.mean([holders(reals, narrow, f) > 0 for f in fakes])
    recall = np.mean([holders(fakes, reach(fakes, 3), r) > 0 for r in reals])
    density = np.mean([holders(reals, wide, f) for f in fakes]) / 5
    near = [np.linalg.norm(fakes - r, axis=1).min() for r in reals]
    coverage = np.mean(np.array(near) <= np.array(wide))
    return precision, recall, density, coverage


@pytest.mark.parametrize("scale", [0.3, 1.0, 2.0])
def test_all_four_against_plain_loops(scale, monkeypatch):
    monkeypatch.setattr(distances, "ROWS", 11)
    reals, fakes = rows(40), rows(30, seed=1, shift=0.5, scale=scale)
    assert tuple(manifold(reals, fakes)) == pytest.approx(by_loops(reals, fakes))


def test_one_good_picture_over_and_over_is_precise_and_has_no_recall():
    reals = rows(60)
    found = manifold(reals, np.repeat(reals[:1], 60, axis=0))
    assert found.precision == 1
    assert found.recall == pytest.approx(1 / 60)


def test_far_away_pictures_are_neither():
    assert tuple(manifold(rows(30), rows(30, seed=1, shift=99.0))) == (0, 0, 0, 0)


def test_distances_leave_a_picture_itself_out_and_keep_its_twin():
    found = neighbour_distances(np.array([[0.0], [0.0], [2.0]]), 1)
    assert found.ravel().tolist() == [0, 0, 2]


def test_too_few_for_so_many_neighbours():
    with pytest.raises(ValueError, match="more than 3 pictures"):
        neighbour_distances(rows(3), 3)


def test_two_nearest_in_pieces(monkeypatch):
    ours, theirs = rows(20), rows(15, seed=1)
    monkeypatch.setattr(distances, "ROWS", 6)
    places, found = two_nearest(ours, theirs)
    apart = np.linalg.norm(ours[:, None] - theirs, axis=2)
    np.testing.assert_array_equal(places, apart.argmin(axis=1))
    np.testing.assert_allclose(found, np.sort(apart, axis=1)[:, :2])


def test_two_nearest_leaves_the_row_itself_out(monkeypatch):
    ours = rows(20)
    monkeypatch.setattr(distances, "ROWS", 6)
    found = two_nearest(ours[::2], ours, own=np.arange(0, 20, 2))[1]
    np.testing.assert_allclose(found, neighbour_distances(ours, 2)[::2])
