"""What a training from the command line is made of, resolved."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from kerasgan.cli.pictures import split_of
from kerasgan.config import TrainConfig
from kerasgan.data.held_out import Split
from kerasgan.data.labels import Labels
from kerasgan.data.store import ImageStore
from kerasgan.data.training_set import TrainingSet
from kerasgan.devices.strategy import device_count
from kerasgan.precision import resolve_precision
from kerasgan.runs import RunFolder, read_json


class Session(NamedTuple):
    """Settings, run folder, pictures and their classes, which of them are held out, the
    networks' dtype policy, and the devices (None: one)."""

    config: TrainConfig
    run: RunFolder
    store: ImageStore
    labels: Labels | None
    split: Split
    policy: str
    strategy: tf.distribute.Strategy | None

    @property
    def devices(self) -> int:
        """How many compute on a batch together."""
        return device_count(self.strategy)

    def pictures(self) -> TrainingSet:
        """The pictures as a trainer takes them."""
        numbers = None if self.labels is None else self.labels.numbers
        return TrainingSet(self.store.images, numbers, self.split)


def open_session(
    config: TrainConfig,
    run: RunFolder,
    store: ImageStore,
    labels: Labels | None,
    strategy: tf.distribute.Strategy | None,
) -> Session:
    """Held-out pictures and policy are those that the run began with, if it has."""
    split, policy = split_of(config, run, store), precision_of(config, run)
    return Session(config, run, store, labels, split, policy, strategy)


def precision_of(config: TrainConfig, run: RunFolder) -> str:
    """The policy that the run began with, on whatever machine it goes on."""
    if config.precision == "auto" and run.has_trained():
        return read_json(run.config).get("precision") or resolve_precision("auto")
    return resolve_precision(config.precision)
