"""The training of FastGAN: D must also draw real pictures from its features.

Legend: N batch, H height, W width, C channels.
Source: Liu et al. 2021.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.gan import GAN, Said
from kerasgan.growing import reduce
from kerasgan.networks.fastgan import build_decoders, feature_layers
from kerasgan.shown import Shown, split_batch, whole

CROP = 200  # the number folded into the seed for the quarter that is drawn


@keras.saving.register_keras_serializable(package="kerasgan")
class FastGAN(GAN):
    """A GAN with decoders beside D, which are trained with it on real pictures.

    Args:
        decoders: model from D's feature maps to pictures; None builds them.
    """

    parts = (*GAN.parts, "decoders")

    def __init__(
        self, *args: Any, decoders: keras.Model | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.decoders = decoders or build_decoders(self.discriminator)
        layers = [
            self.discriminator.get_layer(name).output
            for name in feature_layers(self.discriminator)
        ]
        self._with_features = keras.Model(
            self.discriminator.inputs, [self.discriminator.output, *layers]
        )

    @property
    def discriminator_variables(self) -> list[keras.Variable]:
        return (
            self.discriminator.trainable_variables + self.decoders.trainable_variables
        )

    def ask_discriminator(
        self, reals: Shown, fakes: Shown, learns: bool = False
    ) -> Said:
        """Both sides' logits, L_D, and how well D's features draw the real pictures."""
        if not learns:
            return super().ask_discriminator(reals, fakes)
        shown_real, shown_fake = split_batch(self.alter_both(reals, fakes))
        real, *features = self._with_features(shown_real, training=True)
        fake = self.discriminator(shown_fake, training=True)
        extra = self.drawing_loss(whole(shown_real), features)
        return Said(self.game.discriminator(real, fake), real, fake, extra)

    def drawing_loss(self, images: tf.Tensor, features: list[tf.Tensor]) -> tf.Tensor:
        """The mean distance of the decoders' pictures from what they should show."""
        targets, maps = [images], [features[0]]
        if len(features) > 1:
            corner = tf.random.stateless_uniform(
                [2], self.stream(CROP), maxval=2, dtype=tf.int32
            )
            targets.append(quarter(images, corner))
            maps.append(quarter(features[1], corner))
        drawn = tf.nest.flatten(self.decoders(maps, training=True))
        distance = tf.constant(0.0)
        for target, picture in zip(targets, drawn, strict=True):
            small = reduce(target, target.shape[1] // picture.shape[1])
            distance += tf.reduce_mean(tf.abs(small - picture))
        return distance


def quarter(images: tf.Tensor, corner: tf.Tensor) -> tf.Tensor:
    """A quarter of each: [N, 2H, 2W, C] and the corner's row and column, 0 or 1.

    >>> quarter(tf.reshape(tf.range(4.0), [1, 2, 2, 1]), [1, 0]).numpy().item()
    2.0
    """
    height, width, channels = (images.shape[k] for k in (1, 2, 3))
    size = [-1, height // 2, width // 2, channels]
    start = [0, corner[0] * (height // 2), corner[1] * (width // 2), 0]
    return tf.slice(images, start, size)
