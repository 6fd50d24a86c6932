"""The page: of any run, in one file, with nothing that a name could break."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kerasgan.images import grid, write_png
from kerasgan.report import write_report
from kerasgan.runs import RunFolder, write_json
from tests.report.run_files import log_line, make_run, pictures, verdict, write_lines

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = '</script><script>alert(1)</script> & "it\'s" \U0001f600 $data \u2028'


def data_of(path):
    text = path.read_text(encoding="utf-8")
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text)
    return json.loads(found[1])


def test_a_run_is_shown_whole(tmp_path):
    run = make_run(tmp_path / "faces")
    page = write_report(run, images=pictures(8))
    data = data_of(page)
    assert page == run.report
    assert data["name"] == "faces"
    assert [each["step"] for each in data["grids"]] == [0, 10, 20]
    assert data["reals"]["width"] == 34
    titles = [chart["title"] for chart in data["log"]["charts"]]
    assert titles[:3] == ["Losses", "Gap and margin", "Updates of D and G"]
    assert data["evaluations"]["charts"][0]["title"] == "KID"
    words = [each["word"] for each in data["verdicts"]["stretches"]]
    assert words == ["balanced", "memorising"]
    assert data["likeness"]["searched"] == 8
    assert ["--model", "dcgan"] in data["chosen"]
    assert ["pictures used", "12"] in data["dataset"]
    assert data["command"].startswith("cd /home/me && python train.py --path faces")
    assert data["length"] == "--minutes 10"


def test_the_page_needs_nothing_but_itself(tmp_path):
    text = write_report(make_run(tmp_path)).read_text(encoding="utf-8")
    outside = re.findall(r"https?://[^\"' ]+|//cdn|@import|url\([^#]", text)
    assert outside in ([], ["http://www.w3.org/2000/svg"])
    assert set(re.findall(r'(?:src|href)="(.{5})', text)) == {"data:"}
    assert "nearer than that is a copy" not in text  # blurred ones are nearer too


def test_no_name_can_end_the_script_or_become_an_element(tmp_path):
    run = make_run(tmp_path / HOSTILE.replace("/", "-"))
    settings = json.loads(run.config.read_text())
    settings["settings"]["path"] = HOSTILE
    settings["settings"][HOSTILE] = HOSTILE
    settings["settings"]["batch_size"] = HOSTILE
    settings["directory"] = HOSTILE
    write_json(run.config, settings)
    write_json(run.dataset, {"folder": HOSTILE, "skipped": [[HOSTILE, HOSTILE]]})
    write_lines(run.verdicts, [verdict(1, HOSTILE, HOSTILE)])
    write_lines(run.log, [log_line(1, **{HOSTILE: 1.0})])
    page = write_report(run)
    text = page.read_text(encoding="utf-8")
    assert "alert(1)</script>" not in text
    assert "<script>alert" not in text
    data = data_of(page)
    assert data["verdicts"]["stretches"][0]["word"] == HOSTILE
    assert data["log"]["charts"][-1]["title"] == HOSTILE
    assert data["dataset"][0] == ["folder", HOSTILE]
    assert data["batchSize"] is None


MISSING = {
    "config.json": lambda data: data["chosen"] == [] and data["command"] == "",
    "dataset.json": lambda data: data["dataset"] == [],
    "log.jsonl": lambda data: data["log"]["charts"] == [],
    "evaluations.jsonl": lambda data: data["evaluations"]["charts"] == [],
    "verdicts.jsonl": lambda data: data["verdicts"]["stretches"] == [],
    "samples/reals.png": lambda data: data["reals"] is None,
}


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.parametrize("damage", ["missing", "empty", "torn", "a folder"])
def test_a_file_that_is_not_as_it_should_be_leaves_the_rest(name, damage, tmp_path):
    run = make_run(tmp_path)
    whole = data_of(write_report(run))
    path = run.path / name
    before = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(before[: 9 * (damage == "torn")])
    data = data_of(write_report(run))
    assert MISSING[name](data)
    same = set(whole) - {"written", "chosen", "defaults", "origin", "dataset", "reals"}
    same -= {"evaluationWords"}
    same -= {"command", "length", "batchSize", "verdicts", "log", "evaluations"}
    assert all(data[key] == whole[key] for key in same)


def test_an_empty_folder_gives_a_page_too(tmp_path):
    data = data_of(write_report(RunFolder(tmp_path), images=pictures(2)))
    assert (data["grids"], data["likeness"], data["gridsFound"]) == ([], None, 0)


def test_pictures_of_another_size_than_the_grids_are_not_compared(tmp_path):
    assert (
        data_of(write_report(make_run(tmp_path), images=pictures(4, 24)))["likeness"]
        is None
    )


def test_grids_may_change_their_size_on_the_way(tmp_path):
    run = make_run(tmp_path)
    write_png(run.samples / "step_00000030.png", grid(pictures(9, 32)))
    widths = [each["width"] for each in data_of(write_report(run))["grids"]]
    assert widths == [34, 34, 34, 100]


def test_a_page_while_it_trains_says_how_long_it_will(tmp_path):
    run = make_run(tmp_path)
    data = data_of(write_report(run, running=True))
    assert (data["running"], data["left"]) == (True, 80.0)
    assert data_of(write_report(run))["left"] is None


def test_hundreds_of_the_hardest_grids_fit(tmp_path):
    run = make_run(tmp_path, steps=())
    first = run.samples / "step_00000001.png"
    write_png(first, grid(pictures(64, 64)))
    for step in range(2, 300):
        (run.samples / f"step_{step:08d}.png").hardlink_to(first)
    lines = [verdict(k, str(k), 300 * "x") for k in range(1000)]
    write_lines(run.verdicts, lines)
    write_lines(run.log, [log_line(k, d_loss=k**0.5) for k in range(3000)])
    page = write_report(run, images=pictures(64))
    assert 3_000_000 < page.stat().st_size < 5_000_000
    found = data_of(page)
    assert (len(found["grids"]), found["gridsFound"]) == (39, 299)


def test_no_tensorflow_is_needed(tmp_path):
    make_run(tmp_path)
    program = (
        "import sys; from kerasgan.report import write_report; "
        "from kerasgan.runs import RunFolder; write_report(RunFolder(sys.argv[1]))\n"
        "print('LOADED', [m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert "LOADED []" in done.stdout
