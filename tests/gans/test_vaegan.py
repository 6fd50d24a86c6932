"""VAE-GAN's distance between pictures: in D's features, whatever their scale."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.building import build_gan
from kerasgan.config import TrainConfig

RNG = np.random.default_rng(0)


@pytest.fixture
def gan():
    config = TrainConfig(
        model="vaegan", image_size=(32, 32), width=4, latent_dim=6, batch_size=4
    )
    return build_gan(config)


def images(count=4):
    drawn = RNG.uniform(-1, 1, (count, 32, 32, 3))
    return tf.constant(drawn, tf.float32)


def test_louder_features_are_no_farther_apart(gan):
    reals, fakes = images(), images()
    before = float(gan.distance(reals, fakes))
    last = gan.features.layers[-2]  # the convolution before the rectifier
    last.set_weights([10 * weight for weight in last.get_weights()])
    assert float(gan.distance(reals, fakes)) == pytest.approx(before, rel=1e-3)


def test_a_perfect_reconstruction_is_no_distance_and_another_picture_some(gan):
    reals = images()
    assert float(gan.distance(reals, reals)) == 0
    assert 0.1 < float(gan.distance(reals, images())) < 3


def test_pictures_of_one_colour_have_a_finite_slope(gan):
    reals, fakes = tf.fill([4, 32, 32, 3], 1.0), tf.Variable(images())
    with tf.GradientTape() as tape:
        distance = gan.distance(reals, fakes)
    slope = tape.gradient(distance, fakes)
    assert np.isfinite(slope).all() and np.abs(slope).max() < 1e3
