"""Exact resume of a GAN that knows nothing of kerasgan."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasgan import checkpoint_folder, state
from kerasgan.callbacks import Checkpoint, RunLog, StepCallback, Verdict, progress_of
from tests.callbacks.foreign_gan import make_gan, scaled_adam, train

NAMES = {"d_loss": "disc_loss", "g_loss": "gen_loss"}


def values(model):
    arrays = state.to_arrays(state.collect_state(model))
    return {name: array.tobytes() for name, array in arrays.items()}


def log_values(path):
    times = {"images_per_second", "seconds", "eta_seconds"}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in times} for line in lines]


def run(folder, gan, steps, *, kill_at=None):
    """Train until `steps`, resuming what is in `folder`; Checkpoint in the middle."""
    checkpoint = Checkpoint(folder / "checkpoints", 4, report=lambda text: None)
    start = checkpoint.restore(gan) or 0
    verdict = Verdict(3, **NAMES, report=lambda text: None)
    log = RunLog(folder / "log.jsonl", 2, batch_size=4)
    callbacks = [checkpoint, verdict, log]
    if kill_at is not None:
        callbacks.append(KillAt(kill_at))
    train(gan, steps - start, callbacks, start=start)
    return verdict


class KillAt(StepCallback):
    def __init__(self, step):
        super().__init__()
        self.at = step

    def on_step_end(self, step, logs):
        if step == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


KILLED = """
import pathlib, sys
from tests.callbacks.foreign_gan import make_gan
from tests.callbacks.test_checkpoint import run
run(pathlib.Path(sys.argv[1]), make_gan(0, graph=True), 12, kill_at=int(sys.argv[2]))
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a Unix matter")
@pytest.mark.parametrize("kill_at", [7, 8])
def test_killed_and_resumed_in_a_new_process_is_bit_identical(tmp_path, kill_at):
    whole = make_gan(0, graph=True)
    verdict = run(tmp_path / "whole", whole, 12)

    root = str(Path(__file__).parents[2])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "cut"), str(kill_at)],
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = make_gan(9, graph=True)
    verdict_resumed = run(tmp_path / "cut", resumed, 12)

    assert progress_of(resumed).restored_step == (4 if kill_at == 7 else 8)
    assert values(resumed) == values(whole)
    assert log_values(tmp_path / "cut/log.jsonl") == log_values(
        tmp_path / "whole/log.jsonl"
    )
    assert [line["step"] for line in log_values(tmp_path / "cut/log.jsonl")] == [
        *range(2, 13, 2)
    ]
    assert verdict_resumed.get_state() == verdict.get_state()


def test_both_optimizers_seeds_and_metrics_come_back_into_a_fresh_model(tmp_path):
    gan = make_gan(0)
    train(gan, 3, [Checkpoint(tmp_path, 100)])
    fresh = make_gan(5)
    assert values(fresh)["seed_generator/state"] != values(gan)["seed_generator/state"]
    assert Checkpoint(tmp_path, 100).restore(fresh) == 3
    assert values(fresh) == values(gan)
    assert int(fresh.d_optimizer.iterations) == int(fresh.g_optimizer.iterations) == 3
    assert progress_of(fresh).step == 3
    assert int(fresh.seed_generator.state[1]) == 3


