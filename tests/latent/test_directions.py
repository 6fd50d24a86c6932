"""Directions: found again where they were put in."""

import keras
import numpy as np
import pytest

from kerasgan.latent import directions
from kerasgan.networks import stylegan2

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(600, 5)).astype(np.float32)
TRUE = np.array([0.6, 0.0, -0.8, 0.0, 0.0])


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("method", directions.METHODS)
def test_a_labelled_property_is_found(method):
    found = directions.labelled_direction(POINTS, POINTS @ TRUE > 0.3, method)
    assert cosine(found, TRUE) > 0.97
    # from one mean to the other: E[x | x > t] - E[x | x < t] of a normal, t = 0.3
    assert np.linalg.norm(found) == pytest.approx(1.61, abs=0.15)


def test_the_machine_does_not_mind_a_property_that_comes_along():
    correlated = POINTS.copy()
    correlated[:, 1] = POINTS @ TRUE + 0.5 * POINTS[:, 1]
    has_it = POINTS @ TRUE > 0
    mean = directions.labelled_direction(correlated, has_it, "mean")
    machine = directions.labelled_direction(correlated, has_it, "svm")
    assert abs(cosine(machine, np.eye(5)[1])) < 0.7 * cosine(mean, np.eye(5)[1])


def test_a_score_is_followed():
    found = directions.score_direction(POINTS, POINTS @ TRUE * 3 + 1)
    assert cosine(found, TRUE) > 0.999
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=0.1)


def test_a_score_may_have_any_unit():
    small = directions.score_direction(POINTS, POINTS @ TRUE * 1e-9)
    usual = directions.score_direction(POINTS, POINTS @ TRUE)
    assert small == pytest.approx(usual, abs=1e-5)
    assert not directions.score_direction(POINTS, np.ones(600)).any()


def test_independence_by_hand():
    found = directions.independent_of(
        np.array([1.0, 2.0, 3.0]), [np.array([1.0, 0, 0]), np.array([1.0, 1, 0])]
    )
    assert found == pytest.approx(np.array([0, 0, 3.0]))


def test_activations_move_along_their_main_axis():
    activations = np.outer(POINTS @ TRUE, [1.0, -2.0, 0.5])
    activations += 0.01 * RNG.normal(size=activations.shape)
    found = directions.activation_directions(POINTS, activations, 1)
    assert abs(cosine(found[0], TRUE)) > 0.99


def test_weights_stretch_most_along_their_first_singular_vector():
    weights = np.outer(TRUE, [0.0, 3.0, 4.0]) + 0.01 * RNG.normal(size=(5, 3))
    found = directions.stretched_directions(weights, 2)
    assert found.shape == (2, 5)
    assert abs(cosine(found[0], TRUE)) > 0.999
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1])


def test_the_first_weights_are_the_dense_layers():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6)])
    assert directions.first_weights(network, 3).shape == (3, 6)
    with pytest.raises(ValueError, match="begin with a dense layer of 9 inputs"):
        directions.first_weights(network, 9)


def test_one_side_alone_is_no_direction():
    with pytest.raises(ValueError, match="with the property and without it"):
        directions.labelled_direction(POINTS, np.ones(600, bool))
    with pytest.raises(ValueError, match="method must be one of mean, svm"):
        directions.labelled_direction(POINTS, POINTS[:, 0] > 0, "x")


def test_styles_are_moved_most_along_the_first_direction_of_their_weights():
    keras.utils.set_random_seed(0)
    generator = stylegan2.build_generator((16, 16), latent_dim=8, width=4)
    weights = directions.style_weights(generator)
    layers = [*generator.get_layer("synthesis").convolutions]
    assert weights.shape[0] == 8 and weights.shape[1] > sum(x.filters for x in layers)
    (way,) = directions.stretched_directions(weights, 1)

    def moved(w):  # how far the styles of all convolutions go
        ends = [x.style(np.stack([w, 0 * w])).numpy() for x in layers]
        return sum(float(((end[0] - end[1]) ** 2).sum()) for end in ends)

    others = RNG.normal(size=(20, 8)).astype(np.float32)
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert moved(way) > max(map(moved, others))
