"""Settings become networks, rules and optimizers as they say."""

import pytest

from kerasgan.building import build_augment, build_balance, build_gan
from kerasgan.config import TrainConfig


@pytest.mark.parametrize(("d_rate", "even"), [(None, 1), (1e-3, 1), (8e-3, 1 / 8)])
def test_the_adaptive_rule_knows_what_makes_the_rates_even(d_rate, even):
    config = TrainConfig(d_learning_rate=d_rate, learning_rate=1e-3)
    assert build_balance(config).even == pytest.approx(even)


def test_rates_and_decay_reach_the_optimizers():
    config = TrainConfig(
        image_size=(16, 16), width=2, learning_rate=1e-3, d_learning_rate=2e-3
    )
    gan = build_gan(config)
    rates = [float(each.learning_rate) for each in (gan.g_optimizer, gan.d_optimizer)]
    assert rates == pytest.approx([1e-3, 2e-3])
    assert gan.g_optimizer.beta_1 == config.beta_1


def test_ada_begins_with_what_diffaugment_has_and_stays_above():
    augment = build_augment(TrainConfig(augment="ada"))
    fixed = build_augment(TrainConfig(augment="diffaugment"))
    assert float(augment.p) == augment.min_probability == float(fixed.p)


def test_settings_reach_the_optimizers_and_the_generator():
    config = TrainConfig(
        image_size=(16, 16),
        width=2,
        latent_dim=4,
        beta_1=0.25,
        beta_2=0.75,
        colour_detail=0.5,
    )
    gan = build_gan(config)
    for optimizer in (gan.g_optimizer, gan.d_optimizer):
        assert (optimizer.beta_1, optimizer.beta_2) == (0.25, 0.75)
    assert gan.generator.get_layer("soft_colour").share == 0.5
