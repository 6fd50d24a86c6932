"""Built-in pictures: cartoon faces drawn from attributes, any number, from a seed.

H height, W width; pictures uint8 [H, W, 3]. They need no download and no licence, and
since the attributes of each are known (`attributes.csv`), mode collapse and attribute
arithmetic can be measured on what a network learnt from them.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kerasgan.data.sketch_drawing import draw_face
from kerasgan.images import encode_png
from kerasgan.runs import write_atomically

__all__ = ["ATTRIBUTES", "draw_face", "draw_faces", "sample_attributes"]

# Continuous attributes: (lowest, highest), drawn evenly unless said below.
RANGES: dict[str, tuple[float, float]] = {
    "smile": (-1, 1),  # sad to happy
    "mouth_open": (0, 1),
    "mouth_width": (0, 1),
    "skin": (0, 1),  # light to dark
    "blush": (0, 1),
    "face_width": (0, 1),
    "jaw": (0, 1),  # pointed to square
    "hair_length": (0, 1),  # cropped to below the shoulders
    "hair_light": (0, 1),
    "hair_warm": (0, 1),  # black and grey to chestnut and blond
    "fringe": (0, 1),  # none to down to the brows
    "parting": (-1, 1),  # where the hair parts, left to right
    "eye_size": (0, 1),
    "eye_spacing": (0, 1),
    "eye_slant": (-1, 1),
    "eye_open": (0, 1),
    "eye_colour": (0, 1),  # brown, hazel, green, blue
    "gaze_x": (-1, 1),
    "gaze_y": (-1, 1),
    "brow_angle": (-1, 1),  # worried to cross
    "brow_height": (0, 1),
    "brow_thickness": (0, 1),
    "nose_length": (0, 1),
    "nose_width": (0, 1),
    "yaw": (-20, 20),  # degrees, to the viewer's right
    "tilt": (-11, 11),  # degrees, clockwise
    "shift_x": (-0.12, 0.12),  # of half the head's width
    "shift_y": (-0.06, 0.10),
    "light": (-1, 1),  # from the left to from the right
    "background_hue": (0, 1),
    "background_light": (0.55, 1),
    "clothes_hue": (0, 1),
}
# Attributes that a face has (1) or not (0): how often.
SHARES: dict[str, float] = {
    "bald": 0.08,
    "curly": 0.25,
    "glasses": 0.30,
    "square_glasses": 0.40,  # of the glasses
    "dark_glasses": 0.20,  # of the glasses
    "beard": 0.22,
    "moustache": 0.18,
    "hat": 0.12,
    "lipstick": 0.25,
    "earrings": 0.15,
}
ATTRIBUTES = (*SHARES, *RANGES)


def sample_attributes(seed: int, k: int) -> dict[str, float]:
    """The attributes of face number k: a function of (seed, k) alone.

    Returns:
        name -> 0 or 1 for those in SHARES, a number in its range for those in RANGES.

    Example:
    >>> sample_attributes(0, 7) == sample_attributes(0, 7)
    True
    """
    rng = np.random.default_rng([seed, k])
    chosen: dict[str, float] = {
        name: int(rng.random() < share) for name, share in SHARES.items()
    }
    for name, (low, high) in RANGES.items():
        chosen[name] = round(float(rng.uniform(low, high)), 4)
    # Grey hair, narrow eyes, open and sad mouths are rarer than their opposites.
    chosen["hair_warm"] = round(chosen["hair_warm"] ** 0.5, 4)
    chosen["smile"] = round(1 - 2 * ((1 - chosen["smile"]) / 2) ** 1.5, 4)
    chosen["eye_open"] = round(1 - 0.75 * (1 - chosen["eye_open"]) ** 2, 4)
    chosen["mouth_open"] = round(chosen["mouth_open"] ** 2, 4)
    if not chosen["glasses"]:
        chosen["square_glasses"] = chosen["dark_glasses"] = 0
    return chosen


def draw_faces(
    folder: str | os.PathLike,
    count: int,
    image_size: int | tuple[int, int] = 64,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw faces 0 to count - 1 into a folder, with `attributes.csv` beside them.

    The table has one row a picture: file, then each of ATTRIBUTES. It is written
    last, so a folder that has it is complete.

    Args:
        folder: made where missing; files of the same names are replaced.
        count: how many.
        image_size: (H, W), or one number for both; at least 8.
        seed: not negative.
        progress: called as progress(done, count) after each picture.

    Raises:
        ValueError: a number is out of range.
        OSError: the folder cannot be written to.

    Example:
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> draw_faces(folder, count=2, image_size=16)
    >>> sorted(path.name for path in folder.iterdir())
    ['0000.png', '0001.png', 'attributes.csv']
    """
    sides = (image_size,) if isinstance(image_size, int) else image_size
    for name, value, least in (
        ("count", count, 1),
        ("image_size", min(sides), 8),
        ("seed", seed, 0),
    ):
        if value < least:
            raise ValueError(
                f"{name} must be at least {least}. Received {value}: take a larger one."
            )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    table = io.StringIO()
    rows = csv.DictWriter(table, ["file", *ATTRIBUTES], lineterminator="\n")
    rows.writeheader()
    for k in range(count):
        attributes = sample_attributes(seed, k)
        name = f"{k:04d}.png"
        _write(folder / name, encode_png(draw_face(attributes, image_size)))
        rows.writerow({"file": name, **attributes})
        if progress is not None:
            progress(k + 1, count)
    write_atomically(folder / "attributes.csv", table.getvalue().encode())


def _write(path: Path, data: bytes) -> None:
    """Not flushed to the disk one by one, which would take as long as the drawing."""
    try:
        path.write_bytes(data)
    except OSError as error:
        error.filename = str(path)  # a full disk does not name it
        raise
