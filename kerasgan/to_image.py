"""The last layers of a generator: feature maps to a picture.

Legend: N batch, H height, W width, F features, C channels.
Source: tanh, Radford et al. 2016; the softer colours are this project's own
(benchmarks/README.md, section 1).
"""

from __future__ import annotations

import keras

from kerasgan.layers import SoftColour, dcgan_normal

COLOUR_DETAIL = 0.1  # share of fine detail that G's colours keep


def draw(
    x: keras.KerasTensor, channels: int, colour_detail: float = COLOUR_DETAIL
) -> keras.KerasTensor:
    """[N, H, W, F] -> the layers `to_image` to `images`: [N, H, W, C] in [-1, 1].

    `colour_detail` is how loud fine detail is in the colours, from the start; 1 leaves
    them alone.

    Example:
    >>> draw(keras.Input((8, 8, 5)), 3).shape
    (None, 8, 8, 3)
    """
    x = keras.layers.Conv2D(
        channels, 3, padding="same", kernel_initializer=dcgan_normal(), name="to_image"
    )(x)
    if channels > 1 and colour_detail != 1:
        x = SoftColour(colour_detail, name="soft_colour")(x)
    return keras.layers.Activation("tanh", dtype="float32", name="images")(x)
