"""The GAN: one training step, told on one screen.

Legend: N batch, Z latent_dim, H height, W width, C channels; images float32 in
[-1, 1] inside, uint8 as they come from the data; logits [N, 1] float32.
Sources: Goodfellow et al. 2014; averaged generator, Karras et al. 2018; lazy
regularisation, Karras et al. 2020; the balance, `kerasgan.balance`.

All randomness is a pure function of (seed, step): a run that is stopped after any
step and goes on from its checkpoint ends with the same bits as one that never was.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasgan import ema
from kerasgan.augment import Augment
from kerasgan.balance import Balance, NoBalance
from kerasgan.losses import get_loss
from kerasgan.penalties import Penalties

# One number for each use of randomness in a step, folded into (seed, step).
LATENTS, FLIPS, AUGMENT_D, AUGMENT_G, PENALTY = range(5)
PARTS = ("generator", "discriminator", "balance", "augment", "penalties")
PAIRED = 64  # fakes that D's accuracy is measured on


class Said(NamedTuple):
    """What D said in a step: d_loss [], real_logits [N, 1], fake_logits [N, 1]."""

    d_loss: tf.Tensor
    real_logits: tf.Tensor
    fake_logits: tf.Tensor


@keras.saving.register_keras_serializable(package="kerasgan")
class GAN(keras.Model):
    """A generator and a discriminator that train together.

    Args:
        generator: model [N, Z] -> [N, H, W, C] in [-1, 1].
        discriminator: model [N, H, W, C] -> logits [N, 1].
        latent_dim: Z.
        loss: a name from `kerasgan.losses`.
        balance: a rule from `kerasgan.balance`; None is `NoBalance`.
        augment: what D sees of both sides; None shows them as they are.
        penalties: what is added to D's loss; None adds nothing.
        flip: mirror each real picture half of the time.
        ema_halflife_images: half-life of the averaged generator, in images.
        decay_images: both learning rates are as given for so many images and fall with
            the square root of the images seen from then on; 0 leaves them alone.
        seed: all randomness follows from it.

    Example:
    >>> from kerasgan.networks import dcgan
    >>> gan = GAN(
    ...     dcgan.build_generator((16, 16), latent_dim=8, width=2),
    ...     dcgan.build_discriminator((16, 16), width=2),
    ...     latent_dim=8,
    ... )
    >>> gan.compile(keras.optimizers.Adam(4e-4), keras.optimizers.Adam(4e-4))
    >>> pictures = tf.zeros([4, 16, 16, 3], tf.uint8)
    >>> history = gan.fit(tf.data.Dataset.from_tensors(pictures), verbose=0)
    >>> int(gan.step)
    1
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        latent_dim: int,
        loss: str = "non_saturating",
        balance: Balance | None = None,
        augment: Augment | None = None,
        penalties: Penalties | None = None,
        flip: bool = False,
        ema_halflife_images: float = 10_000.0,
        decay_images: float = 0.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.averaged_generator = ema.copy_of(generator)
        self.latent_dim = latent_dim
        self.loss_name = loss
        self.game = get_loss(loss)
        self.balance = balance or NoBalance(self.game.d_ideal, self.game.g_ideal)
        self.augment = augment or Augment("none")
        self.penalties = penalties or Penalties()
        self.flip = flip
        self.ema_halflife_images = ema_halflife_images
        self.decay_images = decay_images
        self.seed = seed
        self.step = self._counter("step")
        self.d_updates = self._counter("d_updates")
        self.g_updates = self._counter("g_updates")
        # Batch statistics must not see reals and fakes in one batch.
        self.separate_passes = any(
            "batchnorm" in type(layer).__name__.lower()
            for layer in discriminator.layers
        )
        self.built = True

    def _counter(self, name: str) -> keras.Variable:
        return self.add_weight(
            name=name, shape=(), dtype="int64", initializer="zeros", trainable=False
        )

    def compile(
        self,
        g_optimizer: keras.optimizers.Optimizer,
        d_optimizer: keras.optimizers.Optimizer,
        **kwargs: Any,
    ) -> None:
        """Take one optimizer a network; both get loss scaling under mixed_float16."""
        self.g_optimizer = _with_loss_scale(g_optimizer, self.generator)
        self.d_optimizer = _with_loss_scale(d_optimizer, self.discriminator)
        self.g_optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)
        options = {"jit_compile": False, "auto_scale_loss": False} | kwargs
        super().compile(optimizer=self.g_optimizer, **options)

    def train_step(self, real_images: tf.Tensor) -> dict[str, tf.Tensor]:
        """One step: sample, ask D, let who may train train, measure, log."""
        decision = self.balance.decide()

        # What both sides show: [N, H, W, C]
        real_images = self.prepare(real_images)
        z = self.sample_latents(tf.shape(real_images)[0])
        with tf.GradientTape() as g_tape:
            fake_images = self.generator(z, training=True)

        # What D says of it, and what D learns from it
        said = tf.cond(
            decision.train_d,
            lambda: self.train_discriminator(real_images, fake_images, decision.d_rate),
            lambda: self.ask_discriminator(real_images, fake_images),
        )
        # What G learns from the new D
        measured_g_loss = self.game.generator(said.real_logits, said.fake_logits)
        g_loss = tf.cond(
            decision.train_g,
            lambda: self.train_generator(g_tape, real_images, fake_images),
            lambda: measured_g_loss,
        )

        # Who is ahead: both losses as the same D gave them, on these fresh latents
        some_fakes = said.fake_logits[:PAIRED]  # a large batch has pairs enough
        pairs = said.real_logits > tf.transpose(some_fakes)  # [N, PAIRED]
        accuracy = tf.reduce_mean(tf.cast(pairs, tf.float32))
        self.balance.observe(said.d_loss, measured_g_loss, accuracy)
        undecided = self.game.undecided
        self.augment.update(
            said.real_logits - (said.fake_logits if undecided is None else undecided)
        )
        self.step.assign_add(1)
        return {
            "d_loss": said.d_loss,
            "g_loss": g_loss,
            **self.balance.logs(),
            "d_updates": self.d_updates.value,
            "g_updates": self.g_updates.value,
            "augment_p": self.augment.p.value,
            "decay": self.decay(tf.shape(real_images)[0]),
            "real_score": tf.reduce_mean(said.real_logits),
            "fake_score": tf.reduce_mean(said.fake_logits),
            "d_accuracy": accuracy,
        }

    def prepare(self, real_images: tf.Tensor) -> tf.Tensor:
        """uint8 [N, H, W, C] to float32 in [-1, 1], half of them mirrored."""
        if self.flip:  # first, while a number is a byte
            shape = [tf.shape(real_images)[0], 1, 1, 1]
            coin = tf.random.stateless_uniform(shape, self.stream(FLIPS), alg="philox")
            mirrored = tf.reverse(real_images, axis=[2])
            real_images = tf.where(coin < 0.5, mirrored, real_images)
        images = tf.cast(real_images, tf.float32)
        return images / 127.5 - 1.0 if real_images.dtype == tf.uint8 else images

    def sample_latents(self, count: tf.Tensor | int) -> tf.Tensor:
        """This step's latents, [count, Z] from the normal distribution."""
        return tf.random.stateless_normal(
            [count, self.latent_dim], self.stream(LATENTS), alg="philox"
        )

    def stream(self, purpose: int) -> tf.Tensor:
        """The stateless seed [2] for one use of randomness in the current step."""
        seed = tf.stack([tf.cast(self.seed, tf.int64), self.step.value])
        return tf.random.experimental.stateless_fold_in(seed, purpose, alg="philox")

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

    def ask_discriminator(self, real_images: tf.Tensor, fake_images: tf.Tensor) -> Said:
        """Both sides' logits and L_D, each picture augmented; nothing learns."""
        seed = self.stream(AUGMENT_D)
        images = tf.concat([real_images, fake_images], axis=0)  # [2N, H, W, C]
        images = self.augment.augment(images, seed)
        if self.separate_passes:
            halves = tf.split(images, 2)
            real, fake = (self.discriminator(half, training=True) for half in halves)
        else:
            real, fake = tf.split(self.discriminator(images, training=True), 2)
        return Said(self.game.discriminator(real, fake), real, fake)

    def train_discriminator(
        self,
        real_images: tf.Tensor,
        fake_images: tf.Tensor,
        rate: tf.Tensor | None,
    ) -> Said:
        """One step of D at `rate` times its learning rate."""
        variables = self.discriminator.trainable_variables

        def learn(with_lazy: bool) -> tuple[Said, list[tf.Tensor]]:
            with tf.GradientTape() as tape:
                said = self.ask_discriminator(real_images, fake_images)
                total = said.d_loss + self.penalties.steady(
                    self.discriminator,
                    real_images,
                    fake_images,
                    (said.real_logits, said.fake_logits),
                    self.stream(PENALTY),
                )
                if with_lazy:
                    total += self.penalties.lazy(
                        self.discriminate, real_images, fake_images
                    )
                total = self.d_optimizer.scale_loss(total)
            return said, tape.gradient(total, variables)

        if self.penalties.are_lazy:
            due = self.penalties.due(self.step.value)
            said, gradients = tf.cond(due, lambda: learn(True), lambda: learn(False))
        else:
            said, gradients = learn(False)
        rate = self.decayed(rate, tf.shape(real_images)[0])
        self.apply(self.d_optimizer, gradients, variables, self.d_updates, rate)
        self.penalties.update(said.real_logits, said.fake_logits)
        return said

    def discriminate(self, images: tf.Tensor) -> tf.Tensor:
        """Logits [N, 1] of pictures that are altered as D's own step altered them."""
        shown = self.augment.augment(images, self.stream(AUGMENT_D))
        return self.discriminator(shown, training=True)

    def train_generator(
        self, g_tape: tf.GradientTape, real_images: tf.Tensor, fake_images: tf.Tensor
    ) -> tf.Tensor:
        """One step of G through D as it is now, then of the averaged G; L_G."""
        seed = self.stream(AUGMENT_G)
        real_logits = tf.zeros([tf.shape(fake_images)[0], 1])
        if self.game.generator_needs_reals:
            real_logits = self.discriminate(real_images)
        # D's weights take no gradient here: only the way back to the pictures.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake_images)
            shown = self.augment.augment(fake_images, seed)
            fake_logits = self.discriminator(shown, training=True)
            g_loss = self.game.generator(real_logits, fake_logits)
            scaled = self.g_optimizer.scale_loss(g_loss)
        towards = tape.gradient(scaled, fake_images)  # [N, H, W, C]
        variables = self.generator.trainable_variables
        gradients = g_tape.gradient(fake_images, variables, output_gradients=towards)
        batch = tf.cast(tf.shape(fake_images)[0], tf.float32)
        rate = self.decayed(None, batch)
        self.apply(self.g_optimizer, gradients, variables, self.g_updates, rate)

        seen = tf.cast(self.g_updates.value, tf.float32) * batch
        decay = ema.decay_for(batch, self.ema_halflife_images, seen)
        ema.update_average(self.averaged_generator, self.generator, decay)
        return g_loss

    def apply(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: list[tf.Tensor],
        variables: list[keras.Variable],
        updates: keras.Variable,
        rate: tf.Tensor | None = None,
    ) -> None:
        """Apply gradients at `rate` times the learning rate; count what moved.

        A step that loss scaling skips because of an infinity is not counted.
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
        moved = tf.cast(optimizer.iterations.value - before, tf.int64)
        updates.assign_add(moved)

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures of the averaged generator: [N, Z] -> [N, H, W, C] in [-1, 1]."""
        return self.averaged_generator(z, training=False)

    def get_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        names = ("latent_dim", "flip", "ema_halflife_images", "decay_images", "seed")
        config = {part: serialize(getattr(self, part)) for part in PARTS}
        config |= {name: getattr(self, name) for name in names}
        return config | {"loss": self.loss_name}

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> GAN:
        built = {
            part: keras.saving.deserialize_keras_object(config[part], custom_objects)
            for part in PARTS
        }
        return cls(**(config | built))

    def get_compile_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        return {
            "g_optimizer": serialize(self.g_optimizer),
            "d_optimizer": serialize(self.d_optimizer),
        }

    def compile_from_config(self, config: dict) -> None:
        self.compile(
            *(
                keras.saving.deserialize_keras_object(config[name])
                for name in ("g_optimizer", "d_optimizer")
            )
        )


def _with_loss_scale(
    optimizer: keras.optimizers.Optimizer, network: keras.Model
) -> keras.optimizers.Optimizer:
    """Keras wraps only the optimizer of `compile`; a GAN has two."""
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    float16 = any(layer.compute_dtype == "float16" for layer in network.layers)
    if scaled or not float16:
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
