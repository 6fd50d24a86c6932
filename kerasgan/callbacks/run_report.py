"""The report of a run, written as it trains: report.html."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasgan.callbacks.step_callback import StepCallback, positive_steps
from kerasgan.report import write_report
from kerasgan.report.grids import Slides
from kerasgan.runs import RunFolder

SHARE = 0.01  # of the time of the training, at most, before its end
SEARCHED = 1_000  # training pictures among which the nearest are looked for
SEARCHED_AT_END = 4_000


class RunReport(StepCallback):
    """Write report.html into a run folder: at its start, now and then, and at its end.

    It shows what the other callbacks have written there: log.jsonl, samples/,
    verdicts.jsonl and evaluations.jsonl, whichever there are; it stands behind them in
    the list. A page is left out where the pages so far have taken more than a hundredth
    of the time of the training; the one at the end never is.

    Args:
        folder: of the run.
        every_steps: between two pages.
        images: uint8 [N, H, W, C], the training pictures, of which the nearest to the
            newest samples are shown; None leaves them out.
        report: gets one sentence where the page cannot be written; training goes on.

    Example:
    >>> RunReport("runs/faces", every_steps=500).run.report.as_posix()
    'runs/faces/report.html'
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        every_steps: int,
        *,
        images: np.ndarray | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        self.run = RunFolder(folder)
        self.every_steps = positive_steps("every_steps", every_steps)
        self.images, self.report = images, report
        self._slides = Slides()
        self._seconds = 0.0  # that the pages of this fit have taken
        self._began = 0.0
        self._has_failed = False

    def before_first_step(self, step: int) -> None:
        self._seconds, self._began = 0.0, time.monotonic()
        self.write(running=True)

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        passed = time.monotonic() - self._began
        if self.due(self.every_steps) and self._seconds <= SHARE * passed:
            self.write(running=True)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_end(logs)
        self.write(running=False)

    def write(self, running: bool) -> None:
        """Write the page as things stand; a failure is told once."""
        start = time.monotonic()
        try:
            self.run.path.mkdir(parents=True, exist_ok=True)
            write_report(
                self.run,
                images=self.images,
                searched=SEARCHED if running else SEARCHED_AT_END,
                running=running,
                slides=self._slides,
            )
        except Exception as error:  # whatever it is, no page is worth a training
            if not self._has_failed:
                reason = getattr(error, "strerror", None) or error
                self.report(
                    f"{self.run.report} was not written ({reason}); training goes on."
                )
            self._has_failed = True
        self._seconds += time.monotonic() - start
