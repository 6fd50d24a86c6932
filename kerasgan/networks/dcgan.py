"""DCGAN: convolutions that halve, up-convolutions that double (Radford et al. 2016).

What differs from the paper, and why (benchmarks/README.md has the figures): the
discriminator has no batch normalisation, which lets it tell batches instead of
pictures apart and get far too good, and begins with a convolution at full size, which
sees fine detail; the generator up-samples by nearest neighbour
and a 3x3 convolution (Odena et al. 2016: no checkerboard), and gives colours less fine
detail than brightness.

Legend: N batch, Z latent_dim, H height, W width, C channels.
Generator [N, Z] -> [N, H, W, C] in [-1, 1]; discriminator [N, H, W, C] -> [N, 1].
"""

from __future__ import annotations

import keras

from kerasgan.layers import (
    BatchNorm,
    DownConv2D,
    UpConv2D,
    dcgan_normal,
    judging,
    leaky,
)
from kerasgan.stages import count_stages, size_name, stage_channels
from kerasgan.to_image import COLOUR_DETAIL, draw


def build_generator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 32,
    colour_detail: float = COLOUR_DETAIL,
) -> keras.Model:
    """A generator, latents [N, Z] -> images [N, H, W, C] in [-1, 1], float32.

    `colour_detail` is how loud fine detail is in its colours, from the start; 1 leaves
    them alone.

    Example:
    >>> build_generator((32, 48), channels=1, width=4).output_shape
    (None, 32, 48, 1)
    """
    stages = count_stages(image_size)
    base = [side // 2**stages for side in image_size]
    z = keras.Input((latent_dim,), name="z")
    units = stage_channels(stages, width)
    x = keras.layers.Dense(
        base[0] * base[1] * units[0],
        use_bias=False,
        kernel_initializer=dcgan_normal(),
        name="dense",
    )(z)
    x = keras.layers.Reshape((*base, units[0]), name="first_map")(x)
    x = _norm_relu(x, base)
    for stage, filters in enumerate(units[1:], start=1):
        size = [side * 2**stage for side in base]
        x = UpConv2D(filters, name=f"up_{size_name(size)}")(x)
        x = _norm_relu(x, size)
    images = draw(x, channels, colour_detail)
    return keras.Model(z, images, name="dcgan_generator")


def build_discriminator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    width: int = 32,
    batch_norm: bool = False,
    spectral_norm: bool = False,
    classes: int = 0,
) -> keras.Model:
    """A discriminator, images [N, H, W, C] -> logits [N, 1], float32.

    `batch_norm` is the paper's; `spectral_norm` bounds each layer's gain
    (Miyato et al. 2018). Where there are `classes` it takes a list of images and
    one-hot classes [N, K].

    Example:
    >>> build_discriminator((32, 48), width=4).output_shape
    (None, 1)
    """
    stages = count_stages(image_size)
    images = keras.Input((*image_size, channels), name="images")
    # [N, H, W, width / 2] and on down, doubling channels: the generator's mirror
    first, *others = reversed(stage_channels(stages, width))
    convolution = keras.layers.Conv2D(
        first, 3, padding="same", kernel_initializer=dcgan_normal(), name="from_image"
    )
    x = _spectral(convolution, spectral_norm)(images)
    x = leaky(x, "image")
    for stage, filters in enumerate(others):
        size = size_name([side // 2 ** (stage + 1) for side in image_size])
        convolution = DownConv2D(
            filters, kernel_initializer=dcgan_normal(), name=f"down_{size}"
        )
        x = _spectral(convolution, spectral_norm)(x)
        if batch_norm:
            x = BatchNorm(name=f"norm_{size}")(x)
        x = leaky(x, size)
    x = keras.layers.Flatten(name="features")(x)
    head = keras.layers.Dense(
        1, kernel_initializer=dcgan_normal(), dtype="float32", name="logits"
    )
    logits = _spectral(head, spectral_norm)(x)
    return judging(images, logits, x, classes, name="dcgan_discriminator")


def _norm_relu(x, size: list[int]):
    x = BatchNorm(name=f"norm_{size_name(size)}")(x)
    return keras.layers.ReLU(name=f"relu_{size_name(size)}")(x)


def _spectral(layer: keras.layers.Layer, wanted: bool) -> keras.layers.Layer:
    if not wanted:
        return layer
    # float32 outside: Keras divides by a norm + 1e-12, which is 0 in float16
    return keras.layers.SpectralNormalization(
        layer, dtype="float32", name=f"{layer.name}_sn"
    )
