"""One word and one sentence on the balance, from averages that survive a resume."""

import json

import numpy as np
import pytest

from kerasgan.callbacks import (
    Checkpoint,
    SampleGrid,
    StepCallback,
    StopOnNonFinite,
    Verdict,
)
from kerasgan.jsonl import read_lines
from tests.callbacks.foreign_gan import make_gan, train

NAMES = {"d_loss": "disc_loss", "g_loss": "gen_loss"}


def test_it_speaks_every_so_many_steps(tmp_path):
    said = []
    verdict = Verdict(2, **NAMES, report=said.append)
    train(make_gan(), 5, [verdict])
    assert [text.split(":")[0] for text in said] == ["step 2", "step 4"]
    assert said[-1] == f"step 4: {verdict.word}. {verdict.sentence}"


def test_averages_weigh_the_newest_steps_most_and_are_unbiased_at_the_start():
    verdict = Verdict(1, horizon_steps=2)
    verdict.observe(1, {"d_loss": 4.0, "g_loss": 1.0})
    assert verdict.sensors().d_loss == 4.0
    verdict.observe(2, {"d_loss": 1.0, "g_loss": 1.0})
    assert verdict.sensors().d_loss == pytest.approx((0.25 * 4 + 0.5 * 1) / 0.75)
    assert verdict.sensors().real_score is None


def test_one_sided_steps_are_found_in_the_running_totals():
    verdict = Verdict(1, horizon_steps=1_000_000)
    for step, (d, g) in enumerate([(1, 1), (2, 1), (2, 2), (2, 3)], start=1):
        logs = {"d_loss": 0.6, "g_loss": 1.0, "d_updates": float(d)}
        verdict.observe(step, logs | {"g_updates": float(g)})
    assert verdict.sensors().only_d_share == pytest.approx(0.25, abs=1e-5)
    assert verdict.sensors().only_g_share == pytest.approx(0.5, abs=1e-5)


def test_its_state_comes_back_through_json_to_the_bit():
    first, second = Verdict(1), Verdict(1)
    for step in range(1, 6):
        first.observe(step, {"d_loss": step / 3, "g_loss": step / 7})
    second.set_state(json.loads(json.dumps(first.get_state())))
    for verdict in (first, second):
        verdict.observe(6, {"d_loss": 0.1, "g_loss": 0.1})
    assert first.sensors() == second.sensors()


def test_without_losses_of_that_name_it_says_nothing():
    said = []
    train(make_gan(), 2, [Verdict(1, report=said.append)])
    assert said == []


def test_pictures_that_are_all_alike_are_a_collapse(tmp_path):
    reals = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), dtype=np.uint8)
    grid = SampleGrid(tmp_path, 1, latents=np.ones((8, 4), np.float32), reals=reals)
    verdict = Verdict(1, **NAMES, sample_grid=grid, report=lambda text: None)
    train(make_gan(), 1, [grid, verdict])
    assert verdict.word == "collapsed"
    assert "0% of the variety" in verdict.sentence


def test_a_training_that_is_given_up_has_diverged(tmp_path):
    said = []
    guard = StopOnNonFinite(Checkpoint(tmp_path / "c", 100), report=said.append)
    verdict = Verdict(
        100, **NAMES, guard=guard, path=tmp_path / "v.jsonl", report=said.append
    )
    train(make_gan(nan_at=2), 9, [guard, guard.checkpoint, verdict])
    assert (verdict.word, verdict.sentence) == ("diverged", guard.failure)
    assert [line["word"] for line in read_lines(tmp_path / "v.jsonl")] == ["diverged"]
    assert said == [guard.failure]


def test_a_checkpoint_has_the_step_in_it_wherever_the_verdict_stands():
    class ObserveEarly(StepCallback):
        def on_step_end(self, step, logs):
            for member in self.progress.members:
                member.observe_once(step, logs)

    plain, early = Verdict(9, **NAMES), Verdict(9, **NAMES)
    train(make_gan(), 3, [plain])
    train(make_gan(), 3, [ObserveEarly(), early])
    assert early.get_state() == plain.get_state()
