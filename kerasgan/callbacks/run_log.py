"""One JSON line a log step, which survives kills and resumes without a seam."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.callbacks.step_callback import StepCallback, positive_steps
from kerasgan.jsonl import append_line, drop_lines_after


class RunLog(StepCallback):
    """Append {"step", "images_seen", "images_per_second", "seconds", "eta_seconds"}
    and all logs of that step to a .jsonl file.

    Everything but the times is the same after a resume as without the interruption:
    the logs are written as they are at that step. Lines beyond the step at which a
    fit starts, or to which StopOnNonFinite went back, are dropped, and so is a last
    line that a kill tore. A value that is not finite becomes null, and its name stands
    under "non_finite", so that every line is JSON.

    Args:
        path: the file; its folder is made if need be.
        every_steps: between two lines; the last of `total_steps` gets one as well.
        batch_size: images a step; None takes `model.batch_size` where there is one,
            and writes null for what depends on it where there is none.
        total_steps, total_seconds: of the whole training, for eta_seconds.
        extra: `extra(step, logs)` -> a dict of more to write.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        every_steps: int,
        *,
        batch_size: int | None = None,
        total_steps: int | None = None,
        total_seconds: float | None = None,
        extra: Callable[[int, dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        self.path = Path(path)
        self.every_steps = positive_steps("every_steps", every_steps)
        self.batch_size, self.extra = batch_size, extra
        self.total_steps, self.total_seconds = total_steps, total_seconds
        self._pace = Pace()

    def before_first_step(self, step: int) -> None:
        if self.batch_size is None:
            self.batch_size = getattr(self.model, "batch_size", None)
        drop_lines_after(self.path, step)
        self._pace.restart(step, self.progress.elapsed_seconds)

    def on_restored(self, step: int) -> None:
        drop_lines_after(self.path, step)
        self._pace.restart(step, self.progress.elapsed_seconds)

    def observe(self, step: int, logs: dict[str, Any]) -> None:
        if not self.due(self.every_steps) and step != self.total_steps:
            return
        seconds = self.progress.elapsed_seconds
        rate = self._pace.steps_per_second(step, seconds)
        line = stamp(step, seconds, self.batch_size)
        line["images_per_second"] = rounded(self._images(rate))
        line["eta_seconds"] = rounded(
            seconds_left(step, seconds, rate, self.total_steps, self.total_seconds)
        )
        line |= plain(logs | (self.extra(step, logs) if self.extra else {}))
        append_line(self.path, line)

    def _images(self, steps: float) -> float | None:
        return None if self.batch_size is None else steps * self.batch_size


class Pace:
    """Steps a second since the last time one asked."""

    def __init__(self) -> None:
        self.restart(0, 0.0)

    def restart(self, step: int, seconds: float) -> None:
        """Count from here."""
        self._step, self._seconds = step, seconds

    def steps_per_second(self, step: int, seconds: float) -> float:
        """Since the last call.

        >>> pace = Pace()
        >>> pace.steps_per_second(10, 4.0), pace.steps_per_second(20, 6.0)
        (2.5, 5.0)
        """
        steps, passed = step - self._step, seconds - self._seconds
        self.restart(step, seconds)
        return steps / max(passed, 1e-9)


def seconds_left(
    step: int,
    seconds: float,
    steps_per_second: float,
    total_steps: int | None,
    total_seconds: float | None,
) -> float | None:
    """Until the sooner of the two ends that are given, None if none is.

    >>> seconds_left(100, 60.0, 2.0, total_steps=200, total_seconds=300)
    50.0
    """
    ends = []
    if total_steps is not None and steps_per_second > 0:
        ends.append((total_steps - step) / steps_per_second)
    if total_seconds is not None:
        ends.append(total_seconds - seconds)
    return max(min(ends), 0.0) if ends else None


def stamp(step: int, seconds: float, batch_size: int | None) -> dict[str, Any]:
    """When it was, as each line of a run's files begins.

    >>> stamp(10, 2.5, 32)
    {'step': 10, 'images_seen': 320, 'seconds': 2.5}
    """
    images = None if batch_size is None else step * batch_size
    return {"step": step, "images_seen": images, "seconds": rounded(seconds)}


def rounded(value: float | None) -> float | None:
    """To a thousandth."""
    return None if value is None else round(value, 3)


def plain(logs: dict[str, Any]) -> dict[str, Any]:
    """What JSON can hold of the logs; null for a number that is not finite."""
    kept, non_finite = {}, []
    for name, value in logs.items():
        if isinstance(value, np.ndarray | np.generic):
            value = value.item() if value.size == 1 else value.tolist()
        if isinstance(value, float) and not math.isfinite(value):
            non_finite.append(name)
            value = None
        kept[name] = value
    return kept | ({"non_finite": non_finite} if non_finite else {})
