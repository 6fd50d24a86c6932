"""Checkpoint folders: whole or absent, whatever happens to the process or the disk."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kerasgan import checkpoint_folder as folders


def add(folder, step, text=None, score=None, keep=3):
    meta = {"step": step, "elapsed_seconds": 0.0, "score": score, "extra": {}}
    content = (text or str(step)).encode()
    return folders.add_checkpoint(
        folder, meta | {"optimizers": {}}, lambda path: path.write_bytes(content), keep
    )


def names(folder):
    return [path.name for path in folders.list_checkpoints(folder)]


def everything(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_missing_or_empty_folder_has_none(tmp_path):
    assert names(tmp_path) == names(tmp_path / "none") == []
    assert folders.best_checkpoint(tmp_path) is None


def test_the_newest_and_the_best_are_kept(tmp_path):
    for step, score in ((1, 5.0), (2, 3.0), (3, None), (4, 4.0), (5, None)):
        add(tmp_path, step, score=score, keep=2)
    assert names(tmp_path) == ["step_00000002", "step_00000004", "step_00000005"]
    assert folders.best_checkpoint(tmp_path).name == "step_00000002"
    assert everything(tmp_path)[:2] == ["best", "latest"]
    assert (tmp_path / "latest").read_text() == "step_00000005\n"


def test_what_lies_after_a_new_one_was_given_up(tmp_path):
    add(tmp_path, 5, keep=1)
    add(tmp_path, 10, keep=2)
    add(tmp_path, 7, keep=1)
    assert names(tmp_path) == ["step_00000007"]


def test_leftovers_of_a_killed_save_go_at_the_next_save(tmp_path):
    (tmp_path / ".step_00000003.77").mkdir()
    (tmp_path / ".step_00000003.77" / "state.npz").write_bytes(b"half")
    (tmp_path / ".latest.77.part").write_bytes(b"st")
    (tmp_path / ".mine").write_bytes(b"stays")
    assert names(tmp_path) == []
    add(tmp_path, 5)
    assert everything(tmp_path) == [".mine", "latest", "step_00000005"]


def test_the_same_step_again_replaces_it(tmp_path):
    add(tmp_path, 5, "old")
    path = add(tmp_path, 5, "new", keep=1)
    assert everything(tmp_path) == ["latest", "step_00000005"]
    assert (path / "state.npz").read_text() == "new"


def test_killed_while_replacing_the_old_one_comes_back(tmp_path):
    add(tmp_path, 5, "old").rename(tmp_path / ".replaced_step_00000005")
    folders.restore_replaced(tmp_path)
    assert names(tmp_path) == ["step_00000005"]


def test_the_sum_tells_a_changed_state(tmp_path):
    path = add(tmp_path, 5)
    assert folders.checked_meta(path)["step"] == 5
    (path / "state.npz").write_bytes(b"6")
    with pytest.raises(folders.Damaged, match="not what was written"):
        folders.checked_meta(path)


@pytest.mark.parametrize("function", ["mkdir", "write_bytes", "replace"])
def test_a_failing_disk_leaves_the_others_and_no_part(tmp_path, monkeypatch, function):
    add(tmp_path, 5)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os if function == "replace" else Path, function, full)
        with pytest.raises(folders.CheckpointError) as caught:
            add(tmp_path, 10)
    assert "step 10 could not be saved" in str(caught.value)
    assert "No space left on device" in str(caught.value)
    assert caught.value.errno == errno.ENOSPC
    assert everything(tmp_path) == ["latest", "step_00000005"]


FILE_TOO_LARGE = """
import resource, sys, keras
from kerasgan import checkpoint_folder, checkpoints
small = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
large = keras.Sequential([keras.Input((64,)), keras.layers.Dense(640)])
checkpoints.write_checkpoint(small, sys.argv[1], step=5)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    checkpoints.write_checkpoint(large, sys.argv[1], step=10)
except checkpoint_folder.CheckpointError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="file size limits are a Unix matter")
def test_a_disk_that_really_refuses_the_bytes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FILE_TOO_LARGE, str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(folders.__file__).parent.parent)},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout
    assert everything(tmp_path) == ["latest", "step_00000005"]
    assert json.loads((tmp_path / "step_00000005/meta.json").read_text())["step"] == 5
