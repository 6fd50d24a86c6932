"""The devices and machines of a training, as the command line meets them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator

import tensorflow as tf

from kerasgan.cli import failures
from kerasgan.cli.session import Session
from kerasgan.config import LENGTHS, TrainConfig
from kerasgan.config_differences import FREE_TO_CHANGE
from kerasgan.devices.strategy import check_batch, device_count, make_strategy
from kerasgan.devices.workers import Workers


def open_strategy(
    config: TrainConfig, report: Callable[[str], None]
) -> tf.distribute.Strategy | None:
    """The devices to train on; None is one.

    Raises:
        UsageError: there are none such, or the batch cannot be shared out to them.
    """
    if config.strategy == "multiworker":
        report("Waiting for all workers of TF_CONFIG ...")
    try:
        strategy = make_strategy(config.strategy)
        devices = device_count(strategy)
        if config.strategy == "auto" and config.batch_size % (
            devices * config.accumulate
        ):
            report(
                f"A batch of {config.batch_size} cannot be shared out evenly to "
                f"{devices} GPUs: training on one. Another --batch_size takes them all."
            )
            return None
        check_batch(config.batch_size, devices, config.accumulate)
    except ValueError as error:
        raise failures.UsageError(str(error)) from error
    return strategy


def check_same_training(workers: Workers, session: Session) -> None:
    """Refuse workers that were started with other settings, or on other pictures.

    Raises:
        UsageError: they were.
    """
    kept = FREE_TO_CHANGE - {*LENGTHS, "accumulate"} | {"labels"}
    settings = {k: v for k, v in session.config.to_json().items() if k not in kept}
    classes = session.labels.fingerprint() if session.labels else ""
    marks = [session.store.fingerprint, classes, session.policy]
    held = session.split.held.tolist()
    content = json.dumps([settings, marks, held], sort_keys=True)
    try:
        workers.check_same("settings, pictures and precision", content)
    except ValueError as error:
        raise failures.UsageError(str(error)) from error


def shared_out(config: TrainConfig, devices: int) -> str:
    """How a batch is computed, where that is not on one device at once.

    >>> shared_out(TrainConfig(batch_size=32, accumulate=2), 4)
    ' (4 devices x 2 turns x 4)'
    """
    if devices * config.accumulate == 1:
        return ""
    parts = [f"{devices} devices"] if devices > 1 else []
    parts += [f"{config.accumulate} turns"] if config.accumulate > 1 else []
    each = config.batch_size // (devices * config.accumulate)
    return f" ({' x '.join([*parts, str(each)])})"


@contextlib.contextmanager
def telling_workers(strategy: tf.distribute.Strategy | None) -> Iterator[None]:
    """An error of the network between machines, if there are several, is told in a
    sentence.

    Raises:
        Failure: another worker cannot be reached.
    """
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
        if Workers(strategy).count == 1:
            raise
        raise failures.Failure(
            "All workers must stay reachable, and one of them has gone. What was "
            "saved is whole: run the same commands again on all of them to go on."
        ) from error
