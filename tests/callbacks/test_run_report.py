"""The report as a training of any GAN goes on."""

import json
import re

import numpy as np
import pytest

from kerasgan.callbacks import RunLog, RunReport, SampleGrid, run_report
from tests.callbacks.foreign_gan import make_gan, train

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype(np.uint8)


def data_of(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text)
    return json.loads(found[1])


def others(folder):
    grid = SampleGrid(folder / "samples", 2, count=4, reals=IMAGES)
    return [grid, RunLog(folder / "log.jsonl", 1, batch_size=4)]


def test_at_the_end_there_is_a_page_of_all_that_was_written(tmp_path):
    report = RunReport(tmp_path, 2, images=IMAGES)
    train(make_gan(), 3, [*others(tmp_path), report])
    data = data_of(tmp_path)
    assert [each["step"] for each in data["grids"]] == [0, 2, 3]
    assert data["log"]["times"]["step"] == [1, 2, 3]
    titles = [chart["title"] for chart in data["log"]["charts"]]
    assert sorted(titles) == ["Speed", "disc_loss", "disc_loss_now", "gen_loss"]
    assert data["likeness"]["total"] == 6
    assert not data["running"]


def written_at(monkeypatch, folder, steps, every, seconds_a_page, seconds_a_step):
    """The steps at which pages are written, by a clock of the test's own."""
    clock, found = [0.0], []
    report = RunReport(folder, every)

    def write(run, running, **more):
        clock[0] += seconds_a_page
        found.append(report.progress.step if running else "end")

    monkeypatch.setattr(run_report.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(run_report, "write_report", write)
    on_step_end = report.on_step_end

    def step(number, logs):
        clock[0] += seconds_a_step
        on_step_end(number, logs)

    report.on_step_end = step
    train(make_gan(), steps, [report])
    return found


def test_pages_come_every_few_steps(tmp_path, monkeypatch):
    found = written_at(monkeypatch, tmp_path, 6, 2, 0.5, 1000)
    assert found == [0, 2, 4, 6, "end"]


def test_pages_that_would_take_too_long_are_left_out(tmp_path, monkeypatch):
    # 2 s each, 100 s a step: at step 2 2 s of 200 s are spent, at step 3 4 s of 300 s
    found = written_at(monkeypatch, tmp_path, 6, 1, 2.0, 100)
    assert found == [0, 2, 4, 6, "end"]


def test_a_page_that_cannot_be_written_is_told_once_and_ends_no_training(
    tmp_path, monkeypatch
):
    told = []
    (tmp_path / "report.html").mkdir()
    report = RunReport(tmp_path, 1, report=told.append)
    monkeypatch.setattr(run_report, "SHARE", 1e9)
    gan = make_gan()
    train(gan, 3, [*others(tmp_path), report])
    assert int(gan.calls) == 3
    assert len(told) == 1
    assert "report.html was not written (Is a directory); training goes on." in told[0]


def test_a_fault_of_the_page_ends_no_training(tmp_path, monkeypatch):
    def fail(*given, **more):
        raise KeyError("odd")

    told, gan = [], make_gan()
    monkeypatch.setattr(run_report, "write_report", fail)
    train(gan, 2, [RunReport(tmp_path, 1, report=told.append)])
    assert int(gan.calls) == 2
    assert "was not written ('odd')" in told[0]


def test_the_page_changes_nothing_in_the_training(tmp_path):
    plain, shown = make_gan(), make_gan()
    train(plain, 3)
    train(shown, 3, [RunReport(tmp_path, 1, images=IMAGES)])
    for one, two in zip(plain.variables, shown.variables, strict=True):
        assert np.array_equal(one.numpy(), two.numpy())


def test_every_steps_is_a_number_of_steps(tmp_path):
    with pytest.raises(ValueError, match="every_steps must be a whole number"):
        RunReport(tmp_path, 0)
