"""Pictures that a server is sent: as OpenCV reads and fits them, or refused."""

import struct
import zlib

import cv2
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.decoding import decode_image
from kerasgan.images import FITS, fit_image
from kerasgan.serving.received import MOST_PIXELS, read_pictures

SIZE = (16, 24)
GIF = bytes.fromhex(
    "47494638396101000100800000ff000000000021f904000a0000002c000000000100010000"
    "02024401003b"
)


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def read_in_graph(data):
    return read_pictures(data, SIZE, 3)


def smooth(height, width, channels, seed=0):
    """A picture without a hard edge, on which two ways of scaling agree."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (4, 4, channels)).astype(np.uint8)
    picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return picture.reshape(height, width, channels)


def encoded(picture, ending=".png"):
    return cv2.imencode(ending, picture)[1].tobytes()


def in_levels(pictures):
    return (np.asarray(pictures) + 1) * 127.5


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(40, 30), (10, 50), (7, 9)])
def test_a_picture_is_fitted_as_when_a_folder_is_packed(fit, channels, shape):
    data = encoded(smooth(*shape, 3 if channels == 1 else channels))
    ours = in_levels(read_pictures(tf.constant([data]), SIZE, channels, fit))[0]
    theirs = fit_image(decode_image(data, channels), SIZE, fit).astype(float)
    shown = np.ones_like(theirs, bool)
    if channels == 4:  # where nothing is seen the colour may be any
        shown[..., :3] = theirs[..., 3:] > 30
    difference = np.abs(ours - theirs)[shown]
    enlarged = shape[0] < 16 or shape[1] < 24  # by another cubic
    assert difference.mean() < (2.5 if enlarged else 0.6)


def test_formats_and_channels_in_one_request():
    grey_and_alpha = np.zeros([20, 24, 2], np.uint8)
    grey_and_alpha[..., 1] = 255
    picture = np.full([20, 24, 3], (200, 100, 50), np.uint8)  # blue, green, red
    files = [
        encoded(picture),
        encoded(picture, ".jpg"),
        encoded(picture, ".bmp"),
        encoded(np.dstack([picture, np.full([20, 24], 0, np.uint8)])),
        encoded(picture[..., 0]),
        tf.io.encode_png(grey_and_alpha).numpy(),
    ]
    read = in_levels(read_in_graph(tf.constant(files)))
    colours = [(50, 100, 200)] * 3 + [(255,) * 3, (200,) * 3, (0,) * 3]
    for pixels, colour in zip(read, colours, strict=True):
        np.testing.assert_allclose(pixels[8, 12], colour, atol=2)


def png_header(width, height):
    def chunk(kind, content):
        checksum = zlib.crc32(kind + content)
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", checksum)
        )

    start = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", start) + data + chunk(b"IEND", b"")


def large(kind):
    if kind == "png":
        return png_header(20_000, 20_000)
    if kind == "png whose pixels overflow":
        return png_header(2**31 + 1, 2**31 + 1)
    if kind == "bmp":
        return b"BM" + bytes(16) + struct.pack("<ii", 20_000, -20_000) + bytes(40)
    jpeg = bytearray(encoded(smooth(8, 8, 3), ".jpg"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 20_000, 20_000)
    return bytes(jpeg)


@pytest.mark.parametrize("kind", ["png", "png whose pixels overflow", "bmp", "jpeg"])
def test_a_picture_that_would_fill_the_memory_is_not_decoded(kind):
    with pytest.raises(tf.errors.InvalidArgumentError) as refused:
        read_in_graph(tf.constant([large(kind)]))
    assert f"must have 1 to {MOST_PIXELS} pixels" in refused.value.message


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "must be PNG, JPEG or BMP"),
        (b"hello", "must be PNG, JPEG or BMP"),
        (b"RIFF0000WEBPVP8 ", "must be PNG, JPEG or BMP"),
        (b"\x89PNG\r\n\x1a\n", "pixels"),
        (b"\xff\xd8\xff", ""),
        (b"BM", "pixels"),
        (GIF, "must be PNG, JPEG or BMP"),  # its frames may be larger than it says
        (png_header(0, 5), "pixels"),
        (png_header(8, 8), ""),  # its data end too soon
        (encoded(smooth(30, 30, 3))[:200], ""),
    ],
)
def test_what_is_no_picture_is_refused(data, sentence):
    with pytest.raises(tf.errors.InvalidArgumentError) as refused:
        read_in_graph(tf.constant([encoded(smooth(8, 8, 3)), data]))
    assert sentence in refused.value.message
