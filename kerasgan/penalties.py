"""All that is added to the discriminator's loss so that D stays smooth, in one place.

The terms themselves are in `regularizers`; here is which of them are on, how strong
they are and in which steps.

Legend: N batch, H height, W width, C channels; images float32 in [-1, 1], logits
[N, 1] float32.
Source of the lazy ones, every k-th step and k times as strong: Karras et al. 2020.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.regularizers import (
    DiscriminatorFunction,
    LeCam,
    gradient_penalty,
    r1_penalty,
)


@keras.saving.register_keras_serializable(package="kerasgan")
class Penalties(keras.layers.Layer):
    """Weights of the penalties on D; 0 switches one off.

    Args:
        r1, r2: gamma of the penalties on D's squared gradient at reals and at fakes.
        every: both are applied in every so many steps, as many times as strong.
        gradient: weight of WGAN-GP's penalty, in every step (10 in the paper).
        lecam: weight of LeCam regularisation, in every step.

    Example:
    >>> Penalties(r1=1.0, every=4).due(tf.constant([4, 5])).numpy()
    array([ True, False])
    """

    def __init__(
        self,
        r1: float = 0.0,
        r2: float = 0.0,
        every: int = 16,
        gradient: float = 0.0,
        lecam: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.r1, self.r2, self.every = r1, r2, every
        self.gradient = gradient
        self.lecam = lecam
        self.averages = LeCam()
        self.built = True

    @property
    def are_lazy(self) -> bool:
        """Whether there is one that is not applied in every step."""
        return bool(self.r1 or self.r2)

    def due(self, updates: tf.Tensor) -> tf.Tensor:
        """Whether the lazy ones are applied in D's update after so many: a rest of D
        neither takes one away nor brings one twice."""
        return updates % self.every == 0

    def lazy(
        self,
        discriminate: DiscriminatorFunction,
        real_images: tf.Tensor,
        fake_images: tf.Tensor,
    ) -> tf.Tensor:
        """R1 and R2: gamma / 2 of the squared gradient, times the steps it stands for.

        `discriminate` may alter the pictures before D sees them, differentiably.
        """
        penalty = tf.constant(0.0)
        for gamma, images in ((self.r1, real_images), (self.r2, fake_images)):
            if gamma:
                penalty += gamma * tf.reduce_mean(r1_penalty(discriminate, images))
        return penalty * (self.every / 2)

    def steady(
        self,
        discriminator: DiscriminatorFunction,
        real_images: tf.Tensor,
        fake_images: tf.Tensor,
        logits: tuple[tf.Tensor, tf.Tensor],
        seed: tf.Tensor,
    ) -> tf.Tensor:
        """WGAN-GP's and LeCam's, of every step.

        Args:
            logits: what D says of the reals and of the fakes, [N, 1] each.
            seed: [2], of the points between the pictures.
        """
        penalty = tf.constant(0.0)
        if self.gradient:
            penalty += self.gradient * gradient_penalty(
                discriminator, real_images, fake_images, seed
            )
        if self.lecam:
            penalty += self.lecam * self.averages.penalty(*logits)
        return penalty

    def update(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> None:
        """Take the logits [N, 1] of a step in which D learnt into LeCam's averages."""
        if self.lecam:
            self.averages.update(real_logits, fake_logits)

    def get_config(self) -> dict:
        names = ("r1", "r2", "every", "gradient", "lecam")
        return super().get_config() | {name: getattr(self, name) for name in names}
