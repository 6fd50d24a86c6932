"""scikit-learn on one thread, so that a seed gives the same result everywhere.

Its threads add up parts of a sum in the order in which they finish, so that results
would differ in the last bits from start to start and from machine to machine. On a busy
machine one thread is quicker as well: two of them wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, OpenMP has one thread.

    >>> with one_thread():
    ...     pass
    """
    with threadpool_limits(1, user_api="openmp"):
        yield
