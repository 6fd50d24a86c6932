"""Small pictures, many of them on one sheet.

N pictures, H height, W width, C channels, S side of a thumbnail.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kerasgan.images import fit_image, grid
from kerasgan.web_page import encode_jpeg, jpeg_uri

SIDES = (64, 48, 32)  # multiples of 16, so that JPEG's blocks do not cross an edge
MOST_PIXELS = 24_000_000  # on all sheets of a page: what a phone's browser holds
SHEET_SIDE = 2048


def thumbnail_side(count: int) -> int:
    """The side of each of so many thumbnails on one page.

    >>> thumbnail_side(1_000), thumbnail_side(20_000)
    (64, 32)
    """
    fitting = [side for side in SIDES if count * side**2 <= MOST_PIXELS]
    return fitting[0] if fitting else SIDES[-1]


def thumbnail(image: np.ndarray, side: int) -> np.ndarray:
    """uint8 [H, W, C] -> uint8 [S, S, 3], the whole picture, transparency on white.

    >>> thumbnail(np.zeros((20, 40, 1), np.uint8), 16).shape
    (16, 16, 3)
    """
    if image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    elif image.shape[2] == 4:
        alpha = image[..., 3:] / np.float32(255)
        image = np.rint(image[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return fit_image(image, (side, side), "pad")


def sprite_sheets(
    images: np.ndarray,
    places: np.ndarray,
    side: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Sheets of thumbnails as data URIs (JPEG), row by row.

    Args:
        images: uint8 [N, H, W, C]; those at `places` are read, one sheet at a time.
        places: int [M], which ones, in the order on the sheets.
        side: S.
        progress: called as progress(pictures done, M) after each sheet.

    Returns:
        Sheets of `per_row(side)` thumbnails a row and as many rows; the last has as
        many rows as it needs.
    """
    columns = per_row(side)
    sheets = []
    for start in range(0, len(places), columns**2):
        part = places[start : start + columns**2]
        small = np.stack([thumbnail(np.asarray(images[k]), side) for k in part])
        sheet = grid(small, columns=columns, gap=0)
        wide = np.full((sheet.shape[0], columns * side, 3), 255, np.uint8)
        wide[:, : sheet.shape[1]] = sheet
        sheets.append(jpeg_uri(encode_jpeg(wide)))
        progress(start + len(part), len(places))
    return sheets


def per_row(side: int) -> int:
    """Thumbnails in a row of a sheet."""
    return SHEET_SIDE // side
