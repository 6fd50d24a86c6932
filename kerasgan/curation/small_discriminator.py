"""A small D trained on the folder itself, where there is no other network.

N pictures, H height, W width, C channels. It is the package's own DCGAN in an ordinary
run folder, so that a killed training goes on. One picture in eight is held out: how
much higher D scores the pictures that it was trained on says whether it knows them by
heart, in which case its last layer says more about single pictures than about kinds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from sklearn.metrics import roc_auc_score

from kerasgan.building import build_discriminator
from kerasgan.config import TrainConfig
from kerasgan.data.training_set import TrainingSet
from kerasgan.metrics.feature_nets import layer_features, resized
from kerasgan.precision import resolve_precision
from kerasgan.runs import RunFolder
from kerasgan.training import Trainer

HELD_OUT = 8  # one picture in so many
MOST_TRAINED = 20_000  # pictures in memory; a short training sees few of more
MOST_SCORED = 1_000
CHUNK = 500
BY_HEART = 0.6  # of pairs ranked by D: 0.5 where it knows none by heart


class SmallDiscriminator(NamedTuple):
    """A trained D; the share of (trained, held-out) pairs in which it scores the
    picture that it was trained on higher; what interrupted it, None if nothing did."""

    network: keras.Model
    seen_first: float
    signal_number: int | None


def train_discriminator(
    images: np.ndarray,
    folder: Path,
    *,
    image_size: tuple[int, int] = (32, 32),
    kimg: float = 60.0,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> SmallDiscriminator:
    """Train on a part of the pictures, from where an earlier start stopped.

    Args:
        images: uint8 [N, H, W, C], of any size; up to 20,000 are read.
        folder: of the run.
        kimg: thousands of pictures shown.
        report: takes each sentence of the training.

    Raises:
        ValueError: the training ended in numbers that are not finite.
    """
    trained, held_out = split(len(images), seed)
    config = small_config(image_size, images.shape[-1], kimg, seed)
    run = RunFolder(folder)
    run.create()
    run.remove_leftovers()
    small = shrunk(images, trained, image_size)
    pictures = TrainingSet(small)
    trainer = Trainer(config, pictures, run, resolve_precision("auto"), report)
    trainer.begin()
    outcome = trainer.train()
    if outcome.failure:
        raise ValueError(outcome.failure)
    network = trainer.gan.discriminator
    if outcome.signal_number:
        return SmallDiscriminator(network, math.nan, outcome.signal_number)
    random = np.random.default_rng(seed)
    seen = small[np.sort(random.permutation(len(small))[:MOST_SCORED])]
    unseen = shrunk(images, held_out, image_size) if len(held_out) else seen
    return SmallDiscriminator(network, seen_first(network, seen, unseen), None)


def small_config(
    image_size: tuple[int, int], channels: int, kimg: float = 60.0, seed: int = 0
) -> TrainConfig:
    """The settings of the small D's training."""
    return TrainConfig(
        image_size=image_size,
        channels=channels,
        model="dcgan",
        kimg=kimg,
        seed=seed,
        keep=1,
        checkpoint_every=100,
    )


def check_layers(
    layers: Sequence[str], image_size: tuple[int, int], channels: int
) -> None:
    """Refuse layers that the small D will not have, before it is trained.

    Raises:
        FeatureError: names those that it will have.
    """
    layer_features(build_discriminator(small_config(image_size, channels)), layers)


def split(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The places of the pictures to train on, and of held-out ones; both sorted.

    >>> [len(part) for part in split(80, seed=0)], [len(p) for p in split(3, seed=0)]
    ([70, 10], [3, 0])
    """
    order = np.random.default_rng(seed).permutation(count)
    out = count // HELD_OUT
    return np.sort(order[out:][:MOST_TRAINED]), np.sort(order[:out][:MOST_SCORED])


def shrunk(
    images: np.ndarray, places: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """Some of the pictures at another size; few are in memory at their own."""
    parts = np.array_split(places, len(places) // CHUNK + 1)
    return np.concatenate([resized(images[part], image_size) for part in parts])


def seen_first(network: keras.Model, seen: np.ndarray, unseen: np.ndarray) -> float:
    """The share of pairs in which D scores the seen picture higher; 0.5 is chance.

    Shapes: both uint8 [N, H, W, C].
    """
    images = np.concatenate([seen, unseen]).astype(np.float32) / 127.5 - 1
    scores = network.predict(images, batch_size=128, verbose=0)[:, 0]
    is_seen = np.arange(len(scores)) < len(seen)
    return float(roc_auc_score(is_seen, scores))
