"""Evaluations within a training: what is compared, written, and done with it."""

import json

import keras
import numpy as np
import pytest

from kerasgan.callbacks import KID, Checkpoint, Verdict
from kerasgan.images import to_uint8
from kerasgan.jsonl import read_lines
from kerasgan.metrics.gain import PATIENCE
from kerasgan.metrics.named_features import FeatureNet
from tests.callbacks.foreign_gan import make_gan, train

NAMES = {"d_loss": "disc_loss", "g_loss": "gen_loss"}


def pictures(count=12, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)


class Repeats(keras.layers.Layer):
    """A generator that knows its training pictures by heart."""

    def call(self, z):
        known = keras.ops.convert_to_tensor(pictures(), "float32") / 127.5 - 1
        places = keras.ops.cast(keras.ops.abs(z[:, 0]) * 1000, "int32") % len(known)
        return keras.ops.take(known, places, axis=0)


def test_it_evaluates_every_so_many_steps_and_at_the_end(tmp_path):
    path = tmp_path / "evaluations.jsonl"
    kid = KID(2, reals=pictures(), count=8, path=path, batch_size=4)
    train(make_gan(), 5, [kid])
    lines = read_lines(path)
    assert [line["step"] for line in lines] == [2, 4, 5]
    assert lines == kid.lines
    assert lines[0]["images_seen"] == 8
    assert lines[0]["features"] == "plain"
    assert {"kid", "fid", "precision", "recall", "diversity"} <= lines[0].keys()
    assert lines[0]["held"] == 0


def test_the_numbers_are_those_of_the_averaged_generator():
    gan = make_gan()
    gan.averaged_generator = keras.models.clone_model(gan.generator)
    kid = KID(1, reals=pictures(), count=8)
    train(gan, 1, [kid])
    drawn = to_uint8(gan.averaged_generator(kid.latents, training=False).numpy())
    np.testing.assert_array_equal(kid.draw(), drawn)
    assert (kid.draw() != to_uint8(gan.generator(kid.latents).numpy())).any()


def test_a_score_belongs_to_its_step_and_the_best_is_the_lowest():
    kid = KID(1, reals=pictures(), count=8)
    kid.lines = [{"step": 1, "kid": 0.5}, {"step": 2, "kid": 0.2}]
    for line in kid.lines:
        line["kind"] = kid.kind
    kid.found = kid.lines[-1]
    assert (kid.score(2), kid.score(3)) == (0.2, None)
    assert (kid.is_best(2), kid.is_best(3)) == (True, False)
    kid.lines.append({"step": 3, "kid": 0.3, "kind": kid.kind})
    kid.found = kid.lines[-1]
    assert not kid.is_best(3)


def lines_of(kid, scores):
    return [
        {"step": 10 * k, "kid": score, "kind": kid.kind}
        for k, score in enumerate(scores)
    ]


def test_nothing_gained_is_told_after_some_patience():
    kid = KID(1, reals=pictures(), count=8)
    kid.lines = lines_of(kid, [0.2, *[0.3] * PATIENCE])
    assert kid.steps_without_gain() == 10 * PATIENCE
    kid.lines.pop()
    assert kid.steps_without_gain() is None


def test_a_better_one_between_two_checkpoints_is_saved_as_the_best(tmp_path):
    kid = KID(2, reals=pictures(), count=8)
    checkpoint = Checkpoint(
        tmp_path, 100, score=lambda logs: kid.score(kid.progress.step), also=kid.is_best
    )
    train(make_gan(), 5, [kid, checkpoint])
    scores = {f"step_{line['step']:08d}": line["kid"] for line in kid.lines}
    assert (tmp_path / "best").read_text().strip() == min(scores, key=scores.get)


