"""The face detector's file: named, kept from an earlier time, or fetched once.

YuNet's ONNX file of OpenCV's model zoo (230 kB, MIT). It is fetched by Keras into the
cache folder, and its SHA-256 is looked at each time.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from kerasgan.data.doctor import DataError

FILE = "face_detection_yunet_2023mar.onnx"
SUBFOLDER = "models"
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
URL = (
    "https://github.com/opencv/opencv_zoo/raw/"
    "82b38c8f98e7b52aa171400f3e4c722352d0669f/models/face_detection_yunet/" + FILE
)


def read_model(
    file: str | os.PathLike | None, cache_dir: str | os.PathLike
) -> tuple[bytes, str]:
    """The bytes of the detector, and their SHA-256.

    Args:
        file: an ONNX file of one's own; None takes YuNet from `cache_dir`, where it
            is fetched to if it is not there.
        cache_dir: the package's cache folder.

    Raises:
        DataError: no such file, or it could not be fetched; says what to do.
    """
    if file is not None:
        return _read(Path(file))
    if not is_kept(cache_dir):
        _fetch(Path(cache_dir))
    return _read(Path(cache_dir) / SUBFOLDER / FILE)


def is_kept(cache_dir: str | os.PathLike) -> bool:
    """Whether YuNet was fetched before, and is still what it was."""
    kept = Path(cache_dir) / SUBFOLDER / FILE
    return kept.is_file() and _read(kept)[1] == SHA256


def _read(file: Path) -> tuple[bytes, str]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(
            "--detector_model must be a file that can be read. Received "
            f"{file}: {error.strerror}."
        ) from error
    return content, hashlib.sha256(content).hexdigest()


def _fetch(cache_dir: Path) -> None:
    """Fetch YuNet into `cache_dir`/models.

    Raises:
        DataError: it cannot be had, or is not what it was.
    """
    import keras  # imports TensorFlow: only where there is something to fetch

    try:
        keras.utils.get_file(
            FILE,
            URL,
            file_hash=SHA256,
            cache_dir=str(cache_dir),
            cache_subdir=SUBFOLDER,
        )
    except Exception as error:  # get_file raises Exception itself, without a network
        lines = str(error).strip().splitlines() or [type(error).__name__]
        reason = lines[0].rpartition(" -- ")[2]  # get_file names the URL before
        raise DataError(
            f"The face detector must be fetched once, and that failed ({reason}). "
            f"Where there is a network, download {URL} and name the file by "
            "--detector_model; or do without faces, by --faces none."
        ) from error
