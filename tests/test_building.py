"""Settings become networks, rules and optimizers as they say."""

import pytest

from kerasgan.building import build_balance, build_gan
from kerasgan.config import TrainConfig


@pytest.mark.parametrize(("factor", "raise_"), [(None, 1), (8, 1), (1, 1), (1 / 8, 8)])
def test_a_slow_d_may_be_raised_to_the_rate_of_g_and_no_further(factor, raise_):
    config = TrainConfig(d_learning_rate=factor and 4e-4 * factor, learning_rate=4e-4)
    assert build_balance(config).most_raise == pytest.approx(raise_)


def test_rates_and_decay_reach_the_optimizers():
    config = TrainConfig(
        image_size=(16, 16), width=2, learning_rate=1e-3, d_learning_rate=2e-3
    )
    gan = build_gan(config)
    rates = [float(each.learning_rate) for each in (gan.g_optimizer, gan.d_optimizer)]
    assert rates == pytest.approx([1e-3, 2e-3])
    assert gan.g_optimizer.beta_1 == config.beta_1
