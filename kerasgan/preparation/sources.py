"""What pictures are taken from: the files of a folder, and frames of its videos.

Legend: H height, W width; pictures uint8 [H, W, 3].
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kerasgan.data.doctor import ENDINGS, DataError, FoundFile, Listing, find_files
from kerasgan.data.examination import other_files_in_words, printable, subfolder_of
from kerasgan.integrity import UnreadableImage
from kerasgan.preparation.frames import VIDEO_ENDINGS, clock, count_frames, frames


@dataclass(frozen=True)
class Source:
    """One picture file, one frame of a video, or a video that cannot be read.

    Attributes:
        name: relative to the folder, with "/"; of a frame with its time behind it.
        file: the file it comes from, relative to the folder.
        state: [size in bytes, time of the last change in ns] of that file.
        place: its number among all sources, from 0.
        image: the frame; None for a picture file, which is read later.
        reason: why there is nothing to read.
        first: how many pictures were cut out of it before; the next one's number.
        share: how many are to be cut out of it now, where a cutter is told.
    """

    name: str
    file: str
    state: tuple[int, int]
    place: int
    image: np.ndarray | None = None
    reason: str = ""
    first: int = 0
    share: int = 0

    @property
    def subfolder(self) -> str:
        """Where its file lies, "." for the folder itself."""
        return subfolder_of(self.file)


@dataclass
class Sources:
    """The sources of a folder, in the order of their names; nothing is opened before.

    Attributes:
        path: what was named: a folder or a file.
        folder: where the files lie.
        files: pictures, then videos, each by name.
        every_seconds: between two frames; 0 where videos are passed over.
        total: how many sources, frames estimated.
        skipped: (name, reason) of what could not even be listed.
        other_files: how many files of each other ending.
    """

    path: Path
    folder: Path
    files: list[FoundFile]
    every_seconds: float = 0.0
    total: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    other_files: Counter[str] = field(default_factory=Counter)

    def states(self) -> dict[str, tuple[int, int]]:
        """File -> (size, time of the last change)."""
        return {file.name: (file.size, file.mtime_ns) for file in self.files}

    def videos_passed_over(self) -> int:
        """How many files look like videos and are not asked for."""
        return sum(self.other_files[ending] for ending in VIDEO_ENDINGS)

    def walk(
        self, done: Collection[str] = (), only: Collection[str] | None = None
    ) -> Iterator[Source]:
        """Every source that is not `done`, by its name; of `only` these, if given.

        Videos of which all is done are decoded to their end all the same, for only
        then is that known.
        """

        def wanted(name: str) -> bool:
            return name not in done and (only is None or name in only)

        place = 0
        for file in self.files:
            state = (file.size, file.mtime_ns)
            if not is_video(file.name):
                if wanted(file.name):
                    yield Source(file.name, file.name, state, place)
                place += 1
                continue
            try:
                for seconds, image in frames(
                    self.folder / file.name, self.every_seconds
                ):
                    name = f"{file.name} at {clock(seconds)}"
                    if wanted(name):
                        yield Source(name, file.name, state, place, image)
                    place += 1
            except UnreadableImage as error:
                if wanted(file.name):
                    yield Source(
                        file.name, file.name, state, place, reason=error.reason
                    )
                place += 1


def is_video(name: str) -> bool:
    """By the file's ending.

    >>> is_video("a/Clip.MP4"), is_video("a/b.png")
    (True, False)
    """
    return os.path.splitext(name)[1].lower() in VIDEO_ENDINGS


def find_sources(path: str | os.PathLike, every_seconds: float = 0.0) -> Sources:
    """The pictures below a folder, and its videos where frames are asked for.

    Args:
        path: a folder, or a single picture or video.
        every_seconds: between two frames of a video; 0 passes videos over.

    Raises:
        DataError: there is nothing of that name, or nothing in it to take.
    """
    path = Path(path)
    endings = ENDINGS | VIDEO_ENDINGS if every_seconds else ENDINGS
    listing = _single(path) if path.is_file() else find_files(path, endings)
    files = sorted(listing.files, key=lambda file: (is_video(file.name), file.name))
    found = Sources(
        path,
        listing.folder,
        files,
        every_seconds,
        skipped=listing.skipped,
        other_files=listing.other_files,
    )
    if any(is_video(file.name) for file in files) and not every_seconds:
        raise DataError(
            f"A video must come with the time between two of its frames. Received "
            f"{printable(path)}: add --every 1s."
        )
    if not files and not found.skipped:
        raise DataError(_nothing(path, found))
    found.total = sum(
        count_frames(found.folder / file.name, every_seconds)
        if is_video(file.name)
        else 1
        for file in files
    )
    return found


def _single(file: Path) -> Listing:
    """One file as a folder would list it.

    Raises:
        DataError: its ending is neither a picture's nor a video's.
    """
    if file.suffix.lower() not in ENDINGS | VIDEO_ENDINGS:
        raise DataError(
            "--path must be a folder, a picture or a video. Received "
            f"{printable(file)}: a file of another kind."
        )
    status = file.stat()
    own = FoundFile(file.name, status.st_size, status.st_mtime_ns, status.st_mode)
    return Listing(file.parent, [own])


def _nothing(path: Path, found: Sources) -> str:
    """The sentence for a folder that holds nothing to take pictures from."""
    if found.videos_passed_over():
        return (
            f"{printable(path)} must hold pictures and holds videos only: add "
            "--every 1s to take a frame each second."
        )
    wanted = " ".join(sorted(ending[1:] for ending in ENDINGS))
    others = other_files_in_words(found.other_files)
    holds = f"holds none, only {others}" if others else "is empty"
    return f"{printable(path)} must hold pictures ({wanted}) and {holds}. Check --path."
