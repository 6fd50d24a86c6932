"""From settings to a trained GAN: lengths, exact resume, failures."""

import dataclasses
import json
import os
import signal

import keras
import numpy as np
import pytest

from kerasgan.building import (
    ENDLESS,
    build_balance,
    build_gan,
    load_generator,
    penalty_weight,
    total_steps,
)
from kerasgan.config import TrainConfig
from kerasgan.data.held_out import Split
from kerasgan.data.training_set import TrainingSet
from kerasgan.jsonl import read_lines
from kerasgan.runs import RunFolder
from kerasgan.training import Trainer

TINY = TrainConfig(
    path="faces",
    model="dcgan",
    image_size=(16, 16),
    width=2,
    latent_dim=4,
    batch_size=4,
    checkpoint_every=2,
    evaluate_every=2,
    sample_every=2,
    log_every=1,
    augment="none",
)
FULL = dataclasses.replace(TINY, r1=0.1, penalty_every=2, lecam=0.1, augment="ada")
TIMES = {"seconds", "images_per_second", "eta_seconds"}
pytestmark = pytest.mark.usefixtures("eager")


def images(count=6):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 16, 16, 3)).astype(np.uint8)


def train(folder, policy="float32", report=print, base=TINY, **changes):
    run = RunFolder(folder)
    run.create()
    config = dataclasses.replace(base, **changes)
    trainer = Trainer(config, TrainingSet(images()), run, policy, report)
    trainer.begin()
    return trainer.train()


def state(folder, step):
    with np.load(folder / f"checkpoints/step_{step:08d}/state.npz") as arrays:
        return {name: arrays[name] for name in arrays}


def log(folder):
    text = (folder / "log.jsonl").read_text(encoding="utf-8")
    lines = map(json.loads, text.splitlines())
    return [{k: v for k, v in line.items() if k not in TIMES} for line in lines]


def test_what_another_worker_stopped_is_not_evaluated(tmp_path, monkeypatch):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = int(self.model.step) == 3

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "stop_together", lambda trainer: [Stop()])
        assert train(tmp_path, steps=5).signal_number == signal.SIGTERM
    evaluated = [line["step"] for line in read_lines(RunFolder(tmp_path).evaluations)]
    assert evaluated == [2]
    train(tmp_path, steps=5)
    evaluated = [line["step"] for line in read_lines(RunFolder(tmp_path).evaluations)]
    assert evaluated == [2, 4, 5]


@pytest.mark.parametrize(
    ("length", "steps"),
    [
        ({"steps": 7}, 7),
        ({"kimg": 0.1}, 25),  # 100 pictures in batches of 4
        ({"epochs": 2.0}, 3),  # 2 x 6 pictures
        ({"epochs": 0.01}, 1),
        ({"minutes": 5.0}, ENDLESS),
        ({"kimg": float("inf")}, ENDLESS),
    ],
)
def test_every_length_becomes_steps(length, steps):
    assert total_steps(dataclasses.replace(TINY, **length), 6) == steps


@pytest.mark.graphs
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_a_resumed_run_has_the_bits_of_an_uninterrupted_one(tmp_path, policy):
    whole = train(tmp_path / "whole", policy, base=FULL, steps=6)
    train(tmp_path / "parts", policy, base=FULL, steps=3)
    resumed = train(tmp_path / "parts", policy, base=FULL, steps=6)
    assert whole.step == resumed.step == 6
    ours, theirs = state(tmp_path / "whole", 6), state(tmp_path / "parts", 6)
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
    assert log(tmp_path / "whole") == log(tmp_path / "parts")
    assert len(log(tmp_path / "whole")) == 6


def test_a_run_folder_has_what_the_readme_says(tmp_path):
    train(tmp_path, base=FULL, steps=3)
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    samples = {"reals", "init", "init_raw", "step_00000002", "step_00000002_raw"}
    assert {f"samples/{name}.png" for name in samples} <= names
    assert {"log.jsonl", "generator.keras", "checkpoints/latest"} <= names
    assert {"checkpoints/best", "checkpoints/step_00000003"} <= names
    first = log(tmp_path)[0]
    assert {"step", "images_seen", "d_loss", "g_loss", "margin", "gap"} <= first.keys()
    assert {"d_updates", "g_updates", "augment_p", "real_score"} <= first.keys()


def test_a_finished_run_says_so_and_is_left_alone(tmp_path):
    train(tmp_path, steps=2)
    before = state(tmp_path, 2)
    again = train(tmp_path, steps=2)
    assert again.already_done
    assert again.step == 2
    for name, array in state(tmp_path, 2).items():
        np.testing.assert_array_equal(array, before[name])


def test_minutes_count_over_all_starts(tmp_path):
    first = train(tmp_path, minutes=1e-6)
    assert first.step == 1  # the step during which time ran out
    assert train(tmp_path, minutes=1e-6).already_done


def test_numbers_that_explode_end_in_a_sentence(tmp_path):
    said = []
    outcome = train(tmp_path, steps=50, learning_rate=1e30, report=said.append)
    assert "3 retries with smaller learning rates did not help" in outcome.failure
    assert sum("going back to step" in line for line in said) == 3
    assert outcome.failure not in said  # whoever gets the outcome says it
    assert outcome.step == 0
    run = RunFolder(tmp_path)
    last = read_lines(run.verdicts)[-1]
    assert (last["word"], last["sentence"]) == ("diverged", outcome.failure)
    assert outcome.failure in run.report.read_text(encoding="utf-8")


