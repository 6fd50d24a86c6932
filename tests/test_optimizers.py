"""Adam in one kernel: Keras' own numbers and state."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.optimizers import Adam


def train(optimizer, steps: int = 6) -> list[keras.Variable]:
    """Two weights after some updates under a learning rate that is changed once."""
    weights = [keras.Variable(np.ones((3, 2), "float32")), keras.Variable([0.5])]

    @tf.function
    def step(number):
        gradients = [tf.sin(number + w.value) * (1.0 + number) for w in weights]
        optimizer.apply(gradients, weights)

    optimizer.build(weights)
    for number in range(steps):
        if number == 3:
            optimizer.learning_rate.assign(0.02)
        step(tf.constant(float(number)))
    return weights


@pytest.mark.parametrize("settings", [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1}])
def test_updates_and_state_equal_keras(settings):
    ours, theirs = Adam(0.1, **settings), keras.optimizers.Adam(0.1, **settings)
    for got, expected in zip(train(ours), train(theirs), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    for got, expected in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_loss_scaling_skips_and_unscales():
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.LossScaleOptimizer(Adam(0.1), initial_scale=4.0)
    optimizer.apply([tf.constant([float("inf")])], [weight])
    assert float(weight[0]) == 1.0
    optimizer.apply([tf.constant([2.0])], [weight])
    assert float(weight[0]) == pytest.approx(0.9, abs=1e-6)


def test_it_comes_back_from_its_config():
    twin = keras.optimizers.deserialize(keras.optimizers.serialize(Adam(0.3)))
    assert type(twin) is Adam and float(twin.learning_rate) == pytest.approx(0.3)


def test_amsgrad_is_refused():
    with pytest.raises(ValueError, match="no AMSGrad"):
        Adam(0.1, amsgrad=True)