def test_a_resumed_training_forgets_what_comes_again(tmp_path):
    path = tmp_path / "evaluations.jsonl"
    lines = [{"step": step, "kid": 0.1} for step in (1, 2, 9)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"step')
    kid = KID(2, reals=pictures(), count=8, path=path)
    checkpoint = Checkpoint(tmp_path / "checkpoints", 1)
    train(make_gan(), 2, [checkpoint])
    train(make_gan(), 2, [Checkpoint(tmp_path / "checkpoints", 1), kid])
    assert [line["step"] for line in read_lines(path)] == [1, 2, 4]


def test_copies_are_found_and_the_verdict_says_so():
    gan = make_gan()
    gan.averaged_generator = Repeats()
    held = pictures(60, seed=1)
    kid = KID(1, reals=held, held=True, trained=pictures(), count=240)
    said = []
    verdict = Verdict(1, **NAMES, kid=kid, report=said.append)
    train(gan, 1, [kid, verdict])
    assert kid.found["copied"] == 1.0
    assert verdict.word == "memorising"
    assert "are nearer to them than chance would have it" in said[0]


def test_without_held_out_pictures_copies_are_found_too():
    gan = make_gan()
    gan.averaged_generator = Repeats()
    kid = KID(1, reals=pictures(), trained=pictures(), count=64)
    verdict = Verdict(1, **NAMES, kid=kid, report=lambda text: None)
    train(gan, 1, [kid, verdict])
    assert (kid.found["copied"], kid.found["held"]) == (1.0, 0)
    assert verdict.word == "memorising"


def test_a_generator_that_has_learnt_nothing_copies_nothing():
    kid = KID(1, reals=pictures(), trained=pictures(200), count=64)
    verdict = Verdict(1, **NAMES, kid=kid, report=lambda text: None)
    train(make_gan(), 1, [kid, verdict])
    assert kid.found["copied"] < 0.1
    assert verdict.word != "memorising"


def test_real_pictures_whose_features_are_no_numbers_are_told_and_end_no_training():
    def features(images):
        are_real = (images == pictures()[0]).all(axis=(1, 2, 3)).any()
        return np.full((len(images), 3), np.nan if are_real else 1.0)

    said, net = [], FeatureNet("odd", features, "odd")
    kid = KID(1, reals=pictures(), net=net, count=8, report=said.append)
    train(make_gan(), 2, [kid])
    assert [line["kid"] for line in kid.lines] == [None, None]
    assert sum("Features must be finite numbers" in text for text in said) == 1


def test_d_is_asked_about_all_three_kinds():
    asked = []

    def judge(images, kind):
        asked.append((kind, len(images)))
        return np.full((len(images), 1), {"fake": -1, "train": 2, "held": 1}[kind])

    trained = pictures(20)
    kid = KID(1, reals=pictures(8), held=True, trained=trained, judge=judge, count=9)
    verdict = Verdict(1, **NAMES, kid=kid, report=lambda text: None)
    train(make_gan(), 1, [kid, verdict])
    assert dict(asked) == {"fake": 9, "train": 8, "held": 8}
    assert verdict.sensors().overfit == pytest.approx(1 / 3)


def test_dear_evaluations_are_told_once():
    said = []
    kid = KID(1, reals=pictures(), count=8, report=said.append)
    train(make_gan(), 6, [kid])
    assert [text.split(" takes ")[0] for text in said] == ["Evaluating in plain"]


def test_evaluations_of_earlier_fits_are_none_of_this_ones(tmp_path):
    path, said = tmp_path / "evaluations.jsonl", []
    path.write_text(9 * '{"step": 0, "kid": 0.1}\n')
    kid = KID(1, reals=pictures(), count=8, path=path, report=said.append)
    train(make_gan(), 3, [kid])
    assert len(kid.lines) == 9 + 3
    assert said == []  # three are too few to tell by


@pytest.mark.parametrize("count", [5, 0])
def test_too_few_to_compare_is_an_error(count):
    with pytest.raises(ValueError, match="at least 6 real"):
        KID(1, reals=pictures(count))


def test_evaluations_of_another_kind_do_not_count():
    kid = KID(1, reals=pictures(), count=8)
    kid.lines = [{"step": 1, "kid": 0.1, "kind": "others"}]
    kid.lines.append({"step": 2, "kid": 0.5, "kind": kid.kind})
    kid.found = kid.lines[-1]
    assert kid.is_best(2)


def test_an_interrupted_fit_is_not_evaluated_at_its_end():
    kid = KID(4, reals=pictures(), count=8)
    kid.at_end = lambda: False
    train(make_gan(), 5, [kid])
    assert [line["step"] for line in kid.lines] == [4]
