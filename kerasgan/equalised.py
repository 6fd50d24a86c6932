"""The layers of progressive growing: equalised rates, pixel norm, minibatch deviation.

A weight is stored with unit variance and multiplied at run time by what He et al. 2015
would have initialised it with, so that Adam moves all weights at the same pace.

Legend: N batch, H height, W width, C channels.
Source: Karras et al. 2018 (ProGAN, sections 3, 4.1 and 4.2).
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from kerasgan.convolutions import enlarge_and_convolve
from kerasgan.ema import moving_average

HE_GAIN = math.sqrt(2)  # keeps the variance through a rectifier


class Equalised(keras.layers.Layer):
    """A weight of unit variance and a bias, scaled when they are used.

    Args:
        gain: the deviation of the outputs for inputs of unit variance.
        pace: how fast the weight learns, 1 for as fast as all others.
        use_bias: whether a bias is added.
        bias: its value at the start.
    """

    def __init__(
        self,
        gain: float = HE_GAIN,
        pace: float = 1.0,
        use_bias: bool = True,
        bias: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.gain, self.pace = gain, pace
        self.use_bias, self.start_bias = use_bias, bias

    def add_weights(self, shape: tuple[int, ...], units: int, fan_in: int) -> None:
        """The kernel, whose outputs are sums of `fan_in` products, and the bias."""
        self.kernel_scale = self.gain / math.sqrt(fan_in) * self.pace
        self.kernel = self.add_weight(
            name="kernel",
            shape=shape,
            initializer=keras.initializers.RandomNormal(stddev=1 / self.pace),
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(units,),
                initializer=keras.initializers.Constant(self.start_bias / self.pace),
            )

    def scaled_kernel(self) -> tf.Tensor:
        """The kernel as it is used."""
        return tf.convert_to_tensor(self.kernel) * self.kernel_scale

    def with_bias(self, outputs: tf.Tensor) -> tf.Tensor:
        """The outputs with the bias added to each channel, if there is one."""
        if not self.use_bias:
            return outputs
        return tf.nn.bias_add(outputs, tf.convert_to_tensor(self.bias) * self.pace)

    def get_config(self) -> dict:
        return super().get_config() | {
            "gain": self.gain,
            "pace": self.pace,
            "use_bias": self.use_bias,
            "bias": self.start_bias,
        }


@keras.saving.register_keras_serializable(package="kerasgan")
class EqualisedDense(Equalised):
    """[N, ..., C] -> [N, ..., units].

    Example:
    >>> EqualisedDense(5)(tf.zeros([2, 3])).shape
    TensorShape([2, 5])
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape) -> None:
        before = input_shape[-1]
        self.add_weights((before, self.units), self.units, before)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.with_bias(tf.matmul(inputs, self.scaled_kernel()))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict:
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable(package="kerasgan")
class EqualisedConv2D(Equalised):
    """The same size, or twice it: [N, H, W, C] -> [N, H, W, filters].

    Args:
        filters: channels it makes.
        side: of the kernel.
        up: of a picture whose pixels are doubled first, [N, 2H, 2W, filters]; the side
            is 3 then.

    Example:
    >>> EqualisedConv2D(5, 3)(tf.zeros([2, 4, 6, 3])).shape
    TensorShape([2, 4, 6, 5])
    """

    def __init__(
        self, filters: int, side: int, up: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.side, self.up = filters, side, up

    def build(self, input_shape) -> None:
        before = input_shape[-1]
        shape = (self.side, self.side, before, self.filters)
        self.add_weights(shape, self.filters, self.side**2 * before)

    def call(self, images: tf.Tensor) -> tf.Tensor:
        kernel = self.scaled_kernel()
        if self.up:
            return self.with_bias(enlarge_and_convolve(images, kernel))
        return self.with_bias(tf.nn.conv2d(images, kernel, 1, "SAME"))

    def compute_output_shape(self, input_shape):
        count, height, width, _ = input_shape
        factor = 2 if self.up else 1
        return (count, factor * height, factor * width, self.filters)

    def get_config(self) -> dict:
        return super().get_config() | {
            "filters": self.filters,
            "side": self.side,
            "up": self.up,
        }


@keras.saving.register_keras_serializable(package="kerasgan")
class PixelNorm(keras.layers.Layer):
    """Each place's channels (or each latent) divided by their root mean square.

    Shapes: [N, ..., C] -> the same.

    Example:
    >>> PixelNorm()(tf.constant([[3.0, 4.0]])).numpy().round(3)
    array([[0.849, 1.131]], dtype=float32)
    """

    def __init__(self, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        squares = tf.square(tf.cast(inputs, tf.float32))
        mean = tf.reduce_mean(squares, axis=-1, keepdims=True)
        return inputs * tf.cast(tf.math.rsqrt(mean + self.epsilon), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict:
        return super().get_config() | {"epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="kerasgan")
class MinibatchStd(keras.layers.Layer):
    """One more channel: how much the pictures of a group differ from each other.

    It shows D whether G repeats itself. In training that is measured in groups of
    `group` pictures (of fewer, or of the whole batch, where that does not divide);
    otherwise its average over the training is used, so that what D says of a picture
    is of that alone.

    Shapes: [N, H, W, C] -> [N, H, W, C + 1].

    Example:
    >>> MinibatchStd()(tf.zeros([2, 4, 4, 3])).shape
    TensorShape([2, 4, 4, 4])
    """

    def __init__(self, group: int = 4, momentum: float = 0.99, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group, self.momentum = group, momentum

    def build(self, input_shape) -> None:
        self.average = self.add_weight(
            name="average",
            shape=(),
            initializer="zeros",
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        count = tf.shape(inputs)[0]
        if training:
            deviations = self.deviations(tf.cast(inputs, tf.float32))  # [groups]
            moving_average(self.average, tf.reduce_mean(deviations), self.momentum)
            each = tf.repeat(deviations, count // tf.shape(deviations)[0])  # [N]
        else:
            each = tf.fill([count], self.average.value)
        _, height, width, _ = inputs.shape
        channel = tf.cast(each, inputs.dtype)[:, None, None, None]
        channel = tf.tile(channel, [1, height, width, 1])
        return tf.concat([inputs, channel], axis=-1)

    def deviations(self, inputs: tf.Tensor) -> tf.Tensor:
        """Each group's deviation, averaged over places and channels: [groups]."""
        count = tf.shape(inputs)[0]
        # of 5 or 7 pictures no smaller group would do: all of them are one
        sizes = tf.concat([tf.range(self.group, 1, -1), [count]], axis=0)
        group = sizes[tf.argmax(tf.cast(count % sizes == 0, tf.int32))]
        groups = tf.reshape(inputs, tf.concat([[-1, group], tf.shape(inputs)[1:]], 0))
        centred = groups - tf.reduce_mean(groups, axis=1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=1)  # [groups, H, W, C]
        return tf.reduce_mean(tf.sqrt(variance + 1e-8), axis=[1, 2, 3])

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self) -> dict:
        return super().get_config() | {
            "group": self.group,
            "momentum": self.momentum,
        }