def test_mixed_float16_with_loss_scales_resumes_to_the_bit(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        whole, cut, resumed = (
            make_gan(seed, adam=scaled_adam, graph=True) for seed in (0, 0, 4)
        )
    finally:
        keras.config.set_dtype_policy("float32")
    train(whole, 7)
    train(cut, 4, [Checkpoint(tmp_path, 2)])
    start = Checkpoint(tmp_path, 2).restore(resumed)
    assert float(resumed.g_optimizer.dynamic_scale) == 2.0**16  # grown once in 4
    assert int(resumed.g_optimizer.step_counter) == 1
    train(resumed, 3, start=start)
    weights = [name for name in values(whole) if "metric" not in name]
    assert [values(resumed)[n] for n in weights] == [values(whole)[n] for n in weights]


def test_restores_by_itself_when_fit_begins(tmp_path):
    first = make_gan(0)
    train(first, 2, [Checkpoint(tmp_path, 1)])
    second = make_gan(3)
    train(second, 1, [Checkpoint(tmp_path, 1)], start=2)
    assert int(second.g_optimizer.iterations) == 3
    assert progress_of(second).step == 3


def test_clock_and_extra_go_on(tmp_path):
    gan = make_gan()
    train(gan, 1, [Checkpoint(tmp_path, 1, extra=lambda: {"mine": 1})])
    checkpoint = Checkpoint(tmp_path, 1)
    fresh = make_gan()
    checkpoint.restore(fresh)
    assert checkpoint.meta["extra"]["mine"] == 1
    before = checkpoint.meta["elapsed_seconds"]
    assert before > 0
    assert progress_of(fresh).elapsed_seconds == before
    train(fresh, 1, [checkpoint])
    assert (
        checkpoint_folder.read_meta(tmp_path / "step_00000002")["elapsed_seconds"]
        > before
    )


def test_the_best_score_is_kept(tmp_path):
    scores = iter([3.0, 1.0, 2.0, 2.5])
    train(
        make_gan(), 4, [Checkpoint(tmp_path, 1, keep=1, score=lambda _: next(scores))]
    )
    assert checkpoint_folder.best_checkpoint(tmp_path).name == "step_00000002"
    found = [path.name for path in checkpoint_folder.list_checkpoints(tmp_path)]
    assert found == ["step_00000002", "step_00000004"]


def test_a_mean_over_an_unfinished_epoch_goes_on_and_over_a_finished_one_does_not(
    tmp_path,
):
    class StopAt2(StepCallback):
        def on_step_end(self, step, logs):
            self.model.stop_training = step == 2

    for name, steps, count in (("cut", 5, 3.0), ("done", 2, 1.0)):
        train(make_gan(0), steps, [StopAt2(), Checkpoint(tmp_path / name, 100)])
        fresh = make_gan(1)
        train(fresh, 1, [Checkpoint(tmp_path / name, 100)], start=2)
        assert float(fresh.d_loss_metric.count) == count


def test_step_zero_is_saved_once_the_optimizers_are_built(tmp_path):
    train(make_gan(), 1, [Checkpoint(tmp_path / "unbuilt", 100)])
    assert not (tmp_path / "unbuilt/step_00000000").exists()
    gan = make_gan()
    gan.d_optimizer.build(gan.discriminator.trainable_variables)
    gan.g_optimizer.build(gan.generator.trainable_variables)
    train(gan, 1, [Checkpoint(tmp_path / "built", 100)])
    assert (tmp_path / "built/step_00000000").exists()


def test_weights_that_are_not_finite_are_told_and_not_saved(tmp_path):
    said = []
    gan = make_gan(nan_at=2)
    train(gan, 3, [Checkpoint(tmp_path, 1, report=said.append)])
    found = [path.name for path in checkpoint_folder.list_checkpoints(tmp_path)]
    assert found == ["step_00000001"]
    assert "nan or inf in discriminator/0000_kernel at step 2" in said[0]


def test_a_folder_of_another_training_is_refused(tmp_path):
    train(make_gan(), 1, [Checkpoint(tmp_path, 1)])
    with pytest.raises(ValueError, match="must have no checkpoints where resume=False"):
        train(make_gan(), 1, [Checkpoint(tmp_path, 1, resume=False)])


@pytest.mark.parametrize("wrong", [0, 1.5, True])
def test_every_steps_must_be_a_whole_number_from_1(tmp_path, wrong):
    with pytest.raises(ValueError, match=r"every_steps must be .* Received"):
        Checkpoint(tmp_path, wrong)


def test_a_model_with_its_own_step_counts_for_itself(tmp_path):
    gan = make_gan()
    gan.step = keras.Variable(40, dtype="int64", trainable=False)
    inner = gan.train_step

    def train_step(data):
        gan.step.assign_add(1)
        return inner(data)

    gan.train_step = train_step
    train(gan, 2, [Checkpoint(tmp_path, 1)])
    assert progress_of(gan).step == 42
    assert (tmp_path / "step_00000042").exists()
    assert np.load(tmp_path / "step_00000042/state.npz")["step"] == 42
