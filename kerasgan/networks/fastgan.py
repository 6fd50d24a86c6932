"""FastGAN: for a hundred pictures (Liu et al. 2021).

G: gated up-blocks, every second one with noise, and skip-layer excitation: a map of low
resolution decides which channels of one sixteen times as large count. D: residual
down-blocks, and decoders that must draw the picture from D's features, so that D learns
what is in a picture and not only which ones are real. What differs from the paper: D's
logits of all places are averaged to one for a picture, and the decoders' pictures are
compared pixel by pixel, since the paper's perceptual distance needs a trained network.

Legend: N batch, Z latent_dim, H = W side of the picture, C channels, F features.
Generator [N, Z] -> [N, H, W, C] in [-1, 1]; discriminator [N, H, W, C] -> [N, 1].
"""

from __future__ import annotations

import keras

from kerasgan.layers import (
    BatchNorm,
    DownConv2D,
    GatedLinear,
    UpConv2D,
    dcgan_normal,
    leaky,
)
from kerasgan.modulation import Noise
from kerasgan.resolutions import (
    FIRST_SIDE,
    MOST_CHANNELS,
    channels_for,
    count_resolutions,
)
from kerasgan.to_image import COLOUR_DETAIL, draw

EXCITED = 4  # doublings between a map and the one it excites
LAST_SIDE = 8  # of D's features


def build_generator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 16,
    colour_detail: float = COLOUR_DETAIL,
) -> keras.Model:
    """A generator, latents [N, Z] -> images [N, H, W, C] in [-1, 1], float32.

    `colour_detail` is how loud fine detail is in its colours, from the start; 1 leaves
    them alone.

    Example:
    >>> build_generator((16, 16), channels=1, latent_dim=8, width=4).output_shape
    (None, 16, 16, 1)
    """
    units = channels_for(image_size, width)
    z = keras.Input((latent_dim,), name="z")
    x = keras.layers.UnitNormalization(name="norm_z")(z)
    x = keras.layers.Rescaling(latent_dim**0.5, name="scale_z")(x)
    x = keras.layers.Dense(
        FIRST_SIDE**2 * 2 * units[0],
        use_bias=False,
        kernel_initializer=dcgan_normal(),
        name="first",
    )(x)
    x = keras.layers.Reshape((FIRST_SIDE, FIRST_SIDE, 2 * units[0]), name="map")(x)
    maps = [_gated(x, "4")]
    for k, filters in enumerate(units[1:], start=1):
        side = FIRST_SIDE * 2**k
        x = UpConv2D(2 * filters, name=f"up_{side}")(maps[-1])
        x = _gated(x, f"{side}", (z, k))
        if k % 2 == 1:  # the paper's larger up-block
            x = _convolve(x, 2 * filters, 3, f"more_{side}")
            x = _gated(x, f"more_{side}", (z, len(units) + k))
        if k >= EXCITED:
            x = _excite(maps[k - EXCITED], x, f"{side}")
        maps.append(x)
    images = draw(maps[-1], channels, colour_detail)
    return keras.Model(z, images, name="fastgan_generator")


def build_discriminator(
    image_size: tuple[int, int] = (64, 64), channels: int = 3, width: int = 16
) -> keras.Model:
    """A discriminator, images [N, H, W, C] -> logits [N, 1], float32.

    At each side it has as many channels as G. Its layers `features_16` and
    `features_8` are what `build_decoders` draws from.

    Example:
    >>> build_discriminator((32, 32), width=4).output_shape
    (None, 1)
    """
    count_resolutions(image_size)
    images = keras.Input((*image_size, channels), name="images")
    side = image_size[0] // 2
    filters = 2 * width
    x = DownConv2D(filters, kernel_initializer=dcgan_normal(), name=f"down_{side}")(
        images
    )
    x = leaky(x, f"{side}")
    while side > LAST_SIDE:
        side //= 2
        filters = min(2 * filters, MOST_CHANNELS * width)
        x = _down_block(x, filters, side)
    x = _leaky_norm(_convolve(x, filters, 1, "head"), "head")
    x = keras.layers.Conv2D(
        1, FIRST_SIDE, kernel_initializer=dcgan_normal(), dtype="float32", name="places"
    )(x)
    logits = keras.layers.GlobalAveragePooling2D(dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="fastgan_discriminator")


