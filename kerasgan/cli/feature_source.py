"""Where the features come from: a run's D, a model in a file, or a small D of its own.

What can be said without TensorFlow is said first: how the pictures are to be packed,
and the identity of the network, by which finished features are found again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from kerasgan.cli.failures import Failure
from kerasgan.cli.name_lists import names_in
from kerasgan.cli.run_flags import find_run
from kerasgan.config import ADVERSARIAL, TrainConfig
from kerasgan.curation.steps import Steps, chain_key
from kerasgan.data.doctor import check_folder
from kerasgan.data.store import ImageStore
from kerasgan.metrics.named_features import digest_of
from kerasgan.runs import RunFolder, read_json

if TYPE_CHECKING:
    from kerasgan.metrics.feature_nets import Features

    Opened = tuple[Features, str, list[str]]  # function, its name, remarks

SIGNAL_EXIT = 128  # plus the signal's number, as shells have it


class Stopped(Exception):
    """A training that was interrupted, with everything saved."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class FeatureSource:
    """A network that gives features.

    Attributes:
        pack_size, channels, fit: how the pictures are packed for it.
        identity: what tells it from others.
        open: (store, steps) -> the function, its name, and remarks for the user.
    """

    pack_size: tuple[int, int]
    channels: int
    fit: str
    identity: dict[str, Any]
    open: Callable[[ImageStore, Steps], Opened]


def feature_source(values: flags.FlagValues) -> FeatureSource:
    """The one that was asked for.

    Raises:
        RunError: no such run.
        Failure: the run has no D.
        FeatureError: the file is no model that takes pictures.
    """
    check_folder(values.path)
    layers = names_in("layers", values.layers or "")
    if values.run_dir:
        without = "leave out --run_dir, and a small D is trained on the pictures"
        return of_run(find_run(values.run_dir, without), layers)
    if values.features:
        return of_file(Path(values.features), layers, values.pixels)
    return of_own(int(values.image_size), values.kimg, values.seed, layers)


def of_run(run: RunFolder, layers: list[str]) -> FeatureSource:
    """The newest D of a run."""
    config = TrainConfig.from_json(run.read_settings())
    if config.model not in ADVERSARIAL:
        raise Failure(
            f"--run_dir must be a run with a discriminator. {run.path} is of --model "
            f"{config.model}, which has none: name another, or leave it out."
        )

    def open_run(store: ImageStore, steps: Steps) -> Opened:
        import_networks()
        from kerasgan import checkpoints
        from kerasgan.building import build_discriminator
        from kerasgan.metrics.feature_nets import layer_features

        network = build_discriminator(config)
        checkpoints.load_part(network, "discriminator", run.checkpoints)
        remarks = []
        if trained_on(run, store):
            remarks.append(
                "D was trained on these very pictures: it may know some by heart. "
                "--layers takes earlier ones."
            )
        return layer_features(network, layers), f"the D of {run.path}", remarks

    state = latest_meta(run)
    identity = {"run": state, "settings": config.to_json(), "layers": layers}
    return FeatureSource(
        config.image_size, config.channels, config.fit, identity, open_run
    )


def latest_meta(run: RunFolder) -> str:
    """A digest of the newest checkpoint's description, which has the weights' own."""
    try:
        name = (run.checkpoints / "latest").read_text(encoding="utf-8").strip()
        return digest_of(run.checkpoints / name / "meta.json")
    except OSError:
        return ""  # loading it will say what is wrong


def trained_on(run: RunFolder, store: ImageStore) -> bool:
    """Whether a run's pictures are these."""
    if not run.dataset.exists():
        return False
    return read_json(run.dataset).get("fingerprint") == store.fingerprint


def of_file(path: Path, layers: list[str], pixels: str) -> FeatureSource:
    """A model in a file, opened at once, since it alone says what size it takes."""
    import_networks()
    from kerasgan.metrics.feature_nets import file_features

    features, (height, width, channels) = file_features(path, layers, pixels)

    def open_file(store: ImageStore, steps: Steps) -> Opened:
        return features, path.name, []

    identity = {"file": digest_of(path), "layers": layers, "pixels": pixels}
    return FeatureSource((height, width), channels, "crop", identity, open_file)


def of_own(side: int, kimg: float, seed: int, layers: list[str]) -> FeatureSource:
    """A small D, trained on the folder itself. The pictures are packed at twice its
    size, for thumbnails that one can see something on."""

    def open_own(store: ImageStore, steps: Steps) -> Opened:
        import_networks()
        from kerasgan.curation.small_discriminator import (
            BY_HEART,
            check_layers,
            train_discriminator,
        )
        from kerasgan.metrics.feature_nets import earlier_layers, layer_features

        check_layers(layers, (side, side), store.images.shape[-1])
        print(f"   No network was named: training a small D for {kimg:g} kimg first")
        own = chain_key(store.fingerprint, **training)  # whatever layers are taken
        folder = steps.path("discriminator", own, "")
        trained = train_discriminator(
            store.images, folder, image_size=(side, side), kimg=kimg, seed=seed
        )
        if trained.signal_number:
            raise Stopped(SIGNAL_EXIT + trained.signal_number)
        by_heart = trained.seen_first > BY_HEART
        chosen = layers
        if by_heart and not layers:
            chosen = earlier_layers(trained.network)
        features = layer_features(trained.network, chosen)
        remark = (
            f"D scores a picture it was trained on above a held-out one in "
            f"{trained.seen_first:.0%} of pairs (50 % is chance): it "
            + ("knows some by heart" if by_heart else "knows none by heart")
        )
        if by_heart and not layers:
            remark += f", and only {' and '.join(chosen)} is used"
        return features, f"a small D of {kimg:g} kimg", [f"{remark}."]

    training = {"side": side, "kimg": kimg, "seed": seed}
    identity = {"own": training, "layers": layers}
    return FeatureSource((2 * side, 2 * side), 3, "crop", identity, open_own)


def import_networks() -> None:
    """TensorFlow, without its chatter."""
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
