"""The four rules: who trains, when, for how long, and at what rate."""

import math

import pytest
import tensorflow as tf

from kerasgan.balance import (
    BALANCES,
    LN2,
    AdaptiveMargin,
    FixedMargin,
    GapAwareRate,
    NoBalance,
)


def observe(rule, d_loss, g_loss, accuracy=0.8, times=1):
    seen = [tf.constant(float(value)) for value in (d_loss, g_loss, accuracy)]
    step = rule.observe if times == 1 else tf.function(rule.observe, autograph=False)
    for _ in range(times):
        step(*seen)


def decide(rule):
    train_d, train_g, rate = rule.decide()
    return bool(train_d), bool(train_g), 1.0 if rate is None else float(rate)


def test_gap_is_measured_from_the_losses_own_ideals():
    rule = NoBalance(d_ideal=1.0, g_ideal=0.0, decay=0.0)  # hinge
    observe(rule, 0.75, 0.5)
    assert float(rule.gap) == pytest.approx(0.75)  # (0.5 - 0) - (0.75 - 1)


def test_first_values_are_averaged_fairly():
    rule = NoBalance(decay=0.95)
    observe(rule, LN2, LN2 + 1.0)
    observe(rule, LN2, LN2 + 3.0)
    assert float(rule.gap) == pytest.approx(2.0, rel=1e-6)


def test_none_always_trains_both():
    rule = NoBalance()
    observe(rule, 0.01, 9.0, times=50)
    assert decide(rule) == (True, True, 1.0)


@pytest.mark.parametrize("name", sorted(BALANCES))
def test_a_loss_that_is_not_finite_changes_no_state(name):
    rule = BALANCES[name]()
    observe(rule, 0.6, 1.0, times=3)
    before = [float(v) for v in rule.variables]
    observe(rule, math.nan, 1.0, accuracy=math.nan)
    observe(rule, math.inf, 1.0, accuracy=math.nan)
    after = [float(v) for v in rule.variables]
    assert after == before
    assert all(math.isfinite(float(v)) for v in rule.variables)


def test_margin_above_limit_skips_the_discriminator():
    rule = FixedMargin(margin=0.1)
    observe(rule, 0.5, 0.7)
    assert decide(rule) == (False, True, 1.0)


def test_margin_below_limit_skips_the_generator():
    rule = FixedMargin(margin=0.1)
    observe(rule, 0.7, 0.5)
    assert decide(rule) == (True, False, 1.0)


def test_inside_the_margin_both_train():
    rule = FixedMargin(margin=0.1)
    observe(rule, 0.6, 0.69)
    assert decide(rule) == (True, True, 1.0)


@pytest.mark.parametrize("rule", [FixedMargin(most_extra=3), AdaptiveMargin()])
def test_extra_steps_are_bounded(rule):
    observe(rule, 0.01, 9.0, accuracy=1.0, times=100)
    decisions = [decide(rule)[:2] for _ in range(8)]
    alone, both = (False, True), (True, True)
    assert decisions == [alone, alone, alone, both] * 2


def test_one_noisy_batch_does_not_decide_in_the_adaptive_rule():
    adaptive, classic = AdaptiveMargin(), FixedMargin()
    for rule in (adaptive, classic):
        observe(rule, 0.6, 0.65, accuracy=adaptive.centre, times=100)
    for rule in (adaptive, classic):
        observe(rule, 0.1, 3.0, accuracy=1.0)
    assert decide(classic)[0] is False
    assert decide(adaptive)[:2] == (True, True)


def test_adaptive_leaves_a_healthy_pair_alone():
    rule = AdaptiveMargin()
    observe(rule, 0.5, 1.5, accuracy=rule.centre, times=300)
    assert decide(rule)[:2] == (True, True)
    assert float(rule.log_rate) == 0.0


def test_margin_widens_while_it_starves_and_tightens_while_both_learn():
    starving, learning = AdaptiveMargin(), AdaptiveMargin()
    for _ in range(100):
        observe(starving, 0.01, 9.0, accuracy=1.0)
        decide(starving)
        decide(learning)
    start = math.log(starving.start_margin)
    assert float(starving.log_margin) > start > float(learning.log_margin)


