"""Settings, data and the command, of runs of any age and in any script."""

import shlex

import pytest

from kerasgan.config import TrainConfig
from kerasgan.report.records import Records
from kerasgan.report.tables import (
    dataset_rows,
    origin_rows,
    resume_command,
    settings_rows,
)


def of(**config):
    return Records(config, {}, None, None, "", [])


def test_what_differs_from_the_models_defaults_comes_first():
    config = TrainConfig.for_model(model="progan", path="a", batch_size=8)
    chosen, left = settings_rows(of(settings=config.to_json()))
    assert chosen == [("--path", "a"), ("--model", "progan"), ("--batch_size", "8")]
    assert ("--width", "16") in left  # progan's own


@pytest.mark.parametrize("model", ["unknown", 3, None, ["a"]])
def test_settings_of_a_later_version_are_shown_as_they_are(model):
    chosen, _ = settings_rows(of(settings={"model": model, "new": {"a": [1]}}))
    assert ("--new", "{'a': [1]}") in chosen


def test_data_rows_say_what_was_skipped_and_why():
    dataset = {"folder": "faces", "used": 2400, "image_size": [64, 96], "fit": "pad"}
    dataset |= {"subfolders": {"a": 1, "b": 2}, "other_files": {".txt": 2}}
    dataset["skipped"] = [["a.png", "too small: 9x9"], ["b.png", "too small: 8x8"]]
    dataset["held_out"] = ["c.png", "d.png"]
    rows = dict(dataset_rows(dataset))
    assert rows["pictures used"] == "2,400"
    assert rows["held out of these"] == "2"
    assert rows["made to fit"] == "64x96, pad"
    assert rows["by folder"] == "a 1, b 2"
    assert rows["skipped"] == "2"
    assert rows["skipped, too small"] == "2, such as a.png (too small: 9x9)"
    assert rows["passed over"] == "2 other files (.txt 2)"


@pytest.mark.parametrize(
    "dataset",
    [
        {"used": "many", "held_out": 3, "skipped": 3, "sizes": [1], "subfolders": 7},
        {"skipped": [1, [2], ["a", None]], "other_files": {"a": "b"}, "folder": None},
        {
            "image_size": "big",
            "sizes": {"median": 3},
            "subfolders": {"a": None, "b": 1},
        },
    ],
)
def test_a_dataset_file_of_another_kind_stops_nothing(dataset):
    assert all(len(row) == 2 for row in dataset_rows(dataset))


def test_the_command_is_quoted_for_a_shell(tmp_path):
    place = tmp_path / "it's $HOME"
    config = {"command": ["/my python", "train.py", "--path", "x", "--fresh"]}
    command = resume_command(
        of(settings={"path": 'a "b" `c`'}, directory="/home/you & me", **config), place
    )
    words = shlex.split(command)
    assert words[:3] == ["cd", "/home/you & me", "&&"]
    rest = ["/my python", "train.py", "--path", 'a "b" `c`', "--run_dir", str(place)]
    assert words[3:] == rest


@pytest.mark.parametrize(
    "config",
    [{}, {"command": "train"}, {"command": ["a", "b"]}, {"settings": {"path": "a"}}],
)
def test_a_command_that_is_not_known_is_empty(config, tmp_path):
    assert resume_command(of(**config), tmp_path) == ""


def test_an_older_run_has_no_folder_to_go_to(tmp_path):
    config = {"settings": {"path": "a"}, "command": ["python", "train.py"]}
    assert resume_command(of(**config), tmp_path).startswith("python train.py --path a")


def test_where_it_came_from_is_what_is_known():
    rows = dict(origin_rows(of(versions={"keras": "3"}, command=["a", "b c"])))
    assert rows == {"keras": "3", "typed": "a 'b c'"}
