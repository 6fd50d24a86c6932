"""Pictures as arrays: read, fit to one size, lay out in a grid, write.

N pictures, H height, W width, C channels (1 grey, 3 RGB, 4 RGBA). uint8 here and on
disk; the networks' pictures are float32 in [-1, 1] (`to_uint8` brings them back).
`image_size` is (height, width).

Layer 0: OpenCV and NumPy.
"""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from kerasgan.decoding import decode_image, read_image
from kerasgan.integrity import UnreadableImage
from kerasgan.runs import write_atomically

__all__ = [
    "FITS",
    "UnreadableImage",
    "at_once",
    "comment_png",
    "decode_image",
    "encode_png",
    "enlargement",
    "fit_image",
    "grid",
    "in_parts",
    "read_image",
    "to_uint8",
    "with_caption",
    "write_png",
]

FITS = ("crop", "pad", "stretch")
AT_ONCE = 64  # pictures
CAPTION_HEIGHT = 20  # pixels
PNG_HEADER = 8 + 25  # bytes: signature and IHDR, behind which text may stand


def at_once(image_size: Sequence[int]) -> int:
    """How many pictures a network is given together where nothing else says it, so that
    its memory does not grow with their size: 64 of 64x64, at most.

    >>> at_once((64, 64)), at_once((16, 16)), at_once((256, 256))
    (64, 64, 4)
    """
    height, width = image_size
    return max(1, min(AT_ONCE, AT_ONCE * 64 * 64 // (height * width)))


def in_parts(
    function: Callable[[Any], Any], rows: Sequence[Any], count: int = AT_ONCE
) -> np.ndarray:
    """What a function gives of rows [N, ...], `count` of them at a time: [N, ...].

    >>> in_parts(lambda some: 2 * some, np.arange(5), 2).tolist()
    [0, 2, 4, 6, 8]
    """
    starts = range(0, len(rows), count)
    return np.concatenate([function(rows[k : k + count]) for k in starts])


def enlargement(
    shape: Sequence[int], image_size: tuple[int, int], fit: str = "crop"
) -> float:
    """How many times larger `fit_image` has to make a picture of [H, W, ...].

    >>> enlargement((20, 40), (64, 64))
    3.2
    """
    check_fit(fit)
    scales = (image_size[0] / shape[0], image_size[1] / shape[1])
    return min(scales) if fit == "pad" else max(scales)


def check_fit(fit: str) -> None:
    """Raise ValueError unless `fit` is one of FITS."""
    if fit not in FITS:
        raise ValueError(
            f"fit must be one of {', '.join(FITS)}. Received {fit!r}: take crop to "
            "fill the picture, pad to keep all of it, stretch to ignore its shape."
        )


def fit_image(
    image: np.ndarray, image_size: tuple[int, int], fit: str = "crop"
) -> np.ndarray:
    """A picture of any size -> one of `image_size`.

    Shrinks by area averaging, enlarges by cubic interpolation.

    Args:
        image: uint8 [h, w, C].
        image_size: (H, W) wanted.
        fit: `crop` cuts the middle part of the right shape, `pad` keeps all of the
            picture on white (transparent with C = 4), `stretch` changes its shape.

    Returns:
        uint8 [H, W, C].

    Raises:
        ValueError: the picture is not uint8 [h, w, C], or `fit` is another word.

    Example:
    >>> fit_image(np.zeros((100, 200, 3), np.uint8), (64, 64), "pad")[0, 0].tolist()
    [255, 255, 255]
    """
    check_fit(fit)
    if image.ndim != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ValueError(
            "image must be uint8 [H, W, C] and not empty. Received "
            f"{image.dtype} {list(image.shape)}: convert it with to_uint8 first."
        )
    height, width = image_size
    if fit == "stretch":
        return _resize(image, (height, width))
    scale = enlargement(image.shape, image_size, fit)
    if fit == "crop":
        inside = (round(height / scale), round(width / scale))
        return _resize(_centre(image, inside), (height, width))
    inside = (round(image.shape[0] * scale), round(image.shape[1] * scale))
    picture = _resize(image, (max(1, inside[0]), max(1, inside[1])))
    canvas = np.full((height, width, image.shape[2]), 255, np.uint8)
    if image.shape[2] == 4:
        canvas[..., 3] = 0
    _centre(canvas, picture.shape)[:] = picture
    return canvas


def _centre(image: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """A view of the middle [size[0], size[1]] of a picture."""
    height, width = (min(size[i], image.shape[i]) for i in (0, 1))
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 [h, w, C] -> uint8 [*size, C]; transparent pixels lend no colour."""
    if image.shape[:2] == size:
        return image.copy()
    if image.shape[2] < 4 or image[..., 3].min() == 255:
        return _resample(image, size)
    alpha = image[..., 3:] / np.float32(255)
    weighted = np.concatenate([image[..., :3] * alpha, alpha * 255], axis=-1)
    weighted = np.clip(_resample(weighted, size), 0, 255)
    opacity = weighted[..., 3:] / 255
    colour = np.where(opacity > 0, weighted[..., :3] / np.maximum(opacity, 1e-6), 255)
    result = np.concatenate([colour, weighted[..., 3:]], axis=-1)
    return np.rint(np.clip(result, 0, 255)).astype(np.uint8)


def _resample(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Area averaging along the axes that shrink, then cubic along those that grow."""
    height, width = size
    smaller = (min(height, image.shape[0]), min(width, image.shape[1]))
    result = image
    for target, method in ((smaller, cv2.INTER_AREA), (size, cv2.INTER_CUBIC)):
        if result.shape[:2] != target:
            result = cv2.resize(result, target[::-1], interpolation=method)
    return result.reshape(height, width, image.shape[2])


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Pictures in [-1, 1] -> uint8 of the same shape; values outside are clipped.

    >>> to_uint8(np.array([-1.0, 0.0, 1.0, 7.0])).tolist()
    [0, 128, 255, 255]
    """
    scaled = (np.asarray(images, np.float32) + 1) * 127.5
    return np.rint(np.clip(np.nan_to_num(scaled), 0, 255)).astype(np.uint8)


def grid(images: np.ndarray, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Many pictures in one, row by row from the top left, on white.

    Args:
        images: uint8 [N, H, W, C].
        columns: pictures a row; by default as square as it gets.
        gap: pixels between them.

    Returns:
        uint8 [rows * (H + gap) - gap, columns * (W + gap) - gap, C].

    Raises:
        ValueError: the pictures are not uint8 [N, H, W, C], or there are none.

    Example:
    >>> grid(np.zeros((6, 8, 8, 3), np.uint8)).shape
    (18, 28, 3)
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.dtype != np.uint8 or not len(images):
        raise ValueError(
            "images must be uint8 [N, H, W, C] with N >= 1. Received "
            f"{images.dtype} {list(images.shape)}: convert them with to_uint8 first."
        )
    count, height, width, channels = images.shape
    columns = min(columns or math.ceil(math.sqrt(count)), count)
    rows = math.ceil(count / columns)
    cells = np.full(
        (rows * columns, height + gap, width + gap, channels), 255, np.uint8
    )
    cells[:count, :height, :width] = images
    cells = cells.reshape(rows, columns, height + gap, width + gap, channels)
    cells = cells.swapaxes(1, 2)  # [rows, H + gap, columns, W + gap, C]
    sheet = cells.reshape(rows * (height + gap), columns * (width + gap), channels)
    return sheet[: sheet.shape[0] - gap, : sheet.shape[1] - gap]


def with_caption(picture: np.ndarray, text: str) -> np.ndarray:
    """A picture with a line of text below it, black on white.

    >>> with_caption(np.zeros((40, 90, 3), np.uint8), "16 x 16").shape
    (60, 90, 3)
    """
    _, width, channels = picture.shape
    line = np.full((CAPTION_HEIGHT, width, channels), 255, np.uint8)
    black = (0, 0, 0, 255)[:channels]
    where, font = (4, CAPTION_HEIGHT - 5), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(line, text, where, font, 0.45, black, 1, cv2.LINE_AA)
    return np.concatenate([picture, line])


def encode_png(image: np.ndarray) -> bytes:
    """One picture as the bytes of a PNG file.

    Args:
        image: uint8 [H, W] or [H, W, C].

    Raises:
        ValueError: the picture has another type or number of channels.

    Example:
    >>> decode_image(encode_png(np.full((2, 3, 3), 7, np.uint8))).shape
    (2, 3, 3)
    """
    image = np.asarray(image)
    channels = 1 if image.ndim == 2 else image.shape[-1]
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise ValueError(
            "image must be uint8 [H, W] or [H, W, 1, 3 or 4]. Received "
            f"{image.dtype} {list(image.shape)}: convert it with to_uint8 first."
        )
    if channels > 1:
        swap = cv2.COLOR_RGB2BGR if channels == 3 else cv2.COLOR_RGBA2BGRA
        image = cv2.cvtColor(image, swap)
    return cv2.imencode(".png", image)[1].tobytes()


def comment_png(data: bytes, comment: str) -> bytes:
    """A PNG file's bytes with a line of text in them, which no decoder shows.

    >>> picture = encode_png(np.zeros((2, 2), np.uint8))
    >>> decode_image(comment_png(picture, "one of many")).shape
    (2, 2, 3)
    """
    content = b"tEXtComment\0" + comment.encode("latin-1", "replace")
    length, checksum = len(content) - 4, zlib.crc32(content)
    chunk = length.to_bytes(4, "big") + content + checksum.to_bytes(4, "big")
    return data[:PNG_HEADER] + chunk + data[PNG_HEADER:]


def write_png(path: str | os.PathLike, image: np.ndarray) -> None:
    """Write one picture as PNG, aside and then renamed; see `encode_png`.

    Raises:
        OSError: it cannot be written there.
    """
    write_atomically(path, encode_png(image))
