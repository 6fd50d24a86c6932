"""Which penalties are on, how strong, and when: hand-computed for a linear D."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.penalties import Penalties

REAL = tf.constant([[[[1.0, 2.0]]], [[[3.0, 4.0]]]])  # [2, 1, 1, 2]
FAKE = -REAL
LOGITS = (tf.constant([[1.0], [3.0]]), tf.constant([[-1.0], [-3.0]]))
SEED = tf.constant([0, 1], tf.int64)


def slope(factor: float):
    """A D whose gradient at each pixel is `factor`: its squared norm is 2 factor^2."""
    return lambda images: factor * tf.reduce_sum(images, axis=[1, 2, 3])[:, None]


def test_lazy_terms_are_as_many_times_as_strong_as_they_are_rare():
    lazy = Penalties(r1=0.5, every=8).lazy(slope(3.0), REAL, FAKE)
    assert float(lazy) == pytest.approx(0.5 / 2 * 18 * 8)
    both = Penalties(r1=0.5, r2=0.25, every=1).lazy(slope(3.0), REAL, FAKE)
    assert float(both) == pytest.approx((0.5 + 0.25) / 2 * 18)


def test_r2_is_taken_at_the_fakes():
    square = lambda images: tf.reduce_sum(images**2, axis=[1, 2, 3])[:, None]  # noqa: E731
    lazy = Penalties(r2=2.0, every=1).lazy(square, REAL, 2 * FAKE)
    # |2 x|^2 at x = -2 REAL: 16 (1 + 4) and 16 (9 + 16), averaged
    assert float(lazy) == pytest.approx(16 * (5 + 25) / 2)


def test_they_are_due_every_so_many_steps_from_the_first_on():
    due = [bool(Penalties(r1=1.0, every=3).due(tf.constant(k))) for k in range(7)]
    assert due == [True, False, False, True, False, False, True]
    assert Penalties(r2=1.0).are_lazy and not Penalties(lecam=1.0).are_lazy


def test_the_gradient_penalty_is_of_every_step():
    steady = Penalties(gradient=10.0).steady(slope(3.0), REAL, FAKE, LOGITS, SEED)
    assert float(steady) == pytest.approx(10 * (np.sqrt(18) - 1) ** 2, rel=1e-5)


def test_lecam_pulls_towards_the_averages_of_the_other_side():
    penalties = Penalties(lecam=0.5)
    steady = penalties.steady(slope(1.0), REAL, FAKE, LOGITS, SEED)
    assert float(steady) == pytest.approx(0.5 * (5 + 5))  # averages start at 0
    penalties.update(*LOGITS)
    assert float(penalties.averages.a_R) == pytest.approx(0.01 * 2)


def test_nothing_is_added_by_default():
    penalties = Penalties()
    assert float(penalties.steady(slope(3.0), REAL, FAKE, LOGITS, SEED)) == 0.0
    penalties.update(*LOGITS)
    assert float(penalties.averages.a_R) == 0.0


def test_it_comes_back_from_its_config():
    ours = Penalties(r1=1.0, r2=2.0, every=3, gradient=4.0, lecam=5.0)
    config = keras.saving.serialize_keras_object(ours)
    twin = keras.saving.deserialize_keras_object(config)
    names = ("r1", "r2", "every", "gradient", "lecam")
    assert [getattr(twin, name) for name in names] == [1.0, 2.0, 3, 4.0, 5.0]
