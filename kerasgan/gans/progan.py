"""The training of networks that grow: before each step the level is set.

A graph that has all resolutions, with a switch between them, takes minutes to make. So
there is one for each, made when the training comes to it.

Source: Karras et al. 2018 (ProGAN). Legend: N batch, H height, W width, C channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kerasgan.gan import GAN
from kerasgan.growing import (
    Growing,
    growing_layers,
    level_for,
    one_resolution,
    resolution_at,
)
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
        level = self.level_after(seen)
        self.grow(growing_layers(self.generator, self.discriminator), level)
        logs = super().train_step(real_images)
        grown = {"level": level, "resolution": resolution_at(level)}
        return logs | self.shares.logs(grown)

    def views(self, images: tf.Tensor) -> tf.Tensor:
        """Real pictures fade in as those of G do."""
        return growing_layers(self.discriminator)[0].faded(images)

    def grow(self, layers: list[Growing], level: tf.Tensor) -> None:
        """Take both networks to a level."""

        def begin() -> None:
            start_anew(self.g_optimizer)
            start_anew(self.d_optimizer)

        new = tf.math.ceil(level) > tf.math.ceil(layers[0].level.value)
        tf.cond(new, begin, lambda: None)
        for layer in layers:
            layer.level.assign(level)

    def level_after(self, images_seen: tf.Tensor) -> tf.Tensor:
        """The level of a step that begins after so many images."""
        count = growing_layers(self.generator)[0].resolutions
        return level_for(images_seen, self.phase_images, count)

    def make_train_function(self, force: bool = False) -> Callable:
        """A function of an iterator that takes the step, as Keras has it, by the graph
        of the step's resolution."""
        if self.train_function and not force:
            return self.train_function
        make = super().make_train_function
        made: dict[int | None, Callable] = {}

        def train_function(iterator: Any) -> dict[str, tf.Tensor]:
            number = self.resolution_of_next(iterator)
            networks = self.generator, self.discriminator
            with one_resolution(*networks, number=lambda layer: number):
                if number not in made:
                    made.clear()  # what was outgrown does not come again
                    make(force=True)
                    made[number] = self.train_function
                    self.train_function = train_function
                return made[number](iterator)

        self.train_function = train_function
        return train_function

    def resolution_of_next(self, iterator: Any) -> int | None:
        """The number of the next step's resolution; None, for all of them, where it
        cannot be told: on several devices, in several steps at once."""
        spec = tf.nest.flatten(iterator.element_spec)[0]
        batch = spec.shape[0] if isinstance(spec, tf.TensorSpec) else None
        if not batch or self.shares.devices > 1 or self.steps_per_execution > 1:
            return None
        return math.ceil(float(self.level_after(self.step.value * batch)))

    def get_config(self) -> dict:
        return super().get_config() | {"phase_images": self.phase_images}
