"""Convolutions that double or halve a map through a low-pass filter, in one pass each.

Up: zeros between the pixels, the filter [1, 3, 3, 1] in both directions, a convolution.
Down: the same filter, a convolution, every second pixel. A filter and a convolution in
a row are one convolution with the longer kernel that both make together; so each is one
call, with no map in between.

Legend: N batch, H height, W width, A and B channels, K side of the kernel, odd.
Source: Karras et al. 2019 and 2020 (StyleGAN, section 2; StyleGAN2, appendix B).
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

BINOMIAL = np.array([1.0, 3.0, 3.0, 1.0]) / 8  # a low pass that sums to 1
SQUARE = np.outer(BINOMIAL, BINOMIAL)  # [4, 4]


def filtered(kernel: tf.Tensor) -> tf.Tensor:
    """The kernel of low pass and convolution together: [K, K, A, B] -> [K + 3, ...].

    Example:
    >>> both = filtered(tf.ones([1, 1, 1, 1]))
    >>> both.shape, float(tf.reduce_sum(both))
    (TensorShape([4, 4, 1, 1]), 1.0)
    """
    side, _, before, after = kernel.shape
    # each weight of the kernel is a picture of one channel to the filter
    pictures = tf.reshape(kernel, [side, side, before * after, 1])
    pictures = tf.transpose(pictures, [2, 0, 1, 3])  # [A B, K, K, 1]
    low_pass = tf.constant(SQUARE[:, :, None, None], kernel.dtype)
    pictures = tf.pad(pictures, [[0, 0], [3, 3], [3, 3], [0, 0]])
    pictures = tf.nn.conv2d(pictures, low_pass, 1, "VALID")  # [A B, K + 3, K + 3, 1]
    whole = tf.transpose(pictures, [1, 2, 0, 3])
    return tf.reshape(whole, [side + 3, side + 3, before, after])


def convolve_up(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """[N, H, W, A], [K, K, A, B] -> [N, 2H, 2W, B].

    Example:
    >>> convolve_up(tf.ones([2, 4, 4, 3]), tf.ones([3, 3, 3, 5])).shape
    TensorShape([2, 8, 8, 5])
    """
    _, height, width, _ = images.shape
    whole = 4 * filtered(kernel)  # three of four pixels are zeros
    # a transposed convolution turns its kernel around, and has [.., out, in]
    whole = tf.transpose(whole, [0, 1, 3, 2])[::-1, ::-1]
    shape = [tf.shape(images)[0], 2 * height, 2 * width, kernel.shape[-1]]
    outputs = tf.nn.conv2d_transpose(images, whole, shape, 2, "SAME")
    return tf.ensure_shape(outputs, [None, *shape[1:]])


def convolve_down(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """[N, 2H, 2W, A], [K, K, A, B] -> [N, H, W, B].

    Example:
    >>> convolve_down(tf.ones([2, 8, 8, 3]), tf.ones([1, 1, 3, 5])).shape
    TensorShape([2, 4, 4, 5])
    """
    return tf.nn.conv2d(images, filtered(kernel), 2, "SAME")


def double(images: tf.Tensor) -> tf.Tensor:
    """Twice as large through the low pass: [N, H, W, C] -> [N, 2H, 2W, C]."""
    channels = images.shape[-1]
    return convolve_up(images, tf.eye(channels, dtype=images.dtype)[None, None])
