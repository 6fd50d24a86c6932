"""The folder of checkpoints: which there are, put in place whole, the old removed.

    checkpoints/step_00000500/state.npz    every variable of the training
    checkpoints/step_00000500/meta.json    step, seconds, score, sum of state.npz, ...
    checkpoints/latest, checkpoints/best   the name of one of the folders

A checkpoint is written aside under a name that starts with a dot, flushed to the
disk, and renamed, so that a process killed at any moment leaves whole ones only.
What is in state.npz is no business of this file: checkpoints.py knows.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerasgan.runs import write_atomically

STATE = "state.npz"
_NAME = re.compile(r"step_\d{8,}")
_REPLACED = ".replaced_"


class CheckpointError(OSError):
    """A checkpoint could not be saved, or none of them can be read."""


class Damaged(Exception):
    """This one checkpoint is not what was written."""


def checkpoint_name(step: int) -> str:
    """
    >>> checkpoint_name(500)
    'step_00000500'
    """
    return f"step_{step:08d}"


def step_of(path: str | os.PathLike) -> int:
    """The step in the name of a checkpoint folder."""
    return int(Path(path).name.removeprefix("step_"))


def list_checkpoints(folder: str | os.PathLike) -> list[Path]:
    """The checkpoint folders in `folder`, oldest step first; [] where there is none."""
    folder = Path(folder)
    if not folder.is_dir():
        return []
    return sorted(
        (each for each in folder.iterdir() if _NAME.fullmatch(each.name)), key=step_of
    )


def best_checkpoint(folder: str | os.PathLike) -> Path | None:
    """The checkpoint that `best` names, None where there is none."""
    pointer = Path(folder) / "best"
    path = Path(folder) / pointer.read_text().strip() if pointer.is_file() else None
    return path if path is not None and path.is_dir() else None


def read_meta(path: str | os.PathLike) -> dict[str, Any]:
    """What a checkpoint says of itself: step, elapsed_seconds, score, extra, ...

    Raises:
        CheckpointError: meta.json is missing or damaged.
    """
    try:
        return _read_meta(Path(path))
    except Damaged as damage:
        raise CheckpointError(f"The checkpoint {path} is damaged: {damage}.") from None


def checked_meta(path: Path) -> dict[str, Any]:
    """meta.json of a checkpoint whose state.npz is what was written.

    Raises:
        Damaged: it is not, or one of the two cannot be read.
    """
    meta = _read_meta(path)
    try:
        sha256 = _sha256(path / STATE)
    except OSError as error:
        raise Damaged(f"{STATE}: {error.strerror}") from error
    if sha256 != meta["sha256"]:
        raise Damaged(f"{STATE} is not what was written")
    return meta


def add_checkpoint(
    folder: str | os.PathLike,
    meta: dict[str, Any],
    write_state: Callable[[Path], None],
    keep: int = 3,
) -> Path:
    """Put a new checkpoint in place, point to it, and remove the old.

    Args:
        folder: where the checkpoints are; made if need be.
        meta: what meta.json will say, `step` and `score` among it.
        write_state: writes state.npz at the path it is given.
        keep: how many of the newest to keep, besides the best.

    Returns:
        The new checkpoint's folder.

    Raises:
        CheckpointError: the disk is full or read-only; the checkpoints before this
            one are as they were.
    """
    folder, name = Path(folder), checkpoint_name(meta["step"])
    partial = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        _write_folder(partial, meta, write_state)
        path = _put_in_place(partial, folder / name)
        _point(folder, path, meta)
        _remove_old(folder, path, keep)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        failure = CheckpointError(
            f"The checkpoint of step {meta['step']} could not be saved in {folder}: "
            f"{error.strerror or error}. The checkpoints before it are untouched: make "
            "room, or make the folder writable, and run the same command again."
        )
        failure.errno = error.errno
        raise failure from error
    return path


def restore_replaced(folder: Path) -> None:
    """Put back the old one of a step whose replacement was killed in between."""
    for replaced in folder.glob(f"{_REPLACED}step_*"):
        path = folder / replaced.name.removeprefix(_REPLACED)
        if not path.exists():
            os.replace(replaced, path)


def _write_folder(
    partial: Path, meta: dict[str, Any], write_state: Callable[[Path], None]
) -> None:
    partial.mkdir()
    write_state(partial / STATE)
    whole = meta | {"sha256": _sha256(partial / STATE)}
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    write_atomically(partial / "meta.json", text.encode())
    _flush_folder(partial)


def _put_in_place(partial: Path, path: Path) -> Path:
    """Rename; a checkpoint of the same step gives way, and is never lost in between."""
    if path.exists():
        replaced = path.with_name(_REPLACED + path.name)
        os.replace(path, replaced)
        os.replace(partial, path)
        shutil.rmtree(replaced, ignore_errors=True)
    else:
        os.replace(partial, path)
    _flush_folder(path.parent)
    return path


def _point(folder: Path, path: Path, meta: dict[str, Any]) -> None:
    """Name the newest, and the best if its score is the lowest of its kind so far: a
    best one of another kind gives way."""
    write_atomically(folder / "latest", f"{path.name}\n".encode())
    best, score = best_checkpoint(folder), meta["score"]
    try:
        known = _read_meta(best) if best is not None else {}
    except Damaged:
        known = {}
    alike = known.get("score_kind") == meta.get("score_kind")
    best_score = known.get("score") if alike else None
    if score is not None and (best_score is None or score <= best_score):
        write_atomically(folder / "best", f"{path.name}\n".encode())


def _remove_old(folder: Path, path: Path, keep: int) -> None:
    """Keep `path`, the newest before it, the best; what lies after it was given up."""
    everything = list_checkpoints(folder)
    until_now = [each for each in everything if step_of(each) <= step_of(path)]
    best = best_checkpoint(folder)
    for old in everything:
        if old not in until_now[-max(keep, 1) :] and not (
            old == best and old in until_now
        ):
            going = old.with_name(f".{old.name}.old")
            os.replace(old, going)  # never half a checkpoint under a whole one's name
            shutil.rmtree(going, ignore_errors=True)


def _remove_leftovers(folder: Path) -> None:
    """What a killed save left: folders `.step_...`, and `latest` half written."""
    restore_replaced(folder)
    for pattern in (".step_*", f"{_REPLACED}step_*"):
        for leftover in folder.glob(pattern):
            shutil.rmtree(leftover, ignore_errors=True)
    for pattern in (".latest.*", ".best.*"):
        for leftover in folder.glob(pattern):
            leftover.unlink(missing_ok=True)


def _read_meta(path: Path) -> dict[str, Any]:
    try:
        meta = json.loads((path / "meta.json").read_bytes())
    except OSError as error:
        raise Damaged(f"meta.json: {error.strerror}") from error
    except ValueError as error:
        raise Damaged("meta.json is not JSON") from error
    fields = {"step", "elapsed_seconds", "score", "extra", "optimizers", "sha256"}
    if not isinstance(meta, dict) or not fields <= meta.keys():
        raise Damaged("meta.json is not whole")
    return meta


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _flush_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