def test_the_saved_generator_is_the_averaged_one_in_float32(tmp_path):
    train(tmp_path, "mixed_bfloat16", steps=3)
    run, z = RunFolder(tmp_path), np.ones((2, 4), np.float32)
    saved = keras.saving.load_model(run.generator)
    averaged = load_generator(run, TINY, "ema")
    raw = load_generator(run, TINY, "raw")
    np.testing.assert_array_equal(saved(z), averaged(z))
    assert not np.array_equal(saved(z), raw(z))
    assert {layer.compute_dtype for layer in saved.layers} == {"float32"}


def test_the_best_checkpoint_is_the_one_with_the_lowest_score(tmp_path):
    train(tmp_path, steps=6, keep=9)
    scores = {
        path.parent.name: json.loads(path.read_text())["score"]
        for path in (tmp_path / "checkpoints").glob("step_*/meta.json")
    }
    assert scores.pop("step_00000000") is None  # before the first evaluation
    best = (tmp_path / "checkpoints/best").read_text().strip()
    assert len(scores) == 3
    assert scores[best] == min(scores.values())


def test_the_end_is_evaluated_and_becomes_the_best_if_nothing_else_was(tmp_path):
    train(tmp_path, steps=4, evaluate_every=500)
    assert (tmp_path / "checkpoints/best").read_text().strip() == "step_00000004"
    assert [line["step"] for line in read_lines(tmp_path / "evaluations.jsonl")] == [4]


def test_without_evaluations_the_best_is_found_without_features(tmp_path):
    train(tmp_path, steps=2, evaluate_every=0)
    meta = json.loads((tmp_path / "checkpoints/step_00000002/meta.json").read_text())
    assert meta["score"] > 0
    assert not (tmp_path / "evaluations.jsonl").exists()


def test_held_out_pictures_are_never_shown_and_are_compared_with(tmp_path):
    pictures = images(40)
    split = Split(trained=np.arange(0, 40, 2), held=np.arange(1, 40, 2))
    run = RunFolder(tmp_path)
    run.create()
    config = dataclasses.replace(TINY, steps=2)
    training_set = TrainingSet(pictures, split=split)
    trainer = Trainer(config, training_set, run, report=lambda text: None)
    shown = next(iter(trainer.dataset().batch(12))).numpy()
    shown = {each.tobytes() for each in shown.reshape(-1, 16, 16, 3)}
    assert shown == {each.tobytes() for each in pictures[::2]}
    trainer.begin()
    trainer.train()
    found = read_lines(run.evaluations)[-1]
    assert (found["held"], found["reals"], found["fakes"]) == (20, 20, 64)
    assert np.isfinite(
        [found[f"{kind}_score"] for kind in ("train", "held", "fake")]
    ).all()
    assert 0 <= found["copied"] <= 1
    assert np.array_equal(trainer.kid.reals[:], pictures[1::2])


def test_every_setting_reaches_the_gan():
    gan = build_gan(
        dataclasses.replace(
            FULL,
            loss="hinge",
            balance="margin",
            margin=0.3,
            d_learning_rate=1e-5,
            d_batch_norm=True,
            flip=False,
            ema_kimg=2.5,
            seed=9,
            r2=0.5,
            beta_1=0.25,
        )
    )
    penalties = gan.penalties
    assert (penalties.r1, penalties.r2, penalties.every) == (0.1, 0.5, 2)
    assert (gan.loss_name, penalties.gradient) == ("hinge", 0.0)
    assert (gan.balance.start_margin, gan.balance.d_ideal) == (0.3, 1.0)
    assert float(gan.d_optimizer.learning_rate) == pytest.approx(1e-5)
    assert float(gan.g_optimizer.learning_rate) == pytest.approx(TINY.learning_rate)
    assert gan.separate_passes
    assert (gan.flip, gan.ema_halflife_images, gan.seed) == (False, 2500.0, 9)
    assert (penalties.lecam, gan.augment.mode) == (0.1, "ada")
    assert gan.g_optimizer.beta_1 == 0.25


def test_a_margin_is_given_only_to_rules_that_have_one():
    for balance in ("adaptive", "margin", "gap_rate", "none"):
        rule = build_balance(dataclasses.replace(TINY, balance=balance, margin=0.4))
        assert getattr(rule, "start_margin", 0.4) == 0.4


def test_a_generator_that_a_kill_left_out_is_written_at_the_next_start(tmp_path):
    train(tmp_path, steps=2)
    saved = tmp_path / "generator.keras"
    saved.unlink()  # killed between the last checkpoint and this file
    assert train(tmp_path, steps=2).already_done
    before = saved.stat().st_mtime_ns
    assert train(tmp_path, steps=2).already_done
    assert saved.stat().st_mtime_ns == before
    os.utime(saved, ns=(0, 0))  # that of an earlier, shorter training
    assert train(tmp_path, steps=2).already_done
    assert saved.stat().st_mtime_ns > before


def test_endless_minutes_train_until_they_are_stopped(tmp_path):
    run = RunFolder(tmp_path)
    run.create()
    config = dataclasses.replace(TINY, minutes=float("inf"))
    trainer = Trainer(config, TrainingSet(images()), run)
    assert trainer.seconds is None
    assert not trainer.finished()


def test_the_relativistic_loss_brings_its_penalties_unless_told_otherwise():
    relativistic = dataclasses.replace(FULL, loss="relativistic", r1=None, r2=None)
    assert penalty_weight(relativistic, None) == pytest.approx(0.0002 * 256 / 4)
    assert penalty_weight(relativistic, 0.0) == 0.0
    gan = build_gan(relativistic)
    assert gan.penalties.r1 == gan.penalties.r2 == pytest.approx(0.0128)
    assert build_gan(dataclasses.replace(FULL, r1=None)).penalties.r1 == 0.0
