"""Which pictures are shown in batches and which are picked."""

import numpy as np

from kerasgan.data.held_out import Split
from kerasgan.data.training_set import TrainingSet


def numbered(count=20):
    return np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)


def split_set():
    split = Split(trained=np.arange(0, 20, 2), held=np.arange(1, 20, 2))
    return TrainingSet(numbered(), labels=np.arange(20, dtype=np.int32), split=split)


def test_held_out_pictures_are_neither_shown_nor_picked():
    pictures = split_set()
    shown, classes = zip(*pictures.batches(5, seed=3).take(4), strict=True)
    assert set(np.ravel(shown)) == set(range(0, 20, 2))
    assert np.array_equal(np.ravel(shown), np.ravel(classes))
    assert set(pictures.some(50, seed=3).ravel()) == set(range(0, 20, 2))
    assert pictures.held[:].ravel().tolist() == list(range(1, 20, 2))


def test_the_same_few_pictures_are_picked_of_the_same_seed_alone():
    pictures = split_set()
    few = pictures.some(4, seed=1)
    assert np.array_equal(few, pictures.some(4, seed=1))
    assert np.array_equal(
        pictures.some(8, seed=1).ravel(), np.sort(pictures.some_places(8, seed=1))
    )
    assert not np.array_equal(few, pictures.some(4, seed=2))


def test_batches_begin_at_a_step():
    pictures = split_set()
    whole = list(pictures.batches(4, seed=0).take(5))
    late = list(pictures.batches(4, seed=0, start_step=3).take(2))
    for (ours, _), (theirs, _) in zip(late, whole[3:], strict=True):
        assert np.array_equal(ours, theirs)
