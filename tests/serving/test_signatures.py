"""Requests that cannot be meant are errors, and good ones after them are answered."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.generation import CHUNK
from kerasgan.images import to_uint8
from kerasgan.serving.signatures import MOST, in_bytes
from tests.serving.networks import tiny


@pytest.fixture(scope="module")
def ask():
    """Signatures of a model with classes, traced."""
    traced = {
        name: tf.function(serve, input_signature=takes)
        for name, (serve, takes) in tiny("dcgan", classes=3).signatures().items()
    }

    def call(name, **inputs):
        return traced[name](*inputs.values())

    return call


def latents(count):
    return tf.zeros([count, 4 + 3])


def numbers(*seeds, truncation=1.0, labels=0):
    return {
        "seeds": tf.constant(seeds, tf.int64),
        "truncation": tf.constant([truncation] * len(seeds), tf.float32),
        "labels": tf.constant([labels] * len(seeds), tf.int64),
    }


@pytest.mark.parametrize(
    ("name", "inputs", "sentence"),
    [
        ("serving_default", {"latents": latents(0)}, f"for 1 to {MOST} pictures"),
        ("serving_default", {"latents": latents(MOST + 1)}, f"for 1 to {MOST}"),
        ("generate_png", {"latents": latents(1) * np.nan}, "latents must be finite"),
        ("generate_png", {"latents": latents(1) + np.inf}, "latents must be finite"),
        ("score", {"image_bytes": tf.zeros([0], tf.string)}, "for 1 to"),
        ("score", {"image_bytes": tf.constant(["hello"])}, "must be PNG"),
        ("sample", numbers(), "for 1 to"),
        ("sample", numbers(-1), "seeds must be 0 or more"),
        ("sample", numbers(1, truncation=0.0), "truncation must be above 0"),
        ("sample", numbers(1, truncation=np.nan), "truncation must be above 0"),
        ("sample", numbers(1, truncation=np.inf), "truncation must be above 0"),
        ("sample", numbers(1, labels=3), "labels must be 0 to 2, or -1"),
        ("sample", numbers(1, labels=-2), "labels must be 0 to 2, or -1"),
        (
            "sample",
            numbers(1, 2) | {"truncation": tf.ones([1])},
            "one number for each seed",
        ),
    ],
)
def test_a_bad_request_is_an_error_in_words(ask, name, inputs, sentence):
    with pytest.raises(tf.errors.InvalidArgumentError) as refused:
        ask(name, **inputs)
    assert sentence in refused.value.message
    assert ask("serving_default", latents=latents(1))["images"].shape[0] == 1


def test_latents_of_another_size_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="shape"):
        tiny("dcgan", classes=3).serving_default(tf.zeros([2, 4]))


def test_truncation_must_be_1_where_it_changes_nothing():
    served = tiny("average")
    with pytest.raises(tf.errors.InvalidArgumentError, match="truncation must be 1"):
        served.sample(tf.constant([1], tf.int64), tf.constant([0.5]))


def test_each_picture_of_a_style_generator_has_its_own_truncation():
    served = tiny("stylegan2")
    served.generator.get_layer("truncation").mean.assign(tf.ones([4]))
    seeds = tf.constant([5, 5, 6], tf.int64)
    full, calm, other = served.sample(seeds, tf.constant([1.0, 0.01, 0.01]))[
        "image_bytes"
    ].numpy()
    assert full != calm
    both = [tf.io.decode_png(each).numpy().astype(int) for each in (calm, other)]
    assert np.abs(both[0] - both[1]).mean() < 3  # both near the mean picture


def test_jpeg_files_and_no_transparency_in_them():
    served = tiny("dcgan", image_format="jpeg")
    made = served.generate_png(tf.zeros([2, 4]))["image_bytes"].numpy()
    assert made[0].startswith(b"\xff\xd8\xff")
    assert tf.io.decode_jpeg(made[1]).shape == (16, 16, 3)
    with pytest.raises(ValueError, match="image_format must be png"):
        tiny("dcgan", image_format="jpeg", channels=4)


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_alpha(channels):
    served = tiny("dcgan", channels=channels)
    seeds, truncation = tf.constant([1], tf.int64), tf.ones([1])
    made = served.sample(seeds, truncation)["image_bytes"]
    assert tf.io.decode_png(made[0]).shape == (16, 16, channels)
    assert served.score(made)["score"].shape == (1,)


def test_images_in_bytes_are_those_of_numpy():
    images = np.linspace(-1.2, 1.2, 4001, dtype=np.float32)
    images = np.append(images, np.float32([np.nan, np.inf, -np.inf]))
    np.testing.assert_array_equal(in_bytes(tf.constant(images)), to_uint8(images))


def test_a_sample_computes_as_many_pictures_at_once_as_generate():
    served, seen = tiny("dcgan"), []
    drawn = served.drawn

    def counted(latents, psi):
        seen.append(latents.shape[0])
        return drawn(latents, psi)

    served.drawn = counted
    made = served.sample(tf.range(CHUNK + 3, dtype=tf.int64), tf.ones([CHUNK + 3]))
    assert made["image_bytes"].shape[0] == CHUNK + 3
    assert seen == [CHUNK, CHUNK]  # so that they are the same to the last bit
