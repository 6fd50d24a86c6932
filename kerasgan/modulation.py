"""The layers of a style-based generator: mapping, modulated convolution, noise.

Legend: N batch, H height, W width, A and B channels, Z latent_dim, D numbers in a
style w (as many as in a latent), L styles in a picture.
Source: Karras et al. 2020 (StyleGAN2, sections 2 and 4), 2019 (StyleGAN, section 2).
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasgan.ema import moving_average
from kerasgan.equalised import Equalised, EqualisedDense, PixelNorm
from kerasgan.layers import leaky_relu
from kerasgan.resampling import convolve_up

MAPPING_PACE = 0.01  # the mapping learns a hundred times as slowly
NOISE_PACE = 0.001  # or a young G makes all fine detail out of noise


@keras.saving.register_keras_serializable(package="kerasgan")
class Mapping(keras.layers.Layer):
    """Latents [N, Z + K] -> styles [N, D], by `depth` dense layers of Z units.

    A class, one-hot behind the latent, becomes as many numbers as a latent has; both
    are normalised and enter side by side.

    Args:
        depth: how many dense layers.
        classes: K, 0 for none.

    Example:
    >>> Mapping(depth=2, classes=3)(tf.ones([5, 8 + 3])).shape
    TensorShape([5, 8])
    """

    def __init__(self, depth: int = 8, classes: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.depth, self.classes = depth, classes

    def build(self, input_shape) -> None:
        units, policy = input_shape[-1] - self.classes, self.dtype_policy
        self.norm = PixelNorm(dtype=policy)
        self.stack = [
            EqualisedDense(units, pace=MAPPING_PACE, dtype=policy, name=f"dense_{k}")
            for k in range(self.depth)
        ]
        before = units
        if self.classes:
            self.embed = EqualisedDense(units, gain=1.0, dtype=policy, name="embed")
            self.embed.build((None, self.classes))
            before = 2 * units
        for layer in self.stack:
            layer.build((None, before))
            before = units

    def call(self, z: tf.Tensor) -> tf.Tensor:
        units = z.shape[-1] - self.classes
        w = self.norm(z[:, :units])
        if self.classes:
            labels = self.norm(self.embed(z[:, units:]))
            w = tf.concat([w, labels], axis=1)
        for layer in self.stack:
            w = leaky_relu(layer(w))
        return w

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1] - self.classes)

    def get_config(self) -> dict:
        return super().get_config() | {"depth": self.depth, "classes": self.classes}


@keras.saving.register_keras_serializable(package="kerasgan")
class Truncation(keras.layers.Layer):
    """One style for all layers, drawn towards the mean one: [N, D] -> [N, L, D].

    The mean follows the styles of the training. `psi` is 1 (no truncation) but where
    pictures are to be truncated: 0 gives the mean picture. A call may be given others
    in its place, one for each row [N, 1].

    Args:
        count: L.
        momentum: of the mean.
    """

    def __init__(self, count: int, momentum: float = 0.995, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.count, self.momentum = count, momentum

    def build(self, input_shape) -> None:
        def add(name: str, shape: tuple[int, ...], value: float) -> keras.Variable:
            return self.add_weight(
                name=name,
                shape=shape,
                initializer=keras.initializers.Constant(value),
                trainable=False,
            )

        self.mean = add("mean", (input_shape[-1],), 0.0)
        self.psi = add("psi", (), 1.0)

    def call(
        self, w: tf.Tensor, training: bool = False, psi: tf.Tensor | None = None
    ) -> tf.Tensor:
        if training:
            moving_average(self.mean, tf.reduce_mean(w, axis=0), self.momentum)
        else:
            psi = self.psi.value if psi is None else psi
            w = self.mean.value + (w - self.mean.value) * psi
        return tf.tile(w[:, None], [1, self.count, 1])

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.count, input_shape[-1])

    def get_config(self) -> dict:
        config = super().get_config()
        return config | {"count": self.count, "momentum": self.momentum}


@keras.saving.register_keras_serializable(package="kerasgan")
class ModulatedConv2D(Equalised):
    """A convolution whose kernel each picture's style scales: [N, H, W, A], [N, D].

    The paper scales the kernel's input channels by s and its outputs so that their
    variance is 1 again. Scaling the inputs and outputs instead is the same and needs
    one convolution for the batch: y = d conv(s x), 1 / d the norm of the scaled kernel.

    Args:
        filters: B.
        side: of the kernel.
        demodulate: whether the outputs' variance is made 1 again.
        up: whether the map is doubled on the way.

    Example:
    >>> ModulatedConv2D(5, 3, up=True)((tf.ones([2, 4, 4, 3]), tf.ones([2, 8]))).shape
    TensorShape([2, 8, 8, 5])
    """

    def __init__(
        self,
        filters: int,
        side: int,
        demodulate: bool = True,
        up: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"gain": 1.0} | kwargs)
        self.filters, self.side = filters, side
        self.demodulate, self.up = demodulate, up

    def build(self, input_shape) -> None:
        images, styles = input_shape
        before = images[-1]
        shape = (self.side, self.side, before, self.filters)
        self.add_weights(shape, self.filters, self.side**2 * before)
        self.style = EqualisedDense(
            before, gain=1.0, bias=1.0, dtype=self.dtype_policy, name="style"
        )
        self.style.build(styles)

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        images, w = inputs
        s = self.style(w)  # [N, A]
        kernel = self.scaled_kernel()
        images = images * s[:, None, None, :]
        if self.up:
            outputs = convolve_up(images, kernel)
        else:
            outputs = tf.nn.conv2d(images, kernel, 1, "SAME")
        if self.demodulate:
            outputs = outputs * self.demodulation(kernel, s)[:, None, None, :]
        return self.with_bias(outputs)

    def demodulation(self, kernel: tf.Tensor, s: tf.Tensor) -> tf.Tensor:
        """d, [N, B]: one over the norm of each picture's kernel."""
        squares = tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32)), axis=[0, 1])
        norms = tf.matmul(tf.square(tf.cast(s, tf.float32)), squares)  # [N, B]
        return tf.cast(tf.math.rsqrt(norms + 1e-8), s.dtype)

    def compute_output_shape(self, input_shape):
        count, height, width, _ = input_shape[0]
        factor = 2 if self.up else 1
        return (count, factor * height, factor * width, self.filters)

    def get_config(self) -> dict:
        return super().get_config() | {
            "filters": self.filters,
            "side": self.side,
            "demodulate": self.demodulate,
            "up": self.up,
        }


