"""Penalties against gradients known in closed form."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.regularizers import LeCam, gradient_penalty, r1_penalty

SHAPE = (2, 2, 2, 3)


def half_square(images):
    """D(x) = |x|^2 / 2, whose gradient is x: [N, H, W, C] -> [N, 1]."""
    return tf.reduce_sum(images**2, axis=[1, 2, 3])[:, None] / 2.0


def test_r1_is_the_squared_norm_of_each_pictures_gradient():
    images = tf.stack([tf.fill(SHAPE[1:], 0.5), tf.fill(SHAPE[1:], -2.0)])
    # 12 numbers a picture: 12 x 0.25 and 12 x 4
    np.testing.assert_allclose(r1_penalty(half_square, images), [3.0, 48.0])


def test_r1_moves_the_discriminators_weights():
    weight = tf.Variable(3.0)

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            penalty = tf.reduce_mean(
                r1_penalty(lambda x: weight * half_square(x), tf.ones(SHAPE))
            )
        return penalty, tape.gradient(penalty, weight)

    penalty, slope = gradient()  # 12 w^2 and 24 w
    np.testing.assert_allclose([penalty, slope], [108.0, 72.0])


def test_r1_is_float32_whatever_the_discriminator_computes_in():
    penalty = r1_penalty(
        lambda x: half_square(tf.cast(x, tf.bfloat16)), tf.ones(SHAPE, tf.float16)
    )
    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, [12.0, 12.0])


def test_r1_refuses_a_discriminator_that_ignores_the_images():
    with pytest.raises(ValueError, match="must be differentiable"):
        r1_penalty(lambda x: tf.zeros((2, 1)), tf.ones(SHAPE))


def test_gradient_penalty_is_zero_only_for_a_slope_of_one():
    images = tf.zeros((2, 1, 1, 4))
    for slope, expected in ((1.0, 0.0), (3.0, 4.0), (0.0, 1.0)):
        # the gradient is slope / 2 at each of 4 numbers, its norm the slope
        def critic(x, slope=slope):
            return slope / 2.0 * tf.reduce_sum(x, axis=[1, 2, 3])

        penalty = gradient_penalty(critic, images, images + 1.0, seed=[0, 1])
        assert float(penalty) == pytest.approx(expected, abs=1e-5)


def test_gradient_penalty_looks_at_one_point_between_each_pair():
    seen = []

    def critic(x):
        seen.append(x.numpy())
        return half_square(x)

    real_images, fake_images = tf.ones((8, 2, 2, 1)), tf.fill((8, 2, 2, 1), 3.0)
    penalty = gradient_penalty(critic, real_images, fake_images, seed=[3, 4])
    points = seen[0][:, 0, 0, 0]
    np.testing.assert_array_equal(
        seen[0], np.broadcast_to(points[:, None, None, None], seen[0].shape)
    )
    assert points.min() >= 1.0 and points.max() <= 3.0 and points.std() > 0.1
    # |gradient| = |x| = sqrt(4) points
    assert float(penalty) == pytest.approx(np.mean((2 * points - 1) ** 2), rel=1e-5)


def test_gradient_penalty_is_a_function_of_its_seed():
    def penalty(seed):
        images = tf.zeros(SHAPE)
        return float(gradient_penalty(half_square, images, images + 1.0, seed=seed))

    assert penalty([1, 2]) == penalty([1, 2]) != penalty([1, 3])


def test_gradient_penalty_of_a_flat_critic_has_a_finite_gradient():
    weight = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        images = tf.ones(SHAPE)
        penalty = gradient_penalty(
            lambda x: weight * half_square(x), images, images, seed=[0, 0]
        )
    assert np.isfinite(tape.gradient(penalty, weight))


def test_gradient_penalty_refuses_batches_of_different_sizes():
    with pytest.raises(ValueError, match="must have the same shape"):
        gradient_penalty(half_square, tf.ones(SHAPE), tf.ones((3, 2, 2, 3)), [0, 0])


REAL, FAKE = [[1.0], [3.0]], [[-2.0], [0.0]]


def test_lecam_averages_follow_the_logits():
    lecam = LeCam(decay=0.75)
    update = tf.function(lecam.update)
    update(tf.constant(REAL), tf.constant(FAKE))  # means 2 and -1
    np.testing.assert_allclose([lecam.a_R, lecam.a_F], [0.5, -0.25])
    update(tf.constant(REAL), tf.constant(FAKE))
    np.testing.assert_allclose([lecam.a_R, lecam.a_F], [0.875, -0.4375])


def test_lecam_penalty_is_that_of_the_paper():
    lecam = LeCam()
    lecam.a_R.assign(0.5)
    lecam.a_F.assign(2.0)
    # relu(1 - 2, 3 - 2)^2 = 0, 1; relu(.5 + 2, .5 - 0)^2 = 6.25, .25
    assert float(lecam.penalty(REAL, FAKE)) == pytest.approx(0.5 + 3.25)


def test_lecam_keeps_its_averages_through_a_batch_that_is_not_finite():
    lecam = LeCam(decay=0.5)
    lecam.update(tf.constant([[2.0]]), tf.constant([[4.0]]))
    lecam.update(tf.constant([[np.inf]]), tf.constant([[np.nan]]))
    np.testing.assert_allclose([lecam.a_R, lecam.a_F], [1.0, 2.0])


def test_lecam_stays_float32_under_mixed_precision():
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        lecam = LeCam()
        lecam.update(tf.cast(REAL, tf.bfloat16), tf.cast(FAKE, tf.bfloat16))
        penalty = lecam.penalty(tf.cast(REAL, tf.bfloat16), tf.cast(FAKE, tf.bfloat16))
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    assert lecam.a_R.dtype == "float32" and penalty.dtype == tf.float32
    assert float(lecam.a_R) == pytest.approx(0.02)  # bfloat16 would say 0.0200195


def test_lecam_comes_back_from_its_config_and_its_weights():
    lecam = LeCam(decay=0.5, name="pull")
    lecam.update(tf.constant(REAL), tf.constant(FAKE))
    config = keras.saving.serialize_keras_object(lecam)
    assert config["registered_name"] == "kerasgan>LeCam"
    again = keras.saving.deserialize_keras_object(config)
    again.set_weights(lecam.get_weights())
    assert (again.decay, again.name) == (0.5, "pull")
    assert (float(again.a_R), float(again.a_F)) == (1.0, -0.5)
    assert not again.trainable_weights


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_lecam_refuses_a_decay_that_is_none(decay):
    with pytest.raises(ValueError, match="decay must be"):
        LeCam(decay=decay)
