"""The run folder: atomic files, the newest run, one training at a time."""

import os
import subprocess
import sys
import time

import pytest

from kerasgan import runs


def make_run(root, name, age_seconds=0):
    run = runs.RunFolder(root / name)
    run.create()
    runs.write_json(run.config, {})
    then = time.time() - age_seconds
    os.utime(run.config, (then, then))
    return run


def test_write_atomically_leaves_nothing_beside(tmp_path):
    runs.write_atomically(tmp_path / "a", b"one")
    runs.write_atomically(tmp_path / "a", b"two")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"two")]


def test_a_failed_write_keeps_the_old_file_and_no_part(tmp_path, monkeypatch):
    runs.write_atomically(tmp_path / "a", b"one")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        runs.write_atomically(tmp_path / "a", b"two")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"one")]


def test_damaged_json_is_a_sentence_that_names_the_file(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(runs.RunError, match="config.json must be a JSON file"):
        runs.read_json(tmp_path / "config.json")


def test_newest_run_goes_by_the_last_checkpoint(tmp_path):
    old = make_run(tmp_path, "a_trained_today", age_seconds=1000)
    make_run(tmp_path, "b_started_later", age_seconds=100)
    runs.write_atomically(old.checkpoints / "latest", b"step_00000001\n")
    assert runs.newest_run(tmp_path).path.name == "a_trained_today"


def test_no_run_says_how_to_make_one(tmp_path):
    with pytest.raises(runs.RunError, match="Train one first"):
        runs.newest_run(tmp_path / "nothing")


def test_fresh_runs_are_numbered_from_two(tmp_path):
    (tmp_path / "faces").mkdir()
    assert runs.numbered_run_dir(tmp_path / "faces").name == "faces-2"
    (tmp_path / "faces-2").mkdir()
    assert runs.numbered_run_dir(tmp_path / "faces-2").name == "faces-3"


def test_a_second_training_in_the_same_folder_is_refused(tmp_path):
    run = make_run(tmp_path, "faces")
    lock = run.lock()
    program = (
        "import sys; from kerasgan.runs import RunFolder, RunError\n"
        "try: RunFolder(sys.argv[1]).lock()\n"
        "except RunError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program, str(run.path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "another training is writing there" in said
    lock.release()
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == ""
