"""The kernel distance: against sums by hand, and what must hold of any estimate."""

import numpy as np
import pytest

from kerasgan.metrics import distances
from kerasgan.metrics.kid import kid


def rows(count, features=16, seed=0, shift=0.0):
    random = np.random.default_rng(seed)
    return random.normal(size=(count, features)) + shift


def by_pairs(reals, fakes):
    """The definition, pair by pair in plain Python."""

    def kernel(a, b):
        return (sum(x * y for x, y in zip(a, b, strict=True)) / len(a) + 1) ** 3

    def within(some):
        count = len(some)
        pairs = [(i, j) for i in range(count) for j in range(count) if i != j]
        return sum(kernel(some[i], some[j]) for i, j in pairs) / len(pairs)

    across = sum(kernel(a, b) for a in reals for b in fakes)
    return within(reals) + within(fakes) - 2 * across / (len(reals) * len(fakes))


def test_it_is_the_sum_over_all_pairs():
    reals, fakes = rows(12), rows(9, seed=1, shift=0.3)
    assert kid(reals, fakes).value == pytest.approx(by_pairs(reals, fakes), rel=1e-9)


def test_its_error_is_what_leaving_out_each_picture_changes():
    reals, fakes = rows(7), rows(5, seed=1, shift=0.5)
    variance = 0.0
    for k, some in enumerate((reals, fakes)):
        left = []
        for i in range(len(some)):
            both = [reals, fakes]
            both[k] = np.delete(some, i, axis=0)
            left.append(by_pairs(*both))
        count = len(some)
        variance += (count - 1) / count * np.sum((left - np.mean(left)) ** 2)
    assert kid(reals, fakes).error == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_its_error_is_the_scatter_of_the_estimate():
    found = [
        kid(rows(60, seed=k), rows(80, seed=1000 + k, shift=0.3)) for k in range(60)
    ]
    scatter = np.std([each.value for each in found])
    assert np.mean([each.error for each in found]) == pytest.approx(scatter, rel=0.25)


def test_two_sets_of_one_kind_are_at_zero_within_the_error():
    found = [kid(rows(100, seed=k), rows(100, seed=500 + k)) for k in range(40)]
    assert abs(np.mean([each.value for each in found])) < 0.02
    within = [abs(each.value) <= 2 * each.error for each in found]
    assert np.mean(within) > 0.9


def test_neither_order_nor_pieces_change_it(monkeypatch):
    reals, fakes = rows(50), rows(40, seed=1, shift=0.2)
    whole = kid(reals, fakes)
    monkeypatch.setattr(distances, "ROWS", 7)
    shuffled = kid(reals[::-1], np.random.default_rng(3).permutation(fakes))
    assert shuffled.value == pytest.approx(whole.value, rel=1e-9)
    assert shuffled.error == pytest.approx(whole.error, rel=1e-9)


@pytest.mark.parametrize(
    ("reals", "fakes", "words"),
    [
        (rows(5), rows(5, features=8), "of one network"),
        (rows(5)[0], rows(5), "of one network"),
        (rows(2), rows(9), "at least 3 pictures"),
    ],
)
def test_what_cannot_be_compared_is_told(reals, fakes, words):
    with pytest.raises(ValueError, match=words):
        kid(reals, fakes)
