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
from kerasgan.balance import Balance, Decision, NoBalance
from kerasgan.devices.shares import Turns
from kerasgan.generator_training import GeneratorTraining, with_loss_scale
from kerasgan.losses import get_loss
from kerasgan.optimizers import check_for_devices, has_loss_scale
from kerasgan.penalties import Penalties
from kerasgan.shown import Shown, labels_of, split_batch, whole, with_labels

# Uses of randomness, beside those of generator_training.py
AUGMENT_D, AUGMENT_G, PENALTY = range(2, 5)
PAIRED = 64  # fakes that D's accuracy is measured on


# of a turn: logits of reals and of fakes, [N, 1] each, or (); the loss, gradients
Learnt = tuple[tuple[tf.Tensor, ...], Any]


class Said(NamedTuple):
    """What D said in a step: d_loss [], real_logits [N, 1], fake_logits [N, 1].

    `extra` [] is what D learns besides the game; the balance does not count it.
    """

    d_loss: tf.Tensor
    real_logits: tf.Tensor
    fake_logits: tf.Tensor
    extra: tf.Tensor | float = 0.0


class Dealt(NamedTuple):
    """What both sides show, and how the fakes came about."""

    reals: Shown
    fakes: Shown
    g_tape: tf.GradientTape


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
        latent_dim, classes, flip, ema_halflife_images, ema_warm_up, decay_images,
            accumulate, seed: as `GeneratorTraining` has them.

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
        """Take one optimizer a network; both get loss scaling under mixed_float16.

        Raises:
            ValueError: there are several devices, and one cannot train on them.
        """
        check_for_devices(d_optimizer, self.shares.devices)
        self.d_optimizer = with_loss_scale(d_optimizer, self.discriminator)
        self.d_optimizer.build(self.discriminator_variables)
        super().compile(g_optimizer, **kwargs)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step: sample, ask D, let who may train train, measure, log."""
        before = self.rules_before()
        decision = self.balance.decide()

        # What both sides show: [N, H, W, C], and of which class [N, K]
        turns = Turns(self.shares, self.deal, *self.prepare(data))

        # What D says of it, and what D learns from it
        said = tf.cond(
            decision.train_d,
            lambda: self.train_discriminator(turns, decision.d_rate),
            lambda: self.hear_discriminator(turns),
        )
        # What G learns from the new D
        measured_g_loss = self.game.generator(said.real_logits, said.fake_logits)
        g_loss = tf.cond(
            decision.train_g,
            lambda: self.train_generator(turns),
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
        self.forget_a_skipped_step(before, decision)
        logs = {
            "d_loss": said.d_loss,
            "g_loss": g_loss,
            **self.balance.logs(),
            "d_updates": tf.identity(self.d_updates.value),
            "g_updates": tf.identity(self.g_updates.value),
            "augment_p": tf.identity(self.augment.p.value),
            "decay": self.decay(turns.batch),
            "real_score": tf.reduce_mean(said.real_logits),
            "fake_score": tf.reduce_mean(said.fake_logits),
            "d_accuracy": accuracy,
        }
        return self.end_step(logs)

    def rules_before(self) -> list[tuple[keras.Variable, tf.Tensor]]:
        """What balance, augmentation and penalties have learnt so far, and how often
        both networks have moved; nothing where no step is ever skipped."""
        if not has_loss_scale(self.d_optimizer):
            return []
        rules = (self.balance, self.augment, self.penalties)
        variables = [each for rule in rules for each in rule.variables]
        variables += [self.d_updates, self.g_updates]
        return [(each, tf.identity(each.value)) for each in variables]

    def forget_a_skipped_step(
        self, before: list[tuple[keras.Variable, tf.Tensor]], decision: Decision
    ) -> None:
        """Where loss scaling skipped an update, nothing was tried: the rules are as
        they were before."""
        if not before:
            return
        *rules, (d_updates, d_before), (g_updates, g_before) = before
        d_moved = tf.equal(d_updates.value > d_before, decision.train_d)
        g_moved = tf.equal(g_updates.value > g_before, decision.train_g)
        moved = tf.logical_and(d_moved, g_moved)
        for variable, value in rules:
            variable.assign(tf.where(moved, variable.value, value))

    def deal(self, real_images: tf.Tensor, labels: tf.Tensor | None) -> Dealt:
        """What both sides show of real pictures [N, H, W, C] and of as many latents."""
        z = self.sample_latents(tf.shape(real_images)[0], labels)
        with tf.GradientTape(persistent=True) as g_tape:
            fake_images = self.paint(z, real_images)
        reals = with_labels(self.views(real_images), labels)
        return Dealt(reals, with_labels(fake_images, labels), g_tape)

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

    def hear_discriminator(self, turns: Turns) -> Said:
        """What a D that rests says of the batch."""

        def ask(dealt: Dealt) -> Learnt:
            said = self.ask_discriminator(dealt.reals, dealt.fakes)
            return (said.real_logits, said.fake_logits), said.d_loss

        logits, d_loss = turns.take(ask)
        return Said(d_loss, *logits)

    def train_discriminator(self, turns: Turns, rate: tf.Tensor | None) -> Said:
        """One step of D at `rate` times its learning rate."""
        variables = self.discriminator_variables

        def learn(dealt: Dealt, with_lazy: bool) -> Learnt:
            reals, fakes, _ = dealt
            with tf.GradientTape() as tape:
                said = self.ask_discriminator(reals, fakes, learns=True)
                total = said.d_loss + said.extra
                total += self.penalty(said, reals, fakes, with_lazy)
                total = self.d_optimizer.scale_loss(total)
            gradients = all_gradients(tape.gradient(total, variables), variables)
            return (said.real_logits, said.fake_logits), (said.d_loss, gradients)

        def learn_what_is_due(dealt: Dealt) -> Learnt:
            if not self.penalties.are_lazy:
                return learn(dealt, False)
            due = self.penalties.due(self.d_updates.value)
            return tf.cond(due, lambda: learn(dealt, True), lambda: learn(dealt, False))

        logits, (d_loss, gradients) = turns.take(learn_what_is_due)
        rate = self.decayed(rate, turns.batch)
        self.apply(self.d_optimizer, gradients, variables, self.d_updates, rate)
        self.penalties.update(*logits)
        return Said(d_loss, *logits)

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

    def train_generator(self, turns: Turns) -> tf.Tensor:
        """One step of G through D as it is now, then of the averaged G; L_G."""

        def learn(dealt: Dealt) -> Learnt:
            reals, fakes, g_tape = dealt
            real_logits = tf.zeros([tf.shape(whole(reals))[0], 1])
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
            return (), (g_loss, gradients)

        _, (g_loss, gradients) = turns.take(learn)
        rate = self.decayed(None, turns.batch)
        variables = self.generator_variables
        moved = self.apply(self.g_optimizer, gradients, variables, self.g_updates, rate)
        self.follow(turns, moved)
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
        variables = self.generator_variables
        found = g_tape.gradient(fakes, variables, output_gradients=towards)
        return all_gradients(found, variables)

    def get_config(self) -> dict:
        return super().get_config() | {"loss": self.loss_name}


def all_gradients(
    found: list[tf.Tensor | None], variables: list[keras.Variable]
) -> list[tf.Tensor]:
    """The gradients, zeros where there are none: of layers that a network has not grown
    yet."""
    return [
        tf.zeros(variable.shape, variable.dtype) if gradient is None else gradient
        for gradient, variable in zip(found, variables, strict=True)
    ]
