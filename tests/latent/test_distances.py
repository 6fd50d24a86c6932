"""Distances: hand-computed, one number a picture."""

import math

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.latent.distances import Goal, contextual, feature_distance, unrealism
from kerasgan.latent.inpainting import smaller

IMAGES = tf.constant([[[[1.0]], [[0.0]]], [[[0.0]], [[0.5]]]])  # [2, 2, 1, 1]


@pytest.mark.parametrize(
    ("kind", "expected"), [("l1", [0.5, 0.25]), ("l2", [0.5, 0.125])]
)
def test_contextual_by_hand(kind, expected):
    found = contextual(IMAGES, tf.zeros_like(IMAGES), kind)
    assert found.numpy() == pytest.approx(np.array(expected))


def test_hidden_pixels_do_not_count():
    weights = tf.constant([[[[0.0]], [[2.0]]], [[[0.0]], [[2.0]]]])
    found = contextual(IMAGES, tf.zeros_like(IMAGES), "l2", weights)
    assert found.numpy() == pytest.approx(np.array([0.0, 0.25]))
    nothing = contextual(IMAGES, IMAGES + 1, "l2", tf.zeros_like(weights))
    assert nothing.numpy().tolist() == [0.0, 0.0]


def test_unrealism_is_each_pictures_own():
    found = unrealism(tf.constant([[0.0], [2.0]])).numpy()
    assert found == pytest.approx([math.log(2), math.log(1 + math.exp(-2))], rel=1e-5)


def test_features_of_opposite_directions_are_4_apart():
    a = tf.constant([[[[3.0, 0.0]]], [[[0.0, 5.0]]]])
    b = tf.constant([[[[-1.0, 0.0]]], [[[0.0, 1.0]]]])
    assert feature_distance([a], [b]).numpy() == pytest.approx([4.0, 0.0], abs=1e-5)


def test_a_goal_adds_up_and_looks_at_known_pixels_only():
    weights = tf.constant([[[[0.0]], [[1.0]]]] * 2)
    seen = []

    def features(images):
        seen.append(images)
        return [tf.concat([images, tf.ones_like(images)], axis=-1)]

    goal = Goal("l2", lambda images: tf.zeros([2, 1]), 0.5, features, 1.0)
    found = goal.losses(IMAGES, tf.zeros_like(IMAGES), weights).numpy()
    assert found[0] == pytest.approx(0.5 * math.log(2), rel=1e-5)
    assert found[1] > 0.25 + 0.5 * math.log(2)
    assert float(tf.reduce_max(tf.abs(seen[0][:, 0]))) == 0


def test_features_of_a_smaller_picture_are_those_of_it_enlarged():
    images = tf.random.stateless_uniform([2, 8, 8, 3], [0, 1], -1, 1)
    shapes = []

    def features(shown):
        shapes.append(tuple(shown.shape))
        return [shown]

    goal = Goal(features=features, feature_weight=1.0, observe=smaller)
    same = goal.losses(images, smaller(images), None).numpy()
    assert same == pytest.approx([0, 0]) and set(shapes) == {(2, 8, 8, 3)}
    assert (goal.losses(images, -smaller(images), None).numpy() > 1).all()


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="one of l1, l2"):
        contextual(IMAGES, IMAGES, "l3")
