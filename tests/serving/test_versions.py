"""A version is whole or absent, and numbers only grow."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kerasgan.serving.versions import ABANDONED_SECONDS, new_version, versions_in

ROOT = Path(__file__).resolve().parents[2]


def test_numbers_go_on_above_the_highest(tmp_path):
    for name in ("2", "10", "notes", "7x", ".3"):
        (tmp_path / name).mkdir()
    (tmp_path / "99").write_text("a file")
    assert versions_in(tmp_path) == [2, 10]
    with new_version(tmp_path) as version:
        assert versions_in(tmp_path) == [2, 10]
        (version.path / "model").write_text("x")
    assert (version.number, version.path) == (11, tmp_path / "11")
    assert versions_in(tmp_path / "absent") == []


def test_numbers_that_files_and_links_have_are_passed_over(tmp_path):
    (tmp_path / "1").write_text("a file")
    (tmp_path / "2").symlink_to("nowhere")
    (tmp_path / "007").mkdir()
    for _ in range(2):
        with new_version(tmp_path) as version:
            pass
    assert version.number == 4
    assert versions_in(tmp_path) == [3, 4]


def test_one_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), new_version(tmp_path) as version:
        (version.path / "half").write_text("x")
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_killed_leaves_nothing_that_a_server_sees(tmp_path):
    program = (
        "import os, sys\n"
        "from kerasgan.serving.versions import new_version\n"
        "with new_version(sys.argv[1]) as version:\n"
        "    (version.path / 'half').write_text('x')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".")
    assert versions_in(tmp_path) == []
    with new_version(tmp_path):
        pass
    assert left.exists()  # somebody may be writing there yet
    old = time.time() - ABANDONED_SECONDS - 1
    os.utime(left, (old, old))
    with new_version(tmp_path):
        pass
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["1", "2"]


def test_two_at_once_get_two_numbers(tmp_path):
    with new_version(tmp_path) as first:
        with new_version(tmp_path) as second:
            (second.path / "model").write_text("second")
        (first.path / "model").write_text("first")
    assert (second.number, first.number) == (1, 2)
    assert (tmp_path / "2" / "model").read_text() == "first"
