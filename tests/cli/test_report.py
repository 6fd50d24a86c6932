"""The word `report`: pages of runs that are over."""

import json
import re
import shutil
from pathlib import Path

import pytest

from kerasgan.cli.main import main


def data_of(path):
    text = Path(path).read_text(encoding="utf-8")
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text)
    return json.loads(found[1])


def test_training_leaves_a_report_and_names_it(trained, capsys):
    assert main(["--path", "faces", "--steps", "6"]) == 0
    assert "runs/faces/report.html (in a browser)" in capsys.readouterr().out
    data = data_of(trained / "report.html")
    assert data["grids"][-1]["step"] == 6
    assert data["likeness"]["total"] == 12
    assert ["--model", "dcgan"] in data["chosen"]
    assert f"cd {Path.cwd()} && " in data["command"]
    assert data["command"].endswith(f"--path faces --run_dir {trained.resolve()}")
    assert not data["running"]


def test_the_page_of_the_newest_run_is_written_anew(trained, capsys):
    (trained / "report.html").unlink()
    assert main(["report"]) == 0
    assert "runs/faces/report.html: open it" in capsys.readouterr().out
    assert data_of(trained / "report.html")["likeness"]["total"] == 12
    assert main(["report"]) == 0  # over its own


def test_without_the_training_pictures_the_rest_is_shown(trained, capsys):
    shutil.rmtree("faces")
    assert main(["report", "--run_dir", "runs/faces", "--out", "page.html"]) == 0
    assert "Without the nearest training pictures" in capsys.readouterr().out
    data = data_of("page.html")
    assert data["likeness"] is None
    assert len(data["grids"]) == 3


@pytest.mark.parametrize("name", ["config.json", "dataset.json"])
@pytest.mark.parametrize("text", ["{torn", "[1]", '{"settings": {"image_size": 3}}'])
def test_a_damaged_file_leaves_the_rest_of_the_page(name, text, trained, capsys):
    (trained / name).write_text(text)
    assert main(["report", "--run_dir", "runs/faces"]) == 0
    whole = name == "dataset.json" and "settings" in text  # an older one, it seems
    assert ("Without the nearest" in capsys.readouterr().out) != whole
    assert len(data_of(trained / "report.html")["grids"]) == 3


def test_files_of_others_are_not_written_over(trained, capsys):
    Path("mine.html").write_text("<p>mine")
    assert main(["report", "--out", "mine.html"]) == 2
    assert "--out must be a new file, or an earlier report" in capsys.readouterr().err
    assert Path("mine.html").read_text() == "<p>mine"
    assert main(["report", "--out", "faces"]) == 2
    assert "which is a folder" in capsys.readouterr().err


def test_no_run_and_no_place_are_sentences(trained, capsys):
    assert main(["report", "--run_dir", "faces"]) == 1
    assert "must be the folder of a run" in capsys.readouterr().err
    assert main(["report", "--out", "nowhere/page.html"]) == 1
    assert "nowhere/page.html: No such file" in capsys.readouterr().err
