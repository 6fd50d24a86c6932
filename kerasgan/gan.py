"""The GAN: one training step, told on one screen.

Legend: N batch, Z latent_dim, K classes, H height, W width, C channels; images float32
in [-1, 1]; logits [N, 1] float32.
Sources: Goodfellow et al. 2014; the balance, `kerasgan.balance`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasgan.augment import Augment
from kerasgan.balance import Balance, NoBalance
from kerasgan.generator_training import GeneratorTraining, with_loss_scale
from kerasgan.losses import get_loss
from kerasgan.penalties import Penalties
from kerasgan.shown import Shown, labels_of, split_batch, whole, with_labels

# Uses of randomness, beside those of generator_training.py
AUGMENT_D, AUGMENT_G, PENALTY = range(2, 5)
PAIRED = 64  # fakes that D's accuracy is measured on


class Said(NamedTuple):
    """What D said in a step: d_loss [], real_logits [N, 1], fake_logits [N, 1].

    `extra` [] is what D learns besides the game; the balance does not count it.
    """

    d_loss: tf.Tensor
    real_logits: tf.Tensor
    fake_logits: tf.Tensor
    extra: tf.Tensor | float = 0.0


def looks_at_the_batch(discriminator: keras.Model) -> bool:
    """Whether D has a layer whose outputs depend on the other pictures of the batch.

    Such a D must never see reals and fakes in one batch.
    """
    kinds = ("batchnorm", "minibatch")
    return any(
        kind in type(layer).__name__.lower()
        for layer in discriminator._flatten_layers()
        for kind in kinds
    )


@keras.saving.register_keras_serializable(package="kerasgan")
class GAN(GeneratorTraining):
    """A generator and a discriminator that train together.

    Args:
        generator: model [N, Z + K] -> [N, H, W, C] in [-1, 1].
        discriminator: model [N, H, W, C] -> logits [N, 1]; where there are classes,
            of a list of that and one-hot [N, K].
        loss: a name from `kerasgan.losses`.
        balance: a rule from `kerasgan.balance`; None is `NoBalance`.
        augment: what D sees of both sides; None shows them as they are.
        penalties: what is added to D's loss; None adds nothing.
        latent_dim, classes, flip, ema_halflife_images, ema_warm_up, decay_images, seed:
            as `GeneratorTraining` has them.

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

    parts = ("generator", "discriminator", "balance", "augment", "penalties")
    optimizers = ("g_optimizer", "d_optimizer")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        loss: str = "non_saturating",
        balance: Balance | None = None,
        augment: Augment | None = None,
        penalties: Penalties | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(generator, **kwargs)
        self.discriminator = discriminator
        self.loss_name = loss
        self.game = get_loss(loss)
        self.balance = balance or NoBalance(self.game.d_ideal, self.game.g_ideal)
        self.augment = augment or Augment("none")
        self.penalties = penalties or Penalties()
        self.d_updates = self.counter("d_updates")
        self.separate_passes = looks_at_the_batch(discriminator)

    def compile(
        self,
        g_optimizer: keras.optimizers.Optimizer,
        d_optimizer: keras.optimizers.Optimizer,
        **kwargs: Any,
    ) -> None:
        """Take one optimizer a network; both get loss scaling under mixed_float16."""
        self.d_optimizer = with_loss_scale(d_optimizer, self.discriminator)
        self.d_optimizer.build(self.discriminator_variables)
        super().compile(g_optimizer, **kwargs)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step: sample, ask D, let who may train train, measure, log."""
        decision = self.balance.decide()

        # What both sides show: [N, H, W, C], and of which class [N, K]
        real_images, labels = self.prepare(data)
        batch = tf.shape(real_images)[0]
        z = self.sample_latents(batch, labels)
        with tf.GradientTape(persistent=True) as g_tape:
            fake_images = self.paint(z, real_images)
        reals = with_labels(self.views(real_images), labels)
        fakes = with_labels(fake_images, labels)

        # What D says of it, and what D learns from it
        said = tf.cond(
            decision.train_d,
            lambda: self.train_discriminator(reals, fakes, decision.d_rate),
            lambda: self.ask_discriminator(reals, fakes),
        )
        # What G learns from the new D
        measured_g_loss = self.game.generator(said.real_logits, said.fake_logits)
        g_loss = tf.cond(
            decision.train_g,
            lambda: self.train_generator(g_tape, reals, fakes),
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
            "d_updates": tf.identity(self.d_updates.value),
            "g_updates": tf.identity(self.g_updates.value),
            "augment_p": tf.identity(self.augment.p.value),
            "decay": self.decay(batch),
            "real_score": tf.reduce_mean(said.real_logits),
            "fake_score": tf.reduce_mean(said.fake_logits),
            "d_accuracy": accuracy,
        }

    def paint(self, z: tf.Tensor, real_images: tf.Tensor) -> Shown:
        """G's pictures in training. `real_images` are for G that also encode."""
        return self.generator(z, training=True)

    def views(self, images: tf.Tensor) -> Shown:
        """What D sees of pictures [N, H, W, C]; G makes as much of its own."""
        return images

    def alter(self, shown: Shown, purpose: int) -> Shown:
        """Augmented for one use; all views of a picture alike, labels as they are."""
        seed = self.stream(purpose)
        return tf.nest.map_structure(
            lambda part: (
                self.augment.augment(part, seed) if part.shape.rank == 4 else part
            ),
            shown,
        )

    def alter_both(self, reals: Shown, fakes: Shown) -> Shown:
        """Reals and fakes in one batch [2N, ...], each picture augmented."""
        both = tf.nest.map_structure(
            lambda real, fake: tf.concat([real, fake], axis=0), reals, fakes
        )
        return self.alter(both, AUGMENT_D)

    def ask_discriminator(
        self, reals: Shown, fakes: Shown, learns: bool = False
    ) -> Said:
        """Both sides' logits and L_D, each picture augmented; where D `learns` from it,
        also what it learns besides the game."""
        both = self.alter_both(reals, fakes)
        if self.separate_passes:
            halves = split_batch(both)
            real, fake = (self.discriminator(half, training=True) for half in halves)
        else:
            real, fake = tf.split(self.discriminator(both, training=True), 2)
        return Said(self.game.discriminator(real, fake), real, fake)

    def train_discriminator(
        self, reals: Shown, fakes: Shown, rate: tf.Tensor | None
    ) -> Said:
        """One step of D at `rate` times its learning rate."""
        variables = self.discriminator_variables

        def learn(with_lazy: bool) -> tuple[Said, list[tf.Tensor]]:
            with tf.GradientTape() as tape:
                said = self.ask_discriminator(reals, fakes, learns=True)
                total = said.d_loss + said.extra
                total += self.penalty(said, reals, fakes, with_lazy)
                total = self.d_optimizer.scale_loss(total)
            return said, tape.gradient(total, variables)

        if self.penalties.are_lazy:
            due = self.penalties.due(self.step.value)
            said, gradients = tf.cond(due, lambda: learn(True), lambda: learn(False))
        else:
            said, gradients = learn(False)
        rate = self.decayed(rate, tf.shape(whole(reals))[0])
        self.apply(self.d_optimizer, gradients, variables, self.d_updates, rate)
        self.penalties.update(said.real_logits, said.fake_logits)
        return said

    def penalty(
        self, said: Said, reals: Shown, fakes: Shown, with_lazy: bool
    ) -> tf.Tensor:
        """What keeps D smooth, at the pictures themselves."""
        labels = labels_of(reals)

        def judge(images: tf.Tensor) -> tf.Tensor:
            shown = with_labels(self.views(images), labels)
            return self.discriminator(shown, training=True)

        def judge_altered(images: tf.Tensor) -> tf.Tensor:
            shown = with_labels(self.views(images), labels)
            return self.discriminator(self.alter(shown, AUGMENT_D), training=True)

        images = (whole(reals), whole(fakes))
        logits = (said.real_logits, said.fake_logits)
        penalty = self.penalties.steady(judge, *images, logits, self.stream(PENALTY))
        if with_lazy:
            penalty += self.penalties.lazy(judge_altered, *images)
        return penalty

    def train_generator(
        self, g_tape: tf.GradientTape, reals: Shown, fakes: Shown
    ) -> tf.Tensor:
        """One step of G through D as it is now, then of the averaged G; L_G."""
        batch = tf.shape(whole(reals))[0]
        real_logits = tf.zeros([batch, 1])
        if self.game.generator_needs_reals:
            shown = self.alter(reals, AUGMENT_D)
            real_logits = self.discriminator(shown, training=True)
        # D's weights take no gradient here: only the way back to the pictures.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fakes)
            shown = self.alter(fakes, AUGMENT_G)
            fake_logits = self.discriminator(shown, training=True)
            g_loss = self.game.generator(real_logits, fake_logits)
            scaled = self.g_optimizer.scale_loss(g_loss)
        towards = tape.gradient(scaled, fakes)  # [N, H, W, C]
        gradients = self.generator_gradients(g_tape, reals, fakes, towards)
        rate = self.decayed(None, batch)
        variables = self.generator_variables
        self.apply(self.g_optimizer, gradients, variables, self.g_updates, rate)

        self.follow(batch)
        return g_loss

    @property
    def discriminator_variables(self) -> list[keras.Variable]:
        """What D's optimizer trains."""
        return self.discriminator.trainable_variables

    def generator_gradients(
        self,
        g_tape: tf.GradientTape,
        reals: Shown,
        fakes: Shown,
        towards: Shown,
    ) -> list[tf.Tensor]:
        """The gradients of `generator_variables`, of the loss as it was scaled.

        Args:
            g_tape: saw how `fakes` came about; persistent.
            towards: the scaled loss's gradient at `fakes`.
        """
        return g_tape.gradient(
            fakes, self.generator_variables, output_gradients=towards
        )

    def get_config(self) -> dict:
        return super().get_config() | {"loss": self.loss_name}
