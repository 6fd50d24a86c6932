"""Layers: the same numbers as the slow way of writing them."""

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.layers import (
    BatchNorm,
    DownConv2D,
    GatedLinear,
    Leaky,
    Projection,
    SoftColour,
    UpConv2D,
)


@pytest.mark.parametrize("side", [3, 5])
def test_upconv_equals_nearest_upsampling_and_a_convolution(side):
    images = tf.random.stateless_normal([2, 3, 5, 4], [0, 1])
    layer = UpConv2D(6, use_bias=True, side=side)
    outputs = layer(images)
    layer.bias.assign(np.arange(6.0))
    enlarged = tf.repeat(tf.repeat(images, 2, axis=1), 2, axis=2)
    # A transposed convolution's kernel is [.., out, in] and turned around.
    kernel = tf.transpose(layer.kernel.value, [0, 1, 3, 2])[::-1, ::-1]
    expected = tf.nn.conv2d(enlarged, kernel, 1, "SAME") + np.arange(6.0)
    outputs = layer(images)
    assert outputs.shape == (2, 6, 10, 6)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_equals_keras(training):
    images = 3 * tf.random.stateless_normal([4, 5, 5, 3], [1, 2]) + 1
    ours = BatchNorm(momentum=0.9, epsilon=1e-3)
    theirs = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3)
    for layer in (ours, theirs):
        layer(images, training=True)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(
        ours(images, training=training), theirs(images, training=training), atol=1e-4
    )


def test_batch_norm_follows_mean_and_variance():
    images = tf.constant([[[[1.0]], [[3.0]]], [[[5.0]], [[7.0]]]])
    layer = BatchNorm(momentum=0.75)
    layer(images, training=True)
    assert float(layer.moving_mean[0]) == pytest.approx(0.25 * 4)
    # the unbiased variance of 1, 3, 5, 7 is 20 / 3
    assert float(layer.moving_variance[0]) == pytest.approx(0.75 + 0.25 * 20 / 3)


def test_batch_norm_keeps_float32_statistics_in_bfloat16():
    layer = BatchNorm(dtype="mixed_bfloat16")
    outputs = layer(tf.ones([2, 2, 2, 3], tf.bfloat16), training=True)
    assert outputs.dtype == tf.bfloat16
    assert {variable.dtype for variable in layer.variables} == {"float32"}


def test_an_overflow_in_float16_does_not_stay_in_batch_norms_statistics():
    layer = BatchNorm(dtype="mixed_float16")
    layer(tf.ones([2, 2, 2, 3], tf.float16), training=True)
    before = [variable.numpy() for variable in layer.variables]
    overflown = tf.fill([2, 2, 2, 3], tf.constant(np.inf, tf.float16))
    layer(overflown, training=True)
    for old, variable in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())


def test_batch_norm_has_a_second_derivative():
    layer = BatchNorm()
    images = tf.random.stateless_normal([4, 2, 2, 1], [3, 4])
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as inner:
            inner.watch(images)
            total = tf.reduce_sum(layer(images, training=True) ** 3)
        slope = tf.reduce_sum(inner.gradient(total, images) ** 2)
    assert float(tf.reduce_max(tf.abs(outer.gradient(slope, images)))) > 0


@pytest.mark.parametrize("layer", [UpConv2D(5, use_bias=True), BatchNorm(0.5, 0.1)])
def test_layers_are_rebuilt_from_their_config(layer):
    twin = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert twin.get_config() == layer.get_config()


def test_down_conv_is_keras_convolution_and_comes_back_from_its_config():
    images = tf.random.stateless_normal([2, 8, 6, 3], [5, 6])
    ours = DownConv2D(5)
    theirs = keras.layers.Conv2D(5, 4, strides=2, padding="same")
    for layer in (ours, theirs):
        layer(images)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(images), theirs(images), atol=1e-6)
    twin = DownConv2D.from_config(ours.get_config())
    assert twin(images).shape == (2, 4, 3, 5)


@pytest.mark.parametrize("channels", [3, 4])
def test_soft_colour_blurs_colours_and_leaves_brightness_and_alpha(channels):
    images = tf.random.stateless_normal([2, 6, 5, channels], [1, channels])
    before, after = images.numpy(), SoftColour(0.3)(images).numpy()
    mean = before[..., :3].mean(-1, keepdims=True)
    np.testing.assert_allclose(after[..., :3].mean(-1, keepdims=True), mean, atol=1e-5)
    np.testing.assert_allclose(after[..., 3:], before[..., 3:], atol=1e-5)
    colours = before[..., :3] - mean
    blurred = cv2.GaussianBlur(  # of side 3 it is [1, 2, 1] / 4 both ways
        colours[0], (3, 3), 0, borderType=cv2.BORDER_REFLECT_101
    )
    expected = blurred + 0.3 * (colours[0] - blurred)
    np.testing.assert_allclose(after[0, ..., :3] - mean[0], expected, atol=1e-5)
    np.testing.assert_allclose(SoftColour(1.0)(images), images, atol=1e-5)


def test_leaky_equals_keras_with_both_derivatives():
    inputs = tf.constant([-3.0, -0.5, 0.0, 0.5, 3.0])

    def derivatives(layer):
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                outputs = layer(inputs)
                total = tf.reduce_sum(outputs**3)
            first = inner.gradient(total, inputs)
        return outputs, first, outer.gradient(first, inputs)

    theirs = derivatives(keras.layers.LeakyReLU(negative_slope=0.2))
    for ours, expected in zip(derivatives(Leaky()), theirs, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_no_gradient_of_leaky_keeps_its_input():
    """TensorFlow could not merge it with what comes before; nor is one computed."""

    @tf.function
    def second_derivative(inputs, kernel):
        with tf.GradientTape() as outer:
            outer.watch(kernel)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                total = tf.reduce_sum(Leaky()(inputs @ kernel) ** 2)
            squares = tf.reduce_sum(inner.gradient(total, inputs) ** 2)
        return outer.gradient(squares, kernel)

    signature = [tf.TensorSpec([2, 3]), tf.TensorSpec([3, 4])]
    graph = second_derivative.get_concrete_function(*signature).graph
    users = [op for op in graph.get_operations() if op.type == "LeakyReluGrad"]
    sources = {op.inputs[1].op.type for op in users}
    assert len(users) == 3  # one back, one back of that, one of the squares in between
    assert sources <= {"StopGradient", "LeakyRelu", "IdentityN"}


def test_gated_linear_weighs_half_of_the_channels_by_the_other():
    inputs = np.random.default_rng(0).standard_normal((2, 3, 3, 8)).astype("float32")
    weights = 1 / (1 + np.exp(-inputs[..., 4:]))
    outputs = GatedLinear()(inputs)
    np.testing.assert_allclose(outputs, inputs[..., :4] * weights, rtol=1e-5)


@pytest.mark.parametrize("equalised", [False, True])
def test_a_projection_adds_the_features_share_along_the_classes_direction(equalised):
    layer = Projection(equalised)
    logits, features = tf.constant([[1.0], [2.0]]), tf.constant([[1.0, 2, 3, 4]] * 2)
    inputs = [logits, features, tf.one_hot([0, 1], 2)]
    np.testing.assert_array_equal(layer(inputs), logits)  # it begins at 0
    layer.directions.assign([[1.0, 0, 0, -1], [0, 1, 1, 0]])
    scale = 0.5 if equalised else 1.0  # of four features
    np.testing.assert_allclose(layer(inputs), [[1 - 3 * scale], [2 + 5 * scale]])
