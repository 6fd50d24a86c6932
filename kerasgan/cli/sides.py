"""The two sides of a comparison: a folder's pictures, or those that a run draws.

N pictures, H height, W width, C channels, F features.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kerasgan.cli.counter import counter
from kerasgan.cli.failures import UsageError
from kerasgan.cli.pictures import Shape, folder_of, open_packed
from kerasgan.config import TrainConfig, show
from kerasgan.data.examination import Examination, printable
from kerasgan.data.held_out import by_lot
from kerasgan.data.picked import Picked
from kerasgan.data.store import ImageStore
from kerasgan.metrics.evaluation import LEAST
from kerasgan.metrics.extraction import extract
from kerasgan.metrics.named_features import FeatureNet
from kerasgan.runs import RunFolder, read_object

FEATURES = "features"  # the folder of finished features in the cache
WHOLE = {"copies": True, "most_enlarged": math.inf}  # what is judged, all that opens


@dataclass
class Side:
    """Pictures to compare.

    Attributes:
        words: what they are, for the user.
        images: uint8 [N, H, W, C].
        features: [N, F].
        places: [N], where they are among those of their folder; None: they were drawn.
        step: of the generator that drew them; None: they are a folder's.
        remarks: what the user should know of them.
    """

    words: str
    images: np.ndarray | Picked
    features: np.ndarray
    places: np.ndarray | None = None
    step: int | None = None
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
    remarks = left_out(store.examination, where)
    return Side(f"{words} in {where}", images, rows, places, remarks=remarks)


def left_out(found: Examination, where: str) -> list[str]:
    """Which files of a folder are not compared, in one sentence; none if all are."""
    if not found.skipped:
        return []
    kinds = (f"{kind} {count:,}" for kind, (count, _) in found.reasons().items())
    text = f"Files in {where} that are left out: {len(found.skipped):,}"
    return [printable(f"{text} ({', '.join(kinds)}).")]


def own_side(
    store: ImageStore, run: RunFolder, net: FeatureNet, most: int, cache_dir: Path
) -> Side:
    """A run's own pictures, those held out among them."""
    side = folder_side(store, store.examination.folder, net, most, cache_dir)
    side.words = f"its own pictures, {side.words}"
    began_with = read_object(run.dataset) if run.dataset.exists() else {}
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
        UsageError: their features are no numbers.
    """
    from kerasgan.building import load_generator_and_meta
    from kerasgan.generation import pictures

    generator, meta = load_generator_and_meta(run, config, which)
    shape = (count, *config.image_size, config.channels)
    images, show_count = np.empty(shape, np.uint8), counter("drawing")
    classes = len(config.label_names)
    for k, picture in enumerate(pictures(generator, count, seed, classes=classes)):
        images[k] = picture
        show_count(k + 1, count)
    rows = net.of(images)
    if not np.isfinite(rows).all():
        raise UsageError(
            "--features must give finite numbers. Those that "
            f"{net.name} gives for pictures of {run.path} are not: take others."
        )
    step = meta["step"]
    words = f"{count:,} drawn by {run.path} ({config.model}, {which}, step {step:,})"
    return Side(words, images, rows, step=step)


def open_own(run: RunFolder, config: TrainConfig, cache_dir: Path) -> ImageStore:
    """The pictures that a run was trained on, and those held out.

    Raises:
        UsageError: they are not there any more.
    """
    folder = folder_of(run, config)
    if not folder.is_dir():
        raise UsageError(
            f"--against must name pictures to compare with: those of {run.path} were "
            f"in {config.path}, which is not there."
        )
    return open_folder(folder, config, cache_dir)


def open_folder(
    path: Path,
    shape: TrainConfig | Shape,
    cache_dir: Path,
    **rules: float | bool,
) -> ImageStore:
    """A folder's packed pictures; by the rules of a training, or by `WHOLE`.

    Raises:
        DataError: there is nothing in it.
        UsageError: there are too few to compare.
    """
    store = open_packed(path, shape, cache_dir, **rules)
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
