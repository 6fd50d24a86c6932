"""A file of TensorBoard events: scalars and pictures, by step.

Written by TensorBoard's own writer, since TensorFlow's can not say that what was
written of later steps no longer counts. Needs the extra [tensorboard].

H height, W width.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.report.grids import small_jpeg

FLUSH_SECONDS = 120


class EventFile:
    """A new file of events in a folder, which may have others.

    Args:
        folder: made if need be.

    Raises, as all its methods do:
        OSError, tf.errors.OpError: it cannot be written there.
        ImportError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        folder.mkdir(parents=True, exist_ok=True)
        self._writer = EventFileWriter(str(folder), flush_secs=FLUSH_SECONDS)

    def forget_after(self, step: int) -> None:
        """What this and earlier files say of later steps no longer counts."""
        from tensorboard.compat.proto.event_pb2 import SessionLog

        self._add(step + 1, session_log=SessionLog(status=SessionLog.START))

    def add_scalars(self, step: int, scalars: dict[str, float]) -> None:
        """Numbers, by their tags."""
        values = [{"tag": tag, "simple_value": each} for tag, each in scalars.items()]
        self._add_values(step, values)

    def add_picture(self, step: int, tag: str, picture: np.ndarray) -> None:
        """uint8 [H, W, 3], as a JPEG."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        height, width = picture.shape[:2]
        data = small_jpeg(picture)
        image = Summary.Image(height=height, width=width, encoded_image_string=data)
        self._add_values(step, [{"tag": tag, "image": image}])

    def flush(self) -> None:
        """Bring it onto the disk."""
        self._writer.flush()

    def close(self) -> None:
        """The same, and no more."""
        self._writer.close()

    def _add_values(self, step: int, values: list[dict[str, Any]]) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(**value) for value in values])
        self._add(step, summary=summary)

    def _add(self, step: int, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.add_event(Event(wall_time=time.time(), step=step, **content))
