"""The same curves and grids in TensorBoard, and pictures in its projector.

Needs the extra: pip install 'kerasgan[tensorboard]'.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kerasgan.callbacks.run_log import Pace
from kerasgan.callbacks.sample_grid import SampleGrid
from kerasgan.callbacks.step_callback import StepCallback, positive_steps
from kerasgan.event_file import EventFile
from kerasgan.images import UnreadableImage, read_image
from kerasgan.jsonl import each_line
from kerasgan.projector import Features, write_projector
from kerasgan.report.records import number

TAGS = {
    "d_loss": "loss/D",
    "g_loss": "loss/G",
    "gap": "balance/gap",
    "margin": "balance/margin",
    "d_rate": "balance/D_rate",
    "d_updates": "updates/D",
    "g_updates": "updates/G",
    "augment_p": "augmentation/probability",
    "real_score": "D/score_of_real",
    "fake_score": "D/score_of_generated",
    "d_accuracy": "D/how_often_right",
    "decay": "learning_rate/decay",
}
FAILURES = (OSError, ImportError, UnreadableImage, tf.errors.OpError)
NO_MEASURES = {"step", "images_seen", "seconds", "reals", "held", "fakes"}
NO_MEASURES |= {"searched", "trained"}
OF_FEATURES = {"kid", "kid_error", "fid", "precision", "recall", "density", "coverage"}


class TensorBoardLog(StepCallback):
    """Write event files: scalars, sample grids, and at the end the projector's files.

    The scalars are the logs of a step under names that group them (`loss/D`), those
    without such a name under `log/`, and the evaluations' under `evaluation/`. After a
    resume, or where a training went back to a checkpoint, what was written of later
    steps no longer counts.

    Args:
        folder: of the event files.
        every_steps: between two values of a scalar.
        batch_size: images a step, for their number a second; None leaves it out.
        sample_grid: the SampleGrid of the same fit, before this one in the list; its
            grids are shown as they are drawn. None: no grids.
        evaluations: a file of one JSON line an evaluation, shown as it grows.
        pictures: gives kinds of pictures, {"training": uint8 [N, H, W, C], ...}, for
            the projector as the fit ends; None: none.
        features: uint8 [N, H, W, C] -> [N, F], what the projector compares; None: the
            pictures themselves, made small.
        report: gets one sentence where nothing more can be written; training goes on.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        every_steps: int,
        *,
        batch_size: int | None = None,
        sample_grid: SampleGrid | None = None,
        evaluations: str | os.PathLike | None = None,
        pictures: Callable[[], dict[str, np.ndarray]] | None = None,
        features: Features | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.every_steps = positive_steps("every_steps", every_steps)
        self.batch_size, self.sample_grid = batch_size, sample_grid
        self.evaluations = None if evaluations is None else Path(evaluations)
        self.pictures, self.features, self.report = pictures, features, report
        self._pace = Pace()
        self._events: EventFile | None = None
        self._shown_step = -1  # of the newest grid
        self._evaluated_step = -1  # of the newest evaluation

    def before_first_step(self, step: int) -> None:
        self._try(self._open)
        self._go_on_from(step)
        if step == 0:
            self._try(self._add_grid, "init", 0)
            self._try(self._add_grid, "reals", 0)

    def on_restored(self, step: int) -> None:
        self._go_on_from(step)

    def observe(self, step: int, logs: dict[str, Any]) -> None:
        if self.due(self.every_steps):
            self._try(self._add_logs, step, logs)

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        if self.sample_grid is not None and self.due(self.sample_grid.every_steps):
            self._show(step)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_end(logs)
        self._show(self.progress.step)
        if self.pictures is not None:
            self._try(self._project)
        self._try(self._close)

    def _try(self, write: Callable[..., None], *given: Any) -> None:
        """Write, as long as that is possible."""
        if self._events is None and write != self._open:
            return
        try:
            write(*given)
        except FAILURES as error:
            self._events = None
            reason = getattr(error, "strerror", None) or error
            self.report(
                f"{self.folder}: nothing more is written there ({reason}); "
                "training goes on."
            )

    def _open(self) -> None:
        self._events = EventFile(self.folder)

    def _close(self) -> None:
        self._events.close()
        self._events = None

    def _go_on_from(self, step: int) -> None:
        self._pace.restart(step, self.progress.elapsed_seconds)
        self._shown_step = self._evaluated_step = step
        self._try(self._forget_after, step)

    def _forget_after(self, step: int) -> None:
        self._events.forget_after(step)
        self._events.flush()

    def _add_logs(self, step: int, logs: dict[str, Any]) -> None:
        rate = self._pace.steps_per_second(step, self.progress.elapsed_seconds)
        scalars = {TAGS.get(k, f"log/{k}"): scalar(v) for k, v in logs.items()}
        if self.batch_size is not None:
            scalars["speed/images_per_second"] = rate * self.batch_size
        self._add_scalars(step, scalars)

    def _add_scalars(self, step: int, scalars: dict[str, float | None]) -> None:
        known = {tag: value for tag, value in scalars.items() if value is not None}
        self._events.add_scalars(step, known)
        self._events.flush()  # before a checkpoint that would go on from here

    def _show(self, step: int) -> None:
        if step > self._shown_step:
            self._try(self._add_grid, f"step_{step:08d}", step)
            self._shown_step = step
        if self.evaluations is not None:
            self._try(self._add_evaluations)

    def _add_grid(self, name: str, step: int) -> None:
        """`name`.png and `name`_raw.png of the grids' folder, where they are there."""
        if self.sample_grid is None:
            return
        averaged = "reals" if name == "reals" else "averaged"
        for suffix, tag in (("", averaged), ("_raw", "raw")):
            path = self.sample_grid.folder / f"{name}{suffix}.png"
            if path.is_file():
                self._events.add_picture(step, f"samples/{tag}", read_image(path, 3))
        self._events.flush()

    def _add_evaluations(self) -> None:
        for line in each_line(self.evaluations):
            step = number(line.get("step"))
            if step is not None and step > self._evaluated_step:
                names = sorted(line.keys() - NO_MEASURES)
                scalars = {
                    evaluation_tag(name, line): number(line[name]) for name in names
                }
                self._add_scalars(int(step), scalars)
                self._evaluated_step = int(step)

    def _project(self) -> None:
        write_projector(self.folder, self.pictures(), self.features)


def evaluation_tag(name: str, line: dict[str, Any]) -> str:
    """The tag of a measure; those in features have these in it, since they do not
    compare with those in others.

    >>> evaluation_tag("kid", {"features": "plain"}), evaluation_tag("diversity", {})
    ('evaluation/kid in plain', 'evaluation/diversity')
    """
    of = f" in {line['features']}" if name in OF_FEATURES and "features" in line else ""
    return f"evaluation/{name}{of}"


def scalar(value: Any) -> float | None:
    """A log as a number, None for what is none.

    >>> scalar(np.float32(0.5)), scalar(np.zeros(3)), scalar("a")
    (0.5, None, None)
    """
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        return None
    return float(array.item())
