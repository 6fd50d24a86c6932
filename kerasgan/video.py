"""Frames to an mp4 file: H.264 where imageio-ffmpeg is installed, mp4v by OpenCV else.

T frames, H height, W width; uint8 [T, H, W, 3], RGB. Browsers play H.264 and not mp4v.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np


def has_h264() -> bool:
    """Whether videos will play in a browser: the extra [video] is installed."""
    return importlib.util.find_spec("imageio_ffmpeg") is not None


def write_video(
    path: str | os.PathLike, frames: Iterable[np.ndarray], frames_per_second: float
) -> None:
    """Write frames, all of one size, to an mp4 file, aside first and then renamed.

    No more than a frame is held at a time.

    Args:
        path: ends in .mp4.
        frames: uint8 [H, W, 3] each; a row or column is repeated where a side is odd.
        frames_per_second: above 0.

    Raises:
        ValueError: there is no frame.
        OSError: the file cannot be written; what was there before stays.

    Example:
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.mp4"
    >>> write_video(path, np.zeros((3, 16, 16, 3), np.uint8), 5)
    >>> path.stat().st_size > 100
    True
    """
    path = Path(path)
    even = map(_even, frames)
    first = next(even, None)
    if first is None:
        raise ValueError("A video must have at least one frame. Received none.")
    aside = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
    try:
        write = _write_h264 if has_h264() else _write_mp4v
        try:
            write(aside, itertools.chain([first], even), frames_per_second)
        except (RuntimeError, cv2.error) as error:  # ffmpeg itself, or OpenCV
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise OSError(f"{path} could not be written: {reason[0]}") from error
        if not aside.is_file() or not aside.stat().st_size:
            raise OSError(f"{path} could not be written: is the disk full?")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _even(frame: np.ndarray) -> np.ndarray:
    height, width, _ = frame.shape
    padding = ((0, height % 2), (0, width % 2), (0, 0))
    return np.ascontiguousarray(np.pad(frame, padding, mode="edge"))


def _write_mp4v(path: Path, frames: Iterator[np.ndarray], rate: float) -> None:
    first = next(frames)
    height, width, _ = first.shape
    code = cv2.VideoWriter_fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), code, rate, (width, height))
    try:
        for frame in itertools.chain([first], frames):
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    finally:
        writer.release()


def _write_h264(path: Path, frames: Iterator[np.ndarray], rate: float) -> None:
    import imageio_ffmpeg

    first = next(frames)
    height, width, _ = first.shape
    writer = imageio_ffmpeg.write_frames(
        str(path), (width, height), fps=rate, codec="libx264", macro_block_size=2
    )
    writer.send(None)  # starts it
    try:
        for frame in itertools.chain([first], frames):
            writer.send(frame.tobytes())
    finally:
        writer.close()
