"""What a checkpoint holds: a whole training out of a model, and back into one.

Every variable goes into state.npz (state.py), the rest into meta.json: step, seconds,
score, the callbacks' states. The folders they lie in: checkpoint_folder.py.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kerasgan
from kerasgan import state as states
from kerasgan.checkpoint_folder import (
    STATE,
    CheckpointError,
    Damaged,
    add_checkpoint,
    best_checkpoint,
    checked_meta,
    list_checkpoints,
    restore_replaced,
)
from kerasgan.runs import UNTRAINED


class NonFiniteState(ValueError):
    """The state holds a nan or an infinity: no checkpoint to continue from."""


def write_checkpoint(
    model: keras.Model,
    folder: str | os.PathLike,
    *,
    step: int,
    elapsed_seconds: float = 0.0,
    score: float | None = None,
    score_kind: str = "",
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
        score_kind: what it is; scores of other kinds do not compare.
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
        "score_kind": score_kind,
        "extra": extra or {},
        "optimizers": states.built_for(model),
        "versions": _versions(),
    }
    return add_checkpoint(
        folder, meta, lambda path: states.save_state(arrays, path), keep
    )


def load_checkpoint(model: keras.Model, path: str | os.PathLike) -> dict[str, Any]:
    """Put one checkpoint into `model` and return its meta.json.

    Raises:
        CheckpointError: the checkpoint is damaged; the model is as it was.
        ValueError: it is of another model, each difference listed.
    """
    try:
        return _load(model, Path(path))
    except Damaged as damage:
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
    restore_replaced(Path(folder))
    checkpoints = list_checkpoints(folder)
    meta = _newest_whole(checkpoints, lambda path: _load(model, path), report)
    if checkpoints and meta is None:
        raise CheckpointError(
            f"All {len(checkpoints)} checkpoints in {folder} are damaged: "
            "there is nothing to continue from. Start a new training elsewhere."
        )
    return meta


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
        CheckpointError: there is no such checkpoint, or none that is whole; that of
            step 0 does not count.
        ValueError: it is of another network, each difference listed.
    """

    def read(path: Path) -> dict[str, Any]:
        return _load_part(network, part, path)

    candidates = list_checkpoints(folder)
    if best:  # is asked first, the others where it is damaged
        candidates += [path for path in [best_checkpoint(folder)] if path]
    trained = [path for path in candidates if path.name != UNTRAINED]
    meta = _newest_whole(trained, read, report)
    if meta is not None:
        return meta
    raise CheckpointError(
        f"{folder} must hold a whole checkpoint and holds none. Train for longer first."
    )


def load_part_of(
    path: str | os.PathLike, network: keras.Model, part: str
) -> dict[str, Any]:
    """Put one network out of one checkpoint into `network`; see `load_part`.

    Raises:
        CheckpointError: the checkpoint is damaged.
    """
    try:
        return _load_part(network, part, Path(path))
    except Damaged as damage:
        raise CheckpointError(f"The checkpoint {path} is damaged: {damage}.") from None


def _load_part(network: keras.Model, part: str, path: Path) -> dict[str, Any]:
    meta = checked_meta(path)
    states.load_state(states.state_of_part(part, network), path / STATE, part)
    return meta


def _newest_whole(
    checkpoints: list[Path],
    read: Callable[[Path], dict[str, Any]],
    report: Callable[[str], None],
) -> dict[str, Any] | None:
    """What `read` returns for the newest that is not damaged; None if all are."""
    for path in reversed(checkpoints):
        try:
            return read(path)
        except Damaged as damage:
            report(f"The checkpoint {path} is damaged ({damage}): trying another one.")
    return None


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


def _load(model: keras.Model, path: Path) -> dict[str, Any]:
    meta = checked_meta(path)
    states.build_optimizers(model, meta["optimizers"])
    states.load_state(states.collect_state(model), path / STATE)
    return meta
