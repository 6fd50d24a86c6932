"""FastGAN: for a hundred pictures, and quick with thousands (Liu et al. 2021).

G: gated up-blocks, every second one of two convolutions, and skip-layer excitation: a
map of low resolution decides which channels of one sixteen times as large count. D:
residual down-blocks, and decoders that must draw the picture from D's features, so that
D learns what is in a picture and not only which ones are real. What differs from the
paper: any size whose sides are multiples of 16, noise in every up-block and not only in
the larger ones, D's logits of all places averaged to one for a picture, the decoders'
pictures compared pixel by pixel, since the paper's perceptual distance needs a trained
network, a non-saturating loss by default (the paper's is `--loss hinge`), and classes
(Miyato & Koyama 2018).

Legend: N batch, Z latent_dim, K classes, H height, W width, C channels, F features; the
first map is h x w, the picture halved until a side is odd or would be less than 4.
Generator [N, Z + K] -> [N, H, W, C] in [-1, 1]; discriminator [N, H, W, C] -> [N, 1].
"""

from __future__ import annotations

import keras

from kerasgan.layers import (
    BatchNorm,
    DownConv2D,
    GatedLinear,
    Leaky,
    UpConv2D,
    dcgan_normal,
    judging,
    leaky,
)
from kerasgan.modulation import Noise
from kerasgan.stages import count_stages, size_name, stage_channels
from kerasgan.to_image import COLOUR_DETAIL, draw

