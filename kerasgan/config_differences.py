"""How two trainings' settings differ, setting by setting: of a run that goes on, and of
networks to begin with. Layer 0: no TensorFlow."""

from __future__ import annotations

import dataclasses
import os

from kerasgan.config import LENGTHS, TrainConfig, show

# What a network is made of, in the order that a difference is told
OF_NETWORKS = ("model", "image_size", "channels", "width", "latent_dim")
OF_NETWORKS += ("colour_detail", "d_batch_norm", "spectral_norm")


def network_differences(ours: TrainConfig, theirs: TrainConfig) -> list[str]:
    """One line for each setting by which networks differ from those to begin with.

    >>> network_differences(TrainConfig(labels="folders", label_names=("a", "b")),
    ...                     TrainConfig(width=48))
    ['--width: it has 48, you asked for 32', '--labels: it has 0 classes, yours are 2']
    """
    lines = [
        f"--{name}: it has {show(getattr(theirs, name))}, "
        f"you asked for {show(getattr(ours, name))}"
        for name in OF_NETWORKS
        if getattr(ours, name) != getattr(theirs, name)
    ]
    counts = len(theirs.label_names), len(ours.label_names)
    if counts[0] != counts[1]:
        lines.append(f"--labels: it has {counts[0]} classes, yours are {counts[1]}")
    return lines


# What may differ when a run goes on: it changes no weight of a given step, but for the
# rounding and the noise of other shares.
FREE_TO_CHANGE = frozenset(
    (*LENGTHS, "path", "log_every", "sample_every", "checkpoint_every", "keep")
    + ("evaluate_every", "features", "feature_weights", "tensorboard")
    + ("strategy", "accumulate")  # the same batches, in other shares
)


def differences(ours: TrainConfig, theirs: TrainConfig) -> list[str]:
    """One line for each setting that a resumed run may not change.

    >>> differences(TrainConfig(width=48), TrainConfig(width=32))
    ['--width: the run has 32, you asked for 48']
    """
    return [
        f"--{item.name}: the run has {show(getattr(theirs, item.name))}, "
        f"you asked for {show(getattr(ours, item.name))}"
        for item in dataclasses.fields(TrainConfig)
        if not _may_differ(item.name, ours, theirs)
        and getattr(ours, item.name) != getattr(theirs, item.name)
    ]


def _may_differ(name: str, ours: TrainConfig, theirs: TrainConfig) -> bool:
    if name == "labels":  # a table may lie elsewhere now; its content is compared
        return bool(ours.labels) == bool(theirs.labels)
    if name == "init_from" and ours.init_from and theirs.init_from:
        return os.path.realpath(ours.init_from) == os.path.realpath(theirs.init_from)
    return name in FREE_TO_CHANGE
