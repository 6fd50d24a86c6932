"""One live line on a terminal, a plain one now and then anywhere else."""

from __future__ import annotations

import os
import sys
import time
from typing import Any, TextIO

from kerasgan.callbacks.run_log import Pace, seconds_left
from kerasgan.callbacks.step_callback import StepCallback
from kerasgan.streams import write_unless_closed


class ProgressLine(StepCallback):
    """step, thousands of images, images a second, losses, margin, time left.

    Args:
        total_steps, total_seconds: of the whole training, for the time left.
        batch_size: images a step.
        names: the logs to show, where there are such.
        stream: where to write.
        every_seconds: between two lines on a terminal.
        plain_every_seconds: between two lines elsewhere.

    Example:
    >>> line = ProgressLine(total_steps=2000, batch_size=32)
    >>> line.text(500, {"d_loss": 0.6, "g_loss": 1.1}, rate=4.0, seconds=125.0)
    'step 500/2,000 · 16.0 kimg · 128 images/s · d_loss 0.600 · g_loss 1.10 · 6:15 left'
    """

    NAMES = ("d_loss", "g_loss", "margin")

    def __init__(
        self,
        *,
        total_steps: int | None = None,
        total_seconds: float | None = None,
        batch_size: int | None = None,
        names: tuple[str, ...] = NAMES,
        stream: TextIO | None = None,
        every_seconds: float = 0.5,
        plain_every_seconds: float = 15,
    ) -> None:
        super().__init__()
        self.total_steps, self.total_seconds = total_steps, total_seconds
        self.batch_size, self.names = batch_size, names
        self.stream = stream or sys.stderr or open(os.devnull, "w")  # noqa: SIM115
        self.is_live = self.stream.isatty()
        self.every_seconds = every_seconds if self.is_live else plain_every_seconds
        self._pace = Pace()
        self._last_time = 0.0
        self._last_step: int | None = None
        self._line_open = False

    def report(self, text: str) -> None:
        """Write a sentence on a line of its own: `report=` of the other callbacks."""
        self.end_line()
        write_unless_closed(self.stream, f"{text}\n")

    def text(
        self, step: int, logs: dict[str, Any], *, rate: float, seconds: float
    ) -> str:
        """The line. `rate` in steps a second, `seconds` of training so far."""
        return " · ".join(self._parts(step, logs, rate, seconds).values())

    def _parts(
        self, step: int, logs: dict[str, Any], rate: float, seconds: float
    ) -> dict[str, str]:
        total = f"/{self.total_steps:,}" if self.total_steps else ""
        parts = {"step": f"step {step:,}{total}"}
        if self.batch_size:
            parts["kimg"] = f"{step * self.batch_size / 1000:.1f} kimg"
            parts["pace"] = f"{rate * self.batch_size:.0f} images/s"
        for name in self.names:
            if isinstance(logs.get(name), float):
                parts[name] = f"{name} {short(logs[name])}"
        left = seconds_left(step, seconds, rate, self.total_steps, self.total_seconds)
        if left is not None:
            parts["left"] = f"{clock(left)} left"
        return parts

    def before_first_step(self, step: int) -> None:
        if self.batch_size is None:
            self.batch_size = getattr(self.model, "batch_size", None)
        self._pace.restart(step, self.progress.elapsed_seconds)
        self._last_time = time.monotonic()

    def on_restored(self, step: int) -> None:
        self._pace.restart(step, self.progress.elapsed_seconds)

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        if time.monotonic() - self._last_time >= self.every_seconds:
            self._show(step, logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.progress.logs and self.progress.step != self._last_step:
            self._show(self.progress.step, self.progress.logs)
        self.end_line()
        super().on_train_end(logs)

    def _show(self, step: int, logs: dict[str, Any]) -> None:
        self._last_time, self._last_step = time.monotonic(), step
        seconds = self.progress.elapsed_seconds
        rate = self._pace.steps_per_second(step, seconds)
        if self.is_live:
            parts = self._parts(step, logs, rate, seconds)
            text = fitted(parts, self._width())
            write_unless_closed(self.stream, f"\r{text}\x1b[K")
            self._line_open = True
        else:
            text = self.text(step, logs, rate=rate, seconds=seconds)
            write_unless_closed(self.stream, f"{text}\n")

    def _width(self) -> int:
        """Columns of the terminal but one: in the last one some of them wrap."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        return (columns or 80) - 1

    def end_line(self) -> None:
        if self._line_open:
            write_unless_closed(self.stream, "\n")
        self._line_open = False


def fitted(parts: dict[str, str], width: int) -> str:
    """A line of at most `width` columns: closer together, then without what can be
    reckoned from the rest, then cut.

    >>> parts = {"step": "step 500", "kimg": "16.0 kimg", "left": "6:15 left"}
    >>> fitted(parts, 40), fitted(parts, 31), fitted(parts, 24), fitted(parts, 9)
    ('step 500 · 16.0 kimg · 6:15 left', 'step 500  16.0 kimg  6:15 left', \
'step 500 · 6:15 left', 'step 500 ')
    """
    for left_out in ((), ("kimg",), ("kimg", "pace")):
        shown = [part for name, part in parts.items() if name not in left_out]
        for between in (" · ", "  "):
            text = between.join(shown)
            if len(text) <= width:
                return text
    return text[:width]


def clock(seconds: float) -> str:
    """
    >>> clock(75), clock(3675)
    ('1:15', '1:01:15')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{minutes}:{seconds:02d}"


def short(value: float) -> str:
    """Three digits, or a whole number as it is.

    >>> short(0.6), short(1.25), short(128.0)
    ('0.600', '1.25', '128')
    """
    return f"{value:.0f}" if value % 1 == 0 else f"{value:#.3g}"
