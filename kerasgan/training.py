"""One training in one run folder: data, GAN and callbacks, and the call of `fit`.

N pictures, H height, W width, C channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
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
from kerasgan.data.pipeline import make_dataset
from kerasgan.gan import GAN
from kerasgan.growing import coarse_side, growing_layers, resolution_at
from kerasgan.latents import with_classes
from kerasgan.metrics.sliced_wasserstein import sliced_wasserstein
from kerasgan.runs import RunError, RunFolder, write_atomically
from kerasgan.shown import whole
from kerasgan.starting_points import start_from

SAMPLES = 64  # pictures in a grid
SCORED = 256  # pictures that a checkpoint is scored on


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
        images: uint8 [N, H, W, C], a memory-mapped store as a rule.
        run: an existing run folder.
        labels: int32 [N], the class of each picture, where there are classes.
        policy: Keras dtype policy of the networks.
        report: takes each sentence for the user.
    """

    def __init__(
        self,
        config: TrainConfig,
        images: np.ndarray,
        run: RunFolder,
        policy: str = "float32",
        report: Callable[[str], None] = print,
        labels: np.ndarray | None = None,
    ) -> None:
        self.config = config
        self.images, self.labels = images, labels
        self.run = run
        self.report = report
        self.gan = build_gan(config, policy)
        self.steps = total_steps(config, len(images))
        endless = config.minutes is None or math.isinf(config.minutes)
        self.seconds = None if endless else 60 * config.minutes
        self.line = kc.ProgressLine(
            total_steps=None if self.steps == ENDLESS else self.steps,
            total_seconds=self.seconds,
            batch_size=config.batch_size,
            names=("resolution", *kc.ProgressLine.NAMES),
        )
        self.checkpoint = kc.Checkpoint(
            run.checkpoints,
            every_steps=config.checkpoint_every,
            keep=config.keep,
            score=lambda logs: self.score(),
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

    def train(self) -> Outcome:
        """Train until the length is reached, from where `begin` took it."""
        if self.finished():
            self.save_missing_networks()
            return self.outcome(already_done=True)
        if int(self.gan.step):
            self.tell(f"Going on from step {int(self.gan.step)}.")

        def tell(text: str) -> None:  # the last sentence is the outcome's
            if text != guard.failure:
                self.tell(text)

        guard = kc.StopOnNonFinite(self.checkpoint, restart_fit=True, report=tell)
        interrupt = kc.SaveOnInterrupt(self.checkpoint, report=self.tell)
        try:
            while True:
                self.fit([guard, *self.callbacks(), interrupt])
                # A restored model goes on with the data of the step it went back to.
                if interrupt.signal_number or not guard.wants_restart:
                    break
        finally:
            interrupt.close()
        if guard.failure is None:
            self.save_networks()
            self.tell_if_still_growing()
        return self.outcome(
            signal_number=interrupt.signal_number, failure=guard.failure
        )

    def fit(self, callbacks: list[keras.callbacks.Callback]) -> None:
        """Call Keras' fit for the steps that are left."""
        done = int(self.gan.step)
        dataset = make_dataset(
            self.images,
            batch_size=self.config.batch_size,
            seed=self.config.seed,
            start_step=done,
            labels=self.labels,
        )
        self.gan.fit(
            dataset,
            steps_per_epoch=self.steps - done,
            callbacks=callbacks,
            verbose=0,
            shuffle=False,
        )

    def callbacks(self) -> list[keras.callbacks.Callback]:
        """What watches, shows and saves, in the order in which it is called."""
        config = self.config
        samples = kc.SampleGrid(
            self.run.samples,
            every_steps=config.sample_every,
            latents=self.sample_latents(SAMPLES),
            reals=self.some_reals(SAMPLES),
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
            self.checkpoint,
            self.line,
            kc.ProgressVideo(self.run.samples, report=self.tell),
        ]
        if isinstance(self.gan, GAN):
            made.insert(
                2,
                kc.Verdict(
                    every_steps=config.sample_every,
                    d_ideal=self.gan.game.d_ideal,
                    g_ideal=self.gan.game.g_ideal,
                    sample_grid=samples,
                    report=self.tell,
                ),
            )
        if self.seconds is not None:
            made.append(kc.StopAfterMinutes(config.minutes))
        if config.tensorboard:
            made.append(
                keras.callbacks.TensorBoard(
                    str(self.run.path / "tensorboard"),
                    update_freq=config.log_every,
                    write_graph=False,
                )
            )
        return made

    def tell(self, text: str) -> None:
        """A sentence for the user, on a line of its own below the live one."""
        self.line.end_line()
        self.report(text)

    def finished(self) -> bool:
        """Whether the run has reached its length already."""
        if int(self.gan.step) >= self.steps:
            return True
        elapsed = self.checkpoint.progress.elapsed_seconds
        return self.seconds is not None and elapsed >= self.seconds

    def some_reals(self, count: int) -> np.ndarray:
        """The same few training pictures each time, uint8 [count, H, W, C]."""
        chosen = np.random.default_rng(self.config.seed).permutation(len(self.images))
        return np.asarray(self.images[np.sort(chosen[:count])])

    def resolution(self) -> str:
        """The one that growing networks are at, in words."""
        level = growing_layers(self.gan.generator)[0].level.value
        side = int(resolution_at(level))
        return f"{side} px, step {int(self.gan.step):,}"

    def tell_if_still_growing(self) -> None:
        """Say that pictures are coarse yet, where a run ended before the last size."""
        side = coarse_side(self.gan.generator)
        if side is not None:
            self.tell(
                f"The networks have grown to {side} of {self.config.image_size[0]} "
                "pixels so far: train on, or start anew with a smaller --growth_kimg."
            )

    def score(self) -> float:
        """Sliced Wasserstein distance of the averaged generator's pictures to the
        training pictures; lower is better."""
        z = tf.random.stateless_normal(
            [SCORED, self.config.latent_dim], [self.config.seed, 1], alg="philox"
        )
        z = with_classes(z.numpy(), np.arange(SCORED), len(self.config.label_names))
        fakes = np.concatenate(
            [
                whole(self.gan.averaged_generator(part, training=False))
                for part in np.split(z, 4)
            ]
        )
        return sliced_wasserstein(
            self.some_reals(SCORED) / 127.5 - 1.0, fakes, seed=self.config.seed
        )

    def sample_latents(self, count: int) -> np.ndarray:
        """The latents of the grids, float32 [count, Z + K]; classes take turns."""
        random = np.random.default_rng(self.config.seed)
        z = random.standard_normal((count, self.config.latent_dim), dtype=np.float32)
        return with_classes(z, np.arange(count), len(self.config.label_names))

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
        step = int(self.gan.step)
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
