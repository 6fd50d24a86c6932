"""Repeated pictures are seen, other backgrounds are not taken for other pictures."""

import numpy as np

from kerasgan.metrics.diversity import diversity


def some(count, seed=0):
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(2, axis=1).repeat(2, axis=2)


def test_it_is_the_distance_to_the_picture_most_like_it():
    pictures = np.zeros((3, 8, 8, 1), np.uint8)
    pictures[1, 0, 0], pictures[2, 0, 0] = 3, 30
    # One corner differs: one difference downwards and one across.
    assert np.isclose(diversity(pictures), np.median([3, 3, 27]) * np.sqrt(2))


def test_repeats_have_none_however_many_there_are():
    assert diversity(some(8).repeat(2, axis=0)) == 0.0
    assert diversity(some(16)) > 100


def test_a_plain_background_of_another_colour_is_no_other_picture():
    picture = some(1) // 2
    shades = np.arange(16, dtype=np.uint8).reshape(16, 1, 1, 1) * 8
    assert diversity(picture + shades) == 0.0


def test_a_set_of_fresh_pictures_is_as_diverse_as_another():
    assert 0.9 < diversity(some(64, 1)) / diversity(some(64, 2)) < 1.1


def test_one_picture_or_none_has_no_diversity():
    assert diversity(some(1)) == diversity(some(0)) == 0.0
