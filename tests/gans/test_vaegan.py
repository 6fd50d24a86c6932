"""What VAE-GAN's networks learn from: the features' distance, the prior, and D."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.building import build_gan
from kerasgan.config import TrainConfig
from kerasgan.gans.vaegan import encoded_part, prior_distance

TINY = TrainConfig(
    model="vaegan", image_size=(16, 16), width=4, latent_dim=6, batch_size=8
)
REALS = tf.random.stateless_uniform([8, 16, 16, 3], [1, 2], -1, 1)


@pytest.fixture
def gan():
    return build_gan(TINY)


def gradients_of(gan, towards=0.0):
    """Those of G and of the encoder, as lists."""
    z = gan.sample_latents(8)
    with tf.GradientTape(persistent=True) as tape:
        fakes = gan.paint(z, REALS)
    both = gan.generator_gradients(tape, REALS, fakes, tf.fill(fakes.shape, towards))
    count = len(gan.generator.trainable_variables)
    return both[:count], both[count:]


def descend(variables, gradients, length=0.05):
    norm = tf.linalg.global_norm(gradients)
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(length / norm * gradient)


def distance(gan):
    return float(gan.distance(REALS, gan.paint(gan.sample_latents(8), REALS)))


def test_the_distance_is_in_units_of_the_features_variance(gan, monkeypatch):
    real = np.float32([[[[-1, -2], [1, 2]]]] * 4)  # [4, 1, 2, 2], variances 1 and 4
    maps = {"real": real, "fake": real + np.float32([3, 4])}
    monkeypatch.setattr(gan, "features", lambda images, training: maps[images])
    monkeypatch.setattr("kerasgan.gans.vaegan.encoded_part", lambda images: images)
    found = gan.distance("real", "fake")
    assert float(found) == pytest.approx((3**2 / 1 + 4**2 / 4) / 2)


def test_the_second_half_is_encoded_and_compared(gan):
    np.testing.assert_array_equal(encoded_part(REALS), REALS[4:])
    assert encoded_part(REALS[:1]).shape[0] == 1
    mixed = tf.concat([-REALS[:4], REALS[4:]], axis=0)
    assert float(gan.distance(REALS, mixed)) == 0.0
    assert float(gan.distance(REALS, -REALS)) > 0.1


@pytest.mark.parametrize("which", ["generator", "encoder"])
def test_both_draw_nearer_to_the_picture(gan, which):
    gan.prior_weight, gan.generator_share = 0.0, 1.0
    before = distance(gan)
    gradients = dict(zip(("generator", "encoder"), gradients_of(gan), strict=True))
    descend(getattr(gan, which).trainable_variables, gradients[which])
    assert distance(gan) < before


def test_the_encoder_draws_nearer_to_the_prior(gan):
    gan.reconstruction_weight = 0.0
    gan.encoder.get_layer("mean").bias.assign_add(tf.fill([6], 3.0))

    def prior():
        return float(prior_distance(*gan.encoder(encoded_part(REALS), training=True)))

    before = prior()
    descend(gan.encoder.trainable_variables, gradients_of(gan)[1])
    assert prior() < before


def test_the_encoder_learns_nothing_from_d(gan):
    gan.reconstruction_weight = gan.prior_weight = 0.0
    of_generator, of_encoder = gradients_of(gan, towards=1.0)
    assert float(tf.linalg.global_norm(of_generator)) > 0
    assert float(tf.linalg.global_norm(of_encoder)) == 0.0


def test_of_the_distance_g_gets_its_share(gan):
    gan.prior_weight = 0.0
    norms = []
    for share in (1.0, 0.25):
        gan.generator_share = share
        norms.append([float(tf.linalg.global_norm(g)) for g in gradients_of(gan)])
    assert norms[1][0] == pytest.approx(0.25 * norms[0][0], rel=1e-4)
    assert norms[1][1] == pytest.approx(norms[0][1], rel=1e-4)
