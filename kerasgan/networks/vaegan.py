"""VAE-GAN: a GAN that can also encode a picture in one pass (Larsen et al. 2016).

Generator and discriminator are DCGAN's. The encoder mirrors the discriminator and gives
mean and log variance of a normal distribution over latents; what it encodes is compared
with the original in the discriminator's features, not in pixels.

Legend: N batch, Z latent_dim, H height, W width, C channels.
Generator [N, Z] -> [N, H, W, C] in [-1, 1]; discriminator [N, H, W, C] -> [N, 1];
encoder [N, H, W, C] -> mean and log variance, [N, Z] each.
"""

from __future__ import annotations

import keras

from kerasgan.layers import BatchNorm, DownConv2D
from kerasgan.networks import dcgan
from kerasgan.networks.dcgan import build_discriminator, build_generator

__all__ = ["build_discriminator", "build_encoder", "build_generator", "feature_layer"]


def build_encoder(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 32,
) -> keras.Model:
    """An encoder, images [N, H, W, C] -> mean and log variance, [N, Z], float32.

    Example:
    >>> build_encoder((16, 16), latent_dim=8, width=2).output_shape
    [(None, 8), (None, 8)]
    """
    images = keras.Input((*image_size, channels), name="images")
    stages = dcgan.count_stages(image_size)
    x = images
    for filters in reversed(dcgan.stage_channels(stages, width)[:stages]):
        side = x.shape[1] // 2
        x = DownConv2D(filters, use_bias=False, name=f"down_{side}")(x)
        x = BatchNorm(name=f"norm_{side}")(x)
        x = keras.layers.ReLU(name=f"relu_{side}")(x)
    x = keras.layers.Flatten(name="features")(x)
    outputs = [
        keras.layers.Dense(latent_dim, dtype="float32", name=name)(x)
        for name in ("mean", "log_variance")
    ]
    return keras.Model(images, outputs, name="vaegan_encoder")


def feature_layer(discriminator: keras.Model) -> str:
    """The name of the layer of D in whose features pictures are compared.

    It is the last but one that halves: deep enough to know a face from another.

    >>> feature_layer(build_discriminator((64, 64), width=2))
    'leaky_8x8'
    """
    names = [layer.name for layer in discriminator.layers]
    leaky = [name for name in names if name.startswith("leaky_")]
    return leaky[max(len(leaky) - 2, 0)]
