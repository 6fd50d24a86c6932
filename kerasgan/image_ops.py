"""Differentiable operations on pictures, each picture with parameters of its own.

N batch, H height, W width, C channels (1, 3, or 4 with alpha last); images float32
in [-1, 1]. A parameter is a number for all pictures or a vector [N]. Nothing clips:
values may leave [-1, 1], and the gradient stays alive. The colour operations leave
alpha alone; what moves in from outside the picture is 0, a middle grey.

Every operation is differentiable any number of times, and its gradient is exact.
The geometric ones are linear in the pixels, so their gradient is the transposed
operation. TensorFlow's own gradient of a warp is the inverse warp instead, which is
wrong by about the square of the scale; `affine` therefore brings its own. For second
derivatives both tapes must be in the same tf.function as the operation, as they are
in a training step (TensorFlow refuses otherwise; a limit of tf.custom_gradient).

Sources: Zhao et al. 2020, DiffAugment (brightness, contrast, translation, cutout);
Karras et al. 2020, ADA (per-picture matrices); the NTSC's YIQ (hue, saturation).
"""

import keras
import numpy as np
import tensorflow as tf

# Columns: what Y (brightness), I and Q (colour) are made of, rows: red, green, blue.
YIQ = np.array([[0.299, 0.596, 0.211], [0.587, -0.274, -0.523], [0.114, -0.322, 0.312]])
_FROM_YIQ = np.linalg.inv(YIQ)
_GREY = YIQ[:, :1] @ _FROM_YIQ[:1]  # keeps Y alone
_COLOUR = YIQ[:, 1:] @ _FROM_YIQ[1:]  # keeps I and Q; grey + colour = identity
_TURNED = YIQ[:, 1:] @ np.array([[0.0, 1.0], [-1.0, 0.0]]) @ _FROM_YIQ[1:]  # by 90°


def brightness(images, delta) -> tf.Tensor:
    """Adds `delta` to every pixel: [N, H, W, C] -> [N, H, W, C].

    >>> float(brightness(tf.zeros((1, 1, 1, 1)), 0.25)[0, 0, 0, 0])
    0.25
    """
    return adjust_colour(images, delta=delta)


def contrast(images, factor) -> tf.Tensor:
    """Stretches each picture about its own mean over H, W and colours.

    >>> contrast(tf.constant([[[[0.0], [1.0]]]]), 2.0).numpy().ravel().tolist()
    [-0.5, 1.5]
    """
    return adjust_colour(images, contrast=factor)


def saturation(images, factor) -> tf.Tensor:
    """Stretches each pixel about its own grey (luma Y): 0 is grey, 1 no change.

    One channel has no colour and comes back as it is.
    """
    return adjust_colour(images, saturation=factor)


def hue(images, angle) -> tf.Tensor:
    """Turns the colours by `angle` radians around the grey axis, in YIQ.

    One channel has no colour and comes back as it is.
    """
    return adjust_colour(images, hue=angle)


def adjust_colour(
    images, *, delta=0.0, contrast=1.0, saturation=1.0, hue=0.0
) -> tf.Tensor:
    """Contrast, saturation, hue and brightness in one pass over the pixels.

    Contrast c gives x1 = c x + (1 - c) m, with m the picture's mean. Saturation s
    and hue h are one matrix T = G + s (cos h K + sin h J) on the colours of x1, and
    T leaves greys alone, so it passes (1 - c) m through unchanged. Adding the
    brightness b leaves y = x (c T) + (1 - c) m + b: one 3x3 matrix and one number a
    picture. As T keeps greys and contrast keeps the mean, brightness could as well
    come first.

    Args:
        images: [N, H, W, C].
        delta: Brightness, added; number or [N].
        contrast: Factor about the picture's mean; number or [N].
        saturation: Factor about each pixel's grey; number or [N].
        hue: Angle in radians; number or [N].

    Returns:
        [N, H, W, C] float32.

    Raises:
        ValueError: If images is not [N, H, W, C] with 1, 3 or 4 channels.

    >>> red = tf.constant([[[[1.0, 0.0, 0.0]]]])
    >>> adjust_colour(red, saturation=0.0).numpy().round(3).ravel().tolist()
    [0.29899999499320984, 0.29899999499320984, 0.29899999499320984]
    """
    images = as_images(images)
    batch, channels = tf.shape(images)[0], images.shape[-1]
    colours = min(channels, 3)
    delta, contrast, saturation, hue = (
        _per_picture(value, batch) for value in (delta, contrast, saturation, hue)
    )
    matrix = contrast * _colour_matrix(saturation, hue, colours)  # [N, colours, same]
    visible = images[..., :3] if channels == 4 else images
    mean = tf.reduce_mean(tf.reshape(visible, [batch, -1]), axis=1)[:, None, None]
    offset = tf.repeat((1.0 - contrast) * mean + delta, colours, axis=2)
    if channels == 4:  # alpha goes through as it is
        matrix = tf.pad(matrix, [[0, 0], [0, 1], [0, 1]])
        matrix += tf.constant(np.diag([0.0, 0.0, 0.0, 1.0]), tf.float32)
        offset = tf.pad(offset, [[0, 0], [0, 0], [0, 1]])
    pixels = tf.reshape(images, [batch, -1, channels])  # [N, H * W, C]
    return _shaped_like(tf.matmul(pixels, matrix) + offset, images)


