"""Which pictures are held out: a fixed share, by name."""

import pytest

from kerasgan.data.held_out import hold_out


def names(count):
    return [f"{k:06d}.jpg" for k in range(count)]


@pytest.mark.parametrize(
    ("count", "share", "held"),
    [(999, 0.1, 0), (1000, 0.1, 100), (1000, 0.0, 0), (50_000, 0.1, 1000)],
)
def test_how_many(count, share, held):
    split = hold_out(names(count), share)
    assert len(split.held) == held
    together = sorted([*split.trained, *split.held])
    assert together == list(range(count))


def test_a_new_picture_changes_the_choice_of_a_few_at_most():
    before = {names(2000)[k] for k in hold_out(names(2000), 0.1).held}
    after = {names(2010)[k] for k in hold_out(names(2010), 0.1).held}
    assert len(before - after) <= 1
    assert len(after - before) <= 2


def test_the_choice_does_not_follow_the_order():
    held = hold_out(names(2000), 0.1).held
    assert 800 < held.mean() < 1200


def test_names_that_are_no_text_are_taken():
    odd = [*names(1200), "\udcff.png"]
    assert len(hold_out(odd, 0.1).held) == 120
