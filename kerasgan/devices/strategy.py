"""Which devices train together: one, those of a machine, or those of several.

Each has a copy of every weight and computes on its share of the batch (`shares`).
`tf.distribute` makes the copies and carries the numbers between them; how a step is
computed on several is told in `kerasgan.gan`, as on one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from kerasgan.devices.cluster import read_cluster


def make_strategy(name: str) -> tf.distribute.Strategy | None:
    """The strategy of that name; None is one device.

    Args:
        name: `one`; `mirrored`, all GPUs of this machine (without any, its logical
            CPUs); `multiworker`, the machines that TF_CONFIG names; `auto`, mirrored
            where there are two GPUs or more, else one.

    Raises:
        ValueError: there are no devices to be mirrored on, or no workers.

    >>> make_strategy("one") is None
    True
    """
    if name == "multiworker":
        read_cluster()
        return _without_merge_calls(tf.distribute.MultiWorkerMirroredStrategy())
    if name == "one":
        return None
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    if name == "auto" and (
        kind == "CPU" or len(tf.config.list_physical_devices(kind)) < 2
    ):
        return None
    devices = [each.name for each in tf.config.list_logical_devices(kind)]
    if len(devices) < 2:
        raise ValueError(
            "--strategy mirrored must have two GPUs or more. This machine has "
            f"{len(devices) if kind == 'GPU' else 'none'} that TensorFlow can use: "
            "leave it out to train on one device."
        )
    return _without_merge_calls(tf.distribute.MirroredStrategy(devices))


@contextmanager
def training_scope(strategy: tf.distribute.Strategy | None) -> Iterator[None]:
    """What is built inside has a copy of each variable on each device.

    Each device assigns to its own copy: what it assigns is the same on all, or is made
    so by `Shares.agree`. TensorFlow's other kinds of copies bring the devices together
    where one is assigned to, or read: not possible in a condition, nor where only one
    of several processes reads, as the one that saves.
    """
    if strategy is None:
        yield
        return

    def own_copy(create: Callable[..., Any], **options: Any) -> Any:
        options["aggregation"] = tf.VariableAggregation.NONE
        options["synchronization"] = tf.VariableSynchronization.AUTO
        return create(**options)

    with strategy.scope(), tf.variable_creator_scope(own_copy):
        yield


def device_count(strategy: tf.distribute.Strategy | None) -> int:
    """How many devices train together.

    >>> device_count(None)
    1
    """
    return 1 if strategy is None else strategy.num_replicas_in_sync


def possible_turns(batch_size: int, devices: int = 1, least: int = 1) -> list[int]:
    """In how many turns, `least` or more, the devices can take a batch in even shares.

    >>> possible_turns(12, devices=2), possible_turns(12, least=5)
    ([1, 2, 3, 6], [6, 12])
    """
    most = batch_size // devices  # a picture at a time
    return [k for k in range(least, most + 1) if batch_size % (devices * k) == 0]


def check_batch(batch_size: int, devices: int, accumulate: int) -> None:
    """Refuse a batch that cannot be shared out evenly.

    Raises:
        ValueError: names the nearest ones that can.

    >>> check_batch(32, devices=2, accumulate=4)
    """
    shares = devices * accumulate
    if batch_size % shares == 0:
        return
    lower = batch_size // shares * shares
    nearest = " and ".join(str(each) for each in (lower, lower + shares) if each)
    raise ValueError(
        f"--batch_size must be a multiple of {shares}: {devices} devices that take "
        f"--accumulate {accumulate} turns each. Received {batch_size}: the nearest "
        f"{'are' if lower else 'is'} {nearest}."
    )


def share_out(
    strategy: tf.distribute.Strategy | None,
    make: Callable[[int, range], tf.data.Dataset],
) -> tf.data.Dataset:
    """A dataset of which each device gets its share of each batch.

    Args:
        make: `make(count, here)`: a dataset of shares, of which there are `count` in a
            batch, with those of the numbers `here` in turn.
    """
    if strategy is None:
        return make(1, range(1))

    def of_this_process(context: tf.distribute.InputContext) -> tf.data.Dataset:
        count = context.num_replicas_in_sync
        local = count // context.num_input_pipelines
        first = context.input_pipeline_id * local
        return make(count, range(first, first + local))

    return strategy.distribute_datasets_from_function(of_this_process)


def _without_merge_calls(strategy: Any) -> tf.distribute.Strategy:
    """Let devices exchange numbers within `tf.cond`, where a step decides who trains.

    By default devices meet in "merge calls", which are not allowed there. TensorFlow
    does without them under XLA on GPUs, and asks this function whether to; the numbers
    are the same either way.
    """
    strategy.extended._use_merge_call = lambda: False
    return strategy
