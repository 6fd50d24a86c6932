"""The training of the baseline: every pixel towards that of the real picture.

Legend: N batch, K classes, H height, W width, C channels.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.devices.shares import Turns
from kerasgan.generator_training import GeneratorTraining


@keras.saving.register_keras_serializable(package="kerasgan")
class Average(GeneratorTraining):
    """A generator that learns the mean picture of each class; nobody judges it.

    Example:
    >>> from kerasgan.networks import average
    >>> model = Average(average.build_generator((16, 16), latent_dim=4), latent_dim=4)
    >>> model.compile(keras.optimizers.Adam(1e-3))
    >>> pictures = tf.zeros([4, 16, 16, 3], tf.uint8)
    >>> history = model.fit(tf.data.Dataset.from_tensors(pictures), verbose=0)
    >>> int(model.step)
    1
    """

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step towards the real pictures of this batch."""
        turns = Turns(self.shares, self.deal, *self.prepare(data))
        variables = self.generator_variables

        def learn(dealt: tuple[tf.Tensor, tf.Tensor]) -> tuple[tuple, Any]:
            real_images, z = dealt
            with tf.GradientTape() as tape:
                drawn = self.generator(z, training=True)
                g_loss = tf.reduce_mean(tf.square(real_images - drawn))
                scaled = self.g_optimizer.scale_loss(g_loss)
            return (), (g_loss, tape.gradient(scaled, variables))

        _, (g_loss, gradients) = turns.take(learn)
        rate = self.decayed(None, turns.batch)
        moved = self.apply(self.g_optimizer, gradients, variables, self.g_updates, rate)
        self.follow(turns, moved)
        logs = {
            "g_loss": g_loss,
            "g_updates": tf.identity(self.g_updates.value),
            "decay": self.decay(turns.batch),
        }
        return self.end_step(logs)

    def deal(
        self, real_images: tf.Tensor, labels: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Real pictures and as many latents of their classes."""
        return real_images, self.sample_latents(tf.shape(real_images)[0], labels)
