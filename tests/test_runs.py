"""The run folder: atomic files, the newest run, one training at a time."""

import os
import subprocess
import sys
import time
from pathlib import Path

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
    assert runs.numbered_run_dir(tmp_path / "party-2021").name == "party-2021-2"


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


def test_leftovers_of_killed_writes_go_and_nothing_else(tmp_path):
    run = make_run(tmp_path, "faces")
    run.samples.mkdir(exist_ok=True)
    for name in (".config.json.77.part", "samples/.init.png.77.part", "mine.part"):
        (run.path / name).write_text("half")
    run.remove_leftovers()
    assert not list(run.path.rglob(".*.part"))
    assert (run.path / "mine.part").exists()
    assert run.config.exists()


def test_a_training_that_was_killed_is_told_from_one_that_ended(tmp_path):
    run = make_run(tmp_path, "faces")
    lock = run.lock()
    assert not lock.was_killed
    lock.release()
    program = "import os, sys; from kerasgan.runs import RunFolder\n"
    program += "lock = RunFolder(sys.argv[1]).lock(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", program, str(run.path)], check=False)
    lock = run.lock()
    assert lock.was_killed
    lock.release()
    lock = run.lock()
    assert not lock.was_killed
    lock.release()


def test_a_run_has_trained_once_it_can_go_on_from_a_step(tmp_path):
    run = runs.RunFolder(tmp_path / "faces")
    assert not run.has_trained()
    run = make_run(tmp_path, "faces")
    (run.checkpoints / "step_00000000").mkdir(parents=True)
    assert not run.has_trained()
    (run.checkpoints / "step_00000100").mkdir()
    assert run.has_trained()


@pytest.mark.parametrize("text", ["[]", '{"model_type": "bert"}'])
def test_a_config_that_is_no_runs_is_a_sentence(text, tmp_path):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(runs.RunError, match="must hold the settings of a run"):
        runs.RunFolder(tmp_path).read_settings()


def test_the_sheet_lies_beside_the_folder_even_without_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert runs.sheet_of("out") == Path("out.png")
    assert runs.sheet_of(".") == tmp_path.with_name(f"{tmp_path.name}.png")


def test_without_a_home_the_cache_is_no_folder_called_tilde(monkeypatch):
    for name in ("KERASGAN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert runs.default_cache_dir().is_absolute()


def test_a_failed_write_names_the_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError) as error:
        runs.write_atomically(tmp_path / "a.txt", b"a")
    assert error.value.filename == str(tmp_path / "a.txt")


def test_only_the_checkpoint_of_an_untrained_network_is_forgotten(tmp_path):
    run = runs.RunFolder(tmp_path / "run")
    run.create()
    run.config.write_text("{}")
    (run.checkpoints / "step_00000000").mkdir()
    run.forget_untrained()
    assert list(run.checkpoints.iterdir()) == []
    for name in ("step_00000000", "step_00000500"):
        (run.checkpoints / name).mkdir()
    run.forget_untrained()
    assert len(list(run.checkpoints.iterdir())) == 2


def test_nothing_of_others_is_forgotten_with_an_untrained_network(tmp_path):
    run = runs.RunFolder(tmp_path / "run")
    run.create()
    run.config.write_text('{"settings": {}}')
    (run.checkpoints / "model.pt").write_text("somebody's")
    run.check_free()
    run.forget_untrained()
    assert [each.name for each in run.checkpoints.iterdir()] == ["model.pt"]


@pytest.mark.parametrize(
    "there",
    [
        "log.jsonl",
        "dataset.json",
        "report.html",
        "checkpoints/model.pt",
        "samples/a.png",
    ],
)
def test_a_folder_with_what_a_run_would_write_is_not_free(there, tmp_path):
    run = runs.RunFolder(tmp_path / "project")
    run.check_free()
    run.create()
    run.lock().release()  # what a start that failed leaves
    (run.path / "notes.txt").write_text("mine")
    run.check_free()
    (run.path / there).write_text("mine")
    with pytest.raises(runs.RunError, match="name another folder by --run_dir"):
        run.check_free()


def test_a_folder_with_another_programs_config_is_not_free(tmp_path):
    (tmp_path / "config.json").write_text('{"name": "other"}')
    with pytest.raises(runs.RunError, match="Name another folder by --run_dir"):
        runs.RunFolder(tmp_path).check_free()


def test_a_run_that_trained_comes_before_a_newer_false_start(tmp_path):
    trained = make_run(tmp_path, "trained", age_seconds=1000)
    (trained.checkpoints / "step_00000500").mkdir(parents=True)
    started = make_run(tmp_path, "started", age_seconds=10)
    (started.checkpoints / "step_00000000").mkdir(parents=True)
    assert runs.newest_run(tmp_path).path.name == "trained"
