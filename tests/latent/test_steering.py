"""Steered directions: each changes its own attribute, and no other."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.latent.spaces import z_space
from kerasgan.latent.steering import steer

MIXED = np.array([[1.0, 0.8, 0.0], [0.0, 1.0, 0.5], [0.3, 0.0, 1.0]], np.float32)


def space_of(size=3):
    return z_space(lambda z: tf.reshape(tf.tanh(0.5 * z), [-1, size, 1, 1]), size)


def say(images):
    """Two attributes, of pixels that are a mixture, each in a unit of its own."""
    mixed = tf.matmul(tf.reshape(images, [-1, 3]), MIXED)
    return mixed[:, :2] * [1.0, 20.0]


def changes(space, ways, length=1.0):
    """How many deviations each attribute changes by along each way: [ways, A]."""
    points = space.draw(3, 0, 500)
    before = say(space.pictures(points)).numpy()
    after = [say(space.pictures(points + length * way)).numpy() for way in ways]
    return np.stack([(a - before).mean(axis=0) for a in after]) / before.std(axis=0)


def test_one_attribute_changes_by_a_deviation_and_the_other_stays():
    space = space_of()
    ways = np.array([[1.0, 1, 0], [1, 1, 0]], np.float32)
    before = changes(space, ways)
    assert min(before[0, 1], before[1, 0]) > 0.4  # both change along both
    found = steer(space, say, ways)
    assert found.shape == (2, 3)
    assert changes(space, found) == pytest.approx(np.eye(2), abs=0.15)
    assert changes(space, found, -1.0) == pytest.approx(-np.eye(2), abs=0.15)


def test_more_attributes_than_a_batch_has_pictures_all_take_their_turn():
    ways = np.ones((3, 3), np.float32)
    found = steer(space_of(), lambda x: tf.reshape(x, [-1, 3]), ways, steps=3, batch=2)
    assert (found != ways).any(axis=1).all()


def test_a_seed_gives_the_same_directions_and_every_step_is_told():
    ways, told = np.eye(3, dtype=np.float32)[:2], []

    def once():
        return steer(
            space_of(), say, ways, steps=5, on_step=lambda k, loss: told.append(k)
        )

    np.testing.assert_array_equal(once(), once())
    assert told == [1, 2, 3, 4, 5] * 2


def test_directions_in_a_space_of_layers_keep_their_shape():
    base = space_of(6)

    def paint(points):  # [N, 2, 3]
        return base.paint(tf.reshape(points, [-1, 6]))[:, :3]

    space = type(base)(
        "w+",
        paint,
        lambda seed, start, count: base.draw(seed, start, count).reshape(-1, 2, 3),
        np.zeros((2, 3), np.float32),
        np.full((2, 3), 2.0, np.float32),
        (0.0, 9.0),
    )
    assert steer(space, say, np.ones((2, 2, 3)), steps=3).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("ways", "options", "sentence"),
    [
        (np.ones((1, 3)), {}, "a way for each attribute. Received 1 for 2"),
        (np.ones((2, 3)), {"steps": 0}, "steps and batch must be at least 1"),
    ],
)
def test_what_cannot_be_is_refused(ways, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        steer(space_of(), say, ways, **options)
