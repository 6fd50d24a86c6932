"""What D looks at: found where it was put in."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.explanation import (
    deciding_pixels,
    exciting_pictures,
    layer_outputs,
    most_excited,
)
from kerasgan.networks import NETWORKS


def test_a_layer_that_is_not_there_names_the_others():
    network = NETWORKS["dcgan"].build_discriminator((16, 16), 3, 2)
    with pytest.raises(ValueError, match="one of leaky_image, .*Received leaky_7"):
        layer_outputs(network, "leaky_7")


def test_the_picture_that_excites_a_channel_is_what_the_channel_looks_for():
    """Channel 0 likes red, channel 1 dark, channel 2 vertical edges."""
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[1, 1, 0, 0] = 1
    kernel[1, 1, :, 1] = -1
    kernel[:, 0, :, 2], kernel[:, 2, :, 2] = -1, 1

    def layer(images):
        return tf.abs(tf.nn.conv2d(images, kernel, 1, "VALID")) * [0, 0, 1.0] + (
            tf.nn.conv2d(images, kernel, 1, "VALID") * [1.0, 1, 0]
        )

    made = exciting_pictures(layer, [0, 1, 2], (16, 16, 3), steps=100)
    assert made.shape == (3, 16, 16, 3)
    assert made[0, ..., 0].mean() > 0.7 and abs(made[0, ..., 1].mean()) < 0.3
    assert made[1].mean() < -0.7
    across = np.abs(np.diff(made[2], axis=1)).mean()
    down = np.abs(np.diff(made[2], axis=0)).mean()
    assert across > 1.5 * down


def test_channels_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="must lie in 0 to 2. Received"):
        exciting_pictures(lambda x: x, [3], (8, 8, 3), steps=1)


def test_pixels_decide_in_proportion_to_their_weight():
    weights = np.zeros((4, 4, 1), np.float32)
    weights[1, 2], weights[3, 3] = 2, -1
    judge = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    judge.layers[-1].kernel.assign(weights.reshape(16, 1))
    found = deciding_pixels(judge, np.zeros((2, 4, 4, 1), np.float32))
    assert found[0] == pytest.approx(np.abs(weights[..., 0]) / 2, abs=1e-6)


def test_channels_are_chosen_by_how_much_they_differ():
    maps = np.zeros((4, 2, 2, 3))
    maps[:, :, :, 1] = np.arange(4)[:, None, None]
    maps[:, :, :, 2] = 100  # large, and the same for all
    assert most_excited(maps, 1) == [1]
