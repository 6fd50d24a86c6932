"""A batch in turns: the same training, in less memory."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.augment import Augment
from kerasgan.balance import BALANCES
from kerasgan.building import build_gan
from kerasgan.config import TrainConfig
from kerasgan.devices.shares import Shares, Turns
from kerasgan.penalties import Penalties
from tests.devices.plain_networks import SIZE, curve_of, plain_gan


@pytest.mark.parametrize("turns", [2, 4])
def test_turns_train_as_the_whole_batch_does(turns):
    whole, parts = (
        plain_gan(accumulate=k, penalties=Penalties(r1=1.0, every=2, lecam=0.1))
        for k in (1, turns)
    )
    one, other = curve_of(whole), curve_of(parts)
    for ours, theirs in zip(one, other, strict=True):
        assert theirs == pytest.approx(ours, rel=1e-4, abs=1e-5)
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    assert one[0]["d_loss"] != one[-1]["d_loss"]


@pytest.mark.parametrize("name", sorted(BALANCES))
def test_every_rule_sees_the_whole_batch(name):
    curves = [
        curve_of(plain_gan(balance=BALANCES[name](), accumulate=k)) for k in (1, 2)
    ]
    for ours, theirs in zip(*curves, strict=True):
        assert theirs["gap"] == pytest.approx(ours["gap"], rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("name", ["average", "vaegan", "stylegan2"])
def test_models_with_steps_of_their_own_train_in_turns(name):
    changes = {} if name == "average" else {"r1": 0.0}
    config = TrainConfig(
        model=name, image_size=SIZE, width=2, latent_dim=6, accumulate=2, **changes
    )
    gan = build_gan(config)
    gan.run_eagerly = name == "stylegan2"  # its graph takes long to make
    before = gan.generator.get_weights()
    logs = curve_of(gan, steps=1, batch_size=4)
    assert all(np.isfinite(value) for value in logs[-1].values())
    after = gan.generator.get_weights()
    assert any((a != b).any() for a, b in zip(before, after, strict=True))


def test_alterations_differ_from_turn_to_turn():
    gan = plain_gan(accumulate=2, augment=Augment("diffaugment", probability=1.0))
    same = tf.ones([2, 16, 16, 3])

    def learn(pictures):
        return gan.alter(pictures, 2), None

    altered, _ = Turns(gan.shares, lambda x, _: x, tf.tile(same, [2, 1, 1, 1])).take(
        learn
    )
    assert not np.allclose(altered[:2], altered[2:])


def test_what_is_drawn_for_a_batch_does_not_depend_on_the_turns():
    whole = plain_gan().sample_latents(4).numpy()
    gan = plain_gan(accumulate=2)
    with gan.shares.turn(tf.constant(1)):
        second = gan.sample_latents(2).numpy()
    np.testing.assert_array_equal(second, whole[2:])


def test_turns_follow_each_other_and_rows_keep_their_order():
    order = tf.Variable("")

    def learn(rows):
        order.assign(order + tf.strings.as_string(rows[0]))
        return (rows,), (tf.reduce_sum(rows), None)

    turns = Turns(Shares(3), lambda x, _: x, tf.range(6))
    (rows,), (total, nothing) = tf.function(lambda: turns.take(learn))()
    assert rows.numpy().tolist() == [0, 1, 2, 3, 4, 5]
    assert (total.numpy(), nothing) == (5, None)  # (1 + 5 + 9) / 3
    assert order.numpy() == b"024"
