"""One training in one run folder: data, GAN and callbacks, and the call of `fit`."""

from __future__ import annotations

import gc
import math
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from kerasgan import callbacks as kc
from kerasgan.building import (
    ENDLESS,
    build_encoder,
    build_gan,
    build_generator,
    total_steps,
)
from kerasgan.config import TrainConfig
from kerasgan.data.training_set import TrainingSet
from kerasgan.devices.strategy import (
    device_count,
    possible_turns,
    share_out,
    training_scope,
)
from kerasgan.devices.workers import Workers
from kerasgan.full_memory import out_of_memory
from kerasgan.gan import GAN
from kerasgan.growing import coarse_side, growing_layers, resolution_at
from kerasgan.images import to_uint8
from kerasgan.metrics.feature_nets import layer_features
from kerasgan.runs import RunError, RunFolder, run_of, write_atomically
from kerasgan.scoring import SCORED, make_kid, sample_latents, sliced_score, some_fakes
from kerasgan.starting_points import frozen_layers, start_from

SAMPLES = 64  # pictures in a grid


@dataclass
class Outcome:
    """How a training ended.

    Attributes:
        step: training steps done, in all.
        images_seen: real pictures shown, in all.
        signal_number: what interrupted it, None if nothing did.
        failure: the sentence of a training that could not go on, None else.
        already_done: nothing was left to do at the start.
    """

    step: int
    images_seen: int
    signal_number: int | None = None
    failure: str | None = None
    already_done: bool = False


