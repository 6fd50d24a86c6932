"""The training of networks that grow: before each step the level is set.

Source: Karras et al. 2018 (ProGAN). Legend: N batch, H height, W width, C channels.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.gan import GAN
from kerasgan.growing import Growing, growing_layers, level_for, resolution_at
from kerasgan.optimizers import start_anew


@keras.saving.register_keras_serializable(package="kerasgan")
class ProGAN(GAN):
    """A GAN whose networks grow; the level follows from the images seen alone.

    Where a resolution begins, both optimizers begin anew: the moments of layers that
    enter late are empty, and Adam's correction for that counts from its first update.

    Args:
        phase_images: images a phase; each resolution fades in for one phase and stays
            for another. 0 for networks that have grown already.
    """

    def __init__(self, *args: Any, phase_images: float = 10_000.0, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.phase_images = phase_images

    def train_step(self, real_images: tf.Tensor) -> dict[str, tf.Tensor]:
        """One step at the level that belongs to it."""
        batch = tf.shape(real_images)[0] * self.shares.devices
        seen = self.step.value * tf.cast(batch, tf.int64)
        layers = growing_layers(self.generator, self.discriminator)
        level = level_for(seen, self.phase_images, layers[0].resolutions)
        self.grow(layers, level)
        logs = super().train_step(real_images)
        grown = {"level": level, "resolution": resolution_at(level)}
        return logs | self.shares.logs(grown)

    def grow(self, layers: list[Growing], level: tf.Tensor) -> None:
        """Take both networks to a level."""

        def begin() -> None:
            start_anew(self.g_optimizer)
            start_anew(self.d_optimizer)

        new = tf.math.ceil(level) > tf.math.ceil(layers[0].level.value)
        tf.cond(new, begin, lambda: None)
        for layer in layers:
            layer.level.assign(level)

    def get_config(self) -> dict:
        return super().get_config() | {"phase_images": self.phase_images}
