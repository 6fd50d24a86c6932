"""The averaged generator, and averages of numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.ema import copy_of, decay_for, moving_average, update_average


@pytest.fixture
def model():
    """Trainable weights, moving statistics, and a seed generator (dropout's)."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2),
        ]
    )


def fill(model, value):
    model.set_weights([np.full(w.shape, value, "float32") for w in model.weights])


def values(weights):
    return [float(np.ravel(weight)[0]) for weight in weights]


def test_a_copy_has_the_same_weights_and_a_life_of_its_own(model):
    twin = copy_of(model)
    for ours, theirs in zip(twin.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    fill(model, 7.0)
    assert 7.0 not in values(twin.weights)


def test_learnt_weights_are_averaged_and_batch_statistics_left_alone(model):
    twin = copy_of(model)
    fill(twin, 1.0)
    fill(model, 3.0)
    tf.function(update_average)(twin, model, 0.75)
    assert values(twin.trainable_weights) == [1.5] * 6  # .75 x 1 + .25 x 3
    assert values(twin.non_trainable_weights) == [1.0] * 2
    assert values(model.weights) == [3.0] * 8


def test_what_else_moves_is_copied():
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(2))
    model = keras.Sequential([keras.Input((3,)), layer])
    twin = copy_of(model)
    layer.vector_u.assign([[3.0, 4.0]])
    update_average(twin, model, 0.75)
    assert values(twin.non_trainable_weights) == [3.0]


@pytest.mark.parametrize("frozen", ["model", "average"])
def test_a_frozen_model_is_still_averaged(model, frozen):
    twin = copy_of(model)
    fill(twin, 1.0)
    fill(model, 3.0)
    (model if frozen == "model" else twin).trainable = False
    update_average(twin, model, 0.5)
    assert sorted(values(twin.weights)) == [1.0] * 2 + [2.0] * 6


def test_no_decay_copies_exactly_and_equal_weights_stay_equal(model):
    twin = copy_of(model)
    keras.utils.set_random_seed(1)
    for weight in model.weights:
        weight.assign(tf.random.normal(weight.shape))
    update_average(twin, model, decay_for(8, 10_000, images_seen=0))
    for decay in (0.3, 0.999):
        update_average(twin, model, decay)
    learnt = (twin.trainable_weights, model.trainable_weights)
    for ours, theirs in zip(*learnt, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_seed_generators_state_is_left_alone(model):
    twin = copy_of(model)
    seeds = [v for v in twin.variables if "seed" in v.path]
    before = [v.numpy().copy() for v in seeds]
    model(tf.ones((1, 3)), training=True)  # moves the model's own
    update_average(twin, model, 0.5)
    assert len(seeds) == 1
    np.testing.assert_array_equal(seeds[0], before[0])


def test_weights_stay_float32_under_mixed_precision():
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        twin = copy_of(model)
        fill(twin, 1.0)
        fill(model, 2.0)
        tf.function(update_average)(twin, model, 0.999)
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    assert values(twin.weights) == pytest.approx([1.001] * 2, rel=1e-6)


def test_models_that_differ_are_refused(model):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    with pytest.raises(ValueError, match="must have the same weights"):
        update_average(other, model, 0.5)


def test_a_model_without_weights_yet_is_refused():
    with pytest.raises(ValueError, match="must be built"):
        copy_of(keras.Sequential([keras.layers.Dense(1)]))


@pytest.mark.parametrize(
    "batch, halflife, seen, expected",
    [
        (64, 64, 10**6, 0.5),  # one half-life a step
        (64, 128, 10**6, 0.5**0.5),
        (64, 10_000, 1_280, 0.5),  # warm-up: 5 % of 1280 is 64
        (64, 10_000, 200_000, 0.5**0.0064),  # its end: 5 % is 10,000
        (64, 10_000, 0, 0.0),
    ],
)
def test_the_decay_halves_a_share_in_the_half_life(batch, halflife, seen, expected):
    seen = tf.constant(seen, tf.int64)
    assert float(decay_for(batch, halflife, seen)) == pytest.approx(expected, rel=1e-5)


def test_a_moving_average_passes_over_what_is_not_finite():
    average = keras.Variable(1.0)
    step = tf.function(lambda value: moving_average(average, value, 0.9))
    step(tf.constant(11.0))
    step(tf.constant(np.nan))
    step(tf.constant(np.inf))
    assert float(average) == pytest.approx(2.0)
