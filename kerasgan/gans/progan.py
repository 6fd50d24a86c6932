"""The training of networks that grow: before each step the level is set.

Source: Karras et al. 2018 (ProGAN). Legend: N batch, H height, W width, C channels.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.gan import GAN
from kerasgan.growing import growing_layers, level_for
from kerasgan.resolutions import FIRST_SIDE


@keras.saving.register_keras_serializable(package="kerasgan")
class ProGAN(GAN):
    """A GAN whose networks grow; the level follows from the images seen alone.

    Args:
        phase_images: images a phase; each resolution fades in for one phase and stays
            for another.
    """

    def __init__(self, *args: Any, phase_images: float = 10_000.0, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.phase_images = phase_images

    def train_step(self, real_images: tf.Tensor) -> dict[str, tf.Tensor]:
        """One step at the level that belongs to it."""
        seen = self.step.value * tf.cast(tf.shape(real_images)[0], tf.int64)
        layers = growing_layers(self.generator, self.discriminator)
        level = level_for(seen, self.phase_images, layers[0].resolutions)
        for layer in layers:
            layer.level.assign(level)
        logs = super().train_step(real_images)
        return logs | {
            "level": level,
            "resolution": tf.cast(resolution_at(level), tf.float32),
        }

    def get_config(self) -> dict:
        return super().get_config() | {"phase_images": self.phase_images}


def resolution_at(level: tf.Tensor) -> tf.Tensor:
    """The side of the largest picture that has begun to fade in.

    >>> [int(resolution_at(tf.constant(level))) for level in (0.0, 0.3, 1.0, 1.01)]
    [4, 8, 8, 16]
    """
    return FIRST_SIDE * 2 ** tf.cast(tf.math.ceil(level), tf.int32)
