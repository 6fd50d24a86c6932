"""Which devices a command gets."""

import pytest

from kerasgan.cli import devices
from kerasgan.cli.failures import UsageError
from kerasgan.config import TrainConfig


class Three:
    """Three GPUs that are not there."""

    num_replicas_in_sync = 3


@pytest.fixture(autouse=True)
def three_gpus(monkeypatch):
    monkeypatch.setattr(devices, "make_strategy", lambda name: Three())


def test_auto_trains_on_one_where_a_batch_is_not_shared_out_evenly():
    said = []
    assert devices.open_strategy(TrainConfig(batch_size=32), said.append) is None
    assert "32 cannot be shared out evenly to 3 GPUs" in said[0]
    strategy = devices.open_strategy(TrainConfig(batch_size=33), said.append)
    assert isinstance(strategy, Three)


def test_mirrored_says_which_batches_would_do():
    config = TrainConfig(batch_size=32, strategy="mirrored")
    with pytest.raises(UsageError, match="nearest are 30 and 33"):
        devices.open_strategy(config, print)
