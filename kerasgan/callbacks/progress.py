"""What the callbacks of one model share: the step, the clock, and each other.

A model that has a variable `step` counts for itself; for any other the batches are
counted here. Either way the number is read once a batch, however many callbacks ask.
"""

from __future__ import annotations

import time
import weakref
from typing import Any

import keras


class Progress:
    """Where the training of one model stands.

    Attributes:
        step: training steps done, over all fits and processes.
        restores: how often the model was put back to a checkpoint.
        restored_step: the step it was put back to last.
        members: the StepCallbacks of the fit that runs, or is about to.
        running: whether a fit is running.
        in_steps: whether that fit has begun its first step.
        batch, logs: index and logs of the batch just ended, {} while one runs.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = weakref.ref(model)
        self.step = 0
        self.restores = 0
        self.restored_step = 0
        self.members: list[Any] = []
        self.running = False
        self.in_steps = False
        self.batch = -1
        self.logs: dict[str, Any] = {}
        self._seconds_before = 0.0
        self._started = 0.0
        self._first_batch: int | None = None
        self._list_is_closed = False
        self._read_step()

    @property
    def elapsed_seconds(self) -> float:
        """Seconds spent in `fit`, over all processes."""
        running = time.monotonic() - self._started if self.running else 0.0
        return self._seconds_before + running

    def join(self, callback: Any) -> None:
        """A callback enters the fit that is about to start."""
        if self._list_is_closed:
            self.members, self._list_is_closed = [], False
            self.in_steps = False
        if all(member is not callback for member in self.members):
            self.members.append(callback)

    def begin_fit(self) -> None:
        """Start the clock; the first callback that calls it does."""
        if self._list_is_closed:
            return
        self._list_is_closed = True
        self.running, self._started = True, time.monotonic()
        self._read_step()

    def end_fit(self) -> None:
        """Stop the clock; the first callback that calls it does."""
        self._seconds_before, self.running = self.elapsed_seconds, False
        self.in_steps = False

    def begin_batch(self, batch: int) -> None:
        """`batch`: index of the first batch of this execution."""
        self._first_batch = batch
        self.in_steps, self.logs = True, {}

    def end_batch(self, batch: int, logs: dict[str, Any]) -> int:
        """`batch`: index of the last batch of this execution. Returns the step."""
        if self._first_batch is not None:
            self.step += batch - self._first_batch + 1
            self._first_batch = None
            self.batch, self.logs = batch, logs
            self._read_step()
        return self.step

    def restore(self, step: int, elapsed_seconds: float) -> None:
        """The model was put back to `step`.

        In the middle of a fit the clock goes on: the time was spent.
        """
        self.step = self.restored_step = step
        self.restores += 1
        self._first_batch = None
        if not self.in_steps:
            self._seconds_before, self._started = elapsed_seconds, time.monotonic()

    def _read_step(self) -> None:
        variable = getattr(self._model(), "step", None)
        if isinstance(variable, keras.Variable):
            self.step = int(variable.value.numpy())


_PROGRESS: weakref.WeakKeyDictionary[keras.Model, Progress] = (
    weakref.WeakKeyDictionary()
)


def progress_of(model: keras.Model) -> Progress:
    """The one Progress of `model`: its step and clock, shared by all callbacks.

    Example:
    >>> progress_of(keras.Sequential()).step
    0
    """
    if model not in _PROGRESS:
        _PROGRESS[model] = Progress(model)
    return _PROGRESS[model]
