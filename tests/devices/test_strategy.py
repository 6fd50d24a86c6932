"""Two devices train as one does: on two logical CPUs, in a process of their own."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from kerasgan.devices import strategy
from tests.devices.plain_networks import check_balanced

ROOT = Path(__file__).resolve().parents[2]
CLOSE = {"rel": 1e-4, "abs": 1e-5}  # rounding, in float32


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the trainings of tests/several_devices.py found."""
    path = tmp_path_factory.mktemp("devices") / "found.json"
    command = [
        sys.executable,
        "-m",
        "tests.devices.several_devices",
        "mirrored",
        str(path),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(path.read_text())


@pytest.mark.parametrize("shares", ["two", "two_in_turns"])
def test_losses_of_two_devices_are_those_of_one(found, shares):
    one, two = found["curves"]["one"], found["curves"][shares]
    assert len(one) == len(two) == 5
    for ours, theirs in zip(one, two, strict=True):
        assert theirs == pytest.approx(ours, **CLOSE)
    assert abs(one[0]["g_loss"] - one[-1]["g_loss"]) > 0.01  # it did learn


@pytest.mark.parametrize("name", ["adaptive", "margin", "gap_rate"])
def test_every_balance_decides_once_for_both_devices(found, name):
    training = found["balances"][name]
    check_balanced(name, training["logs"])
    assert training["equal"]


@pytest.mark.parametrize("name", ["fastgan", "average"])
def test_models_train_and_their_copies_stay_equal(found, name):
    training = found["models"][name]
    assert training["moved"] == (name == "fastgan")  # the statistics that it has
    assert training["equal"]
    assert all(math.isfinite(value) for value in training["logs"][-1].values())


def test_a_resumed_training_has_the_same_bits_and_devices_may_change(found):
    resume = found["resume"]
    assert resume["two"] == resume["whole"]
    for ours, theirs in zip(resume["whole"], resume["one"], strict=True):
        same = {name: ours[name] for name in ("d_updates", "augment_p", "decay")}
        assert {name: theirs[name] for name in same} == same


def test_an_infinity_on_one_device_skips_the_step_on_both(found):
    assert found["overflow"] == {
        "d_updates": 0,
        "untouched": True,
        "scale_fell": True,
        "equal": True,
    }


def test_each_device_has_noise_of_its_own(found):
    assert found["noise_differs"]


def test_an_optimizer_that_would_sum_gradients_again_is_refused(found):
    assert "kerasgan.optimizers.Adam" in found["refused"]


def test_mirrored_on_one_device_is_refused():
    with pytest.raises(ValueError, match="two GPUs or more. This machine has none"):
        strategy.make_strategy("mirrored")


@pytest.mark.parametrize(("gpus", "several"), [(0, False), (1, False), (2, True)])
def test_auto_takes_all_gpus_where_there_are_two(monkeypatch, gpus, several):
    def devices(kind):
        count = gpus if kind == "GPU" else 1
        return [tf.config.LogicalDevice(f"/{kind}:{k}", kind) for k in range(count)]

    monkeypatch.setattr(tf.config, "list_physical_devices", devices)
    monkeypatch.setattr(tf.config, "list_logical_devices", devices)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", FakeStrategy)
    made = strategy.make_strategy("auto")
    assert (made is not None) == several
    if several:
        assert made.devices == ["/GPU:0", "/GPU:1"]


class FakeStrategy:
    """Takes devices that are not there."""

    def __init__(self, devices):
        self.devices, self.extended = devices, self


def test_a_batch_that_cannot_be_shared_out_evenly_is_refused():
    with pytest.raises(ValueError, match="multiple of 6.*nearest are 30 and 36"):
        strategy.check_batch(32, devices=3, accumulate=2)
    with pytest.raises(ValueError, match="nearest is 4"):
        strategy.check_batch(2, devices=4, accumulate=1)
