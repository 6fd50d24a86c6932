"""What is wrong with a picture file, found before a decoder sees it.

Decoders are forgiving: they leave the missing part grey, and libpng and libjpeg
write on the terminal. A walk over the file's own structure finds cut and damaged
files with the reason, in the time it takes to read them.
Formats: PNG (W3C, third edition), JPEG (ITU T.81), WebP container (RFC 9649).

Layer 0: the standard library alone.
"""

from __future__ import annotations

import re
import struct
import zlib

MAX_PIXELS = 2**28  # a larger PNG or JPEG is refused before it takes gigabytes
SIGNATURES = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"BM",
    b"RIFF",  # WebP
    b"II*\0",  # TIFF, little-endian
    b"MM\0*",  # TIFF, big-endian
    b"II+\0",  # BigTIFF
    b"MM\0+",
)
# A marker inside JPEG pixel data: neither a stuffed ff00, a restart mark nor fill.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
# What may stand between the scans of a progressive JPEG: tables, DNL, comments.
BETWEEN_SCANS = {0xC4, 0xDA, 0xDB, 0xDC, 0xDD, *range(0xE0, 0xF0), 0xFE}
FRAME_HEADERS = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive


class UnreadableImage(ValueError):
    """A file that gives no picture; `reason` says why in a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_whole(data: bytes) -> None:
    """Find what is missing before a decoder does; O(file size)."""
    if not data:
        raise UnreadableImage("empty file")
    if not data.startswith(SIGNATURES):
        raise UnreadableImage("not a picture")
    if data.startswith(b"\x89PNG"):
        _check_png(data)
    elif data.startswith(b"\xff\xd8"):
        jpeg_end(data)
    elif data.startswith(b"RIFF") and len(data) < 8 + number(data[4:8], "<I"):
        raise UnreadableImage("truncated")


def _check_png(data: bytes) -> None:
    position = 8
    while True:
        if position + 12 > len(data):
            raise UnreadableImage("truncated")
        length = number(data[position : position + 4], ">I")
        end = position + 8 + length  # of the content; 4 bytes of checksum follow
        if end + 4 > len(data):
            raise UnreadableImage("truncated")
        kind = data[position + 4 : position + 8]
        checksum = zlib.crc32(memoryview(data)[position + 4 : end])
        if checksum != number(data[end : end + 4], ">I"):
            raise UnreadableImage("damaged")
        if kind == b"IHDR":
            _check_size(data[16:24], ">II")
        if kind == b"IEND":
            return
        position = end + 4


def _check_size(data: bytes, layout: str) -> None:
    if len(data) < struct.calcsize(layout):
        raise UnreadableImage("truncated")
    first, second = struct.unpack(layout, data)
    if first * second > MAX_PIXELS:
        raise UnreadableImage(f"too large: over {MAX_PIXELS // 10**6} million pixels")
    if first * second == 0:
        raise UnreadableImage("damaged")


def jpeg_end(data: bytes) -> int:
    """Where the end mark of the first picture in a JPEG file stands.

    Raises:
        UnreadableImage: it ends before ("truncated"), or a mark that cannot be
            there stands in the pixel data ("damaged").
    """
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:  # decoders pass over junk between segments
            position += 1
            continue
        marker = data[position + 1]
        if marker == 0xFF:  # fill before a marker
            position += 1
            continue
        if marker == END_OF_IMAGE:
            return position
        if marker in FRAME_HEADERS:
            _check_size(data[position + 5 : position + 9], ">HH")
        position += 2 + number(data[position + 2 : position + 4], ">H")
        if marker == START_OF_SCAN:
            found = JPEG_MARKER.search(data, position)
            if found is None:
                raise UnreadableImage("truncated")
            position = found.start()
            marker = data[position + 1]
            if marker == END_OF_IMAGE:
                return position
            if marker not in BETWEEN_SCANS:
                raise UnreadableImage("damaged")
    raise UnreadableImage("truncated")


def number(data: bytes, layout: str) -> int:
    """One integer; 0 where the data end before it."""
    if len(data) < struct.calcsize(layout):
        return 0
    return struct.unpack(layout, data)[0]
