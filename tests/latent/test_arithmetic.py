"""Sums of names: where they start and which way they go."""

import numpy as np
import pytest

from kerasgan.latent.arithmetic import Sum, split, strip
from kerasgan.latent.expressions import evaluate

KINDS = dict.fromkeys(("smile", "neutral", "men"), "folder") | {"up": "direction"}


def kind(name):
    return KINDS.get(name, "photo")


@pytest.mark.parametrize(
    ("text", "start", "way"),
    [
        ("smile - neutral + me", {"me": 1}, {"smile": 1, "neutral": -1}),
        ("me + 2 * up", {"me": 1}, {"up": 2}),
        ("up", {}, {"up": 1}),
        ("smile - neutral", {}, {"smile": 1, "neutral": -1}),
        ("smile", {"smile": 1}, {}),
        ("(a + b) / 2", {"a": 0.5, "b": 0.5}, {}),
        ("a - b + c", {"c": 1}, {"a": 1, "b": -1}),
        ("c + a - b", {"c": 1}, {"a": 1, "b": -1}),
        ("c + (a - b)", {"c": 1}, {"a": 1, "b": -1}),
        ("c + 0.5 * (a - b)", {"c": 1}, {"a": 0.5, "b": -0.5}),
        ("-b + a + c", {"c": 1}, {"b": -1, "a": 1}),
        ("neutral + smile - men", {"neutral": 1}, {"smile": 1, "men": -1}),
        ("me + a - 0.5 * b - 0.5 * c", {"me": 1}, {"a": 1, "b": -0.5, "c": -0.5}),
        ("a + b - 0.5 * c", {"a": 1, "b": 1, "c": -0.5}, {}),
        ("smile + up", {"smile": 1}, {"up": 1}),
        ("a - a + b", {"b": 1}, {}),
        ("(a + b) / 2 - c + d", {"d": 1}, {"a": 0.5, "b": 0.5, "c": -1}),
    ],
)
def test_start_and_way(text, start, way):
    found = split(evaluate(text, Sum.of), kind)
    assert (dict(found[0].parts), dict(found[1].parts)) == (start, way)


def test_a_strip_by_hand():
    points = {"me": np.array([1.0, 0.0]), "up": np.array([0.0, 2.0])}
    start, way = split(evaluate("me + up", Sum.of), kind)
    found = strip(start, way, np.array([-1.0, 0.5]), points.get, np.zeros(2))
    assert found.tolist() == [[1.0, -2.0], [1.0, 1.0]]
    _, way = split(evaluate("up", Sum.of), kind)
    found = strip(Sum(), way, np.array([1.0]), points.get, np.array([5.0, 5.0]))
    assert found.tolist() == [[5.0, 7.0]]
