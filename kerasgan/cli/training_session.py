"""One training from the command line: the run folder, the lock, words for the user.

Imported only once it is certain that TensorFlow is needed.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasgan import __version__
from kerasgan.cli import failures
from kerasgan.cli.devices import (
    check_same_training,
    open_strategy,
    shared_out,
    telling_workers,
)
from kerasgan.cli.pictures import split_of
from kerasgan.cli.typed import typed
from kerasgan.config import TrainConfig, show
from kerasgan.data.held_out import Split
from kerasgan.data.labels import Labels
from kerasgan.data.store import ImageStore
from kerasgan.following import Follower
from kerasgan.precision import resolve_precision
from kerasgan.runs import RunFolder, read_json, write_atomically, write_json
from kerasgan.strategy import device_count
from kerasgan.streams import write_unless_closed
from kerasgan.training import Outcome, Trainer
from kerasgan.workers import Workers

SIGNAL_EXIT = 128  # plus the signal's number, as shells have it
SAME_COMMAND = "the same command"  # by which a training goes on


def train_and_tell(
    config: TrainConfig,
    run: RunFolder,
    store: ImageStore,
    labels: Labels | None = None,
    again: str = SAME_COMMAND,
) -> int:
    """Train, and say in words what is going on; the exit status.

    `again` is what to type to go on after a stop.
    """
    strategy = open_strategy(config, say)
    if not Workers(strategy).is_chief:
        return follow(config, run, store, labels, strategy)
    run.create()
    lock = run.lock()
    try:
        run.remove_leftovers()
        run.forget_untrained()
        policy = precision_of(config, run)
        split = split_of(config, run, store)
        tell_start(config, run, split, policy, again, device_count(strategy))
        if lock.was_killed:
            say(
                "The last training here was ended from outside: killed, by the system "
                "for want of memory perhaps, or by a power cut. What was saved is "
                "whole. If it happens again, try --accumulate 2, which takes less "
                "memory, or a smaller --batch_size with --fresh."
            )
        with telling_workers():
            with telling_memory(None):  # networks that do not fit, in any batches
                trainer = open_trainer(
                    Trainer, config, run, store, labels, split, policy, strategy
                )
            record(config, run, store, labels, split, policy, device_count(strategy))
            with telling_memory(config):
                outcome = trainer.train()
    finally:
        lock.release()
    tell_end(outcome, config, run, again)
    return exit_status(outcome)


def open_trainer(
    kind: type[Trainer],
    config: TrainConfig,
    run: RunFolder,
    store: ImageStore,
    labels: Labels | None,
    split: Split,
    policy: str,
    strategy: tf.distribute.Strategy | None,
) -> Trainer:
    """A trainer with the weights to begin from."""
    check_same_training(Workers(strategy), config, store, labels, split, policy)
    numbers = None if labels is None else labels.numbers
    trainer = kind(
        config, store.images, run, policy, say, numbers, split, strategy=strategy
    )
    trainer.begin()
    return trainer


def follow(
    config: TrainConfig,
    run: RunFolder,
    store: ImageStore,
    labels: Labels | None,
    strategy: tf.distribute.Strategy,
) -> int:
    """Train along with the chief, and say in words what is going on; the status."""
    workers = Workers(strategy)
    me = f"Worker {workers.index + 1} of {workers.count}"
    say(
        f"\n{me}: trains along, and writes nothing. Ctrl-C stops all of them; the "
        "chief saves."
    )
    with telling_workers(), telling_memory(config):
        policy = precision_of(config, run)
        split = split_of(config, run, store)
        trainer = open_trainer(
            Follower, config, run, store, labels, split, policy, strategy
        )
        outcome = trainer.train()
    say(f"{me}: stopped at step {outcome.step} with the others.")
    return exit_status(outcome)


@contextlib.contextmanager
def telling_memory(config: TrainConfig | None) -> Iterator[None]:
    """An error of memory is told with the batch that it happened at, if any.

    Raises:
        Failure: the memory does not hold a step.
    """
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        batch = (config.batch_size, config.accumulate) if config else ()
        text = failures.memory_sentence(*batch)
        raise failures.Failure(text) from error


def record(
    config: TrainConfig,
    run: RunFolder,
    store: ImageStore,
    labels: Labels | None,
    split: Split,
    policy: str,
    devices: int = 1,
) -> None:
    """Write config.json, dataset.json and skipped.txt."""
    examination = store.examination
    fingerprints = {"fingerprint": store.fingerprint}
    if labels is not None:
        fingerprints["labels"] = labels.fingerprint()
    held = {"held_out": [store.names[place] for place in split.held]}
    write_json(run.dataset, fingerprints | examination.to_json() | held)
    lines = "".join(f"{line}\n" for line in examination.skipped_lines())
    write_atomically(run.skipped, lines.encode("utf-8", "replace"))
    write_json(
        run.config,
        {
            "settings": config.to_json(),
            "precision": policy,
            "devices": devices,
            "command": [sys.executable, *sys.argv],
            "directory": os.getcwd(),
            "versions": {
                "kerasgan": __version__,
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            "git_commit": git_commit(),
        },
    )


def precision_of(config: TrainConfig, run: RunFolder) -> str:
    """The policy that the run began with, on whatever machine it goes on."""
    if config.precision == "auto" and run.has_trained():
        return read_json(run.config).get("precision") or resolve_precision("auto")
    return resolve_precision(config.precision)


def git_commit() -> str | None:
    """The commit of the package's checkout, None where it is not one."""
    here = Path(__file__).resolve().parent
    try:
        done = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def say(text: str) -> None:
    """A sentence for the user, shown at once even where the output is a file."""
    write_unless_closed(sys.stdout, f"{text}\n")


