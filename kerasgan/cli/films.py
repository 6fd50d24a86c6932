"""Videos of a network's pictures: side by side, large enough to be watched.

Legend: H height, W width, C channels; images float32 [H, W, C] in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from kerasgan.images import to_uint8
from kerasgan.video import has_h264, write_video


def write_film(
    path: Path,
    rows: Iterable[Sequence[np.ndarray]],
    frames_per_second: float,
    side: int,
) -> None:
    """An mp4: each frame is a row of images, enlarged until the smaller side has `side`
    pixels at least.

    Raises:
        OSError: it cannot be written.
    """
    write_video(path, (frame(row, side) for row in rows), frames_per_second)


def frame(row: Sequence[np.ndarray], side: int) -> np.ndarray:
    """Images side by side, uint8 [H, W, 3]; alpha lies on white.

    >>> frame([np.zeros((16, 16, 1))] * 2, 64).shape
    (64, 128, 3)
    """
    picture = to_uint8(np.concatenate(list(row), axis=1))
    if picture.shape[2] == 4:
        alpha = picture[..., 3:] / 255
        picture = np.rint(picture[..., :3] * alpha + 255 * (1 - alpha))
        picture = picture.astype(np.uint8)
    elif picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    times = max(1, -(-side // min(row[0].shape[:2])))
    size = (picture.shape[1] * times, picture.shape[0] * times)
    return cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)


def codec_hint() -> str:
    """What to say of videos that browsers do not play; empty where they do."""
    if has_h264():
        return ""
    return (
        "The video is mp4v, which browsers do not play: "
        'pip install "kerasgan[video]" gives H.264.'
    )
