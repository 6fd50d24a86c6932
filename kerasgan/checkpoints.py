"""Checkpoints as folders: complete or absent, checked by their sum, the newest first.

    checkpoints/step_00000500/state.npz    every variable of the training (state.py)
    checkpoints/step_00000500/meta.json    step, seconds, score, sum of state.npz, ...
    checkpoints/latest, checkpoints/best   the name of one of the folders

A folder is written aside under a name that starts with a dot, flushed to the disk,
and renamed, so that a process killed at any moment leaves whole checkpoints only.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kerasgan
from kerasgan import state as states
from kerasgan.runs import write_atomically

_NAME = re.compile(r"step_\d{8,}")
_REPLACED = ".replaced_"


class CheckpointError(OSError):
    """A checkpoint could not be saved, or none of them can be read."""


class NonFiniteState(ValueError):
    """The state holds a nan or an infinity: no checkpoint to continue from."""


class _Damaged(Exception):
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
    except _Damaged as damage:
        raise CheckpointError(f"The checkpoint {path} is damaged: {damage}.") from None


def write_checkpoint(
    model: keras.Model,
    folder: str | os.PathLike,
    *,
    step: int,
    elapsed_seconds: float = 0.0,
    score: float | None = None,
    extra: dict[str, Any] | None = None,
    keep: int = 3,
) -> Path:
    """Save all a training of `model` continues from as `folder`/step_<step>.

    Args:
        model: any Keras model.
        folder: where the checkpoints are; made if need be.
        step: training steps done.
        elapsed_seconds: training time so far, over all processes.
        score: of this model, lower is better (KID, say); the best is kept as well.
        extra: anything JSON can hold.
        keep: how many of the newest to keep, besides the best.

    Returns:
        The folder of the new checkpoint.

    Raises:
        CheckpointError: the disk is full or read-only; the checkpoints before this
            one are as they were.
        NonFiniteState: a weight is nan or infinite; nothing was written.

    Example:
    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> write_checkpoint(model, tempfile.mkdtemp(), step=500).name
    'step_00000500'
    """
    arrays = _finite_arrays(model, step)
    meta = {
        "step": int(step),
        "elapsed_seconds": float(elapsed_seconds),
        "score": None if score is None or not np.isfinite(score) else float(score),
        "extra": extra or {},
        "optimizers": states.built_for(model),
        "versions": _versions(),
    }
    folder = Path(folder)
    partial = folder / f".{checkpoint_name(step)}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        _write_folder(partial, arrays, meta)
        path = _put_in_place(partial, folder / checkpoint_name(step))
        _point(folder, path, meta["score"])
        _remove_old(folder, path, keep)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        failure = CheckpointError(
            f"The checkpoint of step {step} could not be saved in {folder}: "
            f"{error.strerror or error}. The checkpoints before it are untouched: make "
            "room, or make the folder writable, and run the same command again."
        )
        failure.errno = error.errno
        raise failure from error
    return path


def load_checkpoint(model: keras.Model, path: str | os.PathLike) -> dict[str, Any]:
    """Put one checkpoint into `model` and return its meta.json.

    Raises:
        CheckpointError: the checkpoint is damaged; the model is as it was.
        ValueError: it is of another model, each difference listed.
    """
    try:
        return _load(model, Path(path))
    except _Damaged as damage:
        raise CheckpointError(f"The checkpoint {path} is damaged: {damage}.") from None


def load_newest(
    model: keras.Model,
    folder: str | os.PathLike,
    report: Callable[[str], None] = print,
) -> dict[str, Any] | None:
    """Put the newest whole checkpoint into `model`; a damaged one is passed over.

    Args:
        report: gets one sentence for each damaged checkpoint.

    Returns:
        Its meta.json, None if the folder has no checkpoint.

    Raises:
        CheckpointError: there are checkpoints, and all of them are damaged.
        ValueError: it is of another model, each difference listed.
    """
    _restore_replaced(Path(folder))
    checkpoints = list_checkpoints(folder)
    for path in reversed(checkpoints):
        try:
            return _load(model, path)
        except _Damaged as damage:
            report(
                f"The checkpoint {path} is damaged ({damage}): trying the one before."
            )
    if checkpoints:
        raise CheckpointError(
            f"All {len(checkpoints)} checkpoints in {folder} are damaged: "
            "there is nothing to continue from. Start a new training elsewhere."
        )
    return None


def load_part(
    network: keras.Model,
    part: str,
    folder: str | os.PathLike,
    *,
    best: bool = False,
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Put one network out of the newest (or the best) whole checkpoint into `network`.

    Args:
        network: built like the saved one, in whatever precision.
        part: the attribute of the saved model that held it, such as "generator".
        report: gets one sentence for each damaged checkpoint that is passed over.

    Returns:
        The checkpoint's meta.json.

    Raises:
        CheckpointError: there is no such checkpoint, or none that is whole.
        ValueError: it is of another network, each difference listed.
    """
    if best:
        path = best_checkpoint(folder)
        candidates = [path] if path is not None else []
    else:
        candidates = list_checkpoints(folder)
    for path in reversed(candidates):
        try:
            meta = _checked_meta(path)
        except _Damaged as damage:
            report(
                f"The checkpoint {path} is damaged ({damage}): trying the one before."
            )
            continue
        states.load_state(states.state_of_part(part, network), path / "state.npz", part)
        return meta
    which = "best" if best else "whole"
    raise CheckpointError(
        f"{folder} must hold a {which} checkpoint and holds none. "
        "Train for longer first: python train.py --path FOLDER"
    )


