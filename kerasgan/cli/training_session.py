"""One training from the command line: the run folder's lock, the devices, the words.

Imported only once it is certain that TensorFlow is needed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from kerasgan.cli import failures
from kerasgan.cli.devices import check_same_training, open_strategy, telling_workers
from kerasgan.cli.memory import memory_advice, memory_sentence, tried_sentence
from kerasgan.cli.recording import record
from kerasgan.cli.session import Session, open_session
from kerasgan.cli.training_words import say, tell_end, tell_start
from kerasgan.config import TrainConfig
from kerasgan.data.labels import Labels
from kerasgan.data.store import ImageStore
from kerasgan.devices.workers import Workers
from kerasgan.following import Follower
from kerasgan.full_memory import out_of_memory
from kerasgan.runs import RunFolder
from kerasgan.training import Outcome, Trainer

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
        session = open_session(config, run, store, labels, strategy)
        tell_start(session, again)
        if lock.was_killed:
            say(
                "The last training here was ended from outside: killed, by the system "
                "for want of memory perhaps, or by a power cut. What was saved is "
                "whole. If it happens again, try "
                f"{memory_advice(*shared(session))}."
            )
        with telling_workers(strategy):
            with telling_memory():  # networks that do not fit, in any batches
                trainer = open_trainer(Trainer, session)
            record(session)
            outcome = train_within_memory(trainer, session)
    finally:
        lock.release()
    tell_end(outcome, config, run, again)
    return exit_status(outcome)


def open_trainer(kind: type[Trainer], session: Session) -> Trainer:
    """A trainer with the weights to begin from."""
    check_same_training(Workers(session.strategy), session)
    trainer = kind(
        session.config,
        session.pictures(),
        session.run,
        session.policy,
        say,
        session.strategy,
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
    session = open_session(config, run, store, labels, strategy)
    with telling_workers(strategy), telling_memory(*shared(session)):
        outcome = open_trainer(Follower, session).train()
    say(outcome.failure or f"{me}: stopped at step {outcome.step} with the others.")
    return exit_status(outcome)


def train_within_memory(trainer: Trainer, session: Session) -> Outcome:
    """Train; where the memory is full, say in how few turns a step would fit.

    Raises:
        Failure: the memory does not hold the training.
    """
    batch = shared(session)
    if trainer.workers.count > 1:  # the others would wait for a step's numbers
        with telling_memory(*batch):
            return trainer.train()
    try:
        return trainer.train()
    except Exception as error:
        if not out_of_memory(error):
            raise
        full = error.with_traceback(None)  # which holds on to what fills the memory
    say(f"\n{memory_sentence(*batch)} Trying what fits ...")
    text = tried_sentence(*batch, trainer.fitting_turns())
    raise failures.Failure(text) from full


@contextlib.contextmanager
def telling_memory(*batch: int) -> Iterator[None]:
    """An error of memory is told with the batch that it happened at, if any: as
    `shared` has it.

    Raises:
        Failure: the memory does not hold a step.
    """
    try:
        yield
    except Exception as error:
        if out_of_memory(error):
            raise failures.Failure(memory_sentence(*batch)) from error
        raise


def shared(session: Session) -> tuple[int, int, int]:
    """A batch, the turns and the devices that it is computed in and on."""
    return session.config.batch_size, session.config.accumulate, session.devices


def exit_status(outcome: Outcome) -> int:
    """0, 1 for a failure, 130 or 143 for Ctrl-C or SIGTERM."""
    if outcome.signal_number:
        return SIGNAL_EXIT + outcome.signal_number
    return failures.FAILED if outcome.failure else 0
