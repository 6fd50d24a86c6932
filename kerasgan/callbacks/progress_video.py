"""The sample grids of a training, one after the other: progress.mp4."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kerasgan import images
from kerasgan.callbacks.step_callback import StepCallback
from kerasgan.video import has_h264, write_video

MOST_FRAMES = 300
MOST_SIDE = 1080  # pixels
SLOWEST, FASTEST = 2.0, 30.0  # frames a second


class ProgressVideo(StepCallback):
    """As the fit ends, write the grids in a folder as a video of about `seconds`.

    From init.png (the untrained generator, or the one that was started from) to the
    last step_*.png that SampleGrid has written there, in this fit or an earlier one.
    The last grid stays for a second.

    Args:
        folder: where the grids are, and where progress.mp4 goes.
        seconds: its length; there are 2 to 30 frames a second.
        report: gets a sentence where it cannot be written, or no browser will play it.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        seconds: float = 10.0,
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        self.folder, self.seconds, self.report = Path(folder), seconds, report

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_end(logs)
        grids = grid_files(self.folder)
        if len(grids) < 2:
            return
        path = self.folder / "progress.mp4"
        rate = float(np.clip(len(grids) / self.seconds, SLOWEST, FASTEST))
        try:
            write_video(path, frames_of(grids + grids[-1:] * round(rate)), rate)
        except (OSError, ValueError) as error:
            self.report(f"{path} was not written ({error}).")
            return
        if not has_h264():
            self.report(
                f"{path} plays in video players; for one that browsers play, install "
                "the extra: pip install 'kerasgan[video]'"
            )


def frames_of(grids: list[Path]) -> Iterator[np.ndarray]:
    """The grids one by one, those of another size than the last left out.

    A large grid is made smaller, so that a video player can show it.
    """
    shape = images.read_image(grids[-1], 3).shape
    factor = min(1.0, MOST_SIDE / max(shape[:2]))
    for grid in grids:
        frame = images.read_image(grid, 3)
        if frame.shape != shape:
            continue
        if factor < 1:
            size = [round(side * factor) for side in shape[1::-1]]
            frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        yield frame


def grid_files(folder: Path) -> list[Path]:
    """init.png and the averaged grids in order, at most `MOST_FRAMES` of them."""
    if not folder.is_dir():
        return []
    steps = sorted(folder.glob("step_*.png"))
    steps = [path for path in steps if not path.stem.endswith("_raw")]
    grids = [path for path in [folder / "init.png"] if path.is_file()] + steps
    if len(grids) <= MOST_FRAMES:
        return grids
    chosen = np.linspace(0, len(grids) - 1, MOST_FRAMES).round().astype(int)
    return [grids[k] for k in chosen]
