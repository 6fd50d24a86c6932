"""The 4x4 convolution of stride 2 and its transpose, with quick filter gradients.

Forward and towards the pictures both are TensorFlow's. The gradient of the filter is,
between deep and small maps in bfloat16 on a CPU, a tenth as fast as the forward pass;
as matrix products over the batch it is two to three times as fast as that
(benchmarks/README.md has the figures). Elsewhere TensorFlow's own is quicker, and used.

Legend: N batch, 2H height and 2W width of the larger map, A its channels; H, W, B those
of the smaller one.
Source: a convolution of stride 2 is one of stride 1 over 2x2 blocks, and that one's
filter gradient a sum of matrix products over its shifts (Dumoulin & Visin 2016).
"""

from __future__ import annotations

import tensorflow as tf

SIDE = 4  # of the filter
QUICKER_FROM = 128  # channels of the larger map


def halve(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolution of stride 2: [N, 2H, 2W, A], [4, 4, A, B] -> [N, H, W, B].

    Differentiable any number of times.

    Example:
    >>> halve(tf.ones([2, 8, 6, 3]), tf.ones([4, 4, 3, 5])).shape
    TensorShape([2, 4, 3, 5])
    """
    if not _products_are_quicker(images.dtype, kernel):
        return tf.nn.conv2d(images, kernel, 2, "SAME")

    @tf.custom_gradient
    def convolve(images, kernel):
        def gradient(upstream):
            return double(upstream, kernel), filter_gradient(images, upstream)

        return tf.nn.conv2d(images, kernel, 2, "SAME"), gradient

    return convolve(images, kernel)


def double(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Transposed convolution: [N, H, W, B], [4, 4, A, B] -> [N, 2H, 2W, A]; other even
    sides of the filter by TensorFlow's alone.

    Differentiable any number of times.

    Example:
    >>> double(tf.ones([2, 4, 3, 5]), tf.ones([4, 4, 3, 5])).shape
    TensorShape([2, 8, 6, 3])
    """
    count, height, width, _ = images.shape
    count = tf.shape(images)[0] if count is None else count
    shape = [count, 2 * height, 2 * width, kernel.shape[2]]
    if not _products_are_quicker(images.dtype, kernel):
        return tf.nn.conv2d_transpose(images, kernel, shape, 2, "SAME")

    @tf.custom_gradient
    def convolve(images, kernel):
        def gradient(upstream):
            return halve(upstream, kernel), filter_gradient(upstream, images)

        return tf.nn.conv2d_transpose(images, kernel, shape, 2, "SAME"), gradient

    return convolve(images, kernel)


def enlarge_and_convolve(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Each pixel to 2x2, then a convolution: [N, H, W, B], [3, 3, B, A] -> [N, 2H, 2W,
    A], as one transposed convolution.

    Example:
    >>> enlarge_and_convolve(tf.ones([2, 4, 3, 5]), tf.ones([3, 3, 5, 3])).shape
    TensorShape([2, 8, 6, 3])
    """
    # a transposed convolution turns its kernel around, and has [.., out, in]
    return double(images, over_copies(tf.transpose(kernel, [0, 1, 3, 2])[::-1, ::-1]))


def over_copies(kernel: tf.Tensor) -> tf.Tensor:
    """A filter of doubled pixels as one of the pixels: [3, 3, A, B] -> [4, 4, A, B], or
    of any other odd side one that is larger by 1.

    Summed over the 2x2 copies of a pixel it is one that moves by two: 4/9 of the
    arithmetic (9/25 of 5x5), and no enlarged tensor in between (Karras et al. 2020,
    StyleGAN2, appendix B).

    >>> over_copies(tf.ones([3, 3, 1, 1]))[0, :, 0, 0].numpy().tolist()
    [1.0, 2.0, 2.0, 1.0]
    """
    shifts = [(i, j) for i in (0, 1) for j in (0, 1)]
    return tf.add_n(
        [tf.pad(kernel, [[i, 1 - i], [j, 1 - j], [0, 0], [0, 0]]) for i, j in shifts]
    )


def filter_gradient(large: tf.Tensor, small: tf.Tensor) -> tf.Tensor:
    """What both convolutions' filter receives: [4, 4, A, B].

    It is the sum over the batch and all places of `large` under the filter times
    `small` at that place: one matrix product for each of the four shifts of 2x2 blocks.

    Args:
        large: [N, 2H, 2W, A], the picture or, transposed, its gradient.
        small: [N, H, W, B], the gradient or, transposed, the picture.
    """
    _, height, width, after = small.shape
    before = large.shape[-1]
    blocks = tf.pad(large, [[0, 0], [1, 1], [1, 1], [0, 0]])
    blocks = tf.nn.space_to_depth(blocks, 2)  # [N, H + 1, W + 1, 4 A]
    small = tf.reshape(small, [-1, after])  # [N H W, B]
    shifts = [(i, j) for i in (0, 1) for j in (0, 1)]
    products = tf.stack(
        [
            tf.matmul(
                tf.reshape(blocks[:, i : i + height, j : j + width], [-1, 4 * before]),
                small,
                transpose_a=True,
            )
            for i, j in shifts
        ]
    )  # [4, 4 A, B]: block row and column, then row and column within the block
    gradient = tf.reshape(products, [2, 2, 2, 2, before, after])
    gradient = tf.transpose(gradient, [0, 2, 1, 3, 4, 5])
    return tf.reshape(gradient, [SIDE, SIDE, before, after])


def _products_are_quicker(dtype: tf.DType, kernel: tf.Tensor) -> bool:
    deep = kernel.shape[0] == SIDE and kernel.shape[2] >= QUICKER_FROM
    return deep and dtype == tf.bfloat16 and not tf.config.list_physical_devices("GPU")
