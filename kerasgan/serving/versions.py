"""Numbered versions of a model in one folder, which a server watches: 1, 2, 3 ...

A version is written aside under a name that starts with a dot, which a server does not
look at, flushed to the disk, and renamed: it is whole or absent at any moment. Numbers
only grow: the one that a server has loaded is never written to again.

The standard library alone.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ASIDE = ".unfinished-"
ABANDONED_SECONDS = 3600.0  # after so long nobody writes there any more


def versions_in(folder: str | os.PathLike) -> list[int]:
    """The numbers of the versions in a folder, lowest first; [] where there is none."""
    folder = Path(folder)
    if not folder.is_dir():
        return []
    names = (entry.name for entry in folder.iterdir() if entry.is_dir())
    numbers = (int(name) for name in names if name.isdecimal() and name.isascii())
    return sorted(number for number in numbers if (folder / str(number)).is_dir())


@contextmanager
def new_version(folder: str | os.PathLike) -> Iterator[Version]:
    """A version to write into `path` of; on leaving it becomes the next number.

    If the body fails nothing of it stays. What a killed one left is removed after an
    hour, when another version is made.

    Raises:
        OSError: the disk is full, or the folder cannot be written to.

    Example:
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for text in ("old", "new"):
    ...     with new_version(folder) as version:
    ...         _ = (version.path / "model").write_text(text)
    >>> version.number, versions_in(folder), (folder / "2" / "model").read_text()
    (2, [1, 2], 'new')
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder)
    version = Version(folder / f"{ASIDE}{os.getpid()}-{time.time_ns()}")
    version.path.mkdir()
    try:
        yield version
        flush(version.path)
        version.put_in_place()
    except BaseException:
        shutil.rmtree(version.path, ignore_errors=True)
        raise


class Version:
    """One that is being made, or has been.

    Attributes:
        path: where it is.
        number: None until it is in place.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number: int | None = None

    def put_in_place(self) -> None:
        """Rename it to the first free number above all that are there; another export
        may take that one at the same moment."""
        while True:
            number = max(versions_in(self.path.parent), default=0) + 1
            while os.path.lexists(self.path.with_name(str(number))):  # a file, a link
                number += 1
            target = self.path.with_name(str(number))
            try:
                os.rename(self.path, target)
            except OSError:
                if not os.path.lexists(target):
                    raise
            else:
                self.path, self.number = target, number
                return


def remove_abandoned(folder: Path) -> None:
    """Remove what killed exports left."""
    for aside in folder.glob(f"{ASIDE}*"):
        with suppress(FileNotFoundError):  # another export has just finished
            if time.time() - aside.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(aside, ignore_errors=True)


def flush(folder: Path) -> None:
    """See that all files are on the disk before the rename is."""
    for path in folder.rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
