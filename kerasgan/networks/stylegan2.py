"""StyleGAN2: a mapping to styles, modulated convolutions, noise (Karras et al. 2020).

G is of the skip kind: each resolution adds its picture to the enlarged one from below.
D is residual, with minibatch deviation at the end. What differs from the paper: the
sum of pictures is made fainter and goes through tanh, so that it lies in [-1, 1] and
does not begin at the limits; the noise is fixed outside training, and slow to learn;
the mapping has two layers in place of eight, as Karras et al. 2020 (ADA) have it for
small pictures: its rate is a hundredth, and eight would stay as they were drawn.

Legend: N batch, Z latent_dim, L styles, D numbers in a style (as Z), H = W side of the
picture, C channels.
Generator [N, Z] -> [N, H, W, C] in [-1, 1]; discriminator [N, H, W, C] -> [N, 1].
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from kerasgan.equalised import EqualisedConv2D, EqualisedDense, MinibatchStd
from kerasgan.layers import judging, leaky, leaky_relu
from kerasgan.modulation import Mapping, ModulatedConv2D, Noise, Truncation
from kerasgan.resampling import convolve_down, double
from kerasgan.resolutions import FIRST_SIDE, channels_for

IMAGE_GAIN = 0.25  # each resolution's picture has a deviation of 1 at the start


def build_generator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    latent_dim: int = 128,
    width: int = 16,
    most_channels: int | None = None,
    mapping_depth: int = 2,
    classes: int = 0,
) -> keras.Model:
    """A generator, latents [N, Z + K] -> images [N, H, W, C] in [-1, 1], float32.

    Its layers `mapping` ([N, Z + K] -> [N, D]), `truncation` (-> [N, L, D]) and
    `synthesis` (-> [N, H, W, C]) can be called by themselves.

    Example:
    >>> build_generator((16, 16), channels=1, latent_dim=8, width=4).output_shape
    (None, 16, 16, 1)
    """
    units = channels_for(image_size, width, most_channels)
    z = keras.Input((latent_dim + classes,), name="z")
    w = Mapping(mapping_depth, classes, dtype="float32", name="mapping")(z)
    styles = Truncation(2 * len(units), name="truncation")(w)
    images = Synthesis(units, channels, name="synthesis")(styles)
    return keras.Model(z, images, name="stylegan2_generator")


def build_discriminator(
    image_size: tuple[int, int] = (64, 64),
    channels: int = 3,
    width: int = 16,
    most_channels: int | None = None,
    classes: int = 0,
) -> keras.Model:
    """A discriminator, images [N, H, W, C] -> logits [N, 1], float32.

    Where there are `classes` it takes a list of images and one-hot classes [N, K].

    Example:
    >>> build_discriminator((16, 16), width=4).output_shape
    (None, 1)
    """
    units = channels_for(image_size, width, most_channels)
    images = keras.Input((*image_size, channels), name="images")
    x = leaky(EqualisedConv2D(units[-1], 1, name="from_image")(images), "image")
    for k in reversed(range(1, len(units))):
        side = FIRST_SIDE * 2**k
        straight = DownConv(
            units[k - 1], 1, gain=1.0, use_bias=False, name=f"skip_{side}"
        )(x)
        x = leaky(EqualisedConv2D(units[k], 3, name=f"conv_{side}")(x), f"{side}")
        x = leaky(DownConv(units[k - 1], 3, name=f"down_{side}")(x), f"down_{side}")
        x = keras.layers.Average(name=f"sum_{side}")([x, straight])
        x = keras.layers.Rescaling(math.sqrt(2), name=f"scale_{side}")(x)
    x = MinibatchStd(name="minibatch_std")(x)
    x = leaky(EqualisedConv2D(units[0], 3, name="conv_4")(x), "4")
    x = keras.layers.Flatten(name="flatten")(x)
    x = leaky(EqualisedDense(units[0], name="features")(x), "features")
    logits = EqualisedDense(1, gain=1.0, dtype="float32", name="logits")(x)
    name = "stylegan2_discriminator"
    return judging(images, logits, x, classes, name, equalised=True)


@keras.saving.register_keras_serializable(package="kerasgan.stylegan2")
class DownConv(EqualisedConv2D):
    """Low pass and convolution with stride 2: [N, 2H, 2W, A] -> [N, H, W, filters]."""

    def call(self, images: tf.Tensor) -> tf.Tensor:
        return self.with_bias(convolve_down(images, self.scaled_kernel()))

    def compute_output_shape(self, input_shape):
        count, height, width, _ = input_shape
        return (count, height // 2, width // 2, self.filters)


@keras.saving.register_keras_serializable(package="kerasgan.stylegan2")
class Synthesis(keras.layers.Layer):
    """Styles [N, L, D] -> pictures [N, H, W, C] in [-1, 1], float32.

    Style 2k - 1 goes into the first and 2k into the second convolution of resolution k
    (at 4x4, which has one, 0), and 2k + 1 into its picture.

    Args:
        units: channels of each resolution, 4x4 first.
        channels: C of the picture.
    """

    def __init__(self, units: list[int], channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.channels = list(units), channels
        policy = self.dtype_policy
        self.convolutions, self.noises, self.to_image = [], [], []
        for k, filters in enumerate(units):
            side = FIRST_SIDE * 2**k
            for up in (True, False) if k > 0 else (False,):
                name = f"up_{side}" if up else f"conv_{side}"
                self.convolutions.append(
                    ModulatedConv2D(filters, 3, up=up, dtype=policy, name=name)
                )
                number = len(self.noises)
                self.noises.append(Noise(number, dtype=policy, name=f"noise_{number}"))
            self.to_image.append(
                ModulatedConv2D(
                    channels, 1, demodulate=False, dtype=policy, name=f"image_{side}"
                )
            )

    def build(self, input_shape) -> None:
        style = (input_shape[0], input_shape[-1])
        self.constant = self.add_weight(
            name="constant",
            shape=(FIRST_SIDE, FIRST_SIDE, self.units[0]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        before = self.units[0]
        for k, filters in enumerate(self.units):
            for j in self.of_resolution(k):
                side = FIRST_SIDE * 2 ** (k - self.convolutions[j].up)
                self.convolutions[j].build([(None, side, side, before), style])
                self.noises[j].build([(None, side, side, filters), style])
                before = filters
            self.to_image[k].build([(None, side, side, filters), style])

    def of_resolution(self, k: int) -> range:
        """The numbers of the convolutions of resolution k."""
        return range(max(2 * k - 1, 0), 2 * k + 1)

    def call(self, styles: tf.Tensor, training: bool = False) -> tf.Tensor:
        count = tf.shape(styles)[0]
        x = tf.tile(tf.convert_to_tensor(self.constant)[None], [count, 1, 1, 1])
        image = None
        for k in range(len(self.units)):
            for j in self.of_resolution(k):
                w = styles[:, j]
                x = self.convolutions[j]((x, w))
                x = self.noises[j]((x, w), training=training)
                x = leaky_relu(x) * math.sqrt(2)
            drawn = self.to_image[k]((x, styles[:, 2 * k + 1]))
            drawn = tf.cast(drawn, tf.float32)  # 16 bits would round each sum
            image = drawn if image is None else double(image) + drawn
        return tf.tanh(image * IMAGE_GAIN)

    def compute_output_shape(self, input_shape):
        side = FIRST_SIDE * 2 ** (len(self.units) - 1)
        return (input_shape[0], side, side, self.channels)

    def compute_output_spec(self, styles, training: bool = False):
        return keras.KerasTensor(self.compute_output_shape(styles.shape), "float32")

    def get_config(self) -> dict:
        return super().get_config() | {"units": self.units, "channels": self.channels}
