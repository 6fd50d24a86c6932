"""Pictures as a server receives them, read inside the graph: bytes -> [N, H, W, C].

What `kerasgan.decoding` and `kerasgan.images.fit_image` do with OpenCV when a folder
is packed, in TensorFlow's operations, as a SavedModel has nothing else: the same shape,
the same white behind transparent pixels, area averaging when shrinking. Two things
differ: the formats are PNG, JPEG and BMP, and EXIF rotation is not honoured.

Whoever asks may send anything: the size is read from the header before a picture is
decoded, and what is no picture is an error of that request alone. GIF is refused: its
header says nothing of how large its frames are and how many, and all are decoded.

Legend: N pictures, h and w their height and width, H, W, C those of the networks.
Sources: PNG (ISO 15948) 11.2.2, the Windows bitmap header.
"""

from __future__ import annotations

import tensorflow as tf

MOST_PIXELS = 2**25  # of a picture that is sent: 33 million
HEADER = 32  # bytes, in which all but JPEG have their size


def read_pictures(
    data: tf.Tensor, image_size: tuple[int, int], channels: int, fit: str = "crop"
) -> tf.Tensor:
    """Files of any size, [N] strings -> float32 [N, H, W, C] in [-1, 1].

    In a graph or eagerly.

    Args:
        data: whole PNG, JPEG or BMP files.
        image_size: (H, W).
        channels: C: 1 grey, 3 RGB, 4 RGBA.
        fit: `crop`, `pad` or `stretch`, as when the folder was packed.

    Raises:
        tf.errors.InvalidArgumentError: one of them is no picture, or too large.

    Example:
    >>> red = tf.io.encode_png(tf.constant([[[255, 0, 0]]], tf.uint8))
    >>> read_pictures(red[None], (1, 2), 3).numpy().tolist()
    [[[[1.0, -1.0, -1.0], [1.0, -1.0, -1.0]]]]
    """

    def read(each: tf.Tensor) -> tf.Tensor:
        pixels = with_channels(decode(each), channels)
        return fitted(pixels, image_size, fit)

    shape = tf.TensorSpec((*image_size, channels), tf.float32)
    pictures = tf.map_fn(  # one after the other: memory for one
        read, data, fn_output_signature=shape, parallel_iterations=1
    )
    return pictures / 127.5 - 1.0


def decode(data: tf.Tensor) -> tf.Tensor:
    """One file -> uint8 [h, w, 1 to 4], after a look at its size."""
    shape = size_in_header(data)
    sides = tf.reduce_all((shape > 0) & (shape <= MOST_PIXELS))
    allowed = tf.debugging.Assert(
        sides & (shape[0] * shape[1] <= MOST_PIXELS),
        [f"A picture must have 1 to {MOST_PIXELS} pixels. Received", shape],
    )
    with tf.control_dependencies([allowed]):
        data = tf.identity(data)
    return tf.io.decode_image(data, channels=0, expand_animations=False)


def size_in_header(data: tf.Tensor) -> tf.Tensor:
    """(h, w) as one file's header has it, int64 [2]; a JPEG's first frame's.

    >>> size_in_header(tf.io.encode_png(tf.zeros([3, 5, 1], tf.uint8))).numpy().tolist()
    [3, 5]
    """
    start = tf.strings.substr(data + "\0" * HEADER, 0, HEADER)
    header = tf.cast(tf.io.decode_raw(start, tf.uint8), tf.int64)

    def at(*places: int) -> tf.Tensor:  # the most significant byte first
        return tf.add_n([header[p] * 256**k for k, p in enumerate(reversed(places))])

    def begins(letters: bytes) -> tf.Tensor:
        return tf.strings.substr(start, 0, len(letters)) == letters

    def no_picture() -> tf.Tensor:
        known = "image_bytes must be PNG, JPEG or BMP files, and one is not."
        refused = tf.debugging.Assert(False, [known])
        with tf.control_dependencies([refused]):
            return tf.zeros([2], tf.int64)

    def of_jpeg() -> tf.Tensor:
        return tf.io.extract_jpeg_shape(data, tf.int64)[:2]

    def of_bmp() -> tf.Tensor:  # rows from the top have a negative height
        height = at(25, 24, 23, 22)
        height = tf.minimum(height, 2**32 - height)
        return tf.stack([height, at(21, 20, 19, 18)])

    return tf.case(
        [
            (
                begins(b"\x89PNG\r\n\x1a\n"),
                lambda: tf.stack([at(20, 21, 22, 23), at(16, 17, 18, 19)]),
            ),
            (begins(b"\xff\xd8\xff"), of_jpeg),
            (begins(b"BM"), of_bmp),
        ],
        default=no_picture,
    )


