"""The naive baseline: a class to its mean picture, without a game.

A network that must draw a picture from its class alone, and is told how far each pixel
is off, draws the mean of all pictures of that class: blurred, and always the same. That
is why a GAN is needed; and the mean face is of use by itself.

Legend: N batch, Z latent_dim, K classes, H height, W width, C channels.
Generator [N, Z + K] -> [N, H, W, C] in [-1, 1]; the latent changes nothing. Without
classes there is one picture for all.
"""

from __future__ import annotations

import keras

from kerasgan.layers import UpConv2D
from kerasgan.stages import count_stages, stage_channels


def build_generator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 16,
    classes: int = 0,
) -> keras.Model:
    """A generator, latents and classes [N, Z + K] -> images [N, H, W, C], float32.

    Example:
    >>> build_generator((16, 16), latent_dim=8, width=2, classes=3).input_shape
    (None, 11)
    """
    stages = count_stages(image_size)
    base = [side // 2**stages for side in image_size]
    units = stage_channels(stages, width)
    z = keras.Input((latent_dim + classes,), name="z")
    x = z[:, latent_dim:] if classes else keras.ops.ones_like(z[:, :1])
    first = base[0] * base[1] * units[0]
    x = keras.layers.Dense(first, activation="relu", name="map")(x)
    x = keras.layers.Reshape((*base, units[0]), name="first_map")(x)
    for stage, filters in enumerate(units[1:], start=1):
        side = base[0] * 2**stage
        x = UpConv2D(filters, use_bias=True, name=f"up_{side}")(x)
        x = keras.layers.ReLU(name=f"relu_{side}")(x)
    x = keras.layers.Conv2D(channels, 3, padding="same", name="to_image")(x)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(z, images, name="average_generator")