def tell_start(
    config: TrainConfig,
    run: RunFolder,
    split: Split,
    policy: str,
    again: str,
    devices: int = 1,
) -> None:
    """What is about to happen, and what to expect of so few pictures."""
    count = len(split.trained)
    say(
        f"\nTraining {config.model} at {show(config.image_size)} in {policy}, "
        f"batches of {config.batch_size}{shared_out(config, devices)}, "
        f"for {length_in_words(config)}, "
        f"in {run.path}/. Ctrl-C saves and stops; {again} goes on."
    )
    say(f"How it goes: {run.report}, in a browser; load it again for the newest.")
    before = read_json(run.config).get("devices", 1) if run.has_trained() else devices
    if before != devices:
        say(
            f"On {devices} device{'s' * (devices > 1)} now, on {before} before: the "
            "batches are the same, rounding and noise are not."
        )
    if config.flip:
        say("Pictures are also shown mirrored; --noflip for text and the like.")
    if len(split.held):
        say(
            f"{len(split.held):,} of the {count + len(split.held):,} pictures are kept "
            "from the training, to judge it by; --held_out 0 trains on all."
        )
    if count < config.batch_size:
        say(
            f"There are fewer pictures ({count}) than a batch has "
            f"({config.batch_size}): each batch repeats some."
        )
    if count < 300:
        say(
            f"With {count} picture{'s' * (count > 1)} expect copies rather than new "
            "ones: a few hundred are needed for new ones, a few thousand for good ones."
        )


def length_in_words(config: TrainConfig) -> str:
    """`10 minutes`, `5 epochs` and so on.

    >>> length_in_words(TrainConfig(minutes=10.0))
    '10 minutes'
    """
    for name, unit in (
        ("epochs", "epochs"),
        ("steps", "steps"),
        ("kimg", "thousand pictures"),
        ("minutes", "minutes"),
    ):
        value = getattr(config, name)
        if value is not None:
            return f"{value:g} {unit}"
    return "ever"


def tell_end(outcome: Outcome, config: TrainConfig, run: RunFolder, again: str) -> None:
    """Where everything is, and what to do next."""
    if outcome.failure:
        print(f"kerasgan: {outcome.failure}", file=sys.stderr)
        return
    if outcome.already_done:
        say(
            f"{run.path} has had its {length_in_words(config)} already "
            f"({outcome.step} steps). Give a longer one, such as --minutes 60, to go "
            "on, or --fresh to start anew."
        )
        return
    if outcome.signal_number:
        say(
            f"\nStopped and saved at step {outcome.step}, with a report in "
            f"{run.report}. Run {again} again to go on from there."
        )
        return
    figures = f"  every figure     {run.log}\n" if run.log.exists() else ""
    say(
        f"\nDone: {outcome.step} steps, {outcome.images_seen / 1000:g} thousand "
        f"pictures seen.\n"
        f"  how it went      {run.report} (in a browser), {run.samples}/\n"
        f"  the generator    {run.generator}\n"
        f"{figures}"
        f"New pictures: {typed()} --TYPE generate --img_num 100 "
        f"--run_dir {shlex.quote(str(run.path))}"
    )


def exit_status(outcome: Outcome) -> int:
    """0, 1 for a failure, 130 or 143 for Ctrl-C or SIGTERM."""
    if outcome.signal_number:
        return SIGNAL_EXIT + outcome.signal_number
    return failures.FAILED if outcome.failure else 0
