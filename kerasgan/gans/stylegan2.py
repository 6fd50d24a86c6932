"""The training of a style-based generator: styles mixed, steps in w of equal length.

Legend: N batch, Z latent_dim, D numbers in a style, L styles in a picture, H height,
W width, C channels.
Sources: style mixing, Karras et al. 2019; path lengths, Karras et al. 2020, 3.2.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.ema import moving_average
from kerasgan.gan import GAN
from kerasgan.shown import labels_of, whole

MIX, MIX_LATENTS, PATH, PATH_LATENTS = range(100, 104)


@keras.saving.register_keras_serializable(package="kerasgan")
class StyleGAN2(GAN):
    """A GAN whose generator has the layers `mapping`, `truncation`, `synthesis`.

    Args:
        mixing: share of the pictures that get the styles of two latents.
        path_weight: of the path-length penalty; 0 switches it off.
        path_every: it is applied every so many steps, as many times as strong.
    """

    def __init__(
        self,
        *args: Any,
        mixing: float = 0.9,
        path_weight: float = 2.0,
        path_every: int = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.mixing = mixing
        self.path_weight, self.path_every = path_weight, path_every
        self.path_length = self.add_weight(
            name="path_length", shape=(), initializer="zeros", trainable=False
        )

    def paint(self, z: tf.Tensor, real_images: tf.Tensor) -> tf.Tensor:
        """[N, Z] -> [N, H, W, C]; from a random layer on, the styles of another z."""
        styles = self.styles(z)  # [N, L, D]
        if self.mixing:
            labels = z[:, self.latent_dim :]
            others = self.sample_latents(tf.shape(z)[0], labels, MIX_LATENTS)
            others = self.styles(others)
            count, layers = tf.shape(styles)[0], styles.shape[1]
            drawn = tf.random.stateless_uniform([2, count], self.stream(MIX))
            first = 1 + tf.cast(drawn[0] * (layers - 1), tf.int32)  # of the others
            first = tf.where(drawn[1] < self.mixing, first, layers)
            own = tf.range(layers)[None] < first[:, None]  # [N, L]
            styles = tf.where(own[..., None], styles, others)
        return self.generator.get_layer("synthesis")(styles, training=True)

    def styles(self, z: tf.Tensor) -> tf.Tensor:
        """[N, Z] -> [N, L, D]; the mean style follows."""
        w = self.generator.get_layer("mapping")(z)
        return self.generator.get_layer("truncation")(w, training=True)

    def generator_gradients(self, g_tape, reals, fakes, towards):
        gradients = super().generator_gradients(g_tape, reals, fakes, towards)
        if not self.path_weight:
            return gradients
        due = self.g_updates.value % self.path_every == 0
        count = tf.maximum(tf.shape(whole(reals))[0] // 2, 1)
        z = self.sample_latents(count, part_of(labels_of(reals), count), PATH_LATENTS)
        return tf.cond(
            due,
            lambda: [a + b for a, b in zip(gradients, self.path(z), strict=True)],
            lambda: gradients,
        )

    def path(self, z: tf.Tensor) -> list[tf.Tensor]:
        """The gradients of the path-length penalty, zeros where it has none."""
        variables = self.generator_variables
        with tf.GradientTape() as tape:
            lengths = self.path_lengths(z)  # [N]
            wanted = self.path_length.value
            decay = 0.99 ** (1 / self.accumulate)  # each turn moves it
            moving_average(self.path_length, tf.reduce_mean(lengths), decay)
            penalty = tf.reduce_mean(tf.square(lengths - wanted))
            penalty *= self.path_weight * self.path_every
            penalty = self.g_optimizer.scale_loss(penalty)
        return tape.gradient(
            penalty, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )

    def path_lengths(self, z: tf.Tensor) -> tf.Tensor:
        """How far pictures move for a step in w, in a random direction: [N]."""
        with tf.GradientTape() as tape:
            styles = self.styles(z)
            tape.watch(styles)
            images = self.generator.get_layer("synthesis")(styles, training=True)
            directions = tf.random.stateless_normal(tf.shape(images), self.stream(PATH))
            height, width = images.shape[1:3]
            moved = tf.reduce_sum(images * directions) / (height * width) ** 0.5
        slopes = tape.gradient(moved, styles)  # [N, L, D]
        squares = tf.reduce_sum(tf.square(slopes), axis=2)
        return tf.sqrt(tf.reduce_mean(squares, axis=1) + 1e-12)

    def get_config(self) -> dict:
        names = ("mixing", "path_weight", "path_every")
        return super().get_config() | {name: getattr(self, name) for name in names}


def part_of(labels: tf.Tensor | None, count: tf.Tensor) -> tf.Tensor | None:
    """The first `count` labels, if there are any."""
    return None if labels is None else labels[:count]
