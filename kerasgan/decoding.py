"""The bytes of one picture file -> pixels, or the reason why not.

H height, W width, C channels (1 grey, 3 RGB, 4 RGBA); uint8 everywhere.

OpenCV decodes; what it leaves out is done here: EXIF rotation together with alpha
and 16 bit (`IMREAD_UNCHANGED` keeps these and drops the rotation), alpha on white,
and damage that its decoders pass over: a JPEG that was cut and given an end mark
comes back with a flat lower half. Formats: EXIF 2.32, TIFF 6.0; see integrity.py.

Layer 0: OpenCV and NumPy.
"""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from kerasgan.integrity import UnreadableImage, check_whole, jpeg_end, number

# OpenCV's log repeats on stderr what is raised here with a reason.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

NO_MEMORY = "needs more memory than there is"
NOISE = bytes(range(1, 255)) * 16


def decode_image(data: bytes, channels: int = 3) -> np.ndarray:
    """The picture in `data`, upright.

    Args:
        data: a whole JPEG, PNG, WebP, BMP, TIFF or GIF file (its first frame).
        channels: 1 grey, 3 RGB (alpha is laid on white for both), 4 RGBA (opaque
            where the picture has no alpha).

    Returns:
        uint8 [H, W, channels].

    Raises:
        UnreadableImage: empty, truncated, damaged, too large or not a picture.
        ValueError: `channels` is none of 1, 3, 4.

    Example:
    >>> red = cv2.imencode(".png", np.full((2, 3, 3), (0, 0, 255), np.uint8))[1]
    >>> decode_image(red.tobytes())[0, 0].tolist()
    [255, 0, 0]
    """
    if channels not in (1, 3, 4):
        raise ValueError(
            f"channels must be 1, 3 or 4. Received {channels!r}: "
            "take 1 for grey, 3 for colour, 4 for colour with transparency."
        )
    check_whole(data)
    pixels, exif = _decode(data)
    if data[:2] == b"\xff\xd8":
        _check_jpeg_tail(data, pixels)
    pixels = _to_8_bit(pixels)
    if data[:2] in (b"II", b"MM"):
        pixels = _straight_alpha(pixels)
    return np.ascontiguousarray(_rotate(_to_channels(pixels, channels), exif))


def read_image(path: str | os.PathLike, channels: int = 3) -> np.ndarray:
    """The picture in a file, upright: uint8 [H, W, channels]; see `decode_image`.

    The content counts, not the ending: a PNG called `.jpg` is read.

    Raises:
        UnreadableImage: the file gives no picture.
    """
    return decode_image(read_bytes(path), channels)


def read_bytes(path: str | os.PathLike) -> bytes:
    """The content of a file.

    Raises:
        UnreadableImage: it is not a file, or may not be read.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would wait for ever
            raise UnreadableImage("not a file")
        return path.read_bytes()
    except (OSError, MemoryError) as error:
        why = getattr(error, "strerror", None) or "out of memory"
        raise UnreadableImage(f"cannot be read: {why}") from error


def _decode(data: bytes, flags: int = cv2.IMREAD_UNCHANGED) -> tuple[np.ndarray, bytes]:
    """OpenCV's pixels (BGR, as stored) and the EXIF block (empty without one)."""
    buffer = np.frombuffer(data, np.uint8)
    try:
        pixels, kinds, blocks = cv2.imdecodeWithMetadata(buffer, flags)
    except (cv2.error, MemoryError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error).lower():
            raise UnreadableImage(NO_MEMORY) from error
        large = "MAX_IMAGE" in str(error)
        raise UnreadableImage(
            "too large" if large else "damaged or truncated"
        ) from error
    if pixels is None:
        raise UnreadableImage("damaged or truncated")
    exif = [
        np.asarray(block).tobytes()
        for kind, block in zip(kinds, blocks, strict=True)
        if kind == cv2.IMAGE_METADATA_EXIF
    ]
    return pixels, exif[0] if exif else b""


def _check_jpeg_tail(data: bytes, pixels: np.ndarray) -> None:
    """Raise where the decoder ran out of data and filled the rest with one colour.

    A flat corner may be a white background. Bytes put in place of the end mark tell
    them apart: they change the picture only where its data were missing. (Of a
    progressive JPEG the decoder wants the end mark; cut, it is blurred, not flat.)
    """
    corner = pixels[-1, -8:]
    end = jpeg_end(data)
    if (corner != corner[0]).any() or b"\xff\xc2" in data[:end]:
        return
    try:
        padded, _ = _decode(data[:end] + NOISE)
    except UnreadableImage:
        raise UnreadableImage("truncated") from None
    if not np.array_equal(padded, pixels):
        raise UnreadableImage("truncated")


def _to_8_bit(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype != np.uint16:
        raise UnreadableImage(f"{pixels.dtype} samples, not 8 or 16 bit")
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _straight_alpha(pixels: np.ndarray) -> np.ndarray:
    """Undo the multiplication by alpha that TIFF files (and libtiff) come with."""
    if pixels.ndim == 2 or pixels.shape[2] != 4 or pixels[..., 3].min() == 255:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32)
    if (pixels[..., :3] > pixels[..., 3:]).any():  # was never multiplied
        return pixels
    colour = pixels[..., :3] * (255 / np.maximum(alpha, 1))
    return np.concatenate([np.rint(colour).astype(np.uint8), pixels[..., 3:]], axis=-1)


def _to_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """[H, W], [H, W, 1], BGR or BGRA -> [H, W, channels] grey, RGB or RGBA."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        kind = "GRAY"
    elif pixels.shape[2] == 4 and channels != 4:
        pixels, kind = _on_white(pixels), "BGR"
    else:
        kind = "BGRA" if pixels.shape[2] == 4 else "BGR"
    target = {1: "GRAY", 3: "RGB", 4: "RGBA"}[channels]
    if kind != target:
        pixels = cv2.cvtColor(pixels, getattr(cv2, f"COLOR_{kind}2{target}"))
    return pixels.reshape(*pixels.shape[:2], channels)


def _on_white(pixels: np.ndarray) -> np.ndarray:
    alpha = pixels[..., 3:].astype(np.uint16)
    colour = pixels[..., :3] * alpha + 255 * (255 - alpha)
    return ((colour + 127) // 255).astype(np.uint8)


def _rotate(image: np.ndarray, exif: bytes) -> np.ndarray:
    """Turn the picture as EXIF orientation 1 to 8 says."""
    orientation = exif_orientation(exif)
    if orientation in (5, 6, 7, 8):
        image = image.swapaxes(0, 1)  # [W, H, C]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return image


def exif_orientation(exif: bytes) -> int:
    """The orientation tag of an EXIF block; 1 (upright) where there is none.

    >>> exif_orientation(bytes.fromhex("49492a00080000000100120103000100000006000000"))
    6
    """
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return 1
    start = number(exif[4:8], order + "I")
    entries = number(exif[start : start + 2], order + "H")
    for entry in range(start + 2, min(start + 2 + 12 * entries, len(exif) - 11), 12):
        if number(exif[entry : entry + 2], order + "H") == 0x0112:
            value = number(exif[entry + 8 : entry + 10], order + "H")
            return value if 1 <= value <= 8 else 1
    return 1