EXCITED = 4  # doublings between a map and the one it excites
FEATURES = "features_"  # the names of the maps that are decoded begin so


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
    >>> build_generator((32, 48), channels=1, latent_dim=8, width=4).output_shape
    (None, 32, 48, 1)
    """
    stages = count_stages(image_size)
    base = [side // 2**stages for side in image_size]
    first, *others = stage_channels(stages, width)
    z = keras.Input((latent_dim,), name="z")
    x = keras.layers.Dense(
        base[0] * base[1] * 2 * first,
        use_bias=False,
        kernel_initializer=dcgan_normal(),
        name="first",
    )(z)
    x = keras.layers.Reshape((*base, 2 * first), name="first_map")(x)
    maps = [_gated(x, size_name(base))]
    for k, filters in enumerate(others, start=1):
        name = size_name([side * 2**k for side in base])
        x = UpConv2D(2 * filters, name=f"up_{name}")(maps[-1])
        x = _gated(x, name, (z, k))
        if k % 2 == 1:  # the paper's larger up-block
            x = _convolve(x, 2 * filters, 3, f"more_{name}")
            x = _gated(x, f"more_{name}", (z, stages + 1 + k))
        if k >= EXCITED:
            x = _excite(maps[k - EXCITED], x, base, name)
        maps.append(x)
    images = draw(maps[-1], channels, colour_detail)
    return keras.Model(z, images, name="fastgan_generator")


def build_discriminator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    width: int = 32,
    classes: int = 0,
) -> keras.Model:
    """A discriminator, images [N, H, W, C] -> logits [N, 1], float32.

    At each size it has as many channels as G. Where there are `classes` it takes a list
    of images and one-hot classes [N, K].

    Example:
    >>> build_discriminator((32, 32), width=4).output_shape
    (None, 1)
    """
    stages = count_stages(image_size)
    base = [side // 2**stages for side in image_size]
    images = keras.Input((*image_size, channels), name="images")
    # channels of a half of the picture's size, a quarter, ..., 2h x 2w
    units = stage_channels(stages, width)[-2:0:-1]
    x = images
    for stage, filters in enumerate(units, start=1):
        size = [side // 2**stage for side in image_size]
        if stage == 1 and len(units) > 1:
            x = DownConv2D(
                filters,
                kernel_initializer=dcgan_normal(),
                name=f"down_{size_name(size)}",
            )(x)
            x = leaky(x, size_name(size))
        else:
            x = _down_block(x, filters, size_name(size))
    x = _leaky_norm(_convolve(x, x.shape[-1], 1, "head"), "head")
    places = keras.layers.Conv2D(
        1, base, kernel_initializer=dcgan_normal(), dtype="float32", name="places"
    )(x)
    average = keras.layers.GlobalAveragePooling2D
    logits = average(dtype="float32", name="logits")(places)
    features = average(dtype="float32", name="features")(x)
    return judging(images, logits, features, classes, name="fastgan_discriminator")


def build_decoders(discriminator: keras.Model, width: int = 32) -> keras.Model:
    """Pictures from D's features: the whole one small, and one quarter of it.

    The inputs are maps of 2h x 2w: all of D's last one and, where the picture was
    halved four times or more, a quarter of the one before. The outputs are
    [N, 8h, 8w, C] in [-1, 1], float32, or [N, 4h, 4w, C] where that is the picture's
    own size.

    Example:
    >>> build_decoders(build_discriminator((64, 64), width=4), width=4).output_shape
    [(None, 32, 32, 3), (None, 32, 32, 3)]
    """
    maps = [discriminator.get_layer(n).output for n in feature_layers(discriminator)]
    _, height, _, channels = discriminator.inputs[0].shape
    doublings = 2 if height >= 4 * maps[0].shape[1] else 1
    inputs, outputs = [], []
    for part, each in zip(("whole", "quarter"), maps, strict=False):
        x = keras.Input((*maps[0].shape[1:3], each.shape[-1]), name=part)
        inputs.append(x)
        for k in range(doublings):
            filters = width * 2 ** (doublings - 1 - k)
            x = UpConv2D(2 * filters, name=f"{part}_up_{k}")(x)
            x = _gated(x, f"{part}_{k}")
        x = _convolve(x, channels, 3, f"{part}_to_image", use_bias=True)
        tanh = keras.layers.Activation("tanh", dtype="float32", name=f"{part}_images")
        outputs.append(tanh(x))
    return keras.Model(inputs, outputs, name="fastgan_decoders")


def feature_layers(discriminator: keras.Model) -> list[str]:
    """The names of the layers whose maps are decoded: D's last one, and the one before
    if it is of a block too.

    >>> feature_layers(build_discriminator((64, 64), width=4))
    ['features_8x8', 'features_16x16']
    """
    names = [layer.name for layer in discriminator.layers]
    return [name for name in names if name.startswith(FEATURES)][:-3:-1]


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


def _excite(low, high, base: list[int], name: str):
    """Skip-layer excitation: the low map's channels weigh those of the high one."""
    factor = low.shape[1] // base[0]
    if factor > 1:
        low = keras.layers.AveragePooling2D(factor, name=f"pool_{name}")(low)
    filters = high.shape[-1]
    x = keras.layers.Conv2D(
        filters, base, kernel_initializer=dcgan_normal(), name=f"excite_{name}"
    )(low)  # [N, 1, 1, F]
    x = Leaky(0.1, name=f"excite_leaky_{name}")(x)
    x = _convolve(x, filters, 1, f"weigh_{name}", use_bias=True)
    x = keras.layers.Activation("sigmoid", name=f"weights_{name}")(x)
    return keras.layers.Multiply(name=f"excited_{name}")([high, x])


def _down_block(x, filters: int, name: str):
    """Half the size by two ways, averaged: two convolutions, and pooling with one."""
    main = DownConv2D(
        filters, use_bias=False, kernel_initializer=dcgan_normal(), name=f"down_{name}"
    )(x)
    main = _leaky_norm(main, f"down_{name}")
    main = _leaky_norm(_convolve(main, filters, 3, f"conv_{name}"), f"conv_{name}")
    short = keras.layers.AveragePooling2D(2, name=f"pool_{name}")(x)
    short = _leaky_norm(_convolve(short, filters, 1, f"short_{name}"), f"short_{name}")
    return keras.layers.Average(name=f"{FEATURES}{name}")([main, short])
