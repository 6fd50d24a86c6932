"""Layers of progressive growing: variances, norms, deviations by hand."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.equalised import EqualisedConv2D, EqualisedDense, MinibatchStd, PixelNorm


def normal(shape, number=0):
    return tf.random.stateless_normal(shape, [3, number])


@pytest.mark.parametrize("pace", [1.0, 0.01])
def test_a_dense_layer_keeps_the_variance_whatever_its_pace(pace):
    layer = EqualisedDense(200, gain=1.0, pace=pace)
    outputs = layer(normal([500, 100]))
    assert float(tf.math.reduce_std(outputs)) == pytest.approx(1.0, abs=0.1)
    assert float(tf.math.reduce_std(layer.kernel.value)) == pytest.approx(
        1 / pace, rel=0.1
    )


def test_a_convolution_has_the_gain_it_was_given():
    layer = EqualisedConv2D(64, 3, gain=2.0)
    outputs = layer(normal([8, 16, 16, 32]))[:, 1:-1, 1:-1]
    assert float(tf.math.reduce_std(outputs)) == pytest.approx(2.0, rel=0.1)


def test_a_bias_starts_as_asked_whatever_the_pace():
    layer = EqualisedDense(3, pace=0.01, bias=1.5)
    np.testing.assert_allclose(layer(tf.zeros([1, 2]))[0], 1.5, rtol=1e-5)


def test_pixel_norm_makes_the_mean_square_one():
    outputs = PixelNorm()(5 * normal([2, 3, 3, 8]))
    np.testing.assert_allclose(tf.reduce_mean(outputs**2, axis=-1), 1.0, atol=1e-5)


def test_minibatch_deviation_by_hand():
    # two groups of two: pictures 0 and 2 of 1s and 3s (deviation 1), and equal ones
    images = tf.reshape(tf.constant([1.0, 3.0, 5.0, 5.0]), [4, 1, 1, 1])
    layer = MinibatchStd(group=2)
    outputs = layer(images, training=True)
    np.testing.assert_allclose(outputs[:, 0, 0, 1], [1, 1, 0, 0], atol=1e-3)
    assert float(layer.average) == pytest.approx(0.01 * 0.5, rel=1e-2)
    other = layer(images[:1])
    assert float(other[0, 0, 0, 1]) == pytest.approx(float(layer.average))


@pytest.mark.parametrize("count", [1, 3, 5, 6, 7])
def test_a_batch_that_does_not_divide_has_other_groups(count):
    outputs = MinibatchStd(group=4)(normal([count, 2, 2, 3]), training=True)
    assert outputs.shape == (count, 2, 2, 4)
    deviations = outputs.numpy()[..., -1]
    if count == 1:  # nothing to compare with
        np.testing.assert_allclose(deviations, 0, atol=1e-3)
    else:
        assert (deviations > 0.3).all()
