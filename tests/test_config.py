"""Settings: limits, lengths, JSON."""

import dataclasses

import pytest

from kerasgan.config import (
    LOSSES,
    TrainConfig,
    check_image_size,
    parse_image_size,
)


def test_every_default_is_valid_and_survives_json():
    config = TrainConfig(path="faces", image_size=(96, 64), kimg=3.5)
    config.validate()
    assert TrainConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"batch_size": 0}, "--batch_size must be at least 1. Received 0."),
        ({"learning_rate": 0.0}, "--learning_rate must be above 0. Received 0.0."),
        ({"beta_1": 1.0}, "--beta_1 must be below 1. Received 1.0."),
        ({"minutes": float("nan")}, "--minutes must be above 0. Received nan."),
        ({"seed": 2**32}, "--seed must be at most 4294967295. Received 4294967296."),
        ({"learning_rate": float("inf")}, "--learning_rate must be a finite number."),
        ({"channels": 2}, "--channels must be one of 1, 3, 4. Received 2."),
        ({"balance": "adpative"}, "Did you mean adaptive?"),
        ({"epochs": 1.0, "steps": 3}, "Received --epochs and --steps"),
        ({"loss": "wasserstein", "balance": "gap_rate"}, "must have --balance none"),
        ({"loss": "wasserstein"}, "Received --balance adaptive: use none."),
        ({"image_size": (100, 64)}, "Received 100: the nearest are 96 and 112."),
    ],
)
def test_what_cannot_be_is_refused_by_flag_name(change, sentence):
    with pytest.raises(ValueError) as error:
        dataclasses.replace(TrainConfig(), **change).validate()
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("side", "hint"),
    [(8, "nearest is 16"), (0, "nearest is 16"), (512, "nearest is 256")],
)
def test_sizes_out_of_range_name_the_bound(side, hint):
    with pytest.raises(ValueError, match=hint):
        check_image_size((side, 64))


@pytest.mark.parametrize("text", ["", "64x", "x64", "64x64x3", "-64", "6.4", "big"])
def test_an_image_size_that_is_none(text):
    with pytest.raises(ValueError, match="--image_size must be one number, or"):
        parse_image_size(text)


def test_the_default_length_is_used_only_where_none_is_given():
    assert TrainConfig().with_length().minutes == 10
    assert TrainConfig(steps=5).with_length().minutes is None


def test_a_size_is_told_in_one_go():
    for side, power in ((100, 128), (40, 32), (999, 256)):
        config = TrainConfig(model="progan", image_size=(side, side))
        with pytest.raises(ValueError, match=f"Received {side}x{side}: take {power}, "):
            config.validate()
        TrainConfig(model="progan", image_size=(power, power)).validate()


def test_r1_is_left_out_where_the_loss_brings_its_own_penalty():
    own = {
        loss: TrainConfig.for_model(model="stylegan2", loss=loss).r1 for loss in LOSSES
    }
    assert own == dict.fromkeys(LOSSES, 0.1) | {
        "wasserstein": None,
        "relativistic": None,
    }
    config = TrainConfig.for_model(model="stylegan2", loss="wasserstein", r1=0.5)
    assert config.r1 == 0.5
