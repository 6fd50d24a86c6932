"""How many threads scikit-learn may take, for speed and so that results repeat.

Its threads add up parts of a sum in the order in which they finish. Of two parts the
order does not matter, of three it does: with at most two threads the same seed gives
the same result, bit by bit. Little work is quicker on one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

LITTLE = 1_000  # rows


@contextmanager
def few_threads(rows: int) -> Iterator[None]:
    """Inside, OpenMP has two threads at most, one where there are few rows.

    >>> with few_threads(10):
    ...     pass
    """
    with threadpool_limits(1 if rows < LITTLE else 2, user_api="openmp"):
        yield
