"""Copies are told from pictures that are merely plain: by hand, and what must hold."""

import numpy as np
import pytest

from kerasgan.metrics.copies import (
    beyond_natural,
    copied,
    natural_share,
    nearer,
    nearest_of_both,
    of_all,
    single,
)
from kerasgan.metrics.distances import two_nearest

RANDOM = np.random.default_rng(0)
REAL = RANDOM.normal(size=(1000, 8))
TRAINED, HELD = REAL[:900], REAL[900:]


def share(fakes):
    return copied(two_nearest(fakes, REAL)[0], 900, 100)


def both_sides(fakes, trained, held):
    sides = [two_nearest(fakes, each) for each in (trained, held)]
    near = [(places, apart[:, 0]) for places, apart in sides]
    return nearest_of_both(*near, len(trained))


def test_pictures_of_the_same_kind_are_no_copies():
    found = share(RANDOM.normal(size=(2000, 8)))
    assert found.share < 2 * found.error < 0.4


def test_plain_pictures_are_near_to_everything_and_no_sure_copies():
    plain = 0.1 * RANDOM.normal(size=(2000, 8))
    found = share(plain)
    assert found.share < 2 * found.error
    near, held = (two_nearest(each, TRAINED)[1][:, 0] for each in (plain, HELD))
    assert nearer(near, held) > 0.9  # which is why this alone says little


def test_the_nearest_of_both_sides():
    fakes = RANDOM.normal(size=(50, 8))
    nearest = two_nearest(fakes, REAL)[0]
    for votes in both_sides(fakes, TRAINED, HELD).T:
        np.testing.assert_array_equal(votes, nearest)


def test_pictures_that_are_there_twice_make_no_copies():
    twice = np.repeat(RANDOM.normal(size=(500, 8)), 2, axis=0)
    drawn = RANDOM.permutation(1000)
    places = both_sides(
        RANDOM.normal(size=(2000, 8)), twice[drawn[:900]], twice[drawn[900:]]
    )
    found = copied(places, 900, 100)
    assert found.share < 2 * found.error < 0.4


def test_copies_of_pictures_that_were_not_searched_are_reckoned_with():
    fakes = TRAINED + 0.01 * RANDOM.normal(size=TRAINED.shape)
    searched = TRAINED[RANDOM.permutation(900)[:300]]
    some = copied(both_sides(fakes, searched, HELD), 300, 100)
    found = of_all(some, 300, 900)
    assert some.share < 0.5
    assert abs(found.share - 1) < 2 * found.error < 1
    assert found.error == pytest.approx(3 * some.error)


def test_features_with_a_large_offset_keep_their_distances():
    rows = RANDOM.normal(size=(40, 8)).astype(np.float32)
    moved = (rows + np.float32(1000)).astype(np.float32)
    places, apart = two_nearest(moved, moved)
    exact = moved.astype(np.float64)
    exact = np.sqrt(((exact[:, None] - exact) ** 2).sum(axis=2))
    assert places.tolist() == list(range(40))
    np.testing.assert_allclose(apart[:, 1], np.sort(exact)[:, 1], rtol=1e-3)


@pytest.mark.parametrize("part", [0.5, 1.0])
def test_the_share_of_copies_is_found(part):
    fakes = RANDOM.normal(size=(2000, 8))
    some = int(part * 2000)
    fakes[:some] = TRAINED[np.arange(some) % 900] + 0.01 * fakes[:some]
    found = share(fakes)
    assert abs(found.share - part) < 2 * found.error + 1e-9


def test_by_hand():
    """One in ten by chance, one in twenty found: half of it is missing."""
    places = np.array([*range(38), 90, 91])
    found = copied(places, trained=90, held=10)
    assert found.share == pytest.approx(0.5)
    deviation = np.sqrt(10 * 0.9 * np.var([1] * 40 + [0] * 60, ddof=1))
    assert found.error == pytest.approx(deviation / (40 * 0.1))


def test_one_picture_nearest_to_all_proves_nothing():
    found = copied(np.zeros(500, int), trained=90, held=10)
    assert found.share == 1.0
    assert found.error > 2


def test_without_held_out_pictures_there_is_no_share():
    with pytest.raises(ValueError, match="training and held-out"):
        copied(np.zeros(3, int), 9, 0)


def test_one_that_is_much_nearer_than_the_second_is_single():
    unseen = np.stack([RANDOM.uniform(0.7, 1, 500), np.ones(500)], axis=1)
    copies = np.stack([np.full(30, 0.1), np.ones(30)], axis=1)
    assert single(copies, unseen) == 1.0
    plain = np.stack([np.full(30, 0.099), np.full(30, 0.1)], axis=1)
    assert single(plain, unseen) == 0.0
    assert single(unseen, unseen) == pytest.approx(0.01, abs=0.005)


@pytest.mark.parametrize("unseen", [12, 1000])
def test_the_natural_share_is_what_is_found_where_nothing_is_copied(unseen):
    found = [
        single(
            *(np.stack([RANDOM.uniform(size=n), np.ones(n)], 1) for n in (50, unseen))
        )
        for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(natural_share(unseen), rel=0.2)


def test_what_is_single_beyond_that_are_copies():
    assert beyond_natural(1.0, 100, 50) == pytest.approx((1.0, 0.024), abs=0.001)
    half = beyond_natural(0.5, 100, 1_000_000)
    assert half == pytest.approx((0.495, 0.0505), abs=0.001)
    assert beyond_natural(0.0, 100, 50).share == 0.0


def test_equal_distances_count_half():
    assert nearer(np.ones(3), np.ones(4)) == 0.5
    assert nearer(np.zeros(3), np.ones(4)) == 1.0
