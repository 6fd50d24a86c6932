"""One sentence, now and then, on how the two networks stand to each other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerasgan.callbacks.kid import KID
from kerasgan.callbacks.run_log import stamp
from kerasgan.callbacks.sample_grid import SampleGrid
from kerasgan.callbacks.step_callback import StepCallback, positive_steps
from kerasgan.callbacks.stop_on_non_finite import StopOnNonFinite
from kerasgan.jsonl import append_line, drop_lines_after
from kerasgan.metrics.diversity import diversity
from kerasgan.verdicts import DIVERGED, LN2, Sensors, judge


class Verdict(StepCallback):
    """Average the logs over recent steps, and say `judge`'s verdict every so often.

    Args:
        every_steps: between two verdicts.
        d_loss, g_loss, real_score, fake_score: names of the logs; the scores are D's
            mean logits and may be missing.
        d_updates, g_updates: names of the logs that count each network's updates since
            the start of the training; may be missing.
        d_ideal, g_ideal: the losses at equilibrium (`Loss.d_ideal`), None for a loss
            that has none.
        sample_grid: the SampleGrid of the same fit, before this one in the list: its
            newest pictures are compared with its `reals` to see a collapse.
        kid: the KID of the same fit, before this one in the list: tells memorising,
            and when nothing is gained any more.
        guard: the StopOnNonFinite of the same fit: where it gives up, that is the last
            verdict.
        path: file that gets one line of JSON a verdict; None: none.
        batch_size: images a step, for that line.
        horizon_steps: over how many steps the averages reach back.
        report: gets `step 500: balanced. ...`.

    Attributes:
        word, sentence: of the newest verdict, None before the first.
    """

    def __init__(
        self,
        every_steps: int,
        *,
        d_loss: str = "d_loss",
        g_loss: str = "g_loss",
        real_score: str = "real_score",
        fake_score: str = "fake_score",
        d_updates: str = "d_updates",
        g_updates: str = "g_updates",
        d_ideal: float | None = LN2,
        g_ideal: float | None = LN2,
        sample_grid: SampleGrid | None = None,
        kid: KID | None = None,
        guard: StopOnNonFinite | None = None,
        path: str | os.PathLike | None = None,
        batch_size: int | None = None,
        horizon_steps: int = 100,
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        self.every_steps = positive_steps("every_steps", every_steps)
        self.names = {"d_loss": d_loss, "g_loss": g_loss}
        self.names |= {"real_score": real_score, "fake_score": fake_score}
        self.update_names = (d_updates, g_updates)
        self.ideals = {"d_ideal": d_ideal, "g_ideal": g_ideal}
        self.sample_grid, self.kid, self.report = sample_grid, kid, report
        self.guard = guard
        self.path = None if path is None else Path(path)
        self.batch_size = batch_size
        self.decay = 1 - 1 / positive_steps("horizon_steps", horizon_steps)
        self.word: str | None = None
        self.sentence: str | None = None
        self._sums: dict[str, list[float]] = {}  # name -> [weighted sum, weight]
        self._updates: list[float] | None = None

    def get_state(self) -> dict[str, Any]:
        """The averages, which JSON keeps to the last bit."""
        sums = {name: list(pair) for name, pair in self._sums.items()}
        return {"sums": sums, "updates": self._updates}

    def set_state(self, saved: dict[str, Any]) -> None:
        """What `get_state` returned."""
        self._sums = {name: list(pair) for name, pair in saved["sums"].items()}
        self._updates = saved["updates"]

    def sensors(self) -> Sensors | None:
        """What is known now, None without losses."""
        averages = {
            name: total / weight for name, (total, weight) in self._sums.items()
        }
        if not {"d_loss", "g_loss"} <= averages.keys():
            return None
        return Sensors(
            **averages,
            **self.ideals,
            diversity=self._diversity(),
            **(self._evaluated() if self.kid else {}),
        )

    def before_first_step(self, step: int) -> None:
        self.on_restored(step)

    def on_restored(self, step: int) -> None:
        if self.path is not None:
            drop_lines_after(self.path, step)

    def observe(self, step: int, logs: dict[str, Any]) -> None:
        for sensor, name in self.names.items():
            if isinstance(logs.get(name), float):
                self._average(sensor, logs[name])
        updates = [logs.get(name) for name in self.update_names]
        if all(isinstance(each, float) for each in updates):
            d_before, g_before = self._updates or (0.0, 0.0)
            d_moved, g_moved = updates[0] > d_before, updates[1] > g_before
            self._average("only_d_share", float(d_moved and not g_moved))
            self._average("only_g_share", float(g_moved and not d_moved))
            self._updates = updates

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        if self.due(self.every_steps):
            sensors = self.sensors()
            if sensors is not None:
                self._keep(step, *judge(sensors))
                self.report(f"step {step}: {self.word}. {self.sentence}")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        failure = self.guard.failure if self.guard else None
        if failure is not None:  # which the guard has said
            self._keep(self.progress.step, DIVERGED, failure)
        super().on_train_end(logs)

    def _keep(self, step: int, word: str, sentence: str) -> None:
        self.word, self.sentence = word, sentence
        if self.path is not None:
            append_line(self.path, self._line(step))

    def _average(self, name: str, value: float) -> None:
        total, weight = self._sums.get(name, (0.0, 0.0))
        share = 1 - self.decay
        self._sums[name] = [
            self.decay * total + share * value,
            self.decay * weight + share,
        ]

    def _line(self, step: int) -> dict[str, Any]:
        when = stamp(step, self.progress.elapsed_seconds, self.batch_size)
        return when | {"word": self.word, "sentence": self.sentence}

    def _evaluated(self) -> dict[str, float | None]:
        """What the newest evaluation says."""
        found = self.kid.found or {}
        share, error = found.get("copied"), found.get("copied_error")
        known = share is not None and error is not None
        return {
            "train_score": found.get("train_score"),
            "held_score": found.get("held_score"),
            "shown_score": found.get("fake_score"),
            "copied": max(share - 2 * error, 0.0) if known else None,
            "gainless_steps": self.kid.steps_without_gain(),
        }

    def _diversity(self) -> float | None:
        grid = self.sample_grid
        if grid is None or grid.pictures is None or grid.reals is None:
            return None
        count = min(len(grid.pictures), len(grid.reals))
        real = diversity(grid.reals[:count])
        return diversity(grid.pictures[:count]) / real if real > 0 else None
