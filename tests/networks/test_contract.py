"""What every registered network must do, written once and applied to all."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.config import DOUBLING, MODELS
from kerasgan.gans import GANS
from kerasgan.growing import growing_layers, reduce
from kerasgan.networks import NETWORKS
from kerasgan.precision import dtype_policy
from kerasgan.shown import whole

LATENT_DIM, WIDTH, SIZE = 6, 4, (32, 32)
POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
SHAPES = [
    (name, size)
    for name in sorted(NETWORKS)
    for size in (
        [(32, 32), (128, 128)]
        if name in DOUBLING
        else [(16, 16), (64, 64), (48, 96), (240, 16)]
    )
]
all_networks = pytest.mark.parametrize("name", sorted(NETWORKS))
judged = pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"average"}))


def build_generator(name, image_size=SIZE, channels=3, policy="float32", width=WIDTH):
    with dtype_policy(policy):
        return NETWORKS[name].build_generator(image_size, channels, LATENT_DIM, width)


def build_discriminator(name, image_size=SIZE, channels=3, policy="float32"):
    with dtype_policy(policy):
        return NETWORKS[name].build_discriminator(image_size, channels, WIDTH)


def latents(count):
    return tf.random.stateless_normal([count, LATENT_DIM], [0, count])


def pictures(count, image_size=SIZE, channels=3):
    return tf.random.stateless_uniform([count, *image_size, channels], [1, 2], -1, 1)


def as_seen(discriminator, images):
    """The pictures in every size that D takes."""
    shapes = discriminator.input_shape
    if not isinstance(shapes, list):
        return images
    return [reduce(images, images.shape[1] // shape[1]) for shape in shapes]


def test_every_model_on_the_command_line_is_a_network_with_a_training():
    assert set(MODELS) == set(NETWORKS) == set(GANS)


@pytest.mark.parametrize(("name", "image_size"), SHAPES)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shapes_and_range(name, image_size, channels):
    images = whole(build_generator(name, image_size, channels)(latents(2)))
    assert images.shape == (2, *image_size, channels)
    assert float(tf.reduce_max(tf.abs(images))) <= 1
    if name != "average":
        discriminator = build_discriminator(name, image_size, channels)
        assert discriminator(as_seen(discriminator, images)).shape == (2, 1)


@all_networks
def test_the_largest_size(name):
    images = whole(build_generator(name, (256, 256))(latents(1)))
    assert images.shape == (1, 256, 256, 3)
    if name != "average":
        discriminator = build_discriminator(name, (256, 256))
        assert discriminator(as_seen(discriminator, images)).shape == (1, 1)


@all_networks
@pytest.mark.parametrize("policy", POLICIES)
def test_images_and_logits_are_float32_in_every_precision(name, policy):
    generator = build_generator(name, policy=policy)
    images = whole(generator(latents(4), training=True))
    assert images.dtype == tf.float32
    kinds = {layer.compute_dtype for layer in generator.layers}
    assert policy.removeprefix("mixed_") in kinds
    assert {v.dtype for v in generator.variables} == {"float32"}
    if name != "average":
        discriminator = build_discriminator(name, policy=policy)
        logits = discriminator(as_seen(discriminator, images), training=True)
        assert logits.dtype == tf.float32
        assert {v.dtype for v in discriminator.variables} == {"float32"}


@all_networks
def test_a_saved_generator_loads_and_gives_the_same_pictures(name, tmp_path):
    generator = build_generator(name)
    generator(latents(8), training=True)  # moves the statistics
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(
        whole(generator(latents(3))), whole(loaded(latents(3)))
    )


@all_networks
def test_a_picture_does_not_depend_on_its_batch(name):
    # A pixel's norm over four channels can come near 0 and swell rounding.
    generator = build_generator(name, width=16)
    many = whole(generator(latents(7)))
    one = whole(generator(latents(7)[2:3]))
    spread = np.std(many)  # of untrained networks, down to 1e-7
    np.testing.assert_allclose(one[0], many[2], rtol=0, atol=4e-5 * spread)


@judged
def test_outside_training_a_logit_does_not_depend_on_the_batch(name):
    discriminator = build_discriminator(name)
    many = pictures(7)
    discriminator(as_seen(discriminator, many), training=True)
    logits = discriminator(as_seen(discriminator, many))
    one = discriminator(as_seen(discriminator, many[2:3]))
    np.testing.assert_allclose(one[0], logits[2], rtol=0, atol=1e-4 * np.std(logits))


def gradients_at(networks, run):
    """Which weights get a gradient, at every level of networks that grow."""
    variables = [v for network in networks for v in network.trainable_variables]
    layers = growing_layers(*networks)
    levels = [0.5 * k for k in range(2 * layers[0].resolutions - 1)] if layers else [0]
    reached = [0.0] * len(variables)
    for level in levels:
        for layer in layers:
            layer.level.assign(level)
        with tf.GradientTape() as tape:
            loss = run()
        gradients = tape.gradient(loss, variables)
        for k, gradient in enumerate(gradients):
            if gradient is not None:
                reached[k] = max(reached[k], float(tf.reduce_max(tf.abs(gradient))))
    return {v.path: most for v, most in zip(variables, reached, strict=True)}


@judged
def test_every_trainable_weight_gets_a_gradient(name):
    generator, discriminator = build_generator(name), build_discriminator(name)

    def run():
        images = generator(latents(4), training=True)
        return tf.reduce_sum(discriminator(images, training=True) ** 2)

    reached = gradients_at([generator, discriminator], run)
    assert [path for path, most in reached.items() if most == 0] == []


@all_networks
def test_a_savedmodel_gives_the_same_pictures(name, tmp_path):
    generator = build_generator(name)
    tf.saved_model.save(generator, str(tmp_path / "saved"))
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    outputs = served(latents(3)).values()
    largest = max(outputs, key=lambda images: images.shape[1])
    np.testing.assert_allclose(largest, whole(generator(latents(3))), atol=1e-5)


@pytest.mark.parametrize("name", DOUBLING)
@pytest.mark.parametrize("image_size", [(48, 48), (32, 64)])
def test_a_size_that_is_no_power_of_two_is_refused(name, image_size):
    with pytest.raises(ValueError, match="square picture whose side is a power of"):
        build_generator(name, image_size)
