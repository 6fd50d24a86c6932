"""Styles that are mixed, and the length of a step in w: against the slow way."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.building import build_gan
from kerasgan.config import TrainConfig
from kerasgan.gans.stylegan2 import PATH

TINY = TrainConfig.for_model(
    model="stylegan2", image_size=(16, 16), width=2, latent_dim=6, batch_size=4
)


@pytest.fixture(scope="module")
def gan():
    return build_gan(TINY)


def test_from_a_random_layer_on_the_styles_are_of_another_latent(gan, monkeypatch):
    count, layers = 64, 6
    seen = []
    kinds = iter((1.0, 0.0, 1.0, 0.0))  # the picture's own, and the others
    monkeypatch.setattr(
        gan, "styles", lambda z: tf.fill([count, layers, 3], next(kinds))
    )
    parts = {"synthesis": lambda styles, training: seen.append(styles.numpy())}
    monkeypatch.setattr(gan, "generator", SimpleNamespace(get_layer=parts.get))
    z, reals = tf.zeros([count, 6]), tf.zeros([count, 16, 16, 3])
    for share in (1.0, 0.25):
        monkeypatch.setattr(gan, "mixing", share)
        gan.paint(z, reals)
    always, seldom = (styles[:, :, 0] for styles in seen)
    assert (np.diff(always, axis=1) <= 0).all()  # never back to its own
    own = always.sum(axis=1)
    assert set(own) == set(range(1, layers))  # at least one layer of each
    assert 0.5 < (seldom.sum(axis=1) == layers).mean() < 0.95


def test_a_path_is_as_long_as_the_gradient_in_a_random_direction(gan):
    z = tf.random.stateless_normal([3, 6], [1, 2])
    lengths = gan.path_lengths(z).numpy()
    synthesis = gan.generator.get_layer("synthesis")
    styles = gan.styles(z)
    directions = tf.random.stateless_normal([3, 16, 16, 3], gan.stream(PATH))
    for k in range(3):
        with tf.GradientTape() as tape:
            tape.watch(styles)
            image = synthesis(styles, training=True)[k]
        # d(image . y) / dw, with y of variance 1 / (H W): a mean over L, a sum over D
        slope = tape.gradient(image, styles, output_gradients=directions[k] / 16)[k]
        assert lengths[k] == pytest.approx(
            np.sqrt((slope.numpy() ** 2).sum() / slope.shape[0]), rel=1e-4
        )


def test_the_penalty_pulls_lengths_to_their_average(gan):
    z = tf.random.stateless_normal([3, 6], [3, 4])
    for wanted, way in ((0.0, -1), (100.0, 1)):
        gan.path_length.assign(wanted)
        before = float(tf.reduce_mean(gan.path_lengths(z)))
        gradients = gan.path(z)
        expected = 0.99 * wanted + 0.01 * before
        assert float(gan.path_length.value) == pytest.approx(expected, rel=1e-4)
        norm = float(tf.linalg.global_norm(gradients))
        for variable, gradient in zip(gan.generator_variables, gradients, strict=True):
            variable.assign_sub(1e-2 / norm * gradient)
        after = float(tf.reduce_mean(gan.path_lengths(z)))
        assert way * (after - before) > 0