@keras.saving.register_keras_serializable(package="kerasgan")
class Noise(keras.layers.Layer):
    """Adds one channel of noise to all, times a strength that is learnt: [N, H, W, C].

    In training the noise follows from the styles alone, so that a step is repeatable;
    afterwards it is always the same, so that a latent has one picture.

    Args:
        number: of this layer in its generator: each has noise of its own.
    """

    def __init__(self, number: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number = number

    def build(self, input_shape) -> None:
        self.strength = self.add_weight(name="strength", shape=(), initializer="zeros")

    def call(
        self, inputs: tuple[tf.Tensor, tf.Tensor], training: bool = False
    ) -> tf.Tensor:
        images, w = inputs  # [N, H, W, C], [N, D]
        _, height, width, _ = images.shape
        if training:
            seed = tf.bitcast(
                tf.cast(tf.concat([w[0], w[0]], 0)[:2], tf.float32), tf.int32
            )
            seed = tf.random.experimental.stateless_fold_in(seed, self.number)
            shape = [tf.shape(images)[0], height, width, 1]
            noise = tf.random.stateless_normal(shape, seed)
        else:
            shape = [1, height, width, 1]
            # by name, so that the numbers are the same on every device
            noise = tf.random.stateless_normal(shape, [0, self.number], alg="philox")
            # A constant for each picture: with one for all of them TensorFlow's
            # optimizer adds the bias to it before and gets the shape wrong.
            noise = tf.repeat(noise, tf.shape(images)[0], axis=0)
        strength = tf.cast(self.strength.value * NOISE_PACE, images.dtype)
        return images + tf.cast(noise, images.dtype) * strength

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self) -> dict:
        return super().get_config() | {"number": self.number}
