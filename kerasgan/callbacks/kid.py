"""How good the generator's pictures are, every so many steps, in numbers.

K generated pictures, N real ones, Z latent_dim, H x W x C pixels, F features.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan import images
from kerasgan.callbacks.generators import (
    AVERAGED,
    GENERATOR,
    drawn,
    generator_of,
    latents_for,
)
from kerasgan.callbacks.run_log import plain, stamp
from kerasgan.callbacks.step_callback import StepCallback, positive_steps
from kerasgan.jsonl import append_line, drop_lines_after, read_lines
from kerasgan.metrics.copy_search import CopySearch
from kerasgan.metrics.evaluation import LEAST, compare_features, compare_pictures
from kerasgan.metrics.gain import without_gain
from kerasgan.metrics.named_features import FeatureNet, open_features

TRAIN, HELD, FAKE = "train", "held", "fake"  # pictures that D is asked about
DEAR_SHARE, SOME = 0.05, 4  # of the time: more is told after some evaluations


class KID(StepCallback):
    """Compare pictures of the averaged generator with real ones that it was not
    trained on: KID, FID, precision, recall, and what else `metrics.evaluation` has.

    With D as `judge`, also what it says of pictures it was trained on, of held-out and
    of generated ones; with `trained`, which share of generated pictures are copies: by
    held-out pictures, or, without any, by how single the nearest training picture is.

    Args:
        every_steps: between two evaluations; the last step of a fit gets one as well.
        reals: uint8 [N, H, W, C] to compare with, best held out from the training.
        net: what gives features, from `open_features`; None: plain image processing.
        latents: float32 [K, Z]; None draws `count` of them from `seed`.
        count: K, where `latents` is None.
        seed: of the latents.
        held: `reals` are held out: the generator has not been trained on them.
        kind: what tells these real pictures from others: evaluations against others do
            not compare.
        trained: uint8 [M, H, W, C] that it was trained on, or some of these, by lot.
        trained_count: how many it was trained on in all; None: M.
        judge: D as a function of uint8 [B, H, W, C], and of which of the three these
            are (`TRAIN`, `HELD`, `FAKE`), that gives logits, one each.
        path: file that gets one line of JSON an evaluation; None: none.
        batch_size: images a step, for that line.
        generator_attribute: the model's attribute that turns [K, Z] into images.
        averaged_attribute: that of the averaged one, if the model has any.
        to_uint8: float32 images [K, H, W, C] -> uint8; the default takes [-1, 1].
        report: gets a sentence where evaluations take much of the time.

    Attributes:
        at_end: whether the end of a fit is to be evaluated: not where it is an
            interruption, or a run that was stopped and goes on had other evaluations.
        found: the newest evaluation, None before the first.
        lines: all of them so far, those of earlier fits too where there is a `path`.

    Raises:
        ValueError: too few pictures to compare.

    Example:
    >>> faces = np.zeros((8, 16, 16, 3), np.uint8)
    >>> KID(500, reals=faces, count=8).net.name
    'plain'
    """

    def __init__(
        self,
        every_steps: int,
        *,
        reals: np.ndarray,
        net: FeatureNet | None = None,
        latents: np.ndarray | None = None,
        count: int = 512,
        seed: int = 0,
        held: bool = False,
        kind: str = "",
        trained: np.ndarray | None = None,
        trained_count: int | None = None,
        judge: Callable[[np.ndarray, str], np.ndarray] | None = None,
        path: str | os.PathLike | None = None,
        batch_size: int | None = None,
        generator_attribute: str = GENERATOR,
        averaged_attribute: str = AVERAGED,
        to_uint8: Callable[[np.ndarray], np.ndarray] = images.to_uint8,
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        self.every_steps = positive_steps("every_steps", every_steps)
        if min(len(reals), count if latents is None else len(latents)) < LEAST:
            raise ValueError(
                f"There must be at least {LEAST} real and as many generated pictures "
                f"to compare. Received {len(reals)} and "
                f"{count if latents is None else len(latents)}."
            )
        self.reals, self.held, self.trained = reals, held, trained
        self._copies: CopySearch | None = None
        if trained is not None and len(trained) >= LEAST:
            self._copies = CopySearch(trained, reals if held else None, trained_count)
        self.net = net or open_features("plain")
        self.kind = f"{self.net.identity} {kind}".strip()
        self.latents, self.count, self.seed = latents, count, seed
        self.at_end: Callable[[], bool] = lambda: True
        self.judge, self.path = judge, None if path is None else Path(path)
        self.batch_size = batch_size
        self.generator_attribute = generator_attribute
        self.averaged_attribute = averaged_attribute
        self.to_uint8, self.report = to_uint8, report
        self.found: dict[str, Any] | None = None
        self.lines: list[dict[str, Any]] = []
        self._real_features: np.ndarray | None = None
        self._began, self._spent, self._count, self._told = 0.0, 0.0, 0, False

    def score(self, step: int) -> float | None:
        """The KID of this step, lower is better; None where there is none."""
        if self.found is None or self.found["step"] != step:
            return None
        return self.found["kid"]

    def is_best(self, step: int) -> bool:
        """Whether the evaluation of this step is the best so far."""
        score = self.score(step)
        if score is None:
            return False
        return score <= min(line["kid"] for line in self._comparable())

    def steps_without_gain(self) -> int | None:
        """Since the best evaluation, if nothing is gained any more; else None."""
        known = self._comparable()
        ago = without_gain([line["kid"] for line in known])
        return None if ago is None else known[-1]["step"] - known[-1 - ago]["step"]

    def before_first_step(self, step: int) -> None:
        self._go_back(step)
        self._began, self._spent = self.progress.elapsed_seconds, 0.0
        self._count = 0
        self.latents = latents_for(
            self.model, self.latents, self.count, self.seed, self.generator_attribute
        )

    def on_restored(self, step: int) -> None:
        self._go_back(step)

    def observe(self, step: int, logs: dict[str, Any]) -> None:
        if self.due(self.every_steps):
            self.evaluate(step)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        step = self.progress.step
        done = self.lines[-1]["step"] if self.lines else 0
        if step > done and self.latents is not None and self.at_end():
            self.evaluate(step)
        super().on_train_end(logs)

    def evaluate(self, step: int) -> dict[str, Any]:
        """Draw, compare, and keep what was found."""
        began = time.monotonic()
        fakes = self.draw()
        found = stamp(step, self.progress.elapsed_seconds, self.batch_size)
        found |= {"features": self.net.name, "kind": self.kind}
        found |= {"reals": len(self.reals)}
        found |= {"held": len(self.reals) if self.held else 0, "fakes": len(fakes)}
        found |= self.compare(fakes)
        self.found = plain(found)
        self.lines.append(self.found)
        if self.path is not None:
            append_line(self.path, self.found)
        self._tell_if_dear(time.monotonic() - began)
        return self.found

    def draw(self) -> np.ndarray:
        """The averaged generator's pictures, uint8 [K, H, W, C]."""
        raw = generator_of(self.model, self.generator_attribute)
        generator = getattr(self.model, self.averaged_attribute, None) or raw
        parts = drawn(generator, self.latents, self.generator_attribute)
        return np.concatenate([self.to_uint8(part) for part in parts])

    def compare(self, fakes: np.ndarray) -> dict[str, float | None]:
        """All numbers of these pictures, uint8 [K, H, W, C]."""
        reals, features = self._features_of_reals(), self.net.of(fakes)
        if not (np.isfinite(reals).all() and np.isfinite(features).all()):
            return {"kid": None}
        numbers = compare_features(reals, features)
        numbers |= compare_pictures(self.reals, fakes)
        if self.judge is not None:
            numbers |= self._scores(fakes)
        if self._copies is not None:
            found = self._copies.look(fakes)
            numbers |= {"copied": found.share, "copied_error": found.error}
            numbers |= {"searched": self._copies.searched}
            numbers |= {"trained": self._copies.trained_count}
        return numbers

    def _features_of_reals(self) -> np.ndarray:
        """Those of the real pictures, [N, F], taken once; told if not finite."""
        if self._real_features is None:
            self._real_features = self.net.of(self.reals)
            if not np.isfinite(self._real_features).all():
                self.report(
                    f"Features must be finite numbers. Those of {self.net.name} are "
                    "not, for some real pictures: nothing is compared. Take other "
                    "--features."
                )
        return self._real_features

    def _scores(self, fakes: np.ndarray) -> dict[str, float]:
        """D's mean logits."""
        sets = {FAKE: fakes}
        if self.trained is not None:
            sets[TRAIN] = self.trained[: len(self.reals)]
        if self.held:
            sets[HELD] = self.reals
        return {
            f"{kind}_score": float(np.mean(self.judge(pictures, kind)))
            for kind, pictures in sets.items()
        }

    def _comparable(self) -> list[dict[str, Any]]:
        """The evaluations in the same features against the same real pictures."""
        return [
            line
            for line in self.lines
            if line.get("kid") is not None and line.get("kind", "") == self.kind
        ]

    def _go_back(self, step: int) -> None:
        if self.path is not None:
            drop_lines_after(self.path, step)
            self.lines = read_lines(self.path)
        self.lines = [line for line in self.lines if line["step"] <= step]
        self.found = self.lines[-1] if self.lines else None

    def _tell_if_dear(self, seconds: float) -> None:
        """Once, after some evaluations of this fit, if they take much of the time."""
        self._spent, self._count = self._spent + seconds, self._count + 1
        passed = self.progress.elapsed_seconds - self._began
        share = self._spent / max(passed, 1e-9)
        if self._count >= SOME and share > DEAR_SHARE and not self._told:
            self._told = True
            self.report(
                f"Evaluating in {self.net.name} takes {share:.0%} of the time: a "
                "larger --evaluate_every takes less."
            )
