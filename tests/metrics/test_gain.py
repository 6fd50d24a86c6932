"""When a training has stopped to gain, and how seldom one that gains is told so."""

import numpy as np
import pytest

from kerasgan.metrics.gain import PATIENCE, without_gain


def told(slope):
    """How often it is told, over trainings of 40 scores with noise of 1; [50]."""
    counts = []
    for seed in range(50):
        scores = np.random.default_rng(seed).normal(size=40) + slope * np.arange(40)
        found = [without_gain(scores[:count]) for count in range(1, 41)]
        counts.append(sum(each is not None for each in found))
    return np.array(counts)


def test_after_some_patience_the_best_one_is_named():
    assert without_gain([0.2, *[0.3] * PATIENCE]) == PATIENCE
    assert without_gain([0.2, *[0.3] * (PATIENCE - 1)]) is None
    assert without_gain([]) is None


def test_a_lucky_score_stops_no_training_that_still_gains():
    scores = [1.0, 0.9, 0.2, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5]
    assert without_gain(scores) is None


def test_a_training_that_gains_slowly_is_seldom_told_to_stop():
    assert (told(slope=-0.4) > 0).mean() < 0.1


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_a_training_that_gains_nothing_is_told_to_stop(slope):
    assert (told(slope) > 0).mean() > 0.9
