"""Photos for a trained generator: made to fit as its training pictures were.

They are held as bytes, and become numbers as they are asked for: a thousand of 256 px
take 200 MB, and four times as much as numbers.

N photos, H height, W width, C channels; images float32 in [-1, 1]. Imports no
TensorFlow, so that a folder without pictures is told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasgan.cli.counter import counter
from kerasgan.config import TrainConfig
from kerasgan.data.doctor import (
    ENDINGS,
    DataError,
    FoundFile,
    Listing,
    examine,
    find_files,
)
from kerasgan.data.examination import printable
from kerasgan.images import at_once


@dataclass(frozen=True)
class Photos:
    """names [N], digests [N] of their files, pixels uint8 [N, H, W, C]."""

    names: list[str]
    digests: list[str]
    pixels: np.ndarray

    @classmethod
    def together(cls, parts: Sequence[Photos]) -> Photos:
        """Those of all parts, one after the other."""
        return cls(
            [each for part in parts for each in part.names],
            [each for part in parts for each in part.digests],
            np.concatenate([part.pixels for part in parts]),
        )

    @property
    def images(self) -> np.ndarray:
        """All of them, [N, H, W, C]."""
        return self.part(slice(None))

    def part(self, part: slice) -> np.ndarray:
        """Some of them, [n, H, W, C]."""
        return self.pixels[part].astype(np.float32) / 127.5 - 1

    def in_batches(self) -> Iterator[np.ndarray]:
        """All of them, a few at a time: [n, H, W, C]."""
        count = at_once(self.pixels.shape[1:3])
        for start in range(0, len(self.pixels), count):
            yield self.part(slice(start, start + count))


def read_photos(
    path: str | Path,
    config: TrainConfig,
    most: int = 0,
    wanted: Callable[[str], bool] = lambda name: True,
) -> Photos:
    """The usable photos of a folder, or one file, in the size of a run's pictures,
    copies of each other too.

    Says which were skipped and why.

    Args:
        path: the folder, or the file.
        config: the run's: image_size, channels, fit.
        most: of a larger folder so many are taken, evenly spread; 0 takes all.
        wanted: which names in the folder are looked at.

    Raises:
        DataError: there is no usable photo.
    """
    listing = list_photos(Path(path))
    listing.files = [file for file in listing.files if wanted(file.name)]
    if most and len(listing.files) > most:
        print(f"{most:,} of {len(listing.files):,} photos are taken, evenly spread.")
        chosen = np.linspace(0, len(listing.files) - 1, most).round().astype(int)
        listing.files = [listing.files[k] for k in chosen]
    shape = (len(listing.files), *config.image_size, config.channels)
    pixels, count = np.empty(shape, np.uint8), 0

    def keep(picture: np.ndarray) -> None:
        nonlocal count
        pixels[count] = picture
        count += 1

    try:
        found = examine(
            listing.folder,
            image_size=config.image_size,
            channels=config.channels,
            fit=config.fit,
            progress=counter("looking at"),
            copies=True,
            keep=keep,
            listing=listing,
        )
    except DataError as error:
        if not (error.skipped and Path(path).is_file()):
            raise
        reason = error.skipped[0][1]
        raise DataError(
            f"{printable(path)} must be a picture that can be used, and is not: "
            f"{reason}."
        ) from None
    if found.skipped:
        print(found.table())
    return Photos(found.names, found.digests, pixels[:count])


def list_photos(path: Path) -> Listing:
    """The picture files of a folder, or the one file.

    Raises:
        DataError: there is nothing of that name, or it is no picture's.
    """
    if not path.exists():
        raise DataError(
            f"{printable(path)} must be a picture or a folder of pictures, and there "
            "is nothing of that name."
        )
    if not path.is_file():
        return find_files(path)
    if path.suffix.lower() not in ENDINGS:
        raise DataError(
            f"{printable(path)} must be a picture or a folder of pictures, and its "
            "ending is no picture's."
        )
    status = path.stat()
    file = FoundFile(path.name, status.st_size, status.st_mtime_ns, status.st_mode)
    return Listing(path.parent, [file])
