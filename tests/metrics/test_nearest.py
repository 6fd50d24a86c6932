"""The nearest training picture: found, mirrored or not, wherever it lies."""

import numpy as np
import pytest

from kerasgan.metrics import nearest as module
from kerasgan.metrics.nearest import nearest


def some(count, seed=0, side=16):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def test_distances_by_hand():
    among = np.zeros((2, 4, 4, 1))
    among[1] = 10.0
    found = nearest(np.full((3, 4, 4, 1), [[[[1.0]]], [[[4.0]]], [[[9.0]]]]), among)
    assert found.places.tolist() == [0, 0, 1]
    assert found.distances.tolist() == pytest.approx([1, 4, 1])
    assert found.second.tolist() == pytest.approx([9, 6, 9])


def test_a_picture_itself_is_not_found_nor_its_mirror_image():
    among = some(7)
    found = nearest(among[[2, 5]], among, own=np.array([2, 5]))
    expected = nearest(among[[2, 5]], np.delete(among, [2, 5], axis=0))
    others = nearest(among[[2]], np.delete(among, 2, axis=0))
    assert found.distances[0] == pytest.approx(others.distances[0])
    assert (found.distances <= expected.distances).all()
    assert not set(found.places) & {2, 5} or found.places.tolist() == [5, 2]


def test_a_copy_is_found_mirrored_too_and_with_other_fine_detail():
    among = some(20, side=64)
    pictures = among[[4, 7, 11]].copy()
    pictures[1] = pictures[1][:, ::-1]
    pictures[2] = pictures[2].reshape(32, 2, 64, 3)[:, ::-1].reshape(64, 64, 3)
    found = nearest(pictures, among)
    assert found.places.tolist() == [4, 7, 11]
    assert found.mirrored.tolist() == [False, True, False]
    assert found.distances.max() < 1e-4


def test_many_are_looked_at_piece_by_piece(monkeypatch):
    among, pictures = some(23), some(6, seed=1)
    whole = nearest(pictures, among)
    monkeypatch.setattr(module, "CHUNK", 5)
    for ours, theirs in zip(nearest(pictures, among), whole, strict=True):
        np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("among", [some(0), some(3, side=8)])
def test_nothing_to_look_among_is_an_error(among):
    with pytest.raises(ValueError, match="pictures must have the shape"):
        nearest(some(2), among)
