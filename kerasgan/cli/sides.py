"""The two sides of a comparison: a folder's pictures, or those that a run draws.

N pictures, H height, W width, C channels, F features.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kerasgan.cli.counter import counter
from kerasgan.cli.failures import UsageError
from kerasgan.cli.pictures import Shape, open_packed
from kerasgan.config import TrainConfig, show
from kerasgan.data.held_out import by_lot
from kerasgan.data.picked import Picked
from kerasgan.data.store import ImageStore
from kerasgan.metrics.evaluation import LEAST
from kerasgan.metrics.extraction import extract
from kerasgan.metrics.named_features import FeatureNet
from kerasgan.runs import RunFolder, read_json

FEATURES = "features"  # the folder of finished features in the cache


@dataclass
class Side:
    """Pictures to compare.

    Attributes:
        words: what they are, for the user.
        images: uint8 [N, H, W, C].
        features: [N, F].
        places: [N], where they are among those of their folder; None: they were drawn.
        remarks: what the user should know of them.
    """

    words: str
    images: np.ndarray | Picked
    features: np.ndarray
    places: np.ndarray | None = None
    remarks: list[str] = field(default_factory=list)


def folder_side(
    store: ImageStore, where: str, net: FeatureNet, most: int, cache_dir: Path
) -> Side:
    """The pictures of a folder, `most` of them at most, drawn by their names.

    Features are kept in the cache, and taken from there the next time.
    """
    total = len(store.names)
    places, words, mark = np.arange(total), f"{total:,}", ""
    if total > most:
        places = by_lot(store.names, most, "evaluate")
        words, mark = f"{most:,} of {total:,}", f"-{most}"
    images = Picked(store.images, places)
    folder = cache_dir / FEATURES
    folder.mkdir(parents=True, exist_ok=True)
    kind = hashlib.blake2b(net.identity.encode(), digest_size=8).hexdigest()
    path = folder / f"{store.fingerprint}{mark}-{kind}.f32"
    rows = extract(images, net.features, path, progress=counter("features of"))
    return Side(f"{words} in {where}", images, rows, places)


def own_side(
    store: ImageStore, run: RunFolder, net: FeatureNet, most: int, cache_dir: Path
) -> Side:
    """A run's own pictures, those held out among them."""
    side = folder_side(store, store.examination.folder, net, most, cache_dir)
    side.words = f"its own pictures, {side.words}"
    began_with = read_json(run.dataset) if run.dataset.exists() else {}
    if began_with.get("fingerprint", store.fingerprint) != store.fingerprint:
        side.remarks.append("These pictures have changed since it began.")
    return side


def run_side(
    run: RunFolder,
    config: TrainConfig,
    net: FeatureNet,
    which: str,
    count: int,
    seed: int,
) -> Side:
    """Pictures that a run draws: those that `generate` writes.

    Raises:
        CheckpointError: the run has no checkpoint.
    """
    from kerasgan.building import load_generator
    from kerasgan.generation import pictures

    generator = load_generator(run, config, which)
    shape = (count, *config.image_size, config.channels)
    images, show_count = np.empty(shape, np.uint8), counter("drawing")
    classes = len(config.label_names)
    for k, picture in enumerate(pictures(generator, count, seed, classes=classes)):
        images[k] = picture
        show_count(k + 1, count)
    words = f"{count:,} drawn by {run.path} ({config.model}, {which})"
    return Side(words, images, net.of(images))


def open_own(run: RunFolder, config: TrainConfig, cache_dir: Path) -> ImageStore:
    """The pictures that a run was trained on, and those held out.

    Raises:
        UsageError: they are not there any more.
    """
    if not Path(config.path).is_dir():
        raise UsageError(
            f"--against must name pictures to compare with: those of {run.path} were "
            f"in {config.path}, which is not there."
        )
    return open_folder(Path(config.path), config, cache_dir)


def open_folder(path: Path, shape: TrainConfig | Shape, cache_dir: Path) -> ImageStore:
    """A folder's packed pictures.

    Raises:
        DataError: there is nothing in it.
        UsageError: there are too few to compare.
    """
    store = open_packed(path, shape, cache_dir)
    if len(store.names) < LEAST:
        raise UsageError(
            f"{path} must hold at least {LEAST} pictures to compare. It holds "
            f"{len(store.names)}."
        )
    return store


def check_same_size(ours: TrainConfig, theirs: TrainConfig) -> None:
    """Refuse two runs whose pictures cannot be compared.

    Raises:
        UsageError: they differ in size or channels.
    """
    if (ours.image_size, ours.channels) != (theirs.image_size, theirs.channels):
        raise UsageError(
            "--against must be a run of the same size and channels, "
            f"{show(ours.image_size)} with {ours.channels}. Received one of "
            f"{show(theirs.image_size)} with {theirs.channels}: generate its pictures, "
            "and compare the folder of them."
        )
