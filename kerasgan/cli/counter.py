"""A count of pictures, or of something else, on one line of the terminal; silent where
there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

EVERY_SECONDS = 0.1
LEFT_AFTER_SECONDS = 2.0  # before that, the time left is a guess


def counter(doing: str, unit: str = "picture") -> Callable[[int, int], None]:
    """A callback (done, total) that shows `doing`, how far it is, and the time left."""
    live = sys.stderr is not None and sys.stderr.isatty()
    last = 0.0
    began: tuple[float, int] | None = None  # when, and what was done before

    def show(done: int, total: int) -> None:
        nonlocal last, began
        now = time.monotonic()
        began = began or (now, done)
        if live and (now - last > EVERY_SECONDS or done == total):
            last = now
            end = "\n" if done == total else ""
            text = f"\x1b[2K\r{doing} {unit} {done:,} of {total:,}"
            text += time_left(now - began[0], done - began[1], total - done)
            print(text, end=end, file=sys.stderr, flush=True)

    return show


def time_left(seconds: float, done: int, left: int) -> str:
    """
    >>> time_left(10.0, 100, 750), time_left(1.0, 100, 750), time_left(10.0, 100, 0)
    (', 1:15 left', '', '')
    """
    if seconds < LEFT_AFTER_SECONDS or done < 1 or left < 1:
        return ""
    minutes, rest = divmod(round(seconds / done * left), 60)
    return f", {minutes}:{rest:02d} left"
