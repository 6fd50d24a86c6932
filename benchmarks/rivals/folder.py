"""What the rivals share: the flags, the pictures, the clock, the pictures out.

Both rivals read a folder as kerasgan does by default (middle square, area averaging
when shrinking, RGB) and are charged for training alone: neither imports, nor decoding,
nor their first step, which builds graphs and chooses kernels, run on the clock.

N pictures, H height, W width, C channels; uint8 RGB NHWC. Needs NumPy and OpenCV.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def arguments(description: str) -> argparse.ArgumentParser:
    """The flags that every rival takes; a rival may add its own."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--path", required=True, help="folder of pictures")
    parser.add_argument("--out", required=True, help="folder for the generated PNGs")
    parser.add_argument(
        "--minutes",
        default="10",
        help="time for training; of 5,10,20 the pictures after 5 and 10 are kept too, "
        "in folders of their own: OUT_at_5, OUT_at_10",
    )
    parser.add_argument("--img_num", type=int, default=1000, help="pictures to make")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def read_square(path: Path, image_size: int) -> np.ndarray | None:
    """The middle square of one picture, uint8 [image_size, image_size, 3]; or None."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        return None
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    method = cv2.INTER_AREA if side > image_size else cv2.INTER_CUBIC
    square = cv2.resize(square, (image_size, image_size), interpolation=method)
    return cv2.cvtColor(square, cv2.COLOR_BGR2RGB)


def load_pictures(folder: str, image_size: int = 64) -> np.ndarray:
    """All pictures below a folder, uint8 [N, image_size, image_size, 3], by name."""
    paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in ENDINGS)
    with ThreadPoolExecutor() as pool:
        images = pool.map(lambda path: read_square(path, image_size), paths)
        images = [image for image in images if image is not None]
    if not images:
        raise SystemExit(f"--path must hold pictures. Received {folder}: found none.")
    print(f"{len(images)} pictures", flush=True)
    return np.stack(images)


def save_pictures(images: np.ndarray, folder: str) -> None:
    """Writes uint8 [N, H, W, 3] as 0000.png, 0001.png, ... into a folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for k, image in enumerate(images):
        path = Path(folder) / f"{k:04d}.png"
        cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    print(f"{len(images)} pictures in {folder}", flush=True)


class TrainingClock:
    """Says when the minutes are over, and how many images they were enough for.

    It starts when the first step is done; that step is free, and so is what is done
    `at` the times before the last one.

    Args:
        minutes: one time, or several with commas, in their order.
        at: gets such a time as it was written.
    """

    def __init__(self, minutes: str, at: Callable[[str], None]):
        self.times, self.at = minutes.split(","), at
        self.started = None
        self.seconds = 0.0
        self.images_timed = 0
        self.images_seen = 0
        self.next_line_seconds = 60.0

    def step_done(self, images: int, **losses: float) -> bool:
        """Counts one step of so many images; True when the time is over."""
        self.images_seen += images
        if self.started is None:
            self.started = time.perf_counter()
            return False
        self.images_timed += images
        self.seconds = time.perf_counter() - self.started
        if self.seconds >= self.next_line_seconds:
            self.next_line_seconds += 60
            words = " ".join(f"{name} {float(v):.3f}" for name, v in losses.items())
            print(f"{self.summary()} {words}", flush=True)
        if self.seconds < 60 * float(self.times[0]):
            return False
        if len(self.times) == 1:
            return True
        print(self.summary(), flush=True)
        stopped = time.perf_counter()
        self.at(self.times.pop(0))
        self.started += time.perf_counter() - stopped
        return False

    def summary(self) -> str:
        rate = self.images_timed / self.seconds if self.seconds else 0.0
        return (
            f"{self.seconds / 60:.1f} minutes {self.images_seen} images seen "
            f"{rate:.1f} images/s"
        )
