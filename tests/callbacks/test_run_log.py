"""Every line is JSON, and no interruption leaves a seam."""

import json

import numpy as np
import pytest

from kerasgan.callbacks import RunLog, StepCallback
from kerasgan.callbacks.run_log import seconds_left
from tests.callbacks.foreign_gan import make_gan, train


def lines(path):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return [
        json.loads(line, parse_constant=refuse)
        for line in path.read_text().splitlines()
    ]


def test_one_line_a_log_step_with_all_logs(tmp_path):
    path = tmp_path / "run/log.jsonl"
    seen = {}

    class Watch(StepCallback):
        def on_step_end(self, step, logs):
            seen[step] = logs

    log = RunLog(
        path,
        2,
        batch_size=4,
        total_steps=8,
        extra=lambda step, logs: {"twice": 2 * step},
    )
    train(make_gan(), 4, [log, Watch()])
    assert [(x["step"], x["images_seen"], x["twice"]) for x in lines(path)] == [
        (2, 8, 4),
        (4, 16, 8),
    ]
    last = lines(path)[1]
    assert {name: last[name] for name in seen[4]} == seen[4]
    assert last["seconds"] >= lines(path)[0]["seconds"] > 0
    assert last["eta_seconds"] == pytest.approx(
        4 * 4 / last["images_per_second"], abs=0.01
    )


def test_the_last_step_of_a_short_training_has_a_line(tmp_path):
    train(make_gan(), 3, [RunLog(tmp_path / "l", 50, total_steps=3)])
    assert [line["step"] for line in lines(tmp_path / "l")] == [3]


def test_without_a_batch_size_what_depends_on_it_is_null(tmp_path):
    train(make_gan(), 1, [RunLog(tmp_path / "l", 1)])
    line = lines(tmp_path / "l")[0]
    assert line["images_seen"] is line["images_per_second"] is None
    assert line["eta_seconds"] is None


def test_lines_beyond_the_start_and_a_torn_last_line_are_dropped(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 0, "a": 1}\n{"step": 1}\nnonsense\n{"step": 2}\n{"st')
    train(make_gan(), 1, [RunLog(path, 1)])
    assert [line["step"] for line in lines(path)] == [0, 1]
    assert lines(path)[1].keys() > {"disc_loss", "seconds"}


def test_lines_beyond_a_restored_step_are_dropped_in_the_middle_of_a_fit(tmp_path):
    class GoBackOnce(StepCallback):
        done = False

        def on_step_end(self, step, logs):
            if step == 3 and not self.done:
                self.done = True
                self.progress.restore(1, 0.0)

    train(make_gan(), 5, [RunLog(tmp_path / "l", 1), GoBackOnce()])
    assert [line["step"] for line in lines(tmp_path / "l")] == [1, 2, 3]


def test_a_value_that_is_not_finite_is_null_and_named(tmp_path):
    train(make_gan(nan_at=1), 1, [RunLog(tmp_path / "l", 1)])
    line = lines(tmp_path / "l")[0]
    assert line["disc_loss"] is line["gen_loss"] is None
    assert line["non_finite"] == ["disc_loss", "gen_loss"]
    assert line["disc_loss_now"] > 0


def test_numpy_values_are_written_as_plain_ones(tmp_path):
    log = RunLog(
        tmp_path / "l",
        1,
        extra=lambda step, logs: {"a": np.float32(0.5), "b": np.ones(2)},
    )
    train(make_gan(), 1, [log])
    assert (lines(tmp_path / "l")[0]["a"], lines(tmp_path / "l")[0]["b"]) == (
        0.5,
        [1.0, 1.0],
    )


def test_time_left_is_that_of_the_sooner_end():
    assert seconds_left(50, 10.0, 5.0, 100, None) == 10.0
    assert seconds_left(50, 10.0, 5.0, 100, 12.0) == 2.0
    assert seconds_left(50, 10.0, 5.0, None, 5.0) == 0.0
    assert seconds_left(50, 10.0, 5.0, None, None) is None
