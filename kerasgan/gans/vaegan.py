"""The training of VAE-GAN: half of G's pictures are of latents, half of encoded reals.

Legend: N batch, M = N // 2 encoded pictures, Z latent_dim, H height, W width, C
channels.
Source: Larsen et al. 2016 (algorithm 1): the encoder learns from the prior and from the
reconstruction, G from the reconstruction and from D, D from the game alone.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.gan import GAN
from kerasgan.networks.vaegan import build_encoder, feature_layer

ENCODE = 300  # the number folded into the seed for the encoder's latents
SILENT = 1e-2  # of the mean variance: a channel with less counts as one with that


@keras.saving.register_keras_serializable(package="kerasgan")
class VAEGAN(GAN):
    """A GAN with an encoder.

    Args:
        encoder: model [N, H, W, C] -> mean and log variance, [N, Z] each; None builds
            one.
        reconstruction_weight: of the squared distance in D's features, in units of
            their variance and averaged over them, in the encoder's loss.
        generator_share: of that in G's loss, the paper's gamma.
        prior_weight: of the distance of the latents' distribution from the normal one,
            averaged over Z, in the encoder's loss.
    """

    parts = (*GAN.parts, "encoder")

    def __init__(
        self,
        *args: Any,
        encoder: keras.Model | None = None,
        reconstruction_weight: float = 1.0,
        generator_share: float = 0.05,
        prior_weight: float = 0.4,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        _, height, width, channels = self.discriminator.input_shape
        self.encoder = encoder or build_encoder(
            (height, width), channels, self.latent_dim
        )
        self.reconstruction_weight = reconstruction_weight
        self.generator_share = generator_share
        self.prior_weight = prior_weight
        self.features = keras.Model(
            self.discriminator.inputs,
            self.discriminator.get_layer(feature_layer(self.discriminator)).output,
        )

    @property
    def generator_variables(self) -> list[keras.Variable]:
        return self.generator.trainable_variables + self.encoder.trainable_variables

    def paint(self, z: tf.Tensor, real_images: tf.Tensor) -> tf.Tensor:
        """[N, Z] -> [N, H, W, C]; the last M reconstruct the last M reals."""
        encoded = self.encode(real_images)
        kept = tf.shape(z)[0] - tf.shape(encoded)[0]
        return self.generator(tf.concat([z[:kept], encoded], axis=0), training=True)

    def encode(self, real_images: tf.Tensor) -> tf.Tensor:
        """A latent from the distribution of each of the last M reals: [M, Z]."""
        mean, log_variance = self.encoder(encoded_part(real_images), training=True)
        noise = tf.random.stateless_normal(tf.shape(mean), self.stream(ENCODE))
        return mean + tf.exp(log_variance / 2) * noise

    def generator_gradients(self, g_tape, reals, fakes, towards):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fakes)
            loss = self.reconstruction_weight * self.distance(reals, fakes)
            loss = self.g_optimizer.scale_loss(loss)
        closer = tape.gradient(loss, fakes)  # 0 at pictures of latents
        variables = self.encoder.trainable_variables
        with tf.GradientTape() as tape:
            prior = prior_distance(*self.encoder(encoded_part(reals), training=True))
            prior = self.g_optimizer.scale_loss(self.prior_weight * prior)
        # D's part in G's loss is none of the encoder's business
        encoding = g_tape.gradient(fakes, variables, output_gradients=closer)
        of_prior = tape.gradient(prior, variables)
        of_encoder = [a + b for a, b in zip(encoding, of_prior, strict=True)]
        of_generator = g_tape.gradient(
            fakes,
            self.generator.trainable_variables,
            output_gradients=towards + self.generator_share * closer,
        )
        return of_generator + of_encoder

    def distance(self, real_images: tf.Tensor, fake_images: tf.Tensor) -> tf.Tensor:
        """Between D's features of the last M reals and of their reconstructions, in
        units of the variance that each channel has among these reals: D's features have
        a scale that grows as it learns, and the prior has none."""
        real, fake = (  # apart: batch statistics, if any, see one side at a time
            tf.cast(self.features(encoded_part(images), training=True), tf.float32)
            for images in (real_images, fake_images)
        )
        variance = tf.math.reduce_variance(real, axis=(0, 1, 2))  # [C]
        variance = tf.maximum(variance, SILENT * tf.reduce_mean(variance) + 1e-12)
        return tf.reduce_sum(tf.square(real - fake) / variance) / tf.maximum(
            tf.cast(tf.size(real), tf.float32), 1.0
        )

    def get_config(self) -> dict:
        names = ("reconstruction_weight", "generator_share", "prior_weight")
        return super().get_config() | {name: getattr(self, name) for name in names}


def encoded_part(images: tf.Tensor) -> tf.Tensor:
    """The last M of N pictures; of a single one, that."""
    count = tf.shape(images)[0]
    return images[count - tf.maximum(count // 2, 1) :]


def prior_distance(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """The Kullback-Leibler distance from the normal distribution, a mean over M and Z.

    >>> float(prior_distance(tf.constant([[2.0]]), tf.constant([[0.0]])))
    2.0
    """
    each = (tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance) / 2
    return tf.reduce_sum(each) / tf.maximum(tf.cast(tf.size(each), tf.float32), 1.0)
