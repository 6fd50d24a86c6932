"""Numbers in, words out."""

import pytest

from kerasgan.verdicts import LN2, Sensors, judge


def overfit(share, apart=1.0, **others):
    """D's scores, held-out pictures fallen by a share of what lies between."""
    return Sensors(
        0.6,
        1.0,
        train_score=2.0,
        held_score=2.0 - share * apart,
        shown_score=2.0 - apart,
        **others,
    )


@pytest.mark.parametrize(
    ("sensors", "word"),
    [
        (Sensors(0.60, 1.0), "balanced"),
        (Sensors(LN2, LN2), "balanced"),
        (Sensors(0.25, 1.5), "balanced"),
        (Sensors(0.24, 1.5), "D too strong"),
        (Sensors(0.76, 0.6), "balanced"),
        (Sensors(0.77, 0.6), "D too weak"),
        (Sensors(LN2, LN2, real_score=0.01, fake_score=0.03), "D too weak"),
        (Sensors(LN2, LN2, real_score=0.20, fake_score=-0.2), "balanced"),
        (Sensors(0.5, 1.0, d_ideal=1.0, g_ideal=0.0), "balanced"),
        (Sensors(0.3, 1.0, d_ideal=1.0, g_ideal=0.0), "D too strong"),
        (Sensors(-9.0, 4.0, d_ideal=0.0, g_ideal=0.0), "balanced"),
        (Sensors(-9.0, 4.0, d_ideal=None, g_ideal=None), "balanced"),
        (Sensors(float("nan"), 1.0), "diverged"),
        (Sensors(0.6, 1.0, fake_score=-2e4), "diverged"),
        (Sensors(0.6, 1.0, diversity=0.39), "collapsed"),
        (Sensors(0.6, 1.0, diversity=0.41), "balanced"),
        (Sensors(0.6, 1.0, copied=0.51), "memorising"),
        (Sensors(0.6, 1.0, copied=0.49), "balanced"),
        (Sensors(0.6, 1.0, gainless_steps=50_000), "balanced"),
        (overfit(0.61), "memorising"),
        (overfit(0.59), "balanced"),
        (overfit(0.9, apart=0.4), "balanced"),
        (overfit(0.9, diversity=0.1), "collapsed"),
    ],
)
def test_each_word_at_its_limits(sensors, word):
    assert judge(sensors)[0] == word


def test_a_loss_without_a_fixed_value_is_said_to_have_none():
    assert "no fixed value at a draw" in judge(Sensors(-9.0, 4.0, d_ideal=0.0))[1]
    assert "no fixed value" not in judge(Sensors(0.6, 1.0))[1]


def test_what_the_controller_did_is_said_where_it_is_known():
    both = Sensors(0.6, 1.0, only_d_share=0.0, only_g_share=0.0)
    assert "Both networks learnt in every recent step." in judge(both)[1]
    one = Sensors(0.6, 1.0, only_d_share=0.05, only_g_share=0.4)
    assert "40% trained the generator alone and 5% the disc" in judge(one)[1]
    assert "recent step" not in judge(Sensors(0.6, 1.0))[1]


def test_the_sentence_says_whether_to_go_on():
    assert judge(Sensors(0.6, 1.0))[1].endswith("Go on.")
    assert "Do not go on" in judge(Sensors(float("inf"), 1.0))[1]


def test_where_nothing_is_gained_the_advice_is_to_stop():
    sentence = judge(Sensors(0.6, 1.0, gainless_steps=3000))[1]
    assert "not got better for 3,000 steps: stop now" in sentence
    assert "Go on." not in sentence