def test_margin_and_rate_stay_within_their_bounds():
    rule = AdaptiveMargin(margin_speed=1.0, trim_speed=1.0)
    margins = []
    for _ in range(150):
        observe(rule, 0.01, 9.0, accuracy=1.0)
        decide(rule)
        margins.append(float(rule.logs()["margin"]))
    assert max(margins) == pytest.approx(rule.margin_range[1])
    assert float(rule.logs()["d_rate"]) == pytest.approx(1 / rule.most_slowing)


def test_an_imbalance_that_stays_slows_a_strong_d_until_it_is_behind():
    rule = AdaptiveMargin()
    observe(rule, 0.1, 3.0, accuracy=0.99, times=200)
    slowed = decide(rule)[2]
    assert slowed < 0.6
    observe(rule, LN2, LN2 - 0.5, accuracy=0.55, times=50)
    assert slowed < decide(rule)[2] < 1.0
    observe(rule, LN2, LN2 - 0.5, accuracy=0.55, times=500)
    assert decide(rule)[2] == 1.0  # never above G's rate


@pytest.mark.parametrize(
    ("even", "rate"), [(1 / 8, 1 / 4), (1 / 2, 1), (2 / 3, 1), (1, 1), (8, 8)]
)
def test_d_starts_at_once_or_twice_the_rate_of_g_and_goes_back_there(even, rate):
    rule = AdaptiveMargin(even=even)
    assert decide(rule)[2] == pytest.approx(rate)
    observe(rule, 0.1, 3.0, accuracy=0.99, times=200)
    assert decide(rule)[2] < 0.6 * rate
    observe(rule, 0.5, 1.5, accuracy=rule.centre, times=600)
    assert decide(rule)[2] == pytest.approx(rate)


def test_a_d_that_has_learnt_nothing_is_not_taken_for_a_draw():
    rule = AdaptiveMargin(youth=100)
    observe(rule, LN2, LN2, accuracy=0.5, times=99)
    assert decide(rule)[:2] == (True, True)  # every D is behind while it is young
    observe(rule, LN2, LN2, accuracy=0.5)
    assert decide(rule)[:2] == (True, False)


def test_a_d_that_overshoots_is_slowed_although_it_looks_behind():
    rule = AdaptiveMargin()
    observe(rule, 9.0, 9.0, accuracy=0.55, times=100)
    assert decide(rule)[2] < 0.6
    # Where the ideal is 0 there is nothing to compare with.
    without_ideal = AdaptiveMargin(d_ideal=0.0, g_ideal=0.0)
    observe(without_ideal, 9.0, 9.0, accuracy=0.55, times=100)
    assert decide(without_ideal)[2] == 1.0


@pytest.mark.parametrize(
    ("d_loss", "rate"),
    [
        (LN2, 1.0),
        (LN2 * 1.05, 2**0.5),  # x = 0.05 L*, x_max = 0.1 L*
        (LN2 * 1.5, 2.0),
        (LN2 * 0.95, 0.1**0.5),
        (LN2 * 0.5, 0.1),
    ],
)
def test_gap_aware_rate_follows_the_papers_formula(d_loss, rate):
    rule = GapAwareRate()
    assert float(rule.rate_for(tf.constant(d_loss))) == pytest.approx(rate, rel=1e-4)


def test_gap_aware_rate_needs_an_ideal_above_zero():
    with pytest.raises(ValueError, match="must have a loss whose ideal L_D is above 0"):
        GapAwareRate(d_ideal=0.0)


@pytest.mark.parametrize("name", sorted(BALANCES))
def test_every_rule_is_rebuilt_from_its_config(name):
    rule = BALANCES[name](d_ideal=0.25, g_ideal=0.5)
    twin = type(rule).from_config(rule.get_config())
    assert twin.get_config() == rule.get_config()
    assert twin.d_ideal == 0.25


def test_margins_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="margin must be above 0"):
        FixedMargin(margin=0.0)
    with pytest.raises(ValueError, match="most_extra must be at least 1"):
        AdaptiveMargin(most_extra=0)
    with pytest.raises(ValueError, match="centre must lie between 0 and 1"):
        AdaptiveMargin(centre=1.5)
