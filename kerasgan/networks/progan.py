"""ProGAN: both networks grow from 4x4 (Karras et al. 2018).

Equalised learning rates, pixel norm in G, minibatch deviation in D, nearest neighbour
up and means down; to_image and from_image of two resolutions fade into each other. What
differs from the paper: the picture goes through tanh, so that it lies in [-1, 1], and
begins well within its limits; and the loss is by default non-saturating with R1 (the
paper's is `--loss wasserstein`).

Legend: N batch, Z latent_dim, H = W side of the picture, C channels.
Generator [N, Z] -> [N, H, W, C] in [-1, 1]; discriminator [N, H, W, C] -> [N, 1]. While
they grow, a picture has fewer pixels than places, each repeated in a square.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.equalised import EqualisedConv2D, EqualisedDense, MinibatchStd, PixelNorm
from kerasgan.growing import Growing, enlarge, reduce
from kerasgan.layers import leaky_relu
from kerasgan.resolutions import FIRST_SIDE, channels_for

FIRST_GAIN = 2**0.5 / 4  # of the layer from latents to 4x4, the paper's
IMAGE_GAIN = 0.25  # the deviation of a picture before tanh, at the start


def build_generator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 16,
    most_channels: int | None = None,
) -> keras.Model:
    """A generator, latents [N, Z] -> images [N, H, W, C] in [-1, 1], float32.

    Example:
    >>> build_generator((16, 16), channels=1, latent_dim=8, width=4).output_shape
    (None, 16, 16, 1)
    """
    z = keras.Input((latent_dim,), name="z")
    units = channels_for(image_size, width, most_channels)
    x = Synthesis(units, channels, name="synthesis")(z)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(z, images, name="progan_generator")


def build_discriminator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    width: int = 16,
    most_channels: int | None = None,
) -> keras.Model:
    """A discriminator, images [N, H, W, C] -> logits [N, 1], float32.

    Example:
    >>> build_discriminator((16, 16), width=4).output_shape
    (None, 1)
    """
    images = keras.Input((*image_size, channels), name="images")
    units = channels_for(image_size, width, most_channels)
    x = Critic(units, name="critic")(images)
    head = EqualisedDense(1, gain=1.0, dtype="float32", name="logits")
    return keras.Model(images, head(x), name="progan_discriminator")


@keras.saving.register_keras_serializable(package="kerasgan.progan")
class Synthesis(Growing):
    """Latents [N, Z] -> pictures [N, H, W, C], of the level's resolution enlarged.

    Args:
        units: channels of each resolution, 4x4 first.
        channels: C of the picture.
    """

    def __init__(self, units: list[int], channels: int, **kwargs: Any) -> None:
        super().__init__(resolutions=len(units), **kwargs)
        self.units, self.channels = list(units), channels
        policy = self.dtype_policy
        self.norm = PixelNorm(dtype=policy)
        self.first = EqualisedDense(
            FIRST_SIDE**2 * units[0], gain=FIRST_GAIN, dtype=policy, name="first"
        )
        self.convolutions = [  # one at 4x4, two at each resolution above
            EqualisedConv2D(
                filters,
                3,
                up=up,
                dtype=policy,
                name=f"up_{side}" if up else f"conv_{side}",
            )
            for side, filters in _by_side(units)
            for up in ((False,) if side == FIRST_SIDE else (True, False))
        ]
        self.to_image = [
            EqualisedConv2D(
                channels, 1, gain=IMAGE_GAIN, dtype=policy, name=f"image_{side}"
            )
            for side, _ in _by_side(units)
        ]

    def build(self, input_shape) -> None:
        self.first.build(input_shape)
        before = self.units[0]
        for k, (side, filters) in enumerate(_by_side(self.units)):
            for convolution in self.of_resolution(k):
                from_side = side // 2 if convolution.up else side
                convolution.build((None, from_side, from_side, before))
                before = filters
            self.to_image[k].build((None, side, side, filters))

    def at_resolution(self, k, inputs, share, training):
        z = self.norm(tf.cast(inputs, self.compute_dtype))
        x = tf.reshape(self.first(z), [-1, FIRST_SIDE, FIRST_SIDE, self.units[0]])
        x = self.norm(leaky_relu(x))
        features = [self.block(0, x)]
        for j in range(1, k + 1):
            features.append(self.block(j, features[-1]))
        images = self.to_image[k](features[k])
        if k > 0:
            below = enlarge(self.to_image[k - 1](features[k - 1]))
            images = below + (images - below) * tf.cast(share, images.dtype)
        return enlarge(images, 2 ** (self.resolutions - 1 - k))

    def from_below(self):
        convolutions = self.convolutions + list(reversed(self.to_image))
        return [self.first, *convolutions]

    def of_resolution(self, k: int) -> list[EqualisedConv2D]:
        """The convolutions of resolution k."""
        return self.convolutions[max(2 * k - 1, 0) : 2 * k + 1]

    def block(self, k: int, x: tf.Tensor) -> tf.Tensor:
        """From the feature maps below to those of resolution k."""
        for convolution in self.of_resolution(k):
            x = self.norm(leaky_relu(convolution(x)))
        return x

    def compute_output_shape(self, input_shape):
        side = FIRST_SIDE * 2 ** (self.resolutions - 1)
        return (input_shape[0], side, side, self.channels)

    def get_config(self) -> dict:
        config = super().get_config() | {"units": self.units, "channels": self.channels}
        del config["resolutions"]
        return config


@keras.saving.register_keras_serializable(package="kerasgan.progan")
class Critic(Growing):
    """Pictures [N, H, W, C], seen at the level's resolution -> features [N, F].

    Args:
        units: channels of each resolution, 4x4 first.
    """

    def __init__(self, units: list[int], **kwargs: Any) -> None:
        super().__init__(resolutions=len(units), **kwargs)
        self.units = list(units)
        policy = self.dtype_policy
        self.from_image = [
            EqualisedConv2D(filters, 1, dtype=policy, name=f"image_{side}")
            for side, filters in _by_side(units)
        ]
        self.convolutions = [  # two at each resolution above 4x4
            EqualisedConv2D(filters, 3, dtype=policy, name=f"conv_{side}_{j}")
            for k, (side, _) in enumerate(_by_side(units))
            if k > 0
            for j, filters in enumerate((units[k], units[k - 1]))
        ]
        self.deviation = MinibatchStd(dtype=policy, name="minibatch_std")
        self.last = [
            EqualisedConv2D(units[0], 3, dtype=policy, name="conv_4"),
            EqualisedDense(units[0], dtype=policy, name="dense_4"),
        ]

    def build(self, input_shape) -> None:
        for k, (side, filters) in enumerate(_by_side(self.units)):
            self.from_image[k].build((None, side, side, input_shape[-1]))
            for convolution in self.of_resolution(k):
                convolution.build((None, side, side, filters))
        first = (None, FIRST_SIDE, FIRST_SIDE, self.units[0])
        self.deviation.build(first)
        self.last[0].build((*first[:-1], self.units[0] + 1))
        self.last[1].build((None, FIRST_SIDE**2 * self.units[0]))

    def at_resolution(self, k, inputs, share, training):
        x = self.maps_at(k, inputs, share, training)[f"maps_{FIRST_SIDE}"]
        x = tf.reshape(x, [-1, FIRST_SIDE**2 * self.units[0]])
        return leaky_relu(self.last[1](x))

    def maps_at(
        self, k: int, inputs: tf.Tensor, share: tf.Tensor, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """The feature maps of each resolution from k down to 4x4, with `share` of k and
        the rest of k - 1."""
        images = tf.cast(inputs, self.compute_dtype)
        images = reduce(images, 2 ** (self.resolutions - 1 - k))
        maps = {}
        x = self.seen(k, images)
        for j in range(k, 0, -1):
            for convolution in self.of_resolution(j):
                x = leaky_relu(convolution(x))
            maps[f"maps_{FIRST_SIDE * 2**j}"] = x
            x = reduce(x)
            if j == k:
                below = self.seen(k - 1, reduce(images))
                x = below + (x - below) * tf.cast(share, x.dtype)
        x = leaky_relu(self.last[0](self.deviation(x, training=training)))
        return maps | {f"maps_{FIRST_SIDE}": x}

    def from_below(self):
        layers = []
        for k in reversed(range(self.resolutions)):
            layers += [self.from_image[k], *self.of_resolution(k)]
        return layers + self.last

    def seen(self, k: int, images: tf.Tensor) -> tf.Tensor:
        """Pictures of resolution k as feature maps."""
        return leaky_relu(self.from_image[k](images))

    def of_resolution(self, k: int) -> list[EqualisedConv2D]:
        """The convolutions between resolution k and the one below; none at 4x4."""
        return self.convolutions[2 * k - 2 : 2 * k] if k > 0 else []

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units[0])

    def get_config(self) -> dict:
        config = super().get_config() | {"units": self.units}
        del config["resolutions"]
        return config


def _by_side(units: list[int]) -> list[tuple[int, int]]:
    """(side, channels) of each resolution: (4, 256), (8, 256), ..."""
    return [(FIRST_SIDE * 2**k, filters) for k, filters in enumerate(units)]
