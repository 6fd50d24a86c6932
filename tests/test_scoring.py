"""What a training's pictures are judged by."""

import dataclasses

import numpy as np
import pytest

from kerasgan import scoring
from kerasgan.building import build_gan
from kerasgan.config import TrainConfig
from kerasgan.data.held_out import Split
from kerasgan.data.training_set import TrainingSet

CONFIG = TrainConfig(
    model="dcgan", image_size=(16, 16), width=2, latent_dim=4, batch_size=4
)


def noise(count):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 16, 16, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def conditional():
    return build_gan(dataclasses.replace(CONFIG, label_names=("a", "b", "c")))


def test_d_is_asked_in_parts_with_each_picture_s_class(conditional, monkeypatch):
    images, numbers = noise(10), np.arange(10)
    layer = conditional.discriminator.get_layer("projected_logits")
    layer.directions.assign(
        np.random.default_rng(1).normal(size=layer.directions.shape)
    )
    whole = scoring.d_logits(conditional, images, numbers, 3)
    monkeypatch.setattr(scoring, "at_once", lambda image_size: 4)
    parts = scoring.d_logits(conditional, images, numbers, 3)
    assert parts == pytest.approx(whole, abs=1e-4)
    other = scoring.d_logits(conditional, images, numbers + 1, 3)
    assert np.abs(other - whole).min() > 1e-4


def test_classes_of_latents_take_turns():
    config = dataclasses.replace(CONFIG, label_names=("a", "b", "c"))
    latents = scoring.sample_latents(config, 5)
    assert latents.shape == (5, 4 + 3)
    assert latents[:, 4:].argmax(axis=1).tolist() == [0, 1, 2, 0, 1]
    assert np.array_equal(latents, scoring.sample_latents(config, 5))


def kid_of(images, tmp_path, split=None, **changes):
    config = dataclasses.replace(CONFIG, **changes)
    pictures = TrainingSet(images, split=split)
    return scoring.make_kid(
        build_gan(config), config, pictures, tmp_path / "e.jsonl", print
    )


def test_pictures_are_compared_with_held_out_ones_and_else_with_those_trained_on(
    tmp_path,
):
    images = noise(16)
    split = Split(trained=np.arange(8), held=np.arange(8, 16))
    held, trained = kid_of(images, tmp_path, split), kid_of(images, tmp_path)
    assert held.held
    assert np.array_equal(held.reals[:], images[8:])
    assert not trained.held
    assert len(trained.reals) == 16
    assert held.kind != trained.kind  # numbers of the two do not compare


def test_copies_are_looked_for_among_some_and_all_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "SEARCHED", 7)
    images = noise(24)
    split = Split(trained=np.arange(16), held=np.arange(16, 24))
    found = kid_of(images, tmp_path, split).compare(images[:16])
    assert (found["searched"], found["trained"]) == (7, 16)


def test_nothing_is_evaluated_where_it_is_off_or_pictures_are_too_few(tmp_path):
    assert kid_of(noise(12), tmp_path, evaluate_every=0) is None
    assert kid_of(noise(1), tmp_path) is None
