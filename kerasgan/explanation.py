"""What a discriminator looks at: pictures that excite a channel, pixels that decide.

Legend: N pictures, H height, W width, C channels; images float32 in [-1, 1].
Sources: activation maximisation, Erhan et al. 2009; robustness to small transformations
and total variation, Olah et al. 2017; gradient maps, Simonyan et al. 2014, averaged
over noise, Smilkov et al. 2017 (SmoothGrad).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from kerasgan.feature_maps import named_maps

JITTER = 1 / 16  # of a side: how far a picture is shifted between two steps
TURN = 0.1  # radians, either way
NOISE = 0.15  # deviation of the noise that gradient maps are averaged over


def layer_outputs(discriminator: keras.Model, name: str) -> keras.Model:
    """The model images -> the outputs of one layer.

    Raises:
        ValueError: there is no such layer; names those there are.
    """
    maps = named_maps(discriminator)
    if name not in maps:
        raise ValueError(f"A layer must be one of {', '.join(maps)}. Received {name}.")
    return keras.Model(discriminator.input, maps[name])


def exciting_pictures(
    layer: Callable[[tf.Tensor], tf.Tensor],
    channels: Sequence[int],
    image_shape: tuple[int, int, int],
    *,
    steps: int = 200,
    rate: float = 0.05,
    smoothness: float = 0.05,
    seed: int = 0,
) -> np.ndarray:
    """For each channel the picture that excites it most, [len(channels), H, W, C].

    Between two steps a picture is shifted and turned a little, so that what counts is
    a shape and not its exact place, and differences between neighbours cost
    `smoothness` (total variation).

    Args:
        layer: images -> features [N, h, w, F].
        channels: numbers of features, below F.
        image_shape: (H, W, C).

    Raises:
        ValueError: a channel that there is not.
    """
    channels = list(channels)
    start = tf.random.stateless_normal([len(channels), *image_shape], [seed, 0])
    pixels = tf.Variable(0.1 * start)
    count = layer(tf.zeros([1, *image_shape])).shape[-1]
    if not channels or not 0 <= min(channels) <= max(channels) < count:
        raise ValueError(f"Channels must lie in 0 to {count - 1}. Received {channels}.")
    wanted = tf.one_hot(channels, count)  # [N, F]
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build([pixels])

    @tf.function(autograph=False)
    def climb(step: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            images = tf.tanh(pixels)
            features = layer(_moved(images, tf.stack([seed + 1, step])))
            excited = tf.reduce_mean(tf.cast(features, tf.float32), axis=[1, 2])
            excitement = tf.reduce_sum(excited * wanted, axis=1)  # [N]
            rough = tf.image.total_variation(images) / np.prod(image_shape)
            loss = tf.reduce_sum(smoothness * rough - excitement)
        optimizer.apply([tape.gradient(loss, pixels)], [pixels])

    for step in tf.range(steps):
        climb(step)
    return tf.tanh(pixels).numpy()


def _moved(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """All pictures shifted and turned by one random amount, mirrored at the edges."""
    height, width = images.shape[1:3]
    drawn = tf.random.stateless_uniform([3], seed, -1.0, 1.0)
    angle = drawn[0] * TURN
    cosine, sine = tf.cos(angle), tf.sin(angle)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    shift_x, shift_y = drawn[1] * JITTER * width, drawn[2] * JITTER * height
    offset_x = middle_x - cosine * middle_x + sine * middle_y + shift_x
    offset_y = middle_y - sine * middle_x - cosine * middle_y + shift_y
    row = tf.stack([cosine, -sine, offset_x, sine, cosine, offset_y, 0.0, 0.0])
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=row[None],
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )


def deciding_pixels(
    judge: Callable[[tf.Tensor], tf.Tensor],
    images: np.ndarray,
    samples: int = 16,
    seed: int = 0,
) -> np.ndarray:
    """How much each pixel moves D's score, [N, H, W], each picture's largest being 1.

    The size of the score's slope at the pixel, averaged over `samples` noisy copies.

    Args:
        judge: images -> logits [N, 1].
        images: [N, H, W, C].

    Example:
    >>> first = lambda x: x[:, 0, 0, :1]
    >>> deciding_pixels(first, np.zeros((1, 2, 2, 3), np.float32)).tolist()
    [[[1.0, 0.0], [0.0, 0.0]]]
    """
    images = tf.constant(images, tf.float32)

    @tf.function(autograph=False)
    def slopes(k: tf.Tensor) -> tf.Tensor:
        noise = tf.random.stateless_normal(tf.shape(images), tf.stack([seed, k]))
        noisy = images + NOISE * noise
        with tf.GradientTape() as tape:
            tape.watch(noisy)
            total = tf.reduce_sum(judge(noisy))
        return tf.norm(tape.gradient(total, noisy), axis=-1)  # [N, H, W]

    mean = sum(slopes(k) for k in tf.range(samples)) / samples
    largest = tf.reduce_max(mean, axis=[1, 2], keepdims=True)
    return tf.math.divide_no_nan(mean, largest).numpy()


def most_excited(features: np.ndarray, count: int) -> list[int]:
    """The channels of maps [N, h, w, F] that differ most between pictures.

    >>> maps = np.zeros((2, 1, 1, 3)); maps[1, 0, 0, 2] = 5.0
    >>> most_excited(maps, 1)
    [2]
    """
    means = np.asarray(features, np.float64).mean(axis=(1, 2))  # [N, F]
    return np.argsort(-means.std(axis=0), kind="stable")[:count].tolist()
