"""A word's output folder: filled aside, put in place at the end, never over others'.

A file in it marks it as a word's own and lists what the word wrote, so that the next
start can take the old files away and leave everything else. Where the work is done
batch by batch, what is done by then stays aside, and the same command goes on there.
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.cli.failures import UsageError
from kerasgan.data.latent_files import UNREADABLE
from kerasgan.runs import (
    UNFINISHED,
    RunError,
    read_json,
    stays_below,
    write_atomically,
    write_json,
)

ON_SHEET = 100  # photos that a word's sheet shows at most
DONE = ".done"  # folder aside: what was found in each batch, and for which settings


class Output:
    """Where a word's files go: written to `aside`, moved to `path` by `finish`.

    Args:
        path: the folder.
        word: the word; its mark is `<word>.json`.
        named: the user named the folder, so that it may be somebody's.

    Raises:
        UsageError: it is a file, or holds files that the word did not write.
    """

    def __init__(self, path: Path, word: str, named: bool) -> None:
        self.path, self.mark = path, path / f"{word}.json"
        self.aside = path / UNFINISHED
        self.done = self.aside / DONE
        check_folder(path)
        if named:
            check_not_others(path, word, self.mark.is_file())

    def begin(self, key: str = "") -> Path:
        """The folder to write to: empty, or as it was left by a start that was stopped
        and had the same `key`, which stands for all that its files depend on.

        Raises:
            OSError: the place cannot be written to.
        """
        known = self.done / "key"
        if key and known.is_file() and known.read_text() == key:
            print("Going on where an earlier start was stopped.")
            return self.aside
        shutil.rmtree(self.aside, ignore_errors=True)
        self.aside.mkdir(parents=True)
        if key:
            self.done.mkdir()
            write_atomically(known, key.encode())
        return self.aside

    def read_done(self, number: int) -> dict[str, np.ndarray] | None:
        """What was found in a batch, once all its files are there; else None."""
        try:
            with np.load(self._done_file(number), allow_pickle=False) as arrays:
                return dict(arrays)
        except UNREADABLE:  # or not there
            return None

    def write_done(self, number: int, found: dict[str, np.ndarray]) -> None:
        """Note that all files of a batch are there, and what else was found in it."""
        content = io.BytesIO()
        np.savez(content, **found)
        write_atomically(self._done_file(number), content.getvalue())

    def _done_file(self, number: int) -> Path:
        return self.done / f"{number:06d}.npz"

    def finish(self, note: dict[str, Any]) -> None:
        """The earlier files out, the new ones in, and the mark with `note`."""
        shutil.rmtree(self.done, ignore_errors=True)
        for name in self._earlier():
            (self.path / name).unlink(missing_ok=True)
        files = sorted(file for file in self.aside.rglob("*") if file.is_file())
        names = [file.relative_to(self.aside).as_posix() for file in files]
        for file, name in zip(files, names, strict=True):
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, self.path / name)
        shutil.rmtree(self.aside)
        write_json(self.mark, note | {"files": names})

    def _earlier(self) -> list[str]:
        """What an earlier start of the word left here, nothing outside the folder."""
        try:
            names = read_json(self.mark)["files"] if self.mark.is_file() else []
        except (RunError, KeyError, TypeError):
            return []
        names = names if isinstance(names, list) else []
        return [name for name in names if isinstance(name, str) and stays_below(name)]


def check_folder(out: Path) -> None:
    """Refuse a file in place of a folder.

    Raises:
        UsageError: it is one.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out must be a folder. Received {out}, which is a file.")


def check_not_others(out: Path, word: str, ours: bool) -> None:
    """Refuse a folder in which somebody's files could be lost: one that is not `ours`,
    this word's own, and holds anything.

    Raises:
        UsageError: it is such a folder.
    """
    if ours or not out.is_dir():
        return
    if any(entry.name != UNFINISHED for entry in out.iterdir()):
        raise UsageError(
            f"--out must be a new or empty folder, or one that an earlier {word} "
            f"wrote. Received {out}, which holds other files: name another."
        )


def check_apart(path: Path, out: Path) -> None:
    """Refuse an output folder that would mix with the originals.

    Raises:
        UsageError: it is --path, or one lies in the other.
    """
    path, out = path.resolve(), out.resolve()
    if path.is_dir() and (out == path or path in out.parents):
        raise UsageError(
            "--out must lie outside --path, or new files would mix with the "
            f"originals. Received {out} in {path}."
        )
    if out in path.parents:
        raise UsageError(
            "--path must lie outside --out, or it might be cleared with it. "
            f"Received {path} in {out}."
        )