class Trainer:
    """One training in one run folder: the GAN, the data and the callbacks.

    Args:
        config: the settings, the length among them.
        pictures: what is trained on, and what is held out.
        run: an existing run folder.
        policy: Keras dtype policy of the networks.
        report: takes each sentence for the user.
        strategy: the devices, from `kerasgan.devices.strategy`; None: one.
    """

    def __init__(
        self,
        config: TrainConfig,
        pictures: TrainingSet,
        run: RunFolder,
        policy: str = "float32",
        report: Callable[[str], None] = print,
        strategy: tf.distribute.Strategy | None = None,
    ) -> None:
        self.config, self.pictures, self.run = config, pictures, run
        self.strategy, self.workers = strategy, Workers(strategy)
        self.report = report
        with training_scope(strategy):
            self.gan = build_gan(config, policy)
        self.steps = total_steps(config, len(pictures.trained))
        endless = config.minutes is None or math.isinf(config.minutes)
        self.seconds = None if endless else 60 * config.minutes
        self.line = kc.ProgressLine(
            total_steps=None if self.steps == ENDLESS else self.steps,
            total_seconds=self.seconds,
            batch_size=config.batch_size,
            names=("resolution", *kc.ProgressLine.NAMES),
        )
        self.kid = self.make_kid()
        self.checkpoint = kc.Checkpoint(
            run.checkpoints,
            every_steps=config.checkpoint_every,
            keep=config.keep,
            score=lambda logs: self.score(),
            score_kind=self.kid.kind if self.kid else "sliced Wasserstein",
            also=self.kid.is_best if self.kid else None,
            report=self.tell,
        )
        self.checkpoint.set_model(self.gan)

    def begin(self) -> None:
        """Take the weights of the run's newest checkpoint, or of the starting point.

        Raises:
            RunError: the run's networks are others.
            StartError: the starting point's are.
        """
        try:
            restored = self.checkpoint.restore()
        except ValueError as error:
            raise RunError(
                f"{self.run.path} must hold these networks, and its checkpoints are of "
                "others, of another version of kerasgan perhaps. Add --fresh to start "
                f"anew.\n{error}"
            ) from error
        if restored is None and self.config.init_from:
            taken = start_from(self.gan, self.config.init_from)
            self.tell(f"Taken over from {self.config.init_from}: {', '.join(taken)}.")
            if self.config.freeze_d:
                frozen = ", ".join(frozen_layers(self.gan.discriminator))
                self.tell(f"Frozen in the discriminator: {frozen}.")
            self._tell_new_classes()
        self.workers.take_from_chief(self.gan)

    def _tell_new_classes(self) -> None:
        """Say whose place each class takes, where the starting point knows others."""
        source = run_of(self.config.init_from)
        theirs = {} if source is None else source.read_settings()
        before = theirs.get("label_names", ())
        pairs = zip(self.config.label_names, before, strict=False)
        moved = [f"{new} as {old}" for new, old in pairs if new != old]
        if moved:
            self.tell(f"Its classes were others: {', '.join(moved)} begins there.")

    def train(self) -> Outcome:
        """Train until the length is reached, from where `begin` took it."""
        if self.workers.chief_says(self.finished()):
            self.save_missing_networks()
            return self.outcome(already_done=True)
        if self.step:
            self.tell(f"Going on from step {self.step}.")

        def tell(text: str) -> None:  # the last sentence is the outcome's
            if text != guard.failure:
                self.tell(text)

        guard = kc.StopOnNonFinite(self.checkpoint, restart_fit=True, report=tell)
        interrupt = kc.SaveOnInterrupt(self.checkpoint, report=self.tell)
        if self.kid is not None:
            self.kid.at_end = lambda: self.finished() and not interrupt.signal_number
        try:
            while True:
                callbacks = self.callbacks(guard)
                self.fit([guard, *callbacks, interrupt, *self.stop_together()])
                # A restored model goes on with the data of the step it went back to.
                again = guard.wants_restart and not interrupt.signal_number
                if not self.workers.chief_says(again):
                    break
                self.workers.take_from_chief(self.gan)
        finally:
            interrupt.close()
        self.workers.chief_says(guard.failure is not None)
        if guard.failure is None:
            self.save_networks()
            self.tell_if_still_growing()
        number = interrupt.signal_number
        if number is None and guard.failure is None and not self.finished():
            number = signal.SIGTERM  # of another worker, which stopped all of them
        return self.outcome(signal_number=number, failure=guard.failure)

    def fit(self, callbacks: list[keras.callbacks.Callback]) -> None:
        """Call Keras' fit for the steps that are left."""
        self.gan.fit(
            self.dataset(),
            steps_per_epoch=self.steps - self.step,
            callbacks=callbacks,
            verbose=0,
            shuffle=False,
        )

    def fitting_turns(self) -> int | None:
        """In how few turns, no fewer than now, a step fits in the memory; None: in no
        number. Found by trying, after which the weights are of no use."""
        config, devices = self.config, device_count(self.strategy)
        for turns in possible_turns(config.batch_size, devices, config.accumulate):
            self.gan.take_turns(turns)
            gc.collect()  # what the step before left in memory
            try:
                self.gan.fit(
                    self.dataset(), steps_per_epoch=1, verbose=0, shuffle=False
                )
            except Exception as error:
                if out_of_memory(error):
                    continue
                raise
            return turns
        return None

    def dataset(self) -> tf.data.Dataset:
        """The batches from the current step on, shared out to the devices."""

        def make(shares: int, here: range) -> tf.data.Dataset:
            return self.pictures.batches(
                self.config.batch_size,
                self.config.seed,
                self.step,
                shares=shares,
                here=here,
            )

        return share_out(self.strategy, make)

    def callbacks(self, guard: kc.StopOnNonFinite) -> list[keras.callbacks.Callback]:
        """What watches, shows and saves, in the order in which it is called."""
        config = self.config
        samples = kc.SampleGrid(
            self.run.samples,
            every_steps=config.sample_every,
            latents=sample_latents(config, SAMPLES),
            reals=self.pictures.some(SAMPLES, config.seed),
            caption=self.resolution if growing_layers(self.gan.generator) else None,
            report=self.tell,
        )
        made: list[keras.callbacks.Callback] = [
            samples,
            kc.RunLog(
                self.run.log,
                every_steps=config.log_every,
                batch_size=config.batch_size,
                total_steps=self.line.total_steps,
                total_seconds=self.seconds,
            ),
            *([self.kid] if self.kid else []),
            self.checkpoint,
            self.line,
            kc.RunReport(
                self.run.path,
                every_steps=config.sample_every,
                images=self.pictures.trained,
                report=self.tell,
            ),
            kc.ProgressVideo(self.run.samples, report=self.tell),
        ]
        if isinstance(self.gan, GAN):
            verdict = kc.Verdict(
                every_steps=config.sample_every,
                d_ideal=self.gan.game.d_ideal,
                g_ideal=self.gan.game.g_ideal,
                sample_grid=samples,
                kid=self.kid,
                guard=guard,
                path=self.run.verdicts,
                batch_size=config.batch_size,
                report=self.tell,
            )
            made.insert(made.index(self.checkpoint), verdict)
        if self.seconds is not None:
            made.append(kc.StopAfterMinutes(config.minutes))
        if config.tensorboard:
            made.append(self.tensorboard(samples))
        return made

    def tensorboard(self, samples: kc.SampleGrid) -> kc.TensorBoardLog:
        """What TensorBoard shows: in its projector, pictures by D's features."""
        features = None  # of a training without a D: the pictures themselves
        if isinstance(self.gan, GAN):
            features = layer_features(self.gan.discriminator)
        return kc.TensorBoardLog(
            self.run.path / "tensorboard",
            every_steps=self.config.log_every,
            batch_size=self.config.batch_size,
            sample_grid=samples,
            evaluations=self.run.evaluations,
            pictures=lambda: {
                "training": self.pictures.some(SCORED, self.config.seed),
                "generated": to_uint8(some_fakes(self.gan, self.config)),
            },
            features=features,
            report=self.tell,
        )

    def stop_together(self) -> list[keras.callbacks.Callback]:
        """What ends the fit in all workers, where there are several."""
        several = self.workers.count > 1
        return [kc.StopTogether(self.workers.any)] if several else []

    def tell(self, text: str) -> None:
        """A sentence for the user, on a line of its own below the live one."""
        self.line.end_line()
        self.report(text)

    @property
    def step(self) -> int:
        """Training steps done, in all."""
        return int(self.gan.step.numpy())

    def finished(self) -> bool:
        """Whether the run has reached its length already."""
        if self.step >= self.steps:
            return True
        elapsed = self.checkpoint.progress.elapsed_seconds
        return self.seconds is not None and elapsed >= self.seconds

    def make_kid(self) -> kc.KID | None:
        """What evaluates the pictures, if anything does."""
        return make_kid(
            self.gan, self.config, self.pictures, self.run.evaluations, self.tell
        )

    def resolution(self) -> str:
        """The one that growing networks are at, in words."""
        level = growing_layers(self.gan.generator)[0].level.value
        side = int(resolution_at(level))
        return f"{side} px, step {self.step:,}"

    def tell_if_still_growing(self) -> None:
        """Say that pictures are coarse yet, where a run ended before the last size."""
        side = coarse_side(self.gan.generator)
        if side is not None:
            self.tell(
                f"The networks have grown to {side} of {self.config.image_size[0]} "
                "pixels so far: train on, or start anew with a smaller --growth_kimg."
            )

    def score(self) -> float | None:
        """What the best checkpoint is chosen by, lower is better: the KID of this step,
        or, where nothing is evaluated, the sliced Wasserstein distance."""
        if self.kid is not None:
            return self.kid.score(self.step)
        return sliced_score(self.gan, self.config, self.pictures)

    def save_networks(self) -> None:
        """Write what new pictures need, in float32: the averaged generator as
        generator.keras and, of a model that has one, the encoder as encoder.keras."""
        encoder = getattr(self.gan, "encoder", None)
        if encoder is not None:
            save_as(self.run.encoder, build_encoder(self.config), encoder)
        averaged = self.gan.averaged_generator
        save_as(self.run.generator, build_generator(self.config), averaged)

    def save_missing_networks(self) -> None:
        """Write them where a kill or a full disk came between the last checkpoint and
        generator.keras, which comes last."""
        path, latest = self.run.generator, self.checkpoint.folder / "latest"
        times = [each.stat().st_mtime_ns for each in (path, latest) if each.exists()]
        has_encoder = self.run.encoder.exists() or not hasattr(self.gan, "encoder")
        if not path.exists() or not has_encoder or times[0] < times[-1]:
            self.save_networks()

    def outcome(self, **how: object) -> Outcome:
        """How it stands now."""
        step = self.step
        return Outcome(step, step * self.config.batch_size, **how)


def save_as(path: Path, twin: keras.Model, network: keras.Model) -> None:
    """Write `twin`, with the weights of `network`, as a Keras file, atomically."""
    twin.set_weights(network.get_weights())
    aside = path.with_name(f".{path.stem}.part.keras")
    try:
        twin.save(aside)
        write_atomically(path, aside.read_bytes())
    finally:
        aside.unlink(missing_ok=True)
