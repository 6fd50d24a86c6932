"""What a checkpoint holds comes back, or is refused in words."""

import os

import keras
import numpy as np
import pytest

from kerasgan import checkpoints
from kerasgan.checkpoint_folder import CheckpointError, best_checkpoint, read_meta


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile(keras.optimizers.Adam(0.1))
    model.optimizer.build(model.trainable_variables)
    return model


def fill(model, value):
    model.layers[0].kernel.assign(np.full((2, 3), value))


def kernel(model):
    return float(model.layers[0].kernel[0, 0])


def save(model, folder, step, **kwargs):
    fill(model, step)
    return checkpoints.write_checkpoint(model, folder, step=step, **kwargs)


def test_newest_comes_back_with_what_it_says_of_itself(model, tmp_path):
    save(model, tmp_path, 5)
    save(model, tmp_path, 10, elapsed_seconds=2.5, score=7, extra={"a": [1]})
    fill(model, 0)
    meta = checkpoints.load_newest(model, tmp_path)
    assert kernel(model) == 10
    assert (meta["step"], meta["elapsed_seconds"], meta["score"]) == (10, 2.5, 7.0)
    assert meta["extra"] == {"a": [1]}
    assert meta["versions"]["keras"] == keras.version()
    assert (tmp_path / "latest").read_text() == "step_00000010\n"


def test_an_empty_or_missing_folder_has_nothing_to_load(model, tmp_path):
    assert checkpoints.load_newest(model, tmp_path) is None
    assert checkpoints.load_newest(model, tmp_path / "none") is None


def flip_a_byte(path):
    data = bytearray((path / "state.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (path / "state.npz").write_bytes(data)


def truncate(path):
    os.truncate(path / "state.npz", 100)


def lose_the_state(path):
    (path / "state.npz").unlink()


def lose_the_meta(path):
    (path / "meta.json").unlink()


def tear_the_meta(path):
    os.truncate(path / "meta.json", 30)


DAMAGES = [flip_a_byte, truncate, lose_the_state, lose_the_meta, tear_the_meta]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_falls_back_to_the_one_before(model, tmp_path, damage):
    save(model, tmp_path, 5)
    damage(save(model, tmp_path, 10))
    said = []
    meta = checkpoints.load_newest(model, tmp_path, said.append)
    assert (meta["step"], kernel(model)) == (5, 5)
    assert len(said) == 1
    assert "step_00000010 is damaged" in said[0]
    with pytest.raises(CheckpointError, match="is damaged"):
        checkpoints.load_checkpoint(model, tmp_path / "step_00000010")


def test_all_damaged_is_an_error_and_no_fresh_start(model, tmp_path):
    truncate(save(model, tmp_path, 5))
    with pytest.raises(CheckpointError, match="All 1 checkpoints"):
        checkpoints.load_newest(model, tmp_path, lambda text: None)


def test_another_model_is_an_error_and_not_a_damage(model, tmp_path):
    save(model, tmp_path, 5)
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
    other.compile(keras.optimizers.Adam(0.1))
    with pytest.raises(ValueError, match=r"float32 \(2, 3\) in the file"):
        checkpoints.load_newest(other, tmp_path)


def test_a_score_that_is_not_a_number_is_none_and_never_the_best(model, tmp_path):
    best = save(model, tmp_path, 5, score=3.0)
    path = save(model, tmp_path, 10, score=float("nan"))
    assert read_meta(path)["score"] is None
    assert best_checkpoint(tmp_path) == best


def test_killed_while_replacing_the_only_one_the_old_one_is_still_there(
    model, tmp_path
):
    path = save(model, tmp_path, 5)
    path.rename(tmp_path / ".replaced_step_00000005")
    fill(model, 0)
    assert checkpoints.load_newest(model, tmp_path)["step"] == 5
    assert kernel(model) == 5


def test_weights_that_are_not_finite_are_never_written(model, tmp_path):
    fill(model, np.nan)
    with pytest.raises(
        checkpoints.NonFiniteState, match=r"variables/0000_kernel at ste"
    ):
        checkpoints.write_checkpoint(model, tmp_path / "c", step=5)
    assert not (tmp_path / "c").exists()
