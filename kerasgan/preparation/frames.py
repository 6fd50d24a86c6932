"""A video as a source of pictures: one frame in so many seconds.

Legend: H height, W width; frames uint8 [H, W, 3], RGB, turned upright as the file
says. OpenCV decodes, by FFmpeg where it was built with it.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

# FFmpeg repeats on stderr what is raised here with a reason.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np

from kerasgan.integrity import UnreadableImage

VIDEO_ENDINGS = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".3gp"}
)
UNITS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "min": 60.0}
LATE = 1e-3  # seconds by which a frame's time may be rounded


def parse_seconds(text: str) -> float:
    """A time as one types it, in seconds.

    >>> parse_seconds("1s"), parse_seconds("500ms"), parse_seconds("2min")
    (1.0, 0.5, 120.0)

    Raises:
        ValueError: it is none, or not above 0.
    """
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(s|ms|m|min)?\s*", text.lower())
    seconds = float(found[1]) * UNITS[found[2] or ""] if found else 0.0
    if not 0 < seconds < math.inf:
        raise ValueError(
            "--every must be a time above 0 with its unit (ms, s or min). "
            f"Received {text}: try 1s."
        )
    return seconds


def clock(seconds: float) -> str:
    """Hours, minutes and seconds, to the millisecond.

    >>> clock(83.4)
    '0:01:23.400'
    """
    thousandths = round(seconds * 1000)
    minutes, thousandths = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{thousandths / 1000:06.3f}"


def count_frames(path: str | os.PathLike, every_seconds: float) -> int:
    """About how many frames `frames` will give, as the file's own head tells; at
    least 1, also where it tells nothing."""
    video = cv2.VideoCapture(str(path))
    try:
        rate = video.get(cv2.CAP_PROP_FPS)
        count = video.get(cv2.CAP_PROP_FRAME_COUNT)
    finally:
        video.release()
    if not (rate > 0 and count > 0):
        return 1
    return max(1, math.ceil(count / rate / every_seconds - LATE))


def frames(
    path: str | os.PathLike, every_seconds: float
) -> Iterator[tuple[float, np.ndarray]]:
    """The first frame at or after 0, 1, 2, ... times `every_seconds`.

    Args:
        path: a video file.
        every_seconds: above 0; where the video has fewer frames, it gives all of them.

    Yields:
        (time in seconds, frame uint8 [H, W, 3]).

    Raises:
        UnreadableImage: the file gives no frame at all.
    """
    if not Path(path).is_file():
        raise UnreadableImage("not a file")
    try:
        open(path, "rb").close()
    except OSError as error:
        raise UnreadableImage(f"cannot be read: {error.strerror}") from error
    video = cv2.VideoCapture(str(path))
    try:
        number, due = 0, 0.0
        rate = video.get(cv2.CAP_PROP_FPS)
        while video.grab():
            seconds = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if not seconds and rate > 0:  # a container without times
                seconds = number / rate
            number += 1
            if seconds + LATE < due:
                continue
            due = (math.floor((seconds + LATE) / every_seconds) + 1) * every_seconds
            whole, frame = video.retrieve()
            if whole and frame is not None:
                yield seconds, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        if not number:
            raise UnreadableImage("unreadable video: OpenCV finds no frame in it")
    finally:
        video.release()
