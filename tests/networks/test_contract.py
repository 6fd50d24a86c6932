"""What every registered network must do, written once and applied to all."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.config import MODELS
from kerasgan.networks import NETWORKS
from kerasgan.precision import dtype_policy

LATENT_DIM, WIDTH = 6, 4
POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
all_networks = pytest.mark.parametrize("name", sorted(NETWORKS))


def build(name, image_size=(32, 48), channels=3, policy="float32"):
    network = NETWORKS[name]
    with dtype_policy(policy):
        generator = network.build_generator(image_size, channels, LATENT_DIM, WIDTH)
        discriminator = network.build_discriminator(image_size, channels, WIDTH)
    return generator, discriminator


def latents(count):
    return tf.random.stateless_normal([count, LATENT_DIM], [0, count])


def test_every_model_on_the_command_line_is_a_network_and_the_other_way_round():
    assert set(MODELS) == set(NETWORKS)


@all_networks
@pytest.mark.parametrize("image_size", [(16, 16), (64, 64), (48, 96), (240, 16)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shapes_and_range(name, image_size, channels):
    generator, discriminator = build(name, image_size, channels)
    images = generator(latents(2))
    assert images.shape == (2, *image_size, channels)
    assert float(tf.reduce_max(tf.abs(images))) <= 1
    assert discriminator(images).shape == (2, 1)


@all_networks
@pytest.mark.parametrize("policy", POLICIES)
def test_images_and_logits_are_float32_in_every_precision(name, policy):
    generator, discriminator = build(name, policy=policy)
    images = generator(latents(2), training=True)
    logits = discriminator(images, training=True)
    assert images.dtype == logits.dtype == tf.float32
    assert generator.layers[1].compute_dtype == policy.removeprefix("mixed_")
    assert {v.dtype for v in generator.variables} == {"float32"}


@all_networks
def test_a_saved_generator_loads_and_gives_the_same_pictures(name, tmp_path):
    generator, _ = build(name)
    generator(latents(8), training=True)  # moves the statistics
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(generator(latents(3)), loaded(latents(3)))


@all_networks
def test_a_picture_does_not_depend_on_its_batch(name):
    generator, discriminator = build(name)
    many = generator(latents(7))
    np.testing.assert_allclose(generator(latents(7)[2:3])[0], many[2], atol=1e-5)
    logits = discriminator(many)
    np.testing.assert_allclose(discriminator(many[2:3])[0], logits[2], atol=1e-5)


@all_networks
def test_every_trainable_weight_gets_a_gradient(name):
    generator, discriminator = build(name)
    with tf.GradientTape() as tape:
        images = generator(latents(4), training=True)
        loss = tf.reduce_sum(discriminator(images, training=True) ** 2)
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(
        variables, tape.gradient(loss, variables), strict=True
    ):
        assert gradient is not None, variable.path
        assert float(tf.reduce_max(tf.abs(gradient))) > 0, variable.path


@all_networks
def test_a_savedmodel_gives_the_same_pictures(name, tmp_path):
    generator, _ = build(name)
    tf.saved_model.save(generator, str(tmp_path / "saved"))
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    (images,) = served(latents(3)).values()
    np.testing.assert_allclose(images, generator(latents(3)), atol=1e-6)
