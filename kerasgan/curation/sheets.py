"""A curation as PNG files: the map, and a contact sheet of each cluster.

N pictures, H height, W width, C channels.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from kerasgan.curation.sorted_pictures import MAP_SIDE, SortedPictures
from kerasgan.curation.thumbnails import thumbnail
from kerasgan.images import grid, with_caption, write_png

SIDE = 1600  # of the map
ON_MAP = 24  # side of a thumbnail there
FRAME = 2  # pixels of its cluster's colour around it
MOST_ON_MAP = 4_000
IN_SHEET, COLUMNS, SIDE_IN_SHEET = 100, 10, 64


def colour(number: int) -> tuple[int, int, int]:
    """The colour of a cluster, RGB: hues a golden section apart.

    >>> colour(1) != colour(2)
    True
    """
    hue = (0.58 + (number - 1) * 0.618034) % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.45, 0.65)
    return round(255 * red), round(255 * green), round(255 * blue)


Progress = Callable[[int, int], None]


def write_map(
    path: Path,
    images: np.ndarray,
    pictures: SortedPictures,
    progress: Progress = lambda done, total: None,
) -> None:
    """Draw thumbnails at their places, framed in their clusters' colours.

    Args:
        path: of the PNG.
        images: uint8 [N, H, W, C]; at most 4,000 of them are drawn.
        pictures: as they were sorted.
        progress: called as progress(done, total) after each thumbnail.
    """
    canvas = np.full((SIDE, SIDE, 3), 255, np.uint8)
    count = len(pictures.names)
    cell = ON_MAP + 2 * FRAME
    drawn = np.random.default_rng(0).permutation(count)[:MOST_ON_MAP]
    for done, k in enumerate(np.sort(drawn), start=1):
        tile = np.full((cell, cell, 3), colour(pictures.clusters[k]), np.uint8)
        small = thumbnail(np.asarray(images[k]), ON_MAP)
        tile[FRAME:-FRAME, FRAME:-FRAME] = small
        left, down = pictures.places[k] * (SIDE - cell) // MAP_SIDE
        top = SIDE - cell - down  # upwards on the map
        canvas[top : top + cell, left : left + cell] = tile
        progress(done, len(drawn))
    for number in pictures.numbers():
        _write_number(canvas, number, pictures)
    write_png(path, canvas)


def _write_number(canvas: np.ndarray, number: int, pictures: SortedPictures) -> None:
    """The number of a cluster at the median of its places."""
    own = pictures.places[pictures.clusters == number]
    x, y = np.median(own, axis=0) * SIDE // MAP_SIDE
    text, font = str(number), cv2.FONT_HERSHEY_SIMPLEX
    (width, height), _ = cv2.getTextSize(text, font, 2.0, 5)
    where = (int(x) - width // 2, int(SIDE - y) + height // 2)
    for thickness, ink in ((16, (255, 255, 255)), (6, (0, 0, 0))):
        cv2.putText(canvas, text, where, font, 2.0, ink, thickness, cv2.LINE_AA)


def write_sheets(
    folder: Path,
    images: np.ndarray,
    pictures: SortedPictures,
    progress: Progress = lambda done, total: None,
) -> None:
    """Write cluster_01.png ... with the 100 most typical pictures of each, and remove
    those of an earlier curation; `progress` is called after each cluster."""
    wanted = set()
    numbers = pictures.numbers()
    for done, number in enumerate(numbers, start=1):
        members = pictures.members(number)
        typical = [np.asarray(images[k]) for k in members[:IN_SHEET]]
        shown = [thumbnail(image, SIDE_IN_SHEET) for image in typical]
        sheet = grid(np.stack(shown), columns=COLUMNS)
        path = folder / f"cluster_{number:02d}.png"
        text = f"{number}: {len(members):,} pictures"
        write_png(path, with_caption(_at_least(sheet, 300), text))
        wanted.add(path.name)
        progress(done, len(numbers))
    for path in folder.glob("cluster_[0-9][0-9].png"):
        if path.name not in wanted:
            path.unlink()


def _at_least(sheet: np.ndarray, width: int) -> np.ndarray:
    """White to the right of a sheet that is too narrow for its caption."""
    more = max(0, width - sheet.shape[1])
    return np.pad(sheet, ((0, 0), (0, more), (0, 0)), constant_values=255)
