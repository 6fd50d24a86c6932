"""Has a training stopped to gain? From its scores, lower is better, oldest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PATIENCE = 6  # scores without a better one, and the training has stopped to gain


def without_gain(scores: Sequence[float]) -> int | None:
    """How many scores ago the best was, if the newest `PATIENCE` are neither better
    than it nor, on average, than as many before them; else None.

    A best one alone is no measure: noise makes a lucky score that a training which
    still gains does not reach again for long.

    Example:
    >>> without_gain([0.5, 0.2, *[0.3] * 12]), without_gain([0.5, 0.2, 0.3])
    (12, None)
    """
    if not len(scores):
        return None
    ago = len(scores) - 1 - int(np.argmin(scores))
    newest, before = scores[-PATIENCE:], scores[-2 * PATIENCE : -PATIENCE]
    if ago < PATIENCE or np.mean(newest) < np.mean(before):
        return None
    return ago
