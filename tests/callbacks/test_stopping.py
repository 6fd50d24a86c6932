"""Ending a fit from outside: signals, and the clock."""

import signal

import pytest

from kerasgan.callbacks import (
    Checkpoint,
    SaveOnInterrupt,
    StepCallback,
    StopAfterMinutes,
    progress_of,
)
from kerasgan.checkpoint_folder import CheckpointError, list_checkpoints
from tests.callbacks.foreign_gan import make_gan, train


class SignalAt(StepCallback):
    def __init__(self, *numbers, step=2):
        super().__init__()
        self.numbers, self.at = numbers, step

    def on_step_end(self, step, logs):
        if step == self.at:
            for number in self.numbers:
                signal.raise_signal(number)


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_saves_at_the_end_of_the_step_and_stops(tmp_path, number, exit_code):
    said, before = [], signal.getsignal(number)
    checkpoint = Checkpoint(tmp_path, 100)
    stop = SaveOnInterrupt(checkpoint, report=said.append)
    gan = make_gan()
    train(gan, 5, [SignalAt(number), stop, checkpoint])
    assert (stop.signal_number, stop.exit_code) == (number, exit_code)
    assert progress_of(gan).step == 2
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_00000002"]
    name = signal.Signals(number).name
    assert said == [f"{name}: stopped after step 2, saved in {tmp_path}/step_00000002."]
    assert signal.getsignal(number) is before


def test_without_a_signal_the_fit_ends_as_it_would(tmp_path):
    checkpoint = Checkpoint(tmp_path, 100)
    stop = SaveOnInterrupt(checkpoint)
    gan = make_gan()
    train(gan, 3, [stop, checkpoint])
    assert (stop.signal_number, stop.exit_code) == (None, 0)
    assert progress_of(gan).step == 3


def test_a_second_signal_interrupts_at_once(tmp_path):
    checkpoint = Checkpoint(tmp_path, 100)
    stop = SaveOnInterrupt(checkpoint)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        train(make_gan(), 5, [SignalAt(signal.SIGINT, signal.SIGINT), stop, checkpoint])
    assert signal.getsignal(signal.SIGTERM) is before
    assert list_checkpoints(tmp_path) == []


def test_a_full_disk_at_the_signal_is_told_and_still_stops(tmp_path):
    class Full:
        def save(self):
            raise CheckpointError("no room")

    said = []
    stop = SaveOnInterrupt(Full(), report=said.append)
    gan = make_gan()
    train(gan, 5, [SignalAt(signal.SIGTERM), stop])
    assert said == ["SIGTERM: no room"]
    assert progress_of(gan).step == 2


@pytest.mark.parametrize(("already", "steps"), [(0.0, 4), (3600.0, 1)])
def test_minutes_are_counted_over_all_processes(already, steps):
    gan = make_gan()
    train(gan, 4, [StopAfterMinutes(60, already_elapsed_seconds=already)])
    assert progress_of(gan).step == steps


def test_minutes_in_the_checkpoint_count(tmp_path):
    gan = make_gan()
    progress_of(gan).restore(10, 3599.999)
    train(gan, 4, [StopAfterMinutes(60)])
    assert progress_of(gan).step == 11


def test_no_time_is_refused():
    with pytest.raises(ValueError, match="minutes must be above 0"):
        StopAfterMinutes(0)
