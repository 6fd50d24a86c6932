"""Style-based layers: the paper's formulas, the slow way."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.modulation import Mapping, ModulatedConv2D, Noise, Truncation


def normal(shape, number=0):
    return tf.random.stateless_normal(shape, [6, number])


def test_modulation_equals_a_kernel_of_its_own_for_each_picture():
    layer = ModulatedConv2D(5, 3)
    images, w = normal([3, 6, 6, 4]), normal([3, 7], 1)
    outputs = layer((images, w))
    kernel = layer.scaled_kernel().numpy()  # [3, 3, 4, 5]
    styles = layer.style(w).numpy()  # [3, 4]
    for k in range(3):
        own = kernel * styles[k][None, None, :, None]
        own /= np.sqrt((own**2).sum(axis=(0, 1, 2)) + 1e-8)
        expected = tf.nn.conv2d(images[k : k + 1], own, 1, "SAME")
        np.testing.assert_allclose(outputs[k : k + 1], expected, atol=1e-4)


def test_without_demodulation_the_styles_scale():
    layer = ModulatedConv2D(2, 1, demodulate=False)
    images, w = normal([2, 3, 3, 4]), normal([2, 5], 1)
    once = layer((images, w))
    np.testing.assert_allclose(layer((3 * images, w)), 3 * once, atol=1e-4)


def test_truncation_draws_towards_the_mean_style():
    layer = Truncation(count=3, momentum=0.5)
    w = tf.constant([[2.0, 0.0], [4.0, 2.0]])
    layer(w, training=True)
    np.testing.assert_allclose(layer.mean, [1.5, 0.5])
    np.testing.assert_array_equal(layer(w)[:, 1], w)
    layer.psi.assign(0.5)
    np.testing.assert_allclose(layer(w)[0, 2], [1.75, 0.25])
    layer.psi.assign(0.0)
    np.testing.assert_allclose(layer(w)[1, 0], [1.5, 0.5])


def test_noise_follows_the_styles_in_training_and_is_fixed_outside():
    layer = Noise(number=3)
    images, w = tf.zeros([2, 4, 4, 3]), normal([2, 5])
    assert float(tf.reduce_max(tf.abs(layer((images, w), training=True)))) == 0
    layer.strength.assign(1.0)
    first, again = (layer((images, w), training=True) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert float(tf.reduce_max(tf.abs(first[0] - first[1]))) > 0
    other = layer((images, normal([2, 5], 9)), training=True)
    assert float(tf.reduce_max(tf.abs(first - other))) > 0
    fixed = layer((images, w))
    np.testing.assert_array_equal(fixed[0], fixed[1])


def test_mapping_looks_at_the_direction_of_a_latent_and_at_its_class():
    layer = Mapping(depth=2, classes=2)
    z = normal([1, 6])
    a, b = tf.constant([[1.0, 0.0]]), tf.constant([[0.0, 1.0]])
    first = layer(tf.concat([z, a], axis=1))
    assert first.shape == (1, 6)
    longer = layer(tf.concat([3 * z, a], axis=1))
    np.testing.assert_allclose(first, longer, atol=1e-4)
    assert float(tf.reduce_max(tf.abs(first - layer(tf.concat([z, b], axis=1))))) > 1e-3


def test_the_mapping_moves_slowly():
    layer = Mapping(depth=1)
    layer(normal([1, 4]))
    assert float(tf.math.reduce_std(layer.stack[0].kernel.value)) == pytest.approx(
        100, rel=0.5
    )
