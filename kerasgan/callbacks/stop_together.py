"""Where several processes train together, one that stops takes all with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


class StopTogether(keras.callbacks.Callback):
    """End the fit in all processes after the same step: a process that went on alone
    would wait for the others forever.

    Put it last in the list of callbacks, in each process.

    Args:
        any_process: `any_process(mine)` -> whether it is so for one of them at least,
            such as `kerasgan.devices.workers.Workers().any`; called after each step.
    """

    def __init__(self, any_process: Callable[[bool], bool]) -> None:
        super().__init__()
        self.any_process = any_process

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        self.model.stop_training = self.any_process(self.model.stop_training)
