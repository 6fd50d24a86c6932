"""A training of so many minutes, however often it is interrupted."""

from __future__ import annotations

from typing import Any

from kerasgan.callbacks.step_callback import StepCallback


class StopAfterMinutes(StepCallback):
    """Stop the fit at the end of the first step after `minutes` of training.

    Args:
        minutes: of time spent in `fit`, all processes together.
        already_elapsed_seconds: spent before this process. None takes what the
            restored checkpoint says, 0 where none was restored.
    """

    def __init__(
        self, minutes: float, already_elapsed_seconds: float | None = None
    ) -> None:
        super().__init__()
        if not minutes > 0:
            raise ValueError(
                f"minutes must be above 0. Received {minutes}: name a time to train."
            )
        self.minutes = minutes
        self.already_elapsed_seconds = already_elapsed_seconds
        self._offset_seconds = 0.0

    def before_first_step(self, step: int) -> None:
        if self.already_elapsed_seconds is not None:
            elapsed = self.progress.elapsed_seconds
            self._offset_seconds = self.already_elapsed_seconds - elapsed
            self.already_elapsed_seconds = None  # the clock goes on over later fits

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        seconds = self.progress.elapsed_seconds + self._offset_seconds
        if seconds >= 60 * self.minutes:
            self.model.stop_training = True
