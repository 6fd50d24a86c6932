"""D's maps: by name, of several sizes, and of a D that grows."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.feature_maps import feature_maps, named_maps
from kerasgan.growing import growing_layers
from kerasgan.layers import leaky_relu
from kerasgan.networks import NETWORKS, fastgan

judges = pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"average"}))


def pictures(side):
    return tf.random.stateless_uniform([2, side, side, 3], [0, 1], -1, 1)


@judges
def test_every_layer_that_is_named_gives_features_of_another_size(name):
    network = NETWORKS[name].build_discriminator((32, 32), 3, 2)
    shapes = [map_.shape for map_ in named_maps(network).values()]
    assert len(shapes) >= 2
    assert all(len(shape) == 4 for shape in shapes)
    assert shapes[-1][-1] > 1
    sizes = [shape[1:3] for shape in shapes]
    assert all(one != two for one, two in itertools.pairwise(sizes))


@judges
def test_every_discriminator_has_maps_of_several_sizes(name):
    network = NETWORKS[name].build_discriminator((32, 32), 3, 4)
    shapes = [map_.shape for map_ in feature_maps(network).outputs]
    assert len(shapes) >= 2
    assert all(shape[-1] > 1 and shape[1] < 32 for shape in shapes)


def test_maps_of_logits_are_no_features():
    network = fastgan.build_discriminator((64, 64), width=4)
    assert all(map_.shape[-1] > 1 for map_ in feature_maps(network).outputs)


def test_features_with_an_opinion_of_each_place_behind_them_are_found():
    images = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(5, 3, 2, "same", name="features")(images)
    logits = keras.layers.Conv2D(1, 3, 1, "same", name="logits")(features)
    assert list(named_maps(keras.Model(images, logits))) == ["features"]


def test_a_discriminator_without_maps_has_features():
    images = keras.Input((8, 8, 3))
    features = keras.layers.Dense(5)(keras.layers.Flatten()(images))
    network = keras.Model(images, keras.layers.Dense(1)(features))
    assert [found.shape for found in feature_maps(network).outputs] == [(None, 5)]


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0, 1.3, 2.0])
def test_a_d_that_grows_has_the_maps_that_it_has_grown_to(level):
    network = NETWORKS["progan"].build_discriminator((16, 16), 3, 4)
    (critic,) = growing_layers(network)
    critic.level.assign(level)
    maps = named_maps(network)
    sides = [4, 8, 16][: int(np.ceil(level)) + 1][::-1]
    assert list(maps) == [f"maps_{side}" for side in sides]
    assert [map_.shape[1] for map_ in maps.values()] == sides
    last = keras.Model(network.input, maps["maps_4"])(pictures(16))
    found = leaky_relu(critic.last[1](tf.reshape(last, [2, -1])))
    np.testing.assert_allclose(found, critic(pictures(16)), atol=1e-5)
