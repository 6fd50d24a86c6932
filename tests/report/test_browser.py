"""The page in a browser, where there is one: see benchmarks/report_page.py."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kerasgan.report import write_report
from kerasgan.runs import RunFolder
from tests.report.run_files import log_line, make_run, pictures, verdict, write_lines

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = '<script>throw 1</script> & "it\'s" <img src=x onerror=throw(2)> \U0001f600'


def opened(run):
    """What the browser found, as the benchmark prints it."""
    program = ROOT / "benchmarks" / "report_page.py"
    done = subprocess.run(
        [sys.executable, str(program), "--run", str(run.path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.stdout.startswith("skipped"):
        pytest.skip("there is no Chromium here")
    return json.loads(done.stdout)


def test_a_run_can_be_looked_through(tmp_path):
    run = make_run(tmp_path / HOSTILE.replace("/", "-"))
    words = [verdict(10, HOSTILE, HOSTILE), verdict(15, "constructor"), verdict(20)]
    write_lines(run.verdicts, words)
    odd = {HOSTILE: 1.0, "d_loss": None, "non_finite": ["d_loss"]}
    lines = [log_line(step) for step in (2, 4, 8)] + [log_line(10, **odd)]
    write_lines(run.log, lines)
    write_report(run, images=pictures(9))
    found = opened(run)
    assert found["wrong"] == []
    assert found["grids"] == 3
    assert found["charts"] > 5


def test_what_is_missing_raises_no_error_there(tmp_path):
    write_report(RunFolder(tmp_path))
    wrong = opened(RunFolder(tmp_path))["wrong"]
    assert wrong == ["there are no two grids to slide between", "there are no curves"]


def test_one_line_of_another_gans_log_is_drawn(tmp_path):
    run = make_run(tmp_path)
    for path in (run.config, run.evaluations, run.verdicts):
        path.unlink()
    write_lines(run.log, [{"step": 7, "images_seen": None, "loss": 1e30}])
    write_report(run)
    found = opened(run)
    assert found["charts"] == 1
    assert found["wrong"] == []
