"""Filtered doubling and halving, against the same done in separate steps."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan import resampling
from kerasgan.resampling import SQUARE, convolve_down, convolve_up, double


def normal(shape, number):
    return tf.random.stateless_normal(shape, [4, number])


def low_pass(images, padding):
    """[1, 3, 3, 1] in both directions, each channel by itself."""
    channels = images.shape[-1]
    kernel = np.zeros((4, 4, channels, channels), np.float32)
    for k in range(channels):
        kernel[:, :, k, k] = SQUARE
    images = tf.pad(images, [[0, 0], padding, padding, [0, 0]])
    return tf.nn.conv2d(images, kernel, 1, "VALID")


@pytest.fixture(params=[True, False], ids=["one pass", "two passes"])
def passes(request, monkeypatch):
    """Both ways, whatever the number type."""
    monkeypatch.setattr(resampling, "_one_pass_is_quicker", lambda dtype: request.param)


def test_down_is_low_pass_convolution_and_every_second_pixel(passes):
    images, kernel = normal([2, 8, 8, 3], 0), normal([3, 3, 3, 5], 1)
    filtered = low_pass(images, (2, 2))  # [2, 9, 9, 3]
    convolved = tf.nn.conv2d(filtered, kernel, 1, "VALID")  # [2, 7, 7, 5]
    expected = convolved[:, ::2, ::2]
    np.testing.assert_allclose(convolve_down(images, kernel), expected, atol=1e-4)


def test_up_is_zeros_between_low_pass_and_convolution(passes):
    images, kernel = normal([1, 6, 6, 3], 2), normal([3, 3, 3, 5], 3)
    spread = np.zeros((1, 12, 12, 3), np.float32)
    spread[:, ::2, ::2] = images
    filtered = 4 * low_pass(tf.constant(spread), (2, 2))  # [1, 13, 13, 3]
    convolved = tf.nn.conv2d(filtered, kernel, 1, "SAME")
    outputs = convolve_up(images, kernel).numpy()
    # away from the border, where both see the same pixels
    inner = slice(3, 9)
    np.testing.assert_allclose(
        outputs[:, inner, inner], convolved[:, 3:9, 3:9], atol=1e-4
    )


def test_doubling_a_constant_gives_the_constant_inside(passes):
    outputs = double(tf.ones([1, 6, 6, 2]))
    np.testing.assert_allclose(outputs[:, 2:-2, 2:-2], 1.0, atol=1e-6)


@pytest.mark.parametrize("side", [1, 3])
@pytest.mark.parametrize("convolve", [convolve_up, convolve_down])
def test_both_ways_give_the_same_and_the_same_gradients(monkeypatch, convolve, side):
    images, kernel = normal([2, 8, 8, 3], 4), normal([side, side, 3, 5], 5)
    found = []
    for one in (True, False):
        monkeypatch.setattr(
            resampling, "_one_pass_is_quicker", lambda dtype, one=one: one
        )
        with tf.GradientTape() as outer:
            outer.watch([images, kernel])
            with tf.GradientTape() as inner:
                inner.watch(images)
                outputs = convolve(images, kernel)
                total = tf.reduce_sum(outputs**3)
            slope = inner.gradient(total, images)
            penalty = tf.reduce_sum(slope**2)
        found.append([outputs, slope, *outer.gradient(penalty, [images, kernel])])
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-3 * np.abs(one).max())


def test_16_bits_on_a_processor_take_one_pass():
    no_gpu = not tf.config.list_physical_devices("GPU")
    assert resampling._one_pass_is_quicker(tf.bfloat16) == no_gpu
    assert not resampling._one_pass_is_quicker(tf.float32)