def _colour_matrix(saturation, hue, colours: int) -> tf.Tensor:
    """[N, colours, colours], for pixels as rows; saturation and hue [N, 1, 1]."""
    if colours == 1:
        return tf.ones_like(saturation)
    grey, colour, turned = (
        tf.constant(part, tf.float32) for part in (_GREY, _COLOUR, _TURNED)
    )
    return grey + saturation * (tf.cos(hue) * colour + tf.sin(hue) * turned)


def translate(images, offsets) -> tf.Tensor:
    """Shifts each picture by whole pixels; 0 moves in.

    Args:
        images: [N, H, W, C].
        offsets: [N, 2] integers (down, right); negative is up and left.

    Returns:
        [N, H, W, C] float32.

    >>> picture = tf.constant([[[[1.0], [2.0], [3.0]]]])
    >>> translate(picture, [[0, 1]]).numpy().ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    images = as_images(images)
    return _shaped_like(_shift(images, tf.cast(offsets, tf.int32)), images)


@tf.custom_gradient
def _shift(images, offsets):
    def gradient(upstream):
        return _shift(upstream, -offsets), None  # the transpose is the way back

    batch, height, width, channels = tf.unstack(tf.shape(images))
    rows = tf.range(height) - offsets[:, :1]  # [N, H], where each row comes from
    columns = tf.range(width) - offsets[:, 1:]  # [N, W]
    inside = _between(rows, height)[:, :, None] & _between(columns, width)[:, None]
    first = tf.range(batch)[:, None, None] * height * width  # each picture's pixel 0
    source = (rows * width)[:, :, None] + columns[:, None] + first  # [N, H, W]
    pixels = tf.reshape(images, [-1, channels])
    moved = tf.gather(pixels, tf.where(inside, source, 0))
    return moved * tf.cast(inside, images.dtype)[..., None], gradient


def cutout(images, centres, size) -> tf.Tensor:
    """Sets a rectangle of each picture to 0, alpha included.

    Args:
        images: [N, H, W, C].
        centres: [N, 2] integers (row, column); the part outside is lost.
        size: (height, width), or [N, 2] integers; 0 leaves the picture alone. The
            rectangle covers centre - size // 2 up to, not with, centre + size // 2.

    Returns:
        [N, H, W, C] float32.

    >>> cutout(tf.ones((1, 1, 4, 1)), [[0, 1]], (2, 2)).numpy().ravel().tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    images = as_images(images)
    centres = tf.cast(centres, tf.int32)
    half = tf.broadcast_to(tf.cast(size, tf.int32) // 2, tf.shape(centres))
    first, last = centres - half, centres + half  # [N, 2]
    rows = tf.range(tf.shape(images)[1])
    columns = tf.range(tf.shape(images)[2])
    hidden_rows = (rows >= first[:, :1]) & (rows < last[:, :1])  # [N, H]
    hidden_columns = (columns >= first[:, 1:]) & (columns < last[:, 1:])  # [N, W]
    hidden = hidden_rows[:, :, None] & hidden_columns[:, None]  # [N, H, W]
    return images * tf.cast(~hidden, tf.float32)[..., None]


def affine(images, *, angle=0.0, scale=1.0, shear=0.0, offsets=(0.0, 0.0)) -> tf.Tensor:
    """Scales, shears, rotates about the middle, and shifts, with bilinear sampling.

    Args:
        images: [N, H, W, C].
        angle: Radians, counterclockwise; number or [N].
        scale: Above 1 enlarges; number or [N].
        shear: Pixels to the right for each pixel downwards; number or [N].
        offsets: (down, right) in pixels; a pair or [N, 2].

    Returns:
        [N, H, W, C] float32.

    >>> picture = tf.constant([[[[1.0], [2.0]], [[3.0], [4.0]]]])
    >>> affine(picture, angle=np.pi / 2).numpy().round(2).ravel().tolist()
    [2.0, 4.0, 1.0, 3.0]
    """
    images = as_images(images)
    batch, height, width, _ = tf.unstack(tf.shape(images))
    offsets = tf.broadcast_to(tf.cast(offsets, tf.float32), [batch, 2])
    angle, scale, shear = (
        _per_picture(value, batch)[:, 0, 0] for value in (angle, scale, shear)
    )
    cos, sin = tf.cos(angle), tf.sin(angle)
    # From output back to input, [N] each: undo rotation, then shear, then scale.
    xx, xy = (cos - shear * sin) / scale, (-sin - shear * cos) / scale
    yx, yy = sin / scale, cos / scale
    middle_x, middle_y = (tf.cast(side - 1, tf.float32) / 2 for side in (width, height))
    from_x, from_y = middle_x + offsets[:, 1], middle_y + offsets[:, 0]
    x0 = middle_x - xx * from_x - xy * from_y
    y0 = middle_y - yx * from_x - yy * from_y
    zeros = tf.zeros_like(xx)
    transforms = tf.stack([xx, xy, x0, yx, yy, y0, zeros, zeros], axis=1)  # [N, 8]
    return _shaped_like(_warp(images, transforms), images)


@tf.custom_gradient
def _warp(images, transforms):
    def gradient(upstream):
        return _warp_transposed(upstream, transforms), None

    warped = keras.ops.image.affine_transform(
        images,
        transforms,
        interpolation="bilinear",
        fill_mode="constant",
        fill_value=0.0,
        data_format="channels_last",
    )
    return warped, gradient


@tf.custom_gradient
def _warp_transposed(images, transforms):
    """Hands each pixel back to the four that `_warp` mixed it from."""

    def gradient(upstream):
        return _warp(upstream, transforms), None

    batch, height, width, channels = tf.unstack(tf.shape(images))
    xs = tf.cast(tf.range(width), tf.float32)[None, None]  # [1, 1, W]
    ys = tf.cast(tf.range(height), tf.float32)[None, :, None]  # [1, H, 1]
    xx, xy, x0, yx, yy, y0 = tf.unstack(transforms[:, :6, None, None], axis=1)
    x, y = xx * xs + xy * ys + x0, yx * xs + yy * ys + y0  # [N, H, W]
    first = tf.range(batch)[:, None, None] * height * width
    total = tf.zeros_like(tf.reshape(images, [-1, channels]))
    for down in (0.0, 1.0):
        for right in (0.0, 1.0):
            row, column = tf.floor(y) + down, tf.floor(x) + right
            weight = (1.0 - tf.abs(y - row)) * (1.0 - tf.abs(x - column))
            row, column = tf.cast(row, tf.int32), tf.cast(column, tf.int32)
            inside = _between(row, height) & _between(column, width)
            target = tf.where(inside, first + row * width + column, 0)
            share = images * (weight * tf.cast(inside, tf.float32))[..., None]
            total += tf.math.unsorted_segment_sum(share, target, batch * height * width)
    return tf.reshape(total, tf.shape(images)), gradient


def as_images(images) -> tf.Tensor:
    """The images as float32, if they are [N, H, W, C] with 1, 3 or 4 channels.

    Raises:
        ValueError: If they are not.
    """
    images = tf.cast(images, tf.float32)
    if images.shape.rank != 4 or images.shape[-1] not in (1, 3, 4):
        raise ValueError(
            "images must be [N, H, W, C] with 1, 3 or 4 channels. "
            f"Received shape {images.shape}: add or move the missing axis."
        )
    return images


def _per_picture(value, batch) -> tf.Tensor:
    """A number or [N] -> [N, 1, 1] float32."""
    return tf.broadcast_to(tf.cast(value, tf.float32), [batch])[:, None, None]


def _between(index, size) -> tf.Tensor:
    return (index >= 0) & (index < size)


def _shaped_like(result, images) -> tf.Tensor:
    """[N, H, W, C] again; the graph then knows as much of the shape as before."""
    return tf.reshape(result, tf.shape(images))
