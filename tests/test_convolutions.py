"""The quick filter gradients: TensorFlow's own numbers, in every derivative."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan import convolutions
from kerasgan.convolutions import double, enlarge_and_convolve, filter_gradient, halve
from kerasgan.growing import enlarge


def normal(shape, number: int) -> tf.Tensor:
    return tf.random.stateless_normal(shape, [7, number])


@pytest.fixture
def always_products(monkeypatch):
    """Small float32 maps take the way of the deep bfloat16 ones."""
    monkeypatch.setattr(convolutions, "_products_are_quicker", lambda *_: True)


def test_the_filter_gradient_equals_tensorflows():
    large, small = normal([3, 8, 6, 5], 0), normal([3, 4, 3, 2], 1)
    expected = tf.raw_ops.Conv2DBackpropFilter(
        input=large,
        filter_sizes=[4, 4, 5, 2],
        out_backprop=small,
        strides=[1, 2, 2, 1],
        padding="SAME",
    )
    np.testing.assert_allclose(filter_gradient(large, small), expected, atol=1e-4)


def plain_halve(images, kernel):
    return tf.nn.conv2d(images, kernel, 2, "SAME")


def plain_double(images, kernel):
    count, height, width, _ = images.shape
    shape = [count, 2 * height, 2 * width, kernel.shape[2]]
    return tf.nn.conv2d_transpose(images, kernel, shape, 2, "SAME")


def derivatives(function, images, kernel):
    """The outputs, both first derivatives and those of a gradient penalty."""
    with tf.GradientTape() as outer:
        outer.watch([images, kernel])
        with tf.GradientTape() as inner:
            inner.watch([images, kernel])
            outputs = function(images, kernel)
            score = tf.reduce_sum(outputs**3)
        first = inner.gradient(score, [images, kernel])
        penalty = sum(tf.reduce_sum(part**2) for part in first)
    return [outputs, *first, *outer.gradient(penalty, [images, kernel])]


@pytest.mark.parametrize(
    ("ours", "plain", "shape"),
    [(halve, plain_halve, [2, 8, 6, 3]), (double, plain_double, [2, 4, 3, 5])],
)
def test_first_and_second_derivatives_equal_tensorflows(
    always_products, ours, plain, shape
):
    images, kernel = normal(shape, 2), normal([4, 4, 3, 5], 3) / 5
    for got, expected in zip(
        derivatives(ours, images, kernel),
        derivatives(plain, images, kernel),
        strict=True,
    ):
        scale = float(tf.reduce_max(tf.abs(expected)))
        np.testing.assert_allclose(got / scale, expected / scale, atol=1e-5)


def test_a_batch_of_unknown_size_in_a_graph(always_products):
    @tf.function(input_signature=[tf.TensorSpec([None, 2, 2, 3])])
    def through(images):
        return double(images, tf.ones([4, 4, 2, 3]))

    assert through(tf.ones([5, 2, 2, 3])).shape == (5, 4, 4, 2)


def test_only_deep_bfloat16_filters_on_a_cpu_go_by_products(monkeypatch):
    deep = tf.zeros([4, 4, 128, 1])
    shallow = tf.zeros([4, 4, 64, 1])
    quicker = convolutions._products_are_quicker
    devices = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: devices)
    assert quicker(tf.bfloat16, deep)
    assert not quicker(tf.float32, deep) and not quicker(tf.bfloat16, shallow)
    devices.append("a GPU")
    assert not quicker(tf.bfloat16, deep)


@pytest.mark.parametrize("size", [(4, 4), (3, 5)])
def test_enlarge_and_convolve_equals_doubling_pixels_first(size):
    images, kernel = normal((2, *size, 5), 0), normal((3, 3, 5, 7), 1)
    expected = tf.nn.conv2d(enlarge(images), kernel, 1, "SAME")
    made = enlarge_and_convolve(images, kernel)
    np.testing.assert_allclose(made, expected, atol=1e-4)
