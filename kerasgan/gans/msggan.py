"""The training of networks that make and see a picture at every resolution.

Source: Karnewar & Wang 2020 (MSG-GAN). Legend: N batch, H height, W width, C channels.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from kerasgan.gan import GAN
from kerasgan.growing import views_of


@keras.saving.register_keras_serializable(package="kerasgan")
class MSGGAN(GAN):
    """A GAN whose D sees each real picture reduced to every size that G makes.

    Augmentation moves each size by whole pixels of its own, so that the smaller ones of
    a moved picture are off by up to half of theirs, real and generated alike.
    """

    def views(self, images: tf.Tensor) -> list[tf.Tensor]:
        """[N, H, W, C] -> the same reduced to 4x4, 8x8, ..., and as it is."""
        return views_of(images, [shape[1] for shape in self.generator.output_shape])
