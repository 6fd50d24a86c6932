"""Layers that the networks share and Keras does not have, or has slower.

Legend: N batch, H height, W width, C channels.
Sources: batch normalisation, Ioffe & Szegedy 2015; projection, Miyato & Koyama 2018;
gated linear units, Dauphin et al. 2017.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from kerasgan import convolutions
from kerasgan.ema import moving_average

DCGAN_STDDEV = 0.02  # Radford et al. 2016: all weights start as normal(0, 0.02)
LEAKY = 0.2  # the papers' slope of LeakyReLU


def dcgan_normal() -> keras.initializers.Initializer:
    """What DCGAN's weights, and those of networks after it, begin with."""
    return keras.initializers.RandomNormal(stddev=DCGAN_STDDEV)


def leaky(x, name: str):
    """A LeakyReLU layer called `leaky_<name>` on a Keras tensor."""
    return Leaky(name=f"leaky_{name}")(x)


@keras.saving.register_keras_serializable(package="kerasgan")
class Leaky(keras.layers.Layer):
    """LeakyReLU, whose gradient is taken from its output.

    That has the sign of the input, which need not be kept: TensorFlow can then compute
    convolution, bias and this in one.

    Shapes: any -> the same.

    Example:
    >>> Leaky()(tf.constant([-1.0, 2.0])).numpy()
    array([-0.2,  2. ], dtype=float32)
    """

    def __init__(self, slope: float = LEAKY, **kwargs) -> None:
        super().__init__(**kwargs)
        self.slope = slope

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return leaky_relu(inputs, self.slope)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict:
        return super().get_config() | {"slope": self.slope}


def leaky_relu(inputs: tf.Tensor, slope: float = LEAKY) -> tf.Tensor:
    """The function of `Leaky`.

    >>> leaky_relu(tf.constant(-1.0), 0.5).numpy().item()
    -0.5
    """

    @tf.custom_gradient
    def forward(inputs: tf.Tensor):
        outputs = tf.nn.leaky_relu(inputs, slope)
        signs = tf.stop_gradient(outputs)  # else a gradient's gradient is zeros here

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            return tf.raw_ops.LeakyReluGrad(
                gradients=upstream, features=signs, alpha=slope
            )

        return outputs, gradient

    return forward(inputs)


