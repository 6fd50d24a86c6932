"""The folder of pictures as the command line meets it: packed, shown, compared.

Imports no TensorFlow, so that a folder without pictures is told at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasgan.cli.counter import counter
from kerasgan.config import TrainConfig
from kerasgan.data.examination import printable
from kerasgan.data.held_out import Split, hold_out, hold_out_again
from kerasgan.data.labels import Labels, read_labels
from kerasgan.data.store import ImageStore, open_store
from kerasgan.runs import RunError, RunFolder, default_cache_dir, read_json, read_object


@dataclass(frozen=True)
class Shape:
    """How pictures are made, where no run's settings say it."""

    image_size: tuple[int, int]
    channels: int = 3
    fit: str = "crop"


def open_packed(
    path: str | Path,
    like: TrainConfig | Shape,
    cache_dir: str | Path | None,
    **rules: float | bool,
) -> ImageStore:
    """The packed pictures of a folder, with a count of them on the terminal.

    `most_enlarged` and `copies` as `open_store` has them.

    Raises:
        DataError: there is nothing in it.
    """
    return open_store(
        path,
        image_size=like.image_size,
        channels=like.channels,
        fit=like.fit,
        **rules,
        cache_dir=cache_dir or default_cache_dir(),
        progress=counter("looking at"),
    )


def examine(config: TrainConfig, cache_dir: str | None) -> ImageStore:
    """Look the folder through and pack it, and print what was found."""
    store = open_packed(config.path, config, cache_dir)
    print(store.examination.table())
    return store


def folder_of(run: RunFolder, config: TrainConfig) -> Path:
    """The folder of a run's pictures: a relative one is meant from where the training
    was started, or, where that is gone, from here."""
    path = Path(config.path)
    began_in = read_object(run.config).get("directory")
    there = Path(began_in) / path if isinstance(began_in, str) else path
    return there if there.is_dir() else path


def split_of(config: TrainConfig, run: RunFolder, store: ImageStore) -> Split:
    """Which packed pictures are held out: those that the run began with, if it has.

    Raises:
        RunError: dataset.json, which names them, is damaged.
    """
    if run.has_trained() and run.dataset.exists():
        held = read_object(run.dataset).get("held_out")
        if held is not None:
            return hold_out_again(store.names, held)
    return hold_out(store.names, config.held_out)


def label(config: TrainConfig, run: RunFolder, store: ImageStore) -> Labels:
    """The class of each packed picture, with a count for each class on the terminal.

    Raises:
        DataError: a picture has no label.
        RunError: the run began with other classes.
    """
    labels = read_labels(config.labels, config.path, store.names)
    if run.has_trained() and labels.names != config.label_names:
        raise RunError(
            f"{run.path} must be gone on with under its own classes, "
            f"{', '.join(config.label_names)}. Received {', '.join(labels.names)}: "
            "add --fresh to start anew."
        )
    counts = np.bincount(labels.numbers, minlength=len(labels.names))
    listed = [f"{n} {name}" for name, n in zip(labels.names, counts, strict=True)]
    print(f"Classes: {', '.join(listed)}")
    if labels.unused:
        print(
            f"{config.labels} names {len(labels.unused):,} others too, which are not "
            f"here or cannot be used, such as {printable(labels.unused[0])}"
        )
    return labels


def check_same_pictures(
    run: RunFolder, store: ImageStore, labels: Labels | None, allow_new: bool
) -> None:
    """Refuse to go on with other pictures, or other classes of them, unless that is
    wished.

    Raises:
        RunError: the pictures or their classes have changed since the run began.
    """
    if allow_new or not run.dataset.exists():  # a copy without it: nothing to compare
        return
    before = read_json(run.dataset)
    if before.get("fingerprint") == store.fingerprint:
        now = None if labels is None else labels.fingerprint()
        if now is None or before.get("labels", now) == now:
            return
        raise RunError(
            f"The classes must be the ones that {run.path} began with, and some "
            "pictures are of another now. Add --allow_new_data to go on with them, "
            "or --fresh to start anew."
        )
    raise RunError(
        f"The pictures must be the ones that {run.path} began with, "
        f"{before.get('used')} of them in {before.get('folder')}, and there are "
        f"{len(store.images)} now or others. Add "
        "--allow_new_data to go on with them, or --fresh to start anew."
    )
