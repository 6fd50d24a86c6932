"""The record of a preparation: which sources are done, what each gave and why not.

`prepared.jsonl` in the output folder, by which the folder is known as ours. Its first
line has the settings, each further one a source, or a part of one that gives many:

    {"prepare": 1, "settings": {...}}
    {"source": "a.jpg", "file": "a.jpg", "state": [size, time], "digest": "...",
     "kept": [{"picture": "000000.png", "hash": "...", "box": [...], ...}],
     "dropped": [{"reason": "blurred: sharpness 9.1", "thumbnail": "...", ...}]}

Of a part, "first" says how many pictures the source gave before it, and "left" how
many are still to come: so a kill loses a part at most. Of a source that could not be
read for a reason that may pass there is no line: the next start tries it again.

The pictures of a line are written aside (`stage`), then its line (`append`), then
they are renamed (`publish`). A process killed at any moment leaves pictures aside: of
the last line, which the next start renames (`mend`), or of no line, which it removes.
So the folder never has a picture that the record does not name.

Thumbnails (JPEG, base64) are kept of the first few pictures dropped for each reason,
which bounds the file.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasgan.data.doctor import DataError
from kerasgan.runs import stays_below, write_atomically

RECORD = "prepared.jsonl"
REPORT = "report.html"
LOCK = ".lock"
VERSION = 1
PICTURE = re.compile(r"\d{6,}\.png")
# What is written aside here, and by `write_atomically` for either.
LEFTOVER = re.compile(r"\.{1,2}(\d{6,}\.png|report\.html)(\.part|\.\d+\.part)+")


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
                self._own_pictures()
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
        write_atomically(self.path, _line({"prepare": VERSION, "settings": settings}))

    def settings(self) -> dict[str, Any]:
        """The settings that the preparation was begun with.

        Raises:
            DataError: the record is damaged, or not one of ours.
        """
        with open(self.path, "rb") as file:
            first = self._parsed(file.readline(), 1)
        if first.get("prepare") != VERSION or not isinstance(
            first.get("settings"), dict
        ):
            raise self._damaged(1)
        return first["settings"]

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
                    yield self._checked(self._parsed(line, number), number)

    def stage(self, name: str, data: bytes) -> None:
        """Write the file of a picture aside; `name` is relative to the folder."""
        aside = _aside(self.out / name)
        aside.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(aside, data)

    def append(self, line: dict[str, Any]) -> None:
        """One more source, or a part of it, is done."""
        with open(self.path, "ab") as file:
            file.write(_line(line))

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
        pictures = self._own_pictures()
        self._remove_leftovers()
        for path in pictures:
            path.unlink(missing_ok=True)
        folders = {path.parent for path in pictures}
        for folder in sorted(folders, key=lambda each: -len(each.parts)):
            if folder != self.out and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        self.report.unlink(missing_ok=True)
        self.path.unlink()

    def _own_pictures(self) -> set[Path]:
        """The pictures that the record names, or must have named where it is damaged.

        Raises:
            DataError: there are files that may be somebody else's.
        """
        named, sound, damaged = self._whole_lines()
        if not damaged:
            return named
        others = self._other_files() - named
        numbers = {int(path.stem) for path in named}
        numbered = {
            int(path.stem): path for path in others if PICTURE.fullmatch(path.name)
        }
        for number in itertools.count():  # ours are numbered from 0 without a gap
            if number in numbered:
                named.add(numbered.pop(number))
            elif number not in numbers:
                break
        mine = sound or self.path.stat().st_size == 0
        if mine and not numbered and (sound or not others - named):
            return named
        strange = min(numbered.values(), default=min(others - named, default=self.path))
        raise DataError(
            f"{self.path} must be the record that prepare wrote, and is so damaged "
            f"that {strange} may be somebody else's. Move away what you need and "
            f"remove {self.out}, or name another folder by --out."
        )

    def _whole_lines(self) -> tuple[set[Path], int, bool]:
        """Pictures that whole lines name, how many lines are whole, and whether any is
        not."""
        named: set[Path] = set()
        sound, damaged = 0, self.path.stat().st_size == 0
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    content = self._parsed(line, number)
                    kept = self._checked(content, number)["kept"] if number > 1 else []
                    if number == 1 and content.get("prepare") != VERSION:
                        raise self._damaged(number)
                except DataError:
                    damaged = damaged or line.endswith(b"\n")
                    continue
                sound += 1
                named |= {self.out / picture["picture"] for picture in kept}
        return named, sound, damaged

    def _other_files(self) -> set[Path]:
        """All files below the folder but the record, the report and leftovers."""
        ours = {self.path, self.report, self.out / LOCK}
        files = {path for path in self.out.rglob("*") if not path.is_dir()} - ours
        return {path for path in files if not LEFTOVER.fullmatch(path.name)}

    def _parsed(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            content = json.loads(line)
        except ValueError as error:
            raise self._damaged(number) from error
        if not isinstance(content, dict):
            raise self._damaged(number)
        return content

    def _checked(self, content: dict[str, Any], number: int) -> dict[str, Any]:
        """Of what the rest of the program counts on, and with no path out of `out`."""
        try:
            names = [picture["picture"] for picture in content["kept"]]
            texts = [cut["reason"] for cut in content["dropped"]]
            whole = isinstance(content["state"], list)
            texts += [content["source"], content["file"]]
            safe = all(PICTURE.fullmatch(Path(name).name) for name in names)
            safe = safe and all(map(stays_below, names))
            if whole and safe and all(isinstance(each, str) for each in texts):
                return content
        except (KeyError, TypeError) as error:
            raise self._damaged(number) from error
        raise self._damaged(number)

    def _damaged(self, number: int) -> DataError:
        return DataError(
            f"{self.path} must be the record that prepare wrote, and its line {number} "
            "is not. Name another folder by --out, or add --fresh to remove what "
            "prepare wrote there and begin anew."
        )


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _line(content: dict[str, Any]) -> bytes:
    """ASCII, so that names in no encoding are kept too."""
    return json.dumps(content).encode("ascii") + b"\n"
