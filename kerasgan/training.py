"""One training in one run folder: data, GAN and callbacks, and the call of `fit`.

N pictures, H height, W width, C channels.
"""

from __future__ import annotations

import hashlib
import math
import signal
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
from kerasgan.callbacks.kid import HELD, TRAIN
from kerasgan.config import TrainConfig
from kerasgan.data.held_out import MOST, Split
from kerasgan.data.picked import Picked
from kerasgan.data.pipeline import make_dataset
from kerasgan.gan import GAN
from kerasgan.growing import coarse_side, growing_layers, resolution_at
from kerasgan.images import to_uint8
from kerasgan.latents import with_classes
from kerasgan.metrics.evaluation import LEAST
from kerasgan.metrics.feature_nets import layer_features
from kerasgan.metrics.named_features import open_features
from kerasgan.metrics.sliced_wasserstein import sliced_wasserstein
from kerasgan.runs import RunError, RunFolder, write_atomically
from kerasgan.shown import whole, with_labels
from kerasgan.starting_points import start_from
from kerasgan.strategy import share_out, training_scope
from kerasgan.workers import Workers

SAMPLES = 64  # pictures in a grid
SCORED = 256  # pictures that a checkpoint is scored on where nothing is evaluated
EVALUATED = (64, 512)  # pictures that are drawn for an evaluation, least and most
COMPARED = 2000  # training pictures among which copies are looked for, at most
JUDGED = 64  # pictures that D is asked about together
KIND_OF = 64  # real pictures that tell one set to compare with from another


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
        split: which pictures are held out; None: none.
        policy: Keras dtype policy of the networks.
        strategy: the devices, from `kerasgan.strategy`; None: one.
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
        split: Split | None = None,
        strategy: tf.distribute.Strategy | None = None,
    ) -> None:
        self.config = config
        self.strategy, self.workers = strategy, Workers(strategy)
        self.images, self.labels = images, labels
        everything = np.arange(len(images))
        self.split = split or Split(trained=everything, held=everything[:0])
        self.run = run
        self.report = report
        with training_scope(strategy):
            self.gan = build_gan(config, policy)
        self.steps = total_steps(config, len(self.split.trained))
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
        self.workers.take_from_chief(self.gan)

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
            self.kid.at_end = lambda: interrupt.signal_number is None
        try:
            while True:
                self.fit([guard, *self.callbacks(), interrupt, *self.stop_together()])
                # A restored model goes on with the data of the step it went back to.
                again = guard.wants_restart and not interrupt.signal_number
                if not self.workers.chief_says(again):
                    break
                self.workers.take_from_chief(self.gan)
        finally:
            interrupt.close()
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

    def dataset(self) -> tf.data.Dataset:
        """The batches from the current step on, shared out to the devices."""

        def make(shares: int, here: range) -> tf.data.Dataset:
            return make_dataset(
                self.images,
                batch_size=self.config.batch_size,
                seed=self.config.seed,
                start_step=self.step,
                labels=self.labels,
                places=self.split.trained,
                shares=shares,
                here=here,
            )

        return share_out(self.strategy, make)

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
            *([self.kid] if self.kid else []),
            self.checkpoint,
            self.line,
            kc.RunReport(
                self.run.path,
                every_steps=config.sample_every,
                images=Picked(self.images, self.split.trained),
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
                "training": self.some_reals(SCORED),
                "generated": to_uint8(self.some_fakes()),
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

    def some_reals(self, count: int) -> np.ndarray:
        """The same few training pictures each time, uint8 [count, H, W, C]."""
        return np.asarray(self.images[np.sort(self.some_places(count))])

    def some_places(self, count: int) -> np.ndarray:
        """Where the same few training pictures are, in random order, int [count]."""
        random = np.random.default_rng(self.config.seed)
        places = self.split.trained
        return places[random.permutation(len(places))[:count]]

    def make_kid(self) -> kc.KID | None:
        """What evaluates the pictures, against held-out ones if there are any."""
        config, held = self.config, len(self.split.held) > 0
        trained = self.some_places(COMPARED)
        against = self.split.held if held else self.some_places(MOST)
        if not config.evaluate_every or len(against) < LEAST:
            return None
        least, most = EVALUATED
        places = {TRAIN: trained, HELD: against}
        some = against[:: len(against) // KIND_OF + 1]

        def judge(images: np.ndarray, kind: str) -> np.ndarray:
            numbers = np.arange(len(images))
            if kind in places and self.labels is not None:
                numbers = self.labels[places[kind][: len(images)]]
            return self.judge(images, numbers)

        return kc.KID(
            config.evaluate_every,
            reals=Picked(self.images, against),
            net=open_features(config.features, config.feature_weights or None),
            latents=self.sample_latents(min(max(2 * len(against), least), most)),
            held=held,
            kind=digest_of_pictures(self.images[some]),
            trained=Picked(self.images, trained),
            judge=judge if isinstance(self.gan, GAN) else None,
            path=self.run.evaluations,
            batch_size=config.batch_size,
            report=self.tell,
        )

    def judge(self, images: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """D's logits [B, 1] of uint8 [B, H, W, C] of the classes `numbers` [B]."""
        classes = len(self.config.label_names)
        logits = []
        for start in range(0, len(images), JUDGED):
            part = slice(start, start + JUDGED)
            x = tf.constant(images[part] / np.float32(127.5) - 1)
            labels = tf.one_hot(numbers[part] % classes, classes) if classes else None
            shown = with_labels(self.gan.views(x), labels)
            logits.append(self.gan.discriminator(shown, training=False).numpy())
        return np.concatenate(logits)

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
        or, where nothing is evaluated, the sliced Wasserstein distance of the averaged
        generator's pictures to the training pictures."""
        if self.kid is not None:
            return self.kid.score(self.step)
        return sliced_wasserstein(
            self.some_reals(SCORED) / 127.5 - 1.0,
            self.some_fakes(),
            seed=self.config.seed,
        )

    def some_fakes(self) -> np.ndarray:
        """The averaged generator's pictures of always the same latents, float32
        [SCORED, H, W, C]."""
        z = tf.random.stateless_normal(
            [SCORED, self.config.latent_dim], [self.config.seed, 1], alg="philox"
        )
        z = with_classes(z.numpy(), np.arange(SCORED), len(self.config.label_names))
        return np.concatenate(
            [
                whole(self.gan.averaged_generator(part, training=False))
                for part in np.split(z, 4)
            ]
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


def digest_of_pictures(images: np.ndarray) -> str:
    """Of the contents of pictures uint8 [N, H, W, C]."""
    return hashlib.blake2b(np.ascontiguousarray(images), digest_size=8).hexdigest()
