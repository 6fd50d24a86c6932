"""The record of a preparation: which sources are done, what each gave and why not.

`prepared.jsonl` in the output folder, by which the folder is known as ours; its lines
are those of `preparation.lines`.

The pictures of a line are written aside (`stage`), then its line (`append`), then
they are renamed (`publish`). A process killed at any moment leaves pictures aside: of
the last line, which the next start renames (`mend`), or of no line, which it removes.
So the folder never has a picture that the record does not name.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasgan.data.doctor import DataError
from kerasgan.preparation.lines import as_line, first_line, settings_line, source_line
from kerasgan.preparation.ownership import LEFTOVER, own_pictures
from kerasgan.runs import write_atomically

RECORD = "prepared.jsonl"
REPORT = "report.html"
LOCK = ".lock"


class Record:
    """The record of one output folder.

    Args:
        out: the folder; made by `begin`.
    """

    def __init__(self, out: str | os.PathLike) -> None:
        self.out = Path(out)
        self.path = self.out / RECORD
        self.report = self.out / REPORT

    def exists(self) -> bool:
        """Whether a preparation was begun here."""
        return self.path.is_file()

    def check_free(self, fresh: bool = False) -> None:
        """Refuse a folder in which somebody's files could be lost.

        Args:
            fresh: what prepare wrote there is to be removed; the record may be damaged.

        Raises:
            DataError: it is a file, or holds something and no record of ours.
        """
        if self.out.exists() and not self.out.is_dir():
            raise DataError(
                f"--out must be a folder. Received {self.out}, which is a file."
            )
        if self.exists():
            if fresh:
                self._pictures()
            else:
                self.settings()
            return
        if self.out.is_dir() and any(each.name != LOCK for each in self.out.iterdir()):
            raise DataError(
                "--out must be a new or empty folder, or one that an earlier prepare "
                f"wrote. Received {self.out}, which holds other files: name another."
            )

    def begin(self, settings: dict[str, Any]) -> None:
        """Write the first line; the folder is made where missing."""
        self.out.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, first_line(settings))

    def settings(self) -> dict[str, Any]:
        """The settings that the preparation was begun with.

        Raises:
            DataError: the record is damaged, or not one of ours.
        """
        with open(self.path, "rb") as file:
            return settings_line(self.path, file.readline())

    def lines(self) -> Iterator[dict[str, Any]]:
        """What is known of each source that is done; one line in memory at a time.

        Raises:
            DataError: the record is damaged.
        """
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):  # being written when it was killed
                    return
                if number > 1:
                    yield source_line(self.path, line, number)

    def stage(self, name: str, data: bytes) -> None:
        """Write the file of a picture aside; `name` is relative to the folder."""
        aside = _aside(self.out / name)
        aside.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(aside, data)

    def append(self, line: dict[str, Any]) -> None:
        """One more source, or a part of it, is done."""
        with open(self.path, "ab") as file:
            file.write(as_line(line))

    def publish(self, line: dict[str, Any]) -> None:
        """Put the pictures of a line in place, as far as they are aside."""
        for picture in line["kept"]:
            path = self.out / picture["picture"]
            with contextlib.suppress(FileNotFoundError):
                os.replace(_aside(path), path)

    def mend(self) -> None:
        """Finish or remove what a killed process left.

        Raises:
            DataError: the record is damaged.
        """
        with open(self.path, "rb+") as file:
            file.truncate(sum(len(line) for line in file if line.endswith(b"\n")))
        for last in deque(self.lines(), maxlen=1):
            self.publish(last)
        self._remove_leftovers()

    def _pictures(self) -> set[Path]:
        ours = {self.path, self.report, self.out / LOCK}
        return own_pictures(self.path, ours)

    def _remove_leftovers(self) -> None:
        for folder, _, names in os.walk(self.out):
            for name in names:
                if LEFTOVER.fullmatch(name):
                    os.unlink(os.path.join(folder, name))

    def forget(self) -> None:
        """Remove the record, its report, and the pictures that it names; nothing else.

        Of a damaged record it removes the pictures that it must have named, too.

        Raises:
            DataError: the record is so damaged that it may be somebody else's.
        """
        pictures = self._pictures()
        self._remove_leftovers()
        for path in pictures:
            path.unlink(missing_ok=True)
        folders = {path.parent for path in pictures}
        for folder in sorted(folders, key=lambda each: -len(each.parts)):
            if folder != self.out and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        self.report.unlink(missing_ok=True)
        self.path.unlink()


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")
