"""MSG-GAN: a picture at every resolution at once (Karnewar & Wang 2020).

G makes a picture from the features of each resolution; D is shown all of them, each
where its own features have that resolution, so that gradients reach every layer of G
from the first step on. Layers as in ProGAN, without growing; as in the paper, minibatch
deviation at every resolution of D, and the picture joined to the features as it is.
What differs from the paper: pictures go through tanh, and begin well within its limits;
and the loss is by default non-saturating with R1 (the paper's is `--loss wasserstein`).

Legend: N batch, Z latent_dim, H = W side of the picture, C channels.
Generator [N, Z] -> the pictures, [N, 4, 4, C] first, [N, H, W, C] in [-1, 1] last;
discriminator the same list -> [N, 1].
"""

from __future__ import annotations

import keras

from kerasgan.equalised import EqualisedConv2D, EqualisedDense, MinibatchStd, PixelNorm
from kerasgan.layers import leaky
from kerasgan.networks.progan import FIRST_GAIN, IMAGE_GAIN
from kerasgan.resolutions import FIRST_SIDE, channels_for


def build_generator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 16,
    most_channels: int | None = None,
) -> keras.Model:
    """A generator, latents [N, Z] -> [[N, 4, 4, C], ..., [N, H, W, C]], float32.

    Example:
    >>> build_generator((16, 16), latent_dim=8, width=4).output_shape
    [(None, 4, 4, 3), (None, 8, 8, 3), (None, 16, 16, 3)]
    """
    z = keras.Input((latent_dim,), name="z")
    units = channels_for(image_size, width, most_channels)
    x = PixelNorm(name="norm_z")(z)
    x = EqualisedDense(FIRST_SIDE**2 * units[0], gain=FIRST_GAIN, name="first")(x)
    x = keras.layers.Reshape((FIRST_SIDE, FIRST_SIDE, units[0]), name="first_map")(x)
    x = _leaky_norm(x, "first")
    pictures = []
    for k, filters in enumerate(units):
        side = FIRST_SIDE * 2**k
        for up in (True, False) if k > 0 else (False,):
            name = f"up_{side}" if up else f"conv_{side}"
            x = EqualisedConv2D(filters, 3, up=up, name=name)(x)
            x = _leaky_norm(x, name)
        to_image = EqualisedConv2D(
            channels, 1, gain=IMAGE_GAIN, name=f"to_image_{side}"
        )
        picture = to_image(x)
        tanh = keras.layers.Activation("tanh", dtype="float32", name=f"images_{side}")
        pictures.append(tanh(picture))
    return keras.Model(z, pictures, name="msggan_generator")


def build_discriminator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    width: int = 16,
    most_channels: int | None = None,
) -> keras.Model:
    """A discriminator, [[N, 4, 4, C], ..., [N, H, W, C]] -> logits [N, 1], float32.

    Example:
    >>> build_discriminator((16, 16), width=4).output_shape
    (None, 1)
    """
    units = channels_for(image_size, width, most_channels)
    pictures = [
        keras.Input((FIRST_SIDE * 2**k,) * 2 + (channels,)) for k in range(len(units))
    ]
    side = FIRST_SIDE * 2 ** (len(units) - 1)
    x = leaky(EqualisedConv2D(units[-1], 1, name="from_image")(pictures[-1]), "image")
    for k in reversed(range(1, len(units))):
        x = MinibatchStd(name=f"minibatch_std_{side}")(x)
        for j, filters in enumerate((units[k], units[k - 1])):
            x = EqualisedConv2D(filters, 3, name=f"conv_{side}_{j}")(x)
            x = leaky(x, f"{side}_{j}")
        x = keras.layers.AveragePooling2D(2, name=f"down_{side}")(x)
        side //= 2
        x = keras.layers.Concatenate(name=f"join_{side}")([pictures[k - 1], x])
    x = MinibatchStd(name=f"minibatch_std_{side}")(x)
    x = leaky(EqualisedConv2D(units[0], 3, name=f"conv_{side}")(x), f"{side}")
    x = keras.layers.Flatten(name="flatten")(x)
    x = leaky(EqualisedDense(units[0], name="features")(x), "features")
    logits = EqualisedDense(1, gain=1.0, dtype="float32", name="logits")(x)
    return keras.Model(pictures, logits, name="msggan_discriminator")


def _leaky_norm(x, name: str):
    return PixelNorm(name=f"norm_{name}")(leaky(x, name))
