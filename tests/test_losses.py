"""Every loss against numbers worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.losses import LOSSES, get_loss

LN_2 = math.log(2.0)
# D(x) = 2, 0 and D(G(z)) = -2, 1, with softplus(-4, -2, -1, 0, 1, 2, 4) =
# 0.018150, 0.126928, 0.313262, 0.693147, 1.313262, 2.126928, 4.018150
REAL, FAKE = [[2.0], [0.0]], [[-2.0], [1.0]]
TABLE = {  # d_loss, g_loss, the logit at equilibrium, d_ideal, g_ideal
    # ((.126928 + .693147)/2 + (.126928 + 1.313262)/2)/2; (2.126928 + .313262)/2
    "non_saturating": (0.56506625, 1.220095, 0.0, LN_2, LN_2),
    # ((0 + 1)/2 + (0 + 2)/2)/2; -(-2 + 1)/2
    "hinge": (0.75, 0.5, 0.0, 1.0, 0.0),
    # ((1 + 1)/2 + (4 + 1)/2)/2; (9 + 0)/2
    "least_squares": (1.75, 4.5, 0.5, 0.25, 0.25),
    # -0.5 - 1; 1 + 0.5
    "wasserstein": (-1.5, 1.5, 0.0, 0.0, 0.0),
    # pairs 2 + 2 and 0 - 1: (.018150 + 1.313262)/2; (4.018150 + .313262)/2
    "relativistic": (0.665706, 2.165706, 0.0, LN_2, LN_2),
}


def test_the_table_has_every_loss():
    assert set(TABLE) == set(LOSSES)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_values_are_those_worked_out_by_hand(name, dtype):
    d_loss, g_loss, _, _, _ = TABLE[name]
    loss = get_loss(name)
    real_logits, fake_logits = tf.constant(REAL, dtype), tf.constant(FAKE, dtype)
    d_value = loss.discriminator(real_logits, fake_logits)
    g_value = loss.generator(real_logits, fake_logits)
    assert d_value.dtype == g_value.dtype == tf.float32
    assert d_value.shape == g_value.shape == ()
    np.testing.assert_allclose([d_value, g_value], [d_loss, g_loss], atol=2e-6)


@pytest.mark.parametrize("name", TABLE)
def test_ideals_are_the_losses_of_a_discriminator_that_cannot_tell(name):
    _, _, logit, d_ideal, g_ideal = TABLE[name]
    loss, logits = get_loss(name), tf.fill((3, 1), logit)
    assert loss.name == name
    assert loss.d_ideal == pytest.approx(d_ideal)
    assert loss.g_ideal == pytest.approx(g_ideal)
    assert float(loss.discriminator(logits, logits)) == pytest.approx(d_ideal)
    assert float(loss.generator(logits, logits)) == pytest.approx(g_ideal)


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"relativistic"}))
def test_each_side_is_a_mean_of_its_own(name):
    loss, twice = get_loss(name), tf.constant(FAKE + FAKE)
    once = loss.discriminator(tf.constant(REAL), tf.constant(FAKE))
    assert float(loss.discriminator(tf.constant(REAL), twice)) == pytest.approx(
        float(once)
    )


def test_wasserstein_generator_has_the_gradient_of_minus_the_fake_logits():
    fake_logits = tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch(fake_logits)
        g_loss = get_loss("wasserstein").generator(tf.constant(REAL), fake_logits)
    np.testing.assert_allclose(tape.gradient(g_loss, fake_logits), [[-0.5], [-0.5]])


@pytest.mark.parametrize("name", TABLE)
def test_very_sure_logits_stay_finite(name):
    real_logits, fake_logits = tf.constant([[300.0]]), tf.constant([[-300.0]])
    loss = get_loss(name)
    assert np.isfinite(loss.discriminator(real_logits, fake_logits))
    assert np.isfinite(loss.generator(real_logits, fake_logits))


@pytest.mark.parametrize("shape", [(3, 1), (2,)])
def test_relativistic_refuses_logits_that_do_not_pair(shape):
    loss = get_loss("relativistic")
    with pytest.raises(ValueError, match="must have the same shape"):
        loss.discriminator(tf.constant(REAL), tf.zeros(shape))
    with pytest.raises(ValueError, match="must have the same shape"):
        loss.generator(tf.constant(REAL), tf.zeros(shape))


def test_unknown_name_is_refused_naming_the_nearest():
    with pytest.raises(ValueError, match="the nearest is 'hinge'"):
        get_loss("hing")
