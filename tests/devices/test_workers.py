"""Two processes on this machine train as one does, and learn from the chief."""

import json
import sys
from pathlib import Path

import pytest

from kerasgan.devices.workers import Workers
from tests.devices.plain_networks import check_balanced, curve_of
from tests.devices.several_devices import penalised
from tests.devices.two_workers import outputs_of, start_workers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What both workers of tests/several_devices.py found."""
    folder = tmp_path_factory.mktemp("workers")
    paths = [folder / f"{k}.json" for k in range(2)]
    command = [sys.executable, "-m", "tests.devices.several_devices", "worker"]
    workers = start_workers(*([*command, str(path)] for path in paths), cwd=ROOT)
    for status, text in outputs_of(workers):
        assert status == 0, text[-3000:]
    return [json.loads(path.read_text()) for path in paths]


def test_losses_of_two_workers_are_those_of_one(found):
    one = curve_of(penalised(None))
    for worker in found:
        assert len(worker["curve"]) == len(one)
        for ours, theirs in zip(one, worker["curve"], strict=True):
            assert theirs == pytest.approx(ours, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", ["adaptive", "margin", "gap_rate"])
def test_every_balance_decides_the_same_on_both(found, name):
    one, other = (worker["balances"][name] for worker in found)
    assert one == other  # the logs of each step, and every variable's bits
    check_balanced(name, one["logs"])


def test_one_that_says_yes_is_heard_by_both(found):
    for worker in found:
        assert worker["any"] == {"neither": False, "second": True}


def test_both_do_what_the_chief_says(found):
    for worker in found:
        assert worker["chief_says"] == {"chief": True, "second": False}


def test_both_notice_that_they_differ(found):
    for worker in found:
        assert worker["same"] == ""
        assert worker["other"].startswith("All workers must have the same settings")


def test_the_chiefs_training_comes_to_both(found):
    for worker in found:
        assert worker["taken"] == {"step": 7, "weight": 0.5, "momentum": 0.25}


def test_a_process_alone_asks_nobody():
    alone = Workers()
    assert alone.chief_says(True)
    alone.check_same("settings", "anything")