def with_channels(pixels: tf.Tensor, channels: int) -> tf.Tensor:
    """uint8 [h, w, 1 to 4] -> float32 [h, w, C] between 0 and 255.

    Two channels are grey and alpha. Alpha is laid on white where C is 1 or 3.
    """
    count = tf.shape(pixels)[2]
    pixels = tf.cast(pixels, tf.float32)
    shape = tf.concat([tf.shape(pixels)[:2], [1]], axis=0)
    has_alpha = (count == 2) | (count == 4)
    alpha = tf.cond(has_alpha, lambda: pixels[..., -1:], lambda: tf.fill(shape, 255.0))
    colour = tf.cond(
        count < 3, lambda: tf.tile(pixels[..., :1], [1, 1, 3]), lambda: pixels[..., :3]
    )
    colour = tf.ensure_shape(colour, [None, None, 3])
    alpha = tf.ensure_shape(alpha, [None, None, 1])
    if channels == 4:
        return tf.concat([colour, alpha], axis=2)
    colour = tf.round((colour * alpha + 255 * (255 - alpha)) / 255)
    if channels == 3:
        return colour
    return tf.round(tf.reduce_sum(colour * [0.299, 0.587, 0.114], 2, keepdims=True))


def fitted(picture: tf.Tensor, image_size: tuple[int, int], fit: str) -> tf.Tensor:
    """[h, w, C] -> [H, W, C], both float32 between 0 and 255; as `images.fit_image`."""
    whole = tf.cast(tf.shape(picture)[:2], tf.float32)
    target = tf.constant(image_size, tf.float32)
    channels = picture.shape[2]
    if fit == "stretch":
        resized = resize(picture, image_size)
    elif fit == "crop":
        scale = tf.reduce_max(target / whole)
        inside = tf.clip_by_value(tf.round(target / scale), 1, whole)
        inside = tf.cast(inside, tf.int32)
        resized = resize(middle(picture, inside), image_size)
    else:
        scale = tf.reduce_min(target / whole)
        inside = tf.maximum(tf.cast(tf.round(whole * scale), tf.int32), 1)
        resized = on_white(resize(picture, inside), image_size)
    return tf.ensure_shape(resized, (*image_size, channels))


def middle(picture: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """The middle [size[0], size[1]] of a picture."""
    start = (tf.shape(picture)[:2] - size) // 2
    return picture[start[0] : start[0] + size[0], start[1] : start[1] + size[1]]


def on_white(picture: tf.Tensor, image_size: tuple[int, int]) -> tf.Tensor:
    """A picture in the middle of white [H, W, C], which is transparent with alpha."""
    around = tf.constant(image_size) - tf.shape(picture)[:2]
    before = around // 2
    paddings = tf.stack([before, around - before], axis=1)
    paddings = tf.concat([paddings, [[0, 0]]], axis=0)
    if picture.shape[2] < 4:
        return tf.pad(picture, paddings, constant_values=255)
    colour = tf.pad(picture[..., :3], paddings, constant_values=255)
    return tf.concat([colour, tf.pad(picture[..., 3:], paddings)], axis=2)


def resize(picture: tf.Tensor, size: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """Area averaging along the axes that shrink, then cubic along those that grow.

    Transparent pixels lend no colour, and what is all transparent is white.
    """
    if picture.shape[2] < 4:
        return tf.round(resample(picture, size))
    alpha = picture[..., 3:] / 255
    picture = resample(tf.concat([picture[..., :3] * alpha, alpha * 255], 2), size)
    alpha = picture[..., 3:] / 255
    colour = tf.where(alpha > 0, picture[..., :3] / tf.maximum(alpha, 1e-6), 255.0)
    return tf.round(tf.clip_by_value(tf.concat([colour, picture[..., 3:]], 2), 0, 255))


def resample(picture: tf.Tensor, size: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """The two passes of `resize`, between 0 and 255."""
    smaller = tf.minimum(tf.shape(picture)[:2], size)
    picture = tf.image.resize(picture, smaller, tf.image.ResizeMethod.AREA)
    picture = tf.image.resize(picture, size, tf.image.ResizeMethod.BICUBIC)
    return tf.clip_by_value(picture, 0, 255)
