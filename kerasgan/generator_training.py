"""What every training of a generator shares, whatever it is trained against.

Latents and classes, pictures on their way in, randomness, learning rates that fall, and
the averaged generator.

Legend: N batch, Z latent_dim, K classes, H height, W width, C channels; images float32
in [-1, 1] inside, uint8 as they come from the data.
Sources: averaged generator, Karras et al. 2018.

All randomness is a pure function of (seed, step): a run that is stopped after any
step and goes on from its checkpoint ends with the same bits as one that never was.
Latents and mirrored pictures are also the same in however many shares, on devices or
one after the other, a batch is computed; all other noise is another in each share.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasgan import ema
from kerasgan.devices.shares import Shares, Turns
from kerasgan.optimizers import check_for_devices, has_loss_scale

# One number for each use of randomness in a step, folded into (seed, step).
LATENTS, FLIPS = range(2)
MEASURING = 400
# The averaged G's statistics are measured after each of the first updates, and then
# every so many: they change slowly, and a pass costs a sixth of a step of FastGAN
MEASURED_ALWAYS, MEASURED_EVERY = 100, 8


class GeneratorTraining(keras.Model):
    """A generator, its average, and how far the training is.

    Args:
        generator: model [N, Z + K] -> [N, H, W, C] in [-1, 1].
        latent_dim: Z.
        classes: K, of labelled pictures: the class stands one-hot behind the latent.
            0: there are no labels.
        flip: mirror each real picture half of the time.
        ema_halflife_images: half-life of the averaged generator, in images.
        ema_warm_up: begin with a shorter one, so that the untrained generator is soon
            forgotten; not where the first one is worth keeping.
        decay_images: learning rates are as given for so many images and fall with the
            square root of the images seen from then on; 0 leaves them alone.
        accumulate: each device's part of a batch is computed in so many turns, whose
            gradients are added up before one update: less memory, a longer step.
        seed: all randomness follows from it.
    """

    # the arguments that are objects with a config of their own, and the plain ones
    parts: tuple[str, ...] = ("generator",)
    plain: tuple[str, ...] = (
        "latent_dim",
        "classes",
        "flip",
        "ema_halflife_images",
        "ema_warm_up",
        "decay_images",
        "accumulate",
        "seed",
    )

    optimizers: tuple[str, ...] = ("g_optimizer",)  # as `compile` takes them

    def __init__(
        self,
        generator: keras.Model,
        *,
        latent_dim: int,
        classes: int = 0,
        flip: bool = False,
        ema_halflife_images: float = 10_000.0,
        ema_warm_up: bool = True,
        decay_images: float = 0.0,
        accumulate: int = 1,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator = generator
        self.averaged_generator = ema.copy_of(generator)
        self.latent_dim, self.classes = latent_dim, classes
        self.flip = flip
        self.ema_halflife_images = ema_halflife_images
        self.ema_warm_up = ema_warm_up
        self.decay_images = decay_images
        self.take_turns(accumulate)
        self.seed = seed
        self.step = self.counter("step")
        self.g_updates = self.counter("g_updates")
        self.built = True

    def compile(self, g_optimizer: keras.optimizers.Optimizer, **kwargs: Any) -> None:
        """Take G's optimizer; it gets loss scaling under mixed_float16.

        Raises:
            ValueError: there are several devices, and it cannot train on them.
        """
        check_for_devices(g_optimizer, self.shares.devices)
        self.g_optimizer = with_loss_scale(g_optimizer, self.generator)
        self.g_optimizer.build(self.generator_variables)
        options = {"jit_compile": False, "auto_scale_loss": False} | kwargs
        super().compile(optimizer=self.g_optimizer, **options)

    def take_turns(self, accumulate: int) -> None:
        """Compute each device's part of a batch in so many turns from now on."""
        self.accumulate, self.shares = accumulate, Shares(accumulate)
        self.train_function = None  # `fit` makes another

    def counter(self, name: str) -> keras.Variable:
        """A number of steps, checkpointed and never trained."""
        return self.add_weight(
            name=name, shape=(), dtype="int64", initializer="zeros", trainable=False
        )

    def prepare(self, data: Any) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Pictures as float32 in [-1, 1], half of them mirrored, and their labels.

        Args:
            data: uint8 [N, H, W, C], or (that, class numbers [N]).

        Returns:
            [N, H, W, C], and one-hot [N, K] or None.
        """
        real_images, numbers = data if self.classes else (data, None)
        if self.flip:  # first, while a number is a byte
            seed = self.common_stream(FLIPS)
            coin = self.shares.rows(
                lambda count: tf.random.stateless_uniform([count, 1, 1, 1], seed),
                tf.shape(real_images)[0],
            )
            mirrored = tf.reverse(real_images, axis=[2])
            real_images = tf.where(coin < 0.5, mirrored, real_images)
        images = tf.cast(real_images, tf.float32)
        if real_images.dtype == tf.uint8:
            images = images / 127.5 - 1.0
        return images, tf.one_hot(numbers, self.classes) if self.classes else None

    def sample_latents(
        self,
        count: tf.Tensor | int,
        labels: tf.Tensor | None = None,
        purpose: int = LATENTS,
    ) -> tf.Tensor:
        """This step's latents from the normal distribution: [count, Z], or with the
        labels behind them [count, Z + K]; others for another purpose."""
        seed = self.common_stream(purpose)
        z = self.shares.rows(
            lambda rows: tf.random.stateless_normal([rows, self.latent_dim], seed),
            count,
        )
        return z if labels is None else tf.concat([z, labels], axis=1)

    def stream(self, purpose: int) -> tf.Tensor:
        """The stateless seed [2] for one use of randomness in the current step, and in
        the current share of its batch."""
        return self.shares.seed(self.common_stream(purpose))

    def common_stream(self, purpose: int) -> tf.Tensor:
        """The same for all shares, for what is drawn for a whole batch."""
        seed = tf.stack([tf.cast(self.seed, tf.int64), self.step.value])
        return tf.random.experimental.stateless_fold_in(seed, purpose)

    def decay(self, batch: tf.Tensor) -> tf.Tensor:
        """The share of both learning rates that is left by now."""
        if not self.decay_images:
            return tf.constant(1.0)
        seen = tf.cast(self.step.value, tf.float32) * tf.cast(batch, tf.float32)
        return tf.minimum(1.0, tf.sqrt(self.decay_images / tf.maximum(seen, 1.0)))

    def decayed(self, rate: tf.Tensor | None, batch: tf.Tensor) -> tf.Tensor | None:
        """A factor on a learning rate, times the decay; None leaves the rate alone."""
        if not self.decay_images:
            return rate
        return self.decay(batch) if rate is None else rate * self.decay(batch)

    def apply(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: list[tf.Tensor],
        variables: list[keras.Variable],
        updates: keras.Variable,
        rate: tf.Tensor | None = None,
    ) -> bool | tf.Tensor:
        """Apply gradients at `rate` times the learning rate; count what moved.

        Returns:
            Whether the weights moved: always, but for a step that loss scaling skips
            because of an infinity. It is not counted.
        """
        before = tf.identity(optimizer.iterations.value)
        if rate is None:
            optimizer.apply(gradients, variables)
        else:
            learning_rate = optimizer.learning_rate
            full = tf.identity(learning_rate.value)
            learning_rate.assign(full * rate)
            optimizer.apply(gradients, variables)
            learning_rate.assign(full)
        moved = optimizer.iterations.value - before
        updates.assign_add(tf.cast(moved, tf.int64))
        return tf.cast(moved, tf.bool) if has_loss_scale(optimizer) else True

    def end_step(self, logs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Count the step; what is averaged along the way is made the same everywhere.

        Returns:
            The logs as `fit` takes them.
        """
        self.shares.agree(self.non_trainable_variables)
        self.step.assign_add(1)
        return self.shares.logs(logs)

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """What G's optimizer trains."""
        return self.generator.trainable_variables

    def follow(self, turns: Turns, moved: bool | tf.Tensor = True) -> None:
        """One step of the averaged generator behind the trained one, where that one
        `moved`."""
        images = tf.cast(turns.batch, tf.float32)
        updates = self.g_updates.value
        seen = tf.cast(updates, tf.float32) * images if self.ema_warm_up else np.inf
        decay = ema.decay_for(images, self.ema_halflife_images, seen)
        ema.update_average(self.averaged_generator, self.generator, decay, moved)
        if ema.batch_statistics(self.averaged_generator):
            due = (updates <= MEASURED_ALWAYS) | (updates % MEASURED_EVERY == 0)
            due &= moved
            tf.cond(due, lambda: self.measure_statistics(turns), lambda: None)

    def measure_statistics(self, turns: Turns) -> None:
        """The averaged generator's batch normalisation looks at a batch of its maps."""
        count = tf.shape(turns.images)[0]
        z = self.sample_latents(count, turns.labels, MEASURING)
        self.averaged_generator(z, training=True)

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to build; on several devices Keras would take the mean of a
        batch for it, which there is none of bytes."""

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures of the averaged generator: [N, Z] -> [N, H, W, C] in [-1, 1]."""
        return self.averaged_generator(z, training=False)

    def get_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        config = {part: serialize(getattr(self, part)) for part in self.parts}
        return config | {name: getattr(self, name) for name in self.plain}

    @classmethod
    def from_config(
        cls, config: dict, custom_objects: dict | None = None
    ) -> GeneratorTraining:
        built = {
            part: keras.saving.deserialize_keras_object(config[part], custom_objects)
            for part in cls.parts
        }
        return cls(**(config | built))

    def get_compile_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        return {name: serialize(getattr(self, name)) for name in self.optimizers}

    def compile_from_config(self, config: dict) -> None:
        deserialize = keras.saving.deserialize_keras_object
        self.compile(*(deserialize(config[name]) for name in self.optimizers))


def with_loss_scale(
    optimizer: keras.optimizers.Optimizer, network: keras.Model
) -> keras.optimizers.Optimizer:
    """Keras wraps only the optimizer of `compile`; a GAN has two."""
    float16 = any(layer.compute_dtype == "float16" for layer in network.layers)
    if has_loss_scale(optimizer) or not float16:
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
