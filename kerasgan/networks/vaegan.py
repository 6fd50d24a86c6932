"""VAE-GAN: a GAN that can also encode a picture in one pass (Larsen et al. 2016).

The layers are those of the paper's table, its 64 channels being 2 x `width` (32 gives
the paper's sizes); a side of 64 is halved three times, others as often as they stay
at 8 or above. The encoder gives mean and log variance of a normal distribution over
latents; what it encodes is compared with the original in D's features, not in pixels.
What differs from the paper: D has no batch normalisation unless it is asked for, as it
gets too strong with it; and G doubles by copies of pixels before each 5x5 convolution,
where the paper's transposed convolutions of stride 2 leave a grid in the picture.

Legend: N batch, Z latent_dim, H height, W width, C channels.
Generator [N, Z] -> [N, H, W, C] in [-1, 1]; discriminator [N, H, W, C] -> [N, 1];
encoder [N, H, W, C] -> mean and log variance, [N, Z] each.
"""

from __future__ import annotations

import keras

from kerasgan.layers import BatchNorm, UpConv2D, dcgan_normal
from kerasgan.stages import count_stages

SMALLEST_SIDE = 8  # of the first feature map


def build_generator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 16,
) -> keras.Model:
    """A generator, latents [N, Z] -> images [N, H, W, C] in [-1, 1], float32.

    Example:
    >>> build_generator((32, 48), channels=1, width=4).output_shape
    (None, 32, 48, 1)
    """
    stages = count_stages(image_size, SMALLEST_SIDE)
    units = stage_channels(stages, width)
    height, breadth = (side // 2**stages for side in image_size)
    z = keras.Input((latent_dim,), name="z")
    x = keras.layers.Dense(height * breadth * units[0], **_unbiased(), name="first")(z)
    x = keras.layers.Reshape((height, breadth, units[0]), name="first_map")(x)
    x = _norm_relu(x, f"{height}")
    for filters in units[1:]:
        height *= 2
        x = UpConv2D(filters, side=5, name=f"up_{height}")(x)
        x = _norm_relu(x, f"{height}")
    x = keras.layers.Conv2D(
        channels, 5, padding="same", kernel_initializer=dcgan_normal(), name="to_image"
    )(x)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(z, images, name="vaegan_generator")


def build_discriminator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    width: int = 16,
    batch_norm: bool = False,
) -> keras.Model:
    """A discriminator, images [N, H, W, C] -> logits [N, 1], float32.

    `batch_norm` is the paper's.

    Example:
    >>> build_discriminator((32, 48), width=4).output_shape
    (None, 1)
    """
    images = keras.Input((*image_size, channels), name="images")
    first, *others = reversed(
        stage_channels(count_stages(image_size, SMALLEST_SIDE), width)
    )
    x = keras.layers.Conv2D(
        first, 5, padding="same", kernel_initializer=dcgan_normal(), name="from_image"
    )(images)
    x = keras.layers.ReLU(name="relu_image")(x)
    for filters in others:
        x = _down(x, filters, batch_norm)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(
        16 * width, kernel_initializer=dcgan_normal(), name="features"
    )(x)
    x = _norm_relu(x, "features", batch_norm)
    logits = keras.layers.Dense(
        1, kernel_initializer=dcgan_normal(), dtype="float32", name="logits"
    )(x)
    return keras.Model(images, logits, name="vaegan_discriminator")


def build_encoder(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 16,
) -> keras.Model:
    """An encoder, images [N, H, W, C] -> mean and log variance, [N, Z], float32.

    Example:
    >>> build_encoder((16, 16), latent_dim=8, width=2).output_shape
    [(None, 8), (None, 8)]
    """
    images = keras.Input((*image_size, channels), name="images")
    x = images
    for stage in range(count_stages(image_size, SMALLEST_SIDE)):
        x = _down(x, width * min(2 ** (stage + 1), 8))
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(64 * width, **_unbiased(), name="features")(x)
    x = _norm_relu(x, "features")
    outputs = [
        keras.layers.Dense(latent_dim, dtype="float32", name=name)(x)
        for name in ("mean", "log_variance")
    ]
    return keras.Model(images, outputs, name="vaegan_encoder")


def feature_layer(discriminator: keras.Model) -> str:
    """The name of the layer of D in whose features pictures are compared.

    It is the last but one that halves: deep enough to know a face from another.

    >>> feature_layer(build_discriminator((64, 64), width=2))
    'relu_16'
    """
    names = [layer.name for layer in discriminator.layers]
    relus = [name for name in names if name.startswith("relu_")]
    return relus[max(len(relus) - 3, 0)]  # before the last that halves and the dense


def stage_channels(stages: int, width: int) -> list[int]:
    """Channels of each feature map of the generator, lowest resolution first.

    >>> stage_channels(3, 32), stage_channels(1, 32)
    ([256, 256, 128, 32], [128, 32])
    """
    powers = [8] * stages + [4, 1]
    return [width * power for power in powers[-stages - 1 :]]


def _down(x, filters: int, batch_norm: bool = True):
    side = x.shape[1] // 2
    options = _unbiased() if batch_norm else {"kernel_initializer": dcgan_normal()}
    x = keras.layers.Conv2D(
        filters, 5, 2, padding="same", **options, name=f"down_{side}"
    )(x)
    return _norm_relu(x, f"{side}", batch_norm)


def _norm_relu(x, name: str, batch_norm: bool = True):
    if batch_norm and len(x.shape) == 4:
        x = BatchNorm(name=f"norm_{name}")(x)
    elif batch_norm:
        x = keras.layers.BatchNormalization(momentum=0.9, name=f"norm_{name}")(x)
    return keras.layers.ReLU(name=f"relu_{name}")(x)


def _unbiased() -> dict:
    """What a layer before batch normalisation has."""
    return {"use_bias": False, "kernel_initializer": dcgan_normal()}
