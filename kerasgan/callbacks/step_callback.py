"""The callback that all others here are: it thinks in steps of the whole training."""

from __future__ import annotations

from typing import Any

import keras

from kerasgan.callbacks.progress import Progress, progress_of


class StepCallback(keras.callbacks.Callback):
    """Calls its hooks by the training's own steps, across fits, resumes and restores.

    Subclasses override
        `before_first_step(step)`: every callback of the fit has begun, and a
            checkpoint is restored by now. `step` is that of the model.
        `on_step_end(step, logs)`: a step (or `steps_per_execution` of them) is done.
        `observe(step, logs)`: the same, but before a checkpoint of that step is
            written, wherever this callback stands in the list: for what must be in the
            checkpoint, or on the disk, by then.
        `on_restored(step)`: in the middle of a fit the model went back to `step`.
    and may offer `get_state() -> dict` and `set_state(dict)`, which Checkpoint keeps.

    Example:
    >>> class Print(StepCallback):
    ...     def on_step_end(self, step, logs):
    ...         if self.due(100):
    ...             print(step, logs["d_loss"])
    """

    progress: Progress
    _previous: int | None = None
    _step: int = 0
    _ended: int = 0
    _restores_seen: int = 0

    def before_first_step(self, step: int) -> None:
        """See the class."""

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        """See the class."""

    def on_restored(self, step: int) -> None:
        """See the class."""

    def observe(self, step: int, logs: dict[str, Any]) -> None:
        """See the class."""

    def observe_once(self, step: int, logs: dict[str, Any]) -> None:
        """Call `observe` unless it has seen this step; Checkpoint calls this early."""
        if step > self._step:
            self._previous, self._step = self._step, step
            self.observe(step, logs)

    def due(self, every_steps: int | None) -> bool:
        """Whether the steps just done reached a multiple of `every_steps`."""
        if not every_steps or self._previous is None:
            return False
        return self._step // every_steps > self._previous // every_steps

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self.progress = progress_of(model)
        self.progress.join(self)
        self._previous = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.progress.begin_fit()

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        self.progress.begin_batch(batch)
        if self._previous is None:
            self._previous = self._step = self._ended = self.progress.step
            self._restores_seen = self.progress.restores
            self.before_first_step(self._step)

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        step = self.progress.end_batch(batch, logs or {})
        if self._restores_seen != self.progress.restores:
            self._restores_seen = self.progress.restores
            self._step = self._ended = self.progress.restored_step
            self.on_restored(self._step)
        self.observe_once(step, logs or {})
        if step > self._ended:
            self._ended = step
            self.on_step_end(step, logs or {})

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.progress.end_fit()


def positive_steps(name: str, steps: int) -> int:
    """`steps`, a whole number from 1 on.

    Raises:
        ValueError: naming the argument.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ValueError(
            f"{name} must be a whole number of steps from 1 on. Received {steps!r}: "
            "give how many training steps lie between two of them."
        )
    return steps
