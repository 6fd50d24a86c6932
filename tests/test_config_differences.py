"""Settings that may change when a run goes on, and those that may not."""

import dataclasses

from kerasgan.config import TrainConfig
from kerasgan.config_differences import FREE_TO_CHANGE, differences


def test_differences_name_what_changed_and_pass_over_what_may():
    theirs = TrainConfig()
    changed = {"minutes": 60.0, "keep": 9, "seed": 1, "batch_size": 64}
    lines = differences(dataclasses.replace(theirs, **changed), theirs)
    assert lines == [
        f"--batch_size: the run has {theirs.batch_size}, you asked for 64",
        "--seed: the run has 0, you asked for 1",
    ]


def test_what_is_free_to_change_exists():
    assert {item.name for item in dataclasses.fields(TrainConfig)} >= FREE_TO_CHANGE


def test_a_starting_point_may_be_written_otherwise():
    ours, theirs = (TrainConfig(init_from=text) for text in ("runs/a/", "./runs/a"))
    assert differences(ours, theirs) == []
    assert differences(ours, TrainConfig(init_from="runs/b")) != []
