"""The sample grids of a run as pictures of a page: some of them, small enough.

H height, W width, K pictures a grid. At most `MOST` grids are shown, evenly spread
over the training, each as a JPEG of at most `MOST_BYTES`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kerasgan.images import CAPTION_HEIGHT, UnreadableImage, read_image
from kerasgan.web_page import encode_jpeg, jpeg_uri

MOST = 42
MOST_BYTES = 75_000  # of one JPEG; as a data URI it has a third more
MOST_SIDE = 1056  # pixels
QUALITIES = (82, 72, 60, 45)  # tried before it is made smaller
GAP = 2  # pixels between the pictures of a grid

Picture = dict[str, Any]


class Slides:
    """Grids made small; those that were shown before are not read again."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int, int], Picture] = {}

    def of_folder(self, folder: Path) -> tuple[list[Picture], int]:
        """The slides of a run's samples/, each with its step, and how many grids there
        are.

        A grid that cannot be read is left out.
        """
        files = grid_steps(folder)
        before, self._made = self._made, {}  # what is no longer shown goes
        slides = [
            {"step": step} | picture
            for step, path in spread(files)
            if (picture := self._picture(path, before))
        ]
        return slides, len(files)

    def _picture(
        self, path: Path, before: dict[tuple[str, int, int], Picture]
    ) -> Picture:
        """One grid, from `before` if it is there; empty where it is no picture."""
        try:
            state = path.stat()
            key = (path.name, state.st_mtime_ns, state.st_size)
            self._made[key] = before.get(key, {})  # empty unless it can be read
            if key not in before:
                self._made[key] = on_page(read_image(path, 3))
            return self._made[key]
        except (OSError, UnreadableImage):
            return {}


def on_page(picture: np.ndarray) -> Picture:
    """uint8 [H, W, 3] as page.js has it: a JPEG, and how large it is to be shown."""
    height, width = picture.shape[:2]
    return {"uri": jpeg_uri(small_jpeg(picture)), "width": width, "height": height}


def grid_steps(folder: Path) -> list[tuple[int, Path]]:
    """The step and the file of each grid of the averaged generator, in order.

    init.png, of the untrained generator or of the one that was started from, is 0.
    """
    found = []
    for path in folder.glob("*.png") if folder.is_dir() else ():
        match = re.fullmatch(r"init|step_(\d{1,15})", path.stem)
        if match:
            found.append((int(match[1] or 0), path))
    return sorted(found)


def spread(items: list, most: int = MOST) -> list:
    """Every item, or every second, fourth ..., and the last: at most `most` of them.

    So a grid that is shown stays or goes as others come, and none comes back.

    >>> spread(list(range(10)), most=5)
    [0, 4, 8, 9]
    >>> spread(list(range(5)), most=5)
    [0, 1, 2, 3, 4]
    """
    stride = 1
    while -(-(len(items) - 1) // stride) + 1 > most:
        stride *= 2
    chosen = items[::stride]
    return chosen if (len(items) - 1) % stride == 0 else [*chosen, items[-1]]


def small_jpeg(picture: np.ndarray) -> bytes:
    """uint8 [H, W, 3] as a JPEG of at most `MOST_BYTES`, made smaller if need be."""
    height, width = picture.shape[:2]
    factor = min(1.0, MOST_SIDE / max(height, width))
    while True:
        small = picture
        if factor < 1:
            size = (max(1, round(width * factor)), max(1, round(height * factor)))
            small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        for quality in QUALITIES:
            data = encode_jpeg(small, quality)
            if len(data) <= MOST_BYTES:
                return data
        factor *= 0.95 * (MOST_BYTES / len(data)) ** 0.5


def cut_grid(sheet: np.ndarray, cell: tuple[int, int]) -> np.ndarray | None:
    """A grid back into its pictures [K, *cell, C], None where it is not made of such.

    A caption below it, and places that were left white at its end, are dropped.

    >>> from kerasgan.images import grid
    >>> cut_grid(grid(np.zeros((3, 8, 6, 1), np.uint8)), (8, 6)).shape
    (3, 8, 6, 1)
    """
    height, width = cell
    if (sheet.shape[0] + GAP) % (height + GAP):
        sheet = sheet[: max(0, sheet.shape[0] - CAPTION_HEIGHT)]
    rows, rest = divmod(sheet.shape[0] + GAP, height + GAP)
    columns, more = divmod(sheet.shape[1] + GAP, width + GAP)
    if rest or more or not rows * columns:
        return None
    padded = np.pad(sheet, ((0, GAP), (0, GAP), (0, 0)))
    cells = padded.reshape(rows, height + GAP, columns, width + GAP, -1)
    cells = cells.swapaxes(1, 2)  # [rows, columns, H + gap, W + gap, C]
    pictures = cells[:, :, :height, :width].reshape(-1, height, width, sheet.shape[2])
    drawn = np.flatnonzero((pictures != 255).any(axis=(1, 2, 3)))
    return pictures[: drawn[-1] + 1] if len(drawn) else None