def _finite_arrays(model: keras.Model, step: int) -> dict[str, np.ndarray]:
    state = states.collect_state(model)
    arrays = states.to_arrays(state)
    metrics = states.metric_names(model, state)  # a loss may be nan, a weight may not
    weights = {name: array for name, array in arrays.items() if name not in metrics}
    bad = states.first_non_finite(weights)
    if bad is not None:
        raise NonFiniteState(
            f"A checkpoint must hold finite numbers. Received nan or inf in {bad} at "
            f"step {step}: it was not saved."
        )
    return arrays


def _versions() -> dict[str, str]:
    return {
        "kerasgan": kerasgan.__version__,
        "keras": keras.version(),
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _write_folder(partial: Path, arrays: dict[str, np.ndarray], meta: dict) -> None:
    partial.mkdir()
    states.save_state(arrays, partial / "state.npz")
    whole = meta | {"sha256": _sha256(partial / "state.npz")}
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


def _point(folder: Path, path: Path, score: float | None) -> None:
    write_atomically(folder / "latest", f"{path.name}\n".encode())
    best = best_checkpoint(folder)
    try:
        best_score = _read_meta(best)["score"] if best is not None else None
    except _Damaged:
        best_score = None
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
    _restore_replaced(folder)
    for pattern in (".step_*", f"{_REPLACED}step_*"):
        for leftover in folder.glob(pattern):
            shutil.rmtree(leftover, ignore_errors=True)
    for pattern in (".latest.*", ".best.*"):
        for leftover in folder.glob(pattern):
            leftover.unlink(missing_ok=True)


def _restore_replaced(folder: Path) -> None:
    """Killed between the two renames of `_put_in_place`: put the old one back."""
    for replaced in folder.glob(f"{_REPLACED}step_*"):
        path = folder / replaced.name.removeprefix(_REPLACED)
        if not path.exists():
            os.replace(replaced, path)


def _load(model: keras.Model, path: Path) -> dict[str, Any]:
    meta = _checked_meta(path)
    states.build_optimizers(model, meta["optimizers"])
    states.load_state(states.collect_state(model), path / "state.npz")
    return meta


def _checked_meta(path: Path) -> dict[str, Any]:
    """meta.json of a checkpoint whose state.npz is what was written."""
    meta = _read_meta(path)
    try:
        sha256 = _sha256(path / "state.npz")
    except OSError as error:
        raise _Damaged(f"state.npz: {error.strerror}") from error
    if sha256 != meta["sha256"]:
        raise _Damaged("state.npz is not what was written")
    return meta


def _read_meta(path: Path) -> dict[str, Any]:
    try:
        meta = json.loads((path / "meta.json").read_bytes())
    except OSError as error:
        raise _Damaged(f"meta.json: {error.strerror}") from error
    except ValueError as error:
        raise _Damaged("meta.json is not JSON") from error
    fields = {"step", "elapsed_seconds", "score", "extra", "optimizers", "sha256"}
    if not isinstance(meta, dict) or not fields <= meta.keys():
        raise _Damaged("meta.json is not whole")
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