def build_decoders(discriminator: keras.Model, width: int = 16) -> keras.Model:
    """Pictures from D's features: the whole one small, and one quarter of it.

    Both inputs are maps of 8x8: all of `features_8`, and a quarter of `features_16`.
    Both outputs are [N, 4 x 8, 4 x 8, C] in [-1, 1], float32.

    Example:
    >>> build_decoders(build_discriminator((64, 64), width=4), width=4).output_shape
    [(None, 32, 32, 3), (None, 32, 32, 3)]
    """
    channels = discriminator.input_shape[-1]
    inputs, outputs = [], []
    for name in feature_layers(discriminator):
        layer = discriminator.get_layer(name)
        features = keras.Input((LAST_SIDE, LAST_SIDE, layer.output.shape[-1]))
        x = features
        for k, filters in enumerate((4 * width, 2 * width), start=1):
            x = UpConv2D(2 * filters, name=f"{name}_up_{k}")(x)
            x = _gated(x, f"{name}_{k}")
        x = _convolve(x, channels, 3, f"{name}_to_image", use_bias=True)
        tanh = keras.layers.Activation("tanh", dtype="float32", name=f"{name}_images")
        inputs.append(features)
        outputs.append(tanh(x))
    return keras.Model(inputs, outputs, name="fastgan_decoders")


def feature_layers(discriminator: keras.Model) -> list[str]:
    """The names of the layers whose maps are decoded: 8x8 and, if there is one, 16x16.

    >>> feature_layers(build_discriminator((32, 32), width=4))
    ['features_8']
    """
    names = {layer.name for layer in discriminator.layers}
    return [f"features_{s}" for s in (8, 16) if f"features_{s}" in names]


def _convolve(x, filters: int, side: int, name: str, use_bias: bool = False):
    return keras.layers.Conv2D(
        filters,
        side,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=dcgan_normal(),
        name=name,
    )(x)


def _gated(x, name: str, noise: tuple | None = None):
    """Noise where asked, batch norm, and a gated linear unit: half the channels."""
    if noise is not None:
        z, number = noise
        x = Noise(number, name=f"noise_{name}")((x, z))
    x = BatchNorm(name=f"norm_{name}")(x)
    return GatedLinear(name=f"gated_{name}")(x)


def _leaky_norm(x, name: str):
    return leaky(BatchNorm(name=f"norm_{name}")(x), name)


def _excite(low, high, name: str):
    """Skip-layer excitation: the low map's channels weigh those of the high one."""
    factor = low.shape[1] // FIRST_SIDE
    if factor > 1:
        low = keras.layers.AveragePooling2D(factor, name=f"pool_{name}")(low)
    filters = high.shape[-1]
    x = keras.layers.Conv2D(
        filters, FIRST_SIDE, kernel_initializer=dcgan_normal(), name=f"excite_{name}"
    )(low)  # [N, 1, 1, F]
    x = keras.layers.LeakyReLU(negative_slope=0.1, name=f"excite_leaky_{name}")(x)
    x = _convolve(x, filters, 1, f"weigh_{name}", use_bias=True)
    x = keras.layers.Activation("sigmoid", name=f"weights_{name}")(x)
    return keras.layers.Multiply(name=f"excited_{name}")([high, x])


def _down_block(x, filters: int, side: int):
    """Half the size by two ways, averaged: two convolutions, and pooling with one."""
    main = DownConv2D(
        filters, use_bias=False, kernel_initializer=dcgan_normal(), name=f"down_{side}"
    )(x)
    main = _leaky_norm(main, f"down_{side}")
    main = _leaky_norm(_convolve(main, filters, 3, f"conv_{side}"), f"conv_{side}")
    short = keras.layers.AveragePooling2D(2, name=f"pool_{side}")(x)
    short = _leaky_norm(_convolve(short, filters, 1, f"short_{side}"), f"short_{side}")
    return keras.layers.Average(name=f"features_{side}")([main, short])
