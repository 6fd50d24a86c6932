"""Save all a training continues from, every so many steps, and resume exactly there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from kerasgan import checkpoints, state
from kerasgan.callbacks.progress import progress_of
from kerasgan.callbacks.step_callback import StepCallback, positive_steps
from kerasgan.checkpoint_folder import checkpoint_name, list_checkpoints


class Checkpoint(StepCallback):
    """Write checkpoints/step_00000500/ and so on; at the start of a fit, resume.

    A training that draws its data and noise from (seed, step), or its noise from
    SeedGenerators of the model, goes on bit for bit as if it had never been stopped.
    The caller starts the data at the restored step: `start = checkpoint.restore(gan)`
    before `fit`. Without that call the restoring happens as `fit` begins. A metric
    (say, a mean over the epoch) goes on where it was in an unfinished epoch.

    Args:
        folder: where the checkpoints are, of one training only.
        every_steps: between two of them; one more is written at the end of the fit.
        keep: how many of the newest to keep, besides the best.
        score: `score(logs)` -> a number, lower is better, or None.
        score_kind: what the score is; those of other kinds do not compare.
        also: `also(step)` -> whether to write one more after this step, since it is
            the best so far, say.
        resume: continue from the newest whole checkpoint in `folder`.
        at_start: a fresh training whose optimizers are built writes step 0 as well,
            so that there is something to go back to from the first step on.
        extra: `extra()` -> a dict that JSON can hold, kept in meta.json under "extra".
        report: gets each sentence meant for the user.

    Raises:
        ValueError: `resume` is False and `folder` has checkpoints already.
        CheckpointError: a checkpoint cannot be saved, or all are damaged.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        every_steps: int,
        *,
        keep: int = 3,
        score: Callable[[dict[str, float]], float | None] | None = None,
        score_kind: str = "",
        also: Callable[[int], bool] | None = None,
        resume: bool = True,
        at_start: bool = True,
        extra: Callable[[], dict[str, Any]] | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.every_steps = positive_steps("every_steps", every_steps)
        self.keep = positive_steps("keep", keep)
        self.score, self.score_kind, self.also = score, score_kind, also
        self.extra, self.report = extra, report
        self.resume, self.at_start = resume, at_start
        self.meta: dict[str, Any] | None = None
        self._ready = False
        self._saved_step: int | None = None
        self._has_score = False
        self._metrics: list[tuple[keras.Variable, Any]] = []
        self._callbacks_wait = False

    def restore(self, model: keras.Model | None = None) -> int | None:
        """Put the newest whole checkpoint into the model and its callbacks.

        Returns:
            The step of it, None if there is no checkpoint.
        """
        model = self.model if model is None else model
        progress = progress_of(model)
        self._ready, self._metrics = True, []
        self.meta = checkpoints.load_newest(model, self.folder, self.report)
        if self.meta is None:
            return None
        self._saved_step = self.meta["step"]
        progress.restore(self.meta["step"], self.meta["elapsed_seconds"])
        if not self.meta["extra"]["epoch_finished"]:
            variables = [each for part in model.metrics for each in part.variables]
            values = [each.value.numpy() for each in variables]
            self._metrics = list(zip(variables, values, strict=True))
        self._callbacks_wait = True
        if progress.in_steps and self in progress.members:
            self._restore_callbacks()
        return self.meta["step"]

    def save(self) -> Path | None:
        """Write a checkpoint of the step just done, unless there is one.

        Returns:
            The folder, None where a weight is not finite: that is never saved.
        """
        step = self.progress.step
        path = self.folder / checkpoint_name(step)
        if step == self._saved_step:
            return path
        logs = self.progress.logs
        for member in self.progress.members if logs else ():
            member.observe_once(step, logs)
        own = self.extra() if self.extra else {}
        score = self.score(logs) if self.score else None
        try:
            path = checkpoints.write_checkpoint(
                self.model,
                self.folder,
                step=step,
                elapsed_seconds=self.progress.elapsed_seconds,
                score=score,
                score_kind=self.score_kind,
                extra=own | self._own_extra(),
                keep=self.keep,
            )
        except checkpoints.NonFiniteState as error:
            self.report(str(error))
            return None
        self._saved_step, self._has_score = step, score is not None
        return path

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        if not self._ready:
            self._check_folder()
            self._ready = True
            if self.resume:
                self.restore()
        if self._callbacks_wait:
            self._restore_callbacks()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for variable, value in self._metrics:  # `fit` has just reset them
            variable.assign(value)

    def before_first_step(self, step: int) -> None:
        built = state.built_for(self.model)
        if len(built) > 1 and built.get("optimizer", ()) is None:
            del built["optimizer"]  # compile() without one leaves a stray one behind
        if step == 0 and self.at_start and None not in built.values():
            self.save()

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        self._metrics = []
        super().on_train_batch_begin(batch, logs)

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        if self.due(self.every_steps) or (self.also and self.also(step)):
            self.save()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        step = self.progress.step
        if self.also and self.also(step) and not self._has_score:
            self._saved_step = None  # it was evaluated after it was saved
        if step > 0:
            self.save()
        super().on_train_end(logs)

    def _check_folder(self) -> None:
        found = list_checkpoints(self.folder)
        if found and not self.resume:
            raise ValueError(
                "folder must have no checkpoints where resume=False. Received "
                f"{self.folder} with {found[-1].name}: resume, or name another folder."
            )

    def _stateful(self) -> dict[str, Any]:
        """The callbacks of this fit that have a state, by class and position."""
        found: dict[str, Any] = {}
        for member in self.progress.members:
            if hasattr(member, "get_state"):
                kind = type(member).__name__
                count = sum(name.split("/")[0] == kind for name in found)
                found[f"{kind}/{count}"] = member
        return found

    def _own_extra(self) -> dict[str, Any]:
        states = {name: each.get_state() for name, each in self._stateful().items()}
        finished = (self.params or {}).get("steps") == self.progress.batch + 1
        return {"callbacks": states, "epoch_finished": finished}

    def _restore_callbacks(self) -> None:
        self._callbacks_wait = False
        members = self._stateful()
        for name, saved in self.meta["extra"]["callbacks"].items():
            if name in members:
                members[name].set_state(saved)
