"""Ctrl-C and SIGTERM end the training after the step that runs, with all saved."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from kerasgan.callbacks.checkpoint import Checkpoint
from kerasgan.callbacks.step_callback import StepCallback
from kerasgan.checkpoint_folder import CheckpointError


class SaveOnInterrupt(StepCallback):
    """At the first signal save at the end of the step and stop; at the second, at once.

    The handlers are there from the beginning to the end of the fit, in the main thread
    alone. Where `fit` raises, call `close()` to have the old ones back.

    Args:
        checkpoint: the Checkpoint of the same fit; None: another process saves.
        signals: the signals to take.
        report: gets each sentence meant for the user.

    Attributes:
        signal_number: the signal that stopped the fit, None if none did.
    """

    def __init__(
        self,
        checkpoint: Checkpoint | None,
        *,
        signals: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM),
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        self.checkpoint, self.signals, self.report = checkpoint, signals, report
        self.signal_number: int | None = None
        self._old: dict[int, Any] = {}

    @property
    def exit_code(self) -> int:
        """What a process ends with by custom: 130, 143; 0 if there was no signal."""
        return 128 + self.signal_number if self.signal_number else 0

    def close(self) -> None:
        """Give the signals back to whoever had them."""
        while self._old:
            signal.signal(*self._old.popitem())

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self.signal_number = None
        if threading.current_thread() is threading.main_thread() and not self._old:
            for number in self.signals:
                self._old[number] = signal.signal(number, self._on_signal)

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        super().on_train_batch_end(batch, logs)
        if self.signal_number:
            self._save(self.progress.step)
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_end(logs)
        self.close()

    def _save(self, step: int) -> None:
        name = signal.Signals(self.signal_number).name
        if self.checkpoint is None:
            self.report(f"{name}: stopped after step {step}.")
            return
        try:
            path = self.checkpoint.save()
        except CheckpointError as error:
            self.report(f"{name}: {error}")
        else:
            if path is not None:
                self.report(f"{name}: stopped after step {step}, saved in {path}.")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.signal_number:
            self.close()
            signal.raise_signal(number)
        self.signal_number = number
