"""Convolutions that double or halve a map through a low-pass filter.

Up: zeros between the pixels, the filter [1, 3, 3, 1] in both directions, a convolution.
Down: the same filter, a convolution, every second pixel.

A filter and a convolution in a row are one convolution with the longer kernel that both
make together: no map in between, two to four times the arithmetic. In bfloat16 on a
CPU, where arithmetic is cheap, they are one; elsewhere each is a pass of its own, which
is up to four times as quick (benchmarks/README.md has the figures).

Legend: N batch, H height, W width, A and B channels, K side of the kernel, 1 or 3.
Source: Karras et al. 2019 and 2020 (StyleGAN, section 2; StyleGAN2, appendix B).
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

BINOMIAL = np.array([1.0, 3.0, 3.0, 1.0]) / 8  # a low pass that sums to 1
SQUARE = np.outer(BINOMIAL, BINOMIAL)  # [4, 4]


def convolve_up(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """[N, H, W, A], [K, K, A, B] -> [N, 2H, 2W, B].

    Example:
    >>> convolve_up(tf.ones([2, 4, 4, 3]), tf.ones([3, 3, 3, 5])).shape
    TensorShape([2, 8, 8, 5])
    """
    _, height, width, _ = images.shape
    kernel = 4 * kernel  # three of four pixels are zeros
    if _one_pass_is_quicker(images.dtype):
        kernel = filtered(kernel)
        outputs = _spread(images, kernel, (2 * height, 2 * width), "SAME")
    else:
        side = kernel.shape[0]
        reach = (2 * height + side - 2, 2 * width + side - 2)
        outputs = low_pass(_spread(images, kernel, reach, "VALID"), (5 - side) // 2)
    return tf.ensure_shape(outputs, [None, 2 * height, 2 * width, kernel.shape[-1]])


def convolve_down(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """[N, 2H, 2W, A], [K, K, A, B] -> [N, H, W, B].

    Example:
    >>> convolve_down(tf.ones([2, 8, 8, 3]), tf.ones([1, 1, 3, 5])).shape
    TensorShape([2, 4, 4, 5])
    """
    if _one_pass_is_quicker(images.dtype):
        return tf.nn.conv2d(images, filtered(kernel), 2, "SAME")
    if kernel.shape[0] == 1:  # pixels that the convolution leaves out are not filtered
        return tf.nn.conv2d(low_pass(images, 1, stride=2), kernel, 1, "VALID")
    return tf.nn.conv2d(low_pass(images, 2), kernel, 2, "VALID")


def double(images: tf.Tensor) -> tf.Tensor:
    """Twice as large through the low pass: [N, H, W, C] -> [N, 2H, 2W, C]."""
    channels = images.shape[-1]
    return convolve_up(images, tf.eye(channels, dtype=images.dtype)[None, None])


def low_pass(images: tf.Tensor, margin: int, stride: int = 1) -> tf.Tensor:
    """Every channel filtered by itself, with `margin` zeros on each side:
    [N, H, W, A] -> [N, H + 2 margin - 3, .., A], of which every `stride`-th.

    >>> low_pass(tf.ones([1, 8, 8, 1]), 0)[0, 0, :, 0].numpy().tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    each = np.repeat(SQUARE[:, :, None, None], images.shape[-1], axis=2)
    kernel = tf.constant(each, images.dtype)
    wider = tf.pad(images, [[0, 0], [margin, margin], [margin, margin], [0, 0]])
    return tf.nn.depthwise_conv2d(wider, kernel, [1, stride, stride, 1], "VALID")


def filtered(kernel: tf.Tensor) -> tf.Tensor:
    """The kernel of low pass and convolution together: [K, K, A, B] -> [K + 3, ...].

    Example:
    >>> both = filtered(tf.ones([1, 1, 1, 1]))
    >>> both.shape, float(tf.reduce_sum(both))
    (TensorShape([4, 4, 1, 1]), 1.0)
    """
    side, _, before, after = kernel.shape
    # one matrix product: a convolution of so many pictures of one channel is slow
    weights = tf.reshape(kernel, [side**2, before * after])
    whole = tf.matmul(tf.constant(_shifts(side), kernel.dtype), weights)
    return tf.reshape(whole, [side + 3, side + 3, before, after])


def _shifts(side: int) -> np.ndarray:
    """The low pass as a matrix, from the places of a kernel to those of the longer
    one: [(K + 3)^2, K^2]."""
    matrix = np.zeros((side + 3, side + 3, side, side))
    for i in range(side):
        for j in range(side):
            matrix[i : i + 4, j : j + 4, i, j] = SQUARE
    return matrix.reshape((side + 3) ** 2, side**2)


def _spread(
    images: tf.Tensor, kernel: tf.Tensor, size: tuple[int, int], padding: str
) -> tf.Tensor:
    """Zeros between the pixels, and a convolution: [N, H, W, A] -> [N, *size, B]."""
    # a transposed convolution turns its kernel around, and has [.., out, in]
    turned = tf.transpose(kernel, [0, 1, 3, 2])[::-1, ::-1]
    shape = [tf.shape(images)[0], *size, kernel.shape[-1]]
    return tf.nn.conv2d_transpose(images, turned, shape, 2, padding)


def _one_pass_is_quicker(dtype: tf.DType) -> bool:
    return dtype == tf.bfloat16 and not tf.config.list_physical_devices("GPU")
