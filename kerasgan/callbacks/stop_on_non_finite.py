"""A nan must neither go unnoticed nor end a long training: go back, and go slower."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasgan import state
from kerasgan.callbacks.checkpoint import Checkpoint
from kerasgan.callbacks.step_callback import StepCallback


class StopOnNonFinite(StepCallback):
    """Look at every logged value each step; on a nan or an infinity go back and retry.

    The model returns to the last good checkpoint and all its optimizers learn at
    `rate_factor` times their rate: `rate_factor ** 2` at the second time, and so on.
    After `retries` times the training stops with `failure` set, the model at its last
    good checkpoint. (Keras' TerminateOnNaN looks at `logs["loss"]` alone.)

    Put it first in the list of callbacks.

    Args:
        checkpoint: the Checkpoint of the same fit.
        retries: how often to go back.
        rate_factor: below 1.
        restart_fit: after going back, end the fit with `wants_restart` set, so that the
            caller can call `fit` again with data that begins at the restored step.
            False goes on in the same fit, with the data as they come.
        check_weights_steps: how often to look at all weights as well; None never.
        report: gets each sentence meant for the user.

    Attributes:
        failure: None, or why the training was stopped.
        wants_restart: whether the last fit ended for the caller to call it again.
        retry: how often the training went back so far, over all processes.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        retries: int = 3,
        rate_factor: float = 0.5,
        restart_fit: bool = False,
        check_weights_steps: int | None = 200,
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        if not 0 < rate_factor < 1:
            raise ValueError(
                "rate_factor must be above 0 and below 1. "
                f"Received {rate_factor}: 0.5 halves the learning rates."
            )
        self.checkpoint, self.report = checkpoint, report
        self.retries, self.rate_factor = retries, rate_factor
        self.restart_fit = restart_fit
        self.check_weights_steps = check_weights_steps
        self.failure: str | None = None
        self.wants_restart = False
        self.retry = 0

    def get_state(self) -> dict[str, int]:
        """The retries whose lower learning rates are in the optimizers by now."""
        return {"retry": self.retry}

    def set_state(self, saved: dict[str, int]) -> None:
        """What `get_state` returned."""
        self.retry = saved["retry"]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self.failure, self.wants_restart = None, False

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        bad = first_non_finite_log(logs)
        if bad is None and self.due(self.check_weights_steps):
            bad = first_non_finite_weight(self.model)
        if bad is not None:
            self._go_back(f"{bad} at step {step}")

    def _go_back(self, what: str) -> None:
        retry = self.retry + 1
        self.retry = 0  # restoring sets it to what the checkpoint has
        restored = self.checkpoint.restore(self.model)
        in_checkpoint, self.retry = self.retry, retry
        if restored is None:
            self._fail(f"{what}, before the first checkpoint: nothing to go back to.")
        elif retry > self.retries:
            self._fail(
                f"{what}, and {self.retries} retries with smaller learning rates "
                f"did not help. The model is back at step {restored}."
            )
        else:
            self._slow_down(self.rate_factor ** (retry - in_checkpoint))
            self.report(
                f"{what}: going back to step {restored} with all learning rates times "
                f"{self.rate_factor**retry:g} (try {retry} of {self.retries})."
            )
            self.wants_restart = self.restart_fit
            self.model.stop_training |= self.restart_fit

    def _fail(self, text: str) -> None:
        self.failure = (
            f"The training stopped: {text} What may help: a smaller learning rate, "
            "float32 instead of 16 bits, stronger regularisation."
        )
        self.report(self.failure)
        self.model.stop_training = True

    def _slow_down(self, factor: float) -> None:
        for name, optimizer in state.optimizers_of(self.model).items():
            try:
                rate = keras.ops.convert_to_numpy(optimizer.learning_rate)
                optimizer.learning_rate = float(rate) * factor
            except (TypeError, AttributeError):
                self.report(f"{name} follows a schedule: its rate stays as it is.")


def first_non_finite_log(logs: dict[str, Any]) -> str | None:
    """`d_loss is nan` for the first such value of the logs, None if all are finite.

    >>> first_non_finite_log({"g_loss": 1.0, "d_loss": float("nan")})
    'd_loss is nan'
    """
    for name, value in logs.items():
        if isinstance(value, float):
            if not math.isfinite(value):
                return f"{name} is {value}"
        elif isinstance(value, np.ndarray) and not np.isfinite(value).all():
            return f"{name} has a nan or an infinity"
    return None


def first_non_finite_weight(model: keras.Model) -> str | None:
    """The same for the model's weights."""
    weights = {id(each): each for each in model.weights}
    named = state.collect_state(model).items()
    arrays = {name: each for name, each in named if id(each) in weights}
    bad = state.first_non_finite(state.to_arrays(arrays))
    return None if bad is None else f"The weight {bad} has a nan or an infinity"
