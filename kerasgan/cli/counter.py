"""A count of pictures, or of something else, on one line of the terminal; silent where
there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

EVERY_SECONDS = 0.1


def counter(doing: str, unit: str = "picture") -> Callable[[int, int], None]:
    """A callback (done, total) that shows `doing` and how far it is."""
    live = sys.stderr is not None and sys.stderr.isatty()
    last = 0.0

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if live and (now - last > EVERY_SECONDS or done == total):
            last = now
            end = "\n" if done == total else ""
            text = f"\r{doing} {unit} {done:,} of {total:,}"
            print(text, end=end, file=sys.stderr, flush=True)

    return show
