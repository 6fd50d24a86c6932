"""A word's output folder: filled aside, put in place at the end, never over others'.

A file in it marks it as a word's own and lists what the word wrote, so that the next
start can take the old files away and leave everything else. Where the work is done
batch by batch, what was done by then stays aside when it is stopped, in a folder for
each thing that was asked for, and the same command goes on there.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.cli.failures import Failure, UsageError
from kerasgan.data.latent_files import UNREADABLE
from kerasgan.runs import (
    UNFINISHED,
    RunError,
    RunLock,
    read_json,
    stays_below,
    write_atomically,
    write_json,
)

ON_SHEET = 100  # photos that a word's sheet shows at most
DONE = ".done"  # folder aside: what was found in each batch
LOCK = "writing.lock"  # of the folder, whichever word writes
OVER = ".over"  # the same once all files are in place


class Output:
    """Where a word's files go: written to `aside`, moved to `path` by `finish`.
    A context, in which the folder is held.

    Args:
        path: the folder.
        word: the word; its mark is `<word>.json`.
        named: the user named the folder, so that it may be somebody's.

    Raises:
        UsageError: it is a file, or holds files that the word did not write.
    """

    def __init__(self, path: Path, word: str, named: bool) -> None:
        self.path, self.word, self.mark = path, word, path / f"{word}.json"
        self.named, self.key, self.finished = named, "", False
        self._lock: RunLock | None = None
        self._check()

    def _check(self) -> None:
        check_folder(self.path)
        if self.named:
            check_not_others(self.path, self.word, self.mark.is_file())

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *error: object) -> None:
        """Let another start in, also where this one was stopped; what cannot be gone
        on with is taken away."""
        if self._lock is None:
            return
        if not self.key and not self.finished:
            shutil.rmtree(self.aside, ignore_errors=True)
        self._lock.release()

    def begin(self, key: str = "") -> Path:
        """The folder to write to. With a `key`, which stands for all that the files
        depend on, it is as a start with the same key left it that was stopped;
        else it is empty.

        Raises:
            Failure: another process is at work there.
            UsageError: another word has written there meanwhile.
            OSError: the place cannot be written to.
        """
        self.key = key
        self.aside = self.path / UNFINISHED / (key or self.word)
        self.done = self.aside / DONE
        self.aside.parent.mkdir(parents=True, exist_ok=True)
        self._lock = hold(self.aside.parent / LOCK, self.path)
        self._check()
        if not key or not self.done.is_dir():
            shutil.rmtree(self.aside, ignore_errors=True)
        else:
            print("Going on where an earlier start was stopped.")
            for half in self.aside.rglob(".*.part*"):  # of a file being written
                half.unlink()
        self.done.mkdir(parents=True, exist_ok=True)
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
        """The new files in, the earlier ones out, and the mark with `note`. Killed
        meanwhile, the next start with the same key finishes it."""
        moving, earlier = self.done / "moving.json", self._earlier()
        files = [file for file in self.aside.rglob("*") if file.is_file()]
        files = [file for file in files if self.done not in file.parents]
        names = {file.relative_to(self.aside).as_posix(): file for file in files}
        before = read_json(moving)["files"] if moving.is_file() else []
        every = sorted({*names, *before})
        write_json(moving, {"files": every})
        write_json(self.mark, note | {"files": sorted({*every, *earlier})})
        for name, file in names.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, self.path / name)
        for name in set(earlier) - set(every):
            (self.path / name).unlink(missing_ok=True)
        write_json(self.mark, note | {"files": every})
        os.replace(self.done, self.aside / OVER)  # at once: half of it would mislead
        shutil.rmtree(self.aside)
        self.finished = True  # from here on another may begin
        if self._lock is not None:
            self._lock.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.aside.parent.rmdir()
        self._tell_what_waits()

    def _tell_what_waits(self) -> None:
        """Searches that were asked for otherwise, and stopped."""
        waiting = [each for each in self.aside.parent.glob("*") if each.is_dir()]
        if waiting:
            print(
                f"What was begun with other settings and stopped waits in "
                f"{self.aside.parent} ({len(waiting)}): the same command goes on "
                "there. Delete the folder if it is not wanted."
            )

    def _earlier(self) -> list[str]:
        """What an earlier start of the word left here, nothing outside the folder."""
        try:
            names = read_json(self.mark)["files"] if self.mark.is_file() else []
        except (RunError, KeyError, TypeError):
            return []
        names = names if isinstance(names, list) else []
        return [name for name in names if isinstance(name, str) and stays_below(name)]


def hold(lock: Path, folder: Path, word: str = "command") -> RunLock:
    """Hold a folder that a word writes to, or any, for one process at a time.

    Raises:
        Failure: another one writes there.
    """
    try:
        return RunLock(lock)
    except RunError as error:
        raise Failure(
            f"{folder} must not be in use: another {word} is writing there. "
            "Wait for it, stop it, or name another folder by --out."
        ) from error


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