@keras.saving.register_keras_serializable(package="kerasgan")
class GatedLinear(keras.layers.Layer):
    """A gated linear unit: half of the channels, each times the sigmoid of another.

    Shapes: [..., 2C] -> [..., C].

    Example:
    >>> GatedLinear()(tf.constant([[2.0, 0.0]])).numpy().item()
    1.0
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        values, gates = tf.split(inputs, 2, axis=-1)  # a slice's gradient is slow
        return values * tf.sigmoid(gates)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] // 2)


@keras.saving.register_keras_serializable(package="kerasgan")
class DownConv2D(keras.layers.Conv2D):
    """Keras' convolution, 4x4 with stride 2, with quicker filter gradients.

    Shapes: [N, 2H, 2W, C] -> [N, H, W, filters].

    Example:
    >>> DownConv2D(5)(tf.zeros([2, 8, 12, 3])).shape
    TensorShape([2, 4, 6, 5])
    """

    def __init__(self, filters: int, **kwargs) -> None:
        fixed = {"kernel_size": 4, "strides": 2, "padding": "same"}
        super().__init__(filters, **(kwargs | fixed))

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return convolutions.halve(inputs, tf.convert_to_tensor(kernel))


@keras.saving.register_keras_serializable(package="kerasgan")
class SoftColour(keras.layers.Layer):
    """Fine detail of the colours made fainter; brightness stays as it is.

    In photographs colours vary more slowly than brightness, which is why JPEG stores
    them at half the resolution. A generator does not know that, and a discriminator
    sees the noise of a pixel's size in them last of all. Here the difference of each
    pixel's colours (the channels less their mean) from the blurred ones is multiplied
    by `share`: a bias that a generator can outweigh, and no limit. A fourth channel,
    alpha, is left alone.

    Shapes: [N, H, W, 3 or 4] -> the same.

    Example:
    >>> grey = tf.reshape(tf.range(27.0) // 3, [1, 3, 3, 3])
    >>> bool(tf.reduce_max(tf.abs(SoftColour(0.3)(grey) - grey)) < 1e-5)
    True
    """

    def __init__(self, share: float = 0.1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.share = share

    def call(self, images: tf.Tensor) -> tf.Tensor:
        blur = np.outer([1, 2, 1], [1, 2, 1]) / 16
        same = np.zeros((3, 3))
        same[1, 1] = 1
        mean = np.zeros((images.shape[-1],) * 2)
        mean[:3, :3] = 1 / 3
        colours = np.eye(len(mean)) - mean  # of a pixel: [C, C]
        colours[3:] = 0
        faint = (1 - self.share) * (blur - same)  # added to the colours' 3x3
        kernel = same[:, :, None, None] * np.eye(len(mean))
        kernel = kernel + faint[:, :, None, None] * colours
        around = [[0, 0], [1, 1], [1, 1], [0, 0]]
        images = tf.pad(images, around, "REFLECT")
        return tf.nn.conv2d(images, tf.constant(kernel, images.dtype), 1, "VALID")

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict:
        return super().get_config() | {"share": self.share}


@keras.saving.register_keras_serializable(package="kerasgan")
class UpConv2D(keras.layers.Layer):
    """Nearest up-sampling by 2 and a convolution, as one transposed convolution.

    Its kernel is held the other way around: [side, side, filters, C].

    Args:
        side: of the kernel, odd.

    Shapes: [N, H, W, C] -> [N, 2H, 2W, filters].

    Example:
    >>> UpConv2D(5)(tf.zeros([2, 4, 6, 3])).shape
    TensorShape([2, 8, 12, 5])
    """

    def __init__(
        self, filters: int, use_bias: bool = False, side: int = 3, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.use_bias = use_bias
        self.side = side

    def build(self, input_shape) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.side, self.side, self.filters, input_shape[-1]),
            initializer=dcgan_normal(),
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer="zeros"
            )

    def call(self, images: tf.Tensor) -> tf.Tensor:
        kernel = convolutions.over_copies(tf.convert_to_tensor(self.kernel))
        outputs = convolutions.double(images, kernel)
        return tf.nn.bias_add(outputs, self.bias) if self.use_bias else outputs

    def compute_output_shape(self, input_shape):
        count, height, width, _ = input_shape
        return (count, 2 * height, 2 * width, self.filters)

    def get_config(self) -> dict:
        return super().get_config() | {
            "filters": self.filters,
            "use_bias": self.use_bias,
            "side": self.side,
        }


@keras.saving.register_keras_serializable(package="kerasgan")
class BatchNorm(keras.layers.Layer):
    """Batch normalisation over N, H, W by TensorFlow's fused kernel.

    Equal to `keras.layers.BatchNormalization` (but that the moving variance follows
    the unbiased estimate) and about three times as fast in bfloat16 on a CPU, where
    Keras' is a dozen element-wise operations. Weights and statistics are float32
    whatever the layer computes in.

    Shapes: [N, H, W, C] -> the same.

    Example:
    >>> float(tf.reduce_max(BatchNorm()(tf.ones([2, 4, 4, 3]), training=True)))
    0.0
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape) -> None:
        def add(name: str, initializer: str, trainable: bool):
            return self.add_weight(
                name=name,
                shape=(input_shape[-1],),
                initializer=initializer,
                trainable=trainable,
                dtype="float32",
                autocast=False,
            )

        self.gamma = add("gamma", "ones", True)
        self.beta = add("beta", "zeros", True)
        self.moving_mean = add("moving_mean", "zeros", False)
        self.moving_variance = add("moving_variance", "ones", False)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        images = inputs
        if inputs.dtype == tf.bfloat16 and tf.config.list_physical_devices("GPU"):
            images = tf.cast(inputs, tf.float32)  # cuDNN has it in float32 and 16
        gamma, beta = self.gamma.value, self.beta.value
        if training:
            outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                images, gamma, beta, epsilon=self.epsilon, is_training=True
            )
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance)
        else:
            outputs, _, _ = tf.compat.v1.nn.fused_batch_norm(
                images,
                gamma,
                beta,
                mean=self.moving_mean.value,
                variance=self.moving_variance.value,
                epsilon=self.epsilon,
                is_training=False,
            )
        return tf.cast(outputs, inputs.dtype)

    def _follow(self, moving: keras.Variable, batch_value: tf.Tensor) -> None:
        if self.compute_dtype == "float16":  # an overflow must not stay
            moving_average(moving, batch_value, self.momentum)
            return
        moving.assign(moving.value + (batch_value - moving.value) * (1 - self.momentum))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict:
        return super().get_config() | {
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }


@keras.saving.register_keras_serializable(package="kerasgan")
class Projection(keras.layers.Layer):
    """How well features fit the class that was claimed, added to the logits.

    Each class has a direction in the space of features; the features' share along that
    of the claimed class is added. It starts at 0 for all of them.

    Inputs: logits [N, 1], features [N, F], classes one-hot [N, K]. Outputs: [N, 1].

    Args:
        equalised: divide by the root of F, as equalised layers do, whose weights move
            in larger steps.

    Example:
    >>> parts = [tf.zeros([2, 1]), tf.ones([2, 5]), tf.one_hot([0, 2], 3)]
    >>> Projection()(parts).shape
    TensorShape([2, 1])
    """

    def __init__(self, equalised: bool = False, **kwargs) -> None:
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.equalised = equalised

    def build(self, input_shape) -> None:
        _, features, labels = input_shape
        self.scale = features[-1] ** -0.5 if self.equalised else 1.0
        self.directions = self.add_weight(
            name="directions", shape=(labels[-1], features[-1]), initializer="zeros"
        )

    def call(self, inputs) -> tf.Tensor:
        logits, features, labels = inputs
        directions = tf.matmul(labels, self.directions) * self.scale  # [N, F]
        return logits + tf.reduce_sum(directions * features, axis=1, keepdims=True)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self) -> dict:
        return super().get_config() | {"equalised": self.equalised}


def judging(
    images: keras.KerasTensor,
    logits: keras.KerasTensor,
    features: keras.KerasTensor,
    classes: int,
    name: str,
    equalised: bool = False,
) -> keras.Model:
    """D from its last layers: of images [N, H, W, C] alone or, where there are
    `classes`, of a list of these and one-hot classes [N, K], judged by `features`
    [N, F] too.

    Example:
    >>> x = keras.Input((5,))
    >>> len(judging(x, keras.layers.Dense(1)(x), x, classes=3, name="d").inputs)
    2
    """
    if not classes:
        return keras.Model(images, logits, name=name)
    labels = keras.Input((classes,), name="labels")
    projection = Projection(equalised, name="projected_logits")
    logits = projection([logits, features, labels])
    return keras.Model([images, labels], logits, name=name)
