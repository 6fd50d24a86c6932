"""The training of the baseline: every pixel towards that of the real picture.

Legend: N batch, K classes, H height, W width, C channels.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.generator_training import GeneratorTraining, with_loss_scale


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

    def compile(
        self, g_optimizer: keras.optimizers.Optimizer, *others: Any, **kwargs: Any
    ) -> None:
        """Take the generator's optimizer; there is no other network for `others`."""
        self.g_optimizer = with_loss_scale(g_optimizer, self.generator)
        self.g_optimizer.build(self.generator_variables)
        options = {"jit_compile": False, "auto_scale_loss": False} | kwargs
        super().compile(optimizer=self.g_optimizer, **options)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step towards the real pictures of this batch."""
        real_images, labels = self.prepare(data)
        batch = tf.shape(real_images)[0]
        z = self.sample_latents(batch, labels)
        with tf.GradientTape() as tape:
            drawn = self.generator(z, training=True)
            g_loss = tf.reduce_mean(tf.square(real_images - drawn))
            scaled = self.g_optimizer.scale_loss(g_loss)
        variables = self.generator_variables
        gradients = tape.gradient(scaled, variables)
        rate = self.decayed(None, batch)
        self.apply(self.g_optimizer, gradients, variables, self.g_updates, rate)
        self.follow(batch)
        self.step.assign_add(1)
        return {
            "g_loss": g_loss,
            "g_updates": self.g_updates.value,
            "decay": self.decay(batch),
        }

    def get_compile_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        return {"g_optimizer": serialize(self.g_optimizer)}

    def compile_from_config(self, config: dict) -> None:
        self.compile(keras.saving.deserialize_keras_object(config["g_optimizer"]))
