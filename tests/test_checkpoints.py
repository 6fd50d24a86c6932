"""Checkpoint folders: whole or absent, whatever happens to the process or the disk."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasgan import checkpoints, state


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


def names(folder):
    return [path.name for path in checkpoints.list_checkpoints(folder)]


def everything(folder):
    return sorted(path.name for path in folder.iterdir())


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


def test_the_newest_and_the_best_are_kept(model, tmp_path):
    for step, score in ((1, 5.0), (2, 3.0), (3, None), (4, 4.0), (5, float("nan"))):
        save(model, tmp_path, step, score=score, keep=2)
    assert names(tmp_path) == ["step_00000002", "step_00000004", "step_00000005"]
    assert checkpoints.best_checkpoint(tmp_path).name == "step_00000002"
    assert everything(tmp_path)[:2] == ["best", "latest"]


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
    with pytest.raises(checkpoints.CheckpointError, match="is damaged"):
        checkpoints.load_checkpoint(model, tmp_path / "step_00000010")


def test_a_damaged_one_neither_crowds_out_what_comes_after_nor_comes_back(
    model, tmp_path
):
    save(model, tmp_path, 5, keep=1)
    truncate(save(model, tmp_path, 10, keep=2))
    save(model, tmp_path, 7, keep=1)
    assert names(tmp_path) == ["step_00000007"]


def test_all_damaged_is_an_error_and_no_fresh_start(model, tmp_path):
    truncate(save(model, tmp_path, 5))
    with pytest.raises(checkpoints.CheckpointError, match="All 1 checkpoints"):
        checkpoints.load_newest(model, tmp_path, lambda text: None)


def test_another_model_is_an_error_and_not_a_damage(model, tmp_path):
    save(model, tmp_path, 5)
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
    other.compile(keras.optimizers.Adam(0.1))
    with pytest.raises(ValueError, match=r"float32 \(2, 3\) in the file"):
        checkpoints.load_newest(other, tmp_path)


def test_leftovers_of_a_killed_save_go_at_the_next_save(model, tmp_path):
    (tmp_path / ".step_00000003.77").mkdir()
    (tmp_path / ".step_00000003.77" / "state.npz").write_bytes(b"half")
    (tmp_path / ".latest.77.part").write_bytes(b"st")
    (tmp_path / ".mine").write_bytes(b"stays")
    assert names(tmp_path) == []
    save(model, tmp_path, 5)
    assert everything(tmp_path) == [".mine", "latest", "step_00000005"]


def test_the_same_step_again_replaces_it(model, tmp_path):
    save(model, tmp_path, 5)
    fill(model, 42)
    checkpoints.write_checkpoint(model, tmp_path, step=5, keep=1)
    assert everything(tmp_path) == ["latest", "step_00000005"]
    checkpoints.load_newest(model, tmp_path)
    assert kernel(model) == 42


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


@pytest.mark.parametrize("function", ["mkdir", "save_state", "replace"])
def test_a_failing_disk_leaves_the_others_and_no_part(
    model, tmp_path, monkeypatch, function
):
    save(model, tmp_path, 5)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        where = {"mkdir": Path, "save_state": state, "replace": checkpoints.os}
        broken.setattr(where[function], function, full)
        with pytest.raises(checkpoints.CheckpointError) as caught:
            save(model, tmp_path, 10)
    assert "step 10 could not be saved" in str(caught.value)
    assert "No space left on device" in str(caught.value)
    assert caught.value.errno == errno.ENOSPC
    assert everything(tmp_path) == ["latest", "step_00000005"]
    assert checkpoints.load_newest(model, tmp_path)["step"] == 5


FILE_TOO_LARGE = """
import resource, sys, keras
from kerasgan import checkpoints
small = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
large = keras.Sequential([keras.Input((64,)), keras.layers.Dense(640)])
checkpoints.write_checkpoint(small, sys.argv[1], step=5)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    checkpoints.write_checkpoint(large, sys.argv[1], step=10)
except checkpoints.CheckpointError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="file size limits are a Unix matter")
def test_a_disk_that_really_refuses_the_bytes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FILE_TOO_LARGE, str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(state.__file__).parent.parent)},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout
    assert everything(tmp_path) == ["latest", "step_00000005"]
    assert json.loads((tmp_path / "step_00000005/meta.json").read_text())["step"] == 5
