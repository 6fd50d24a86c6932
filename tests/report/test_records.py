"""Files of a run that are torn, old, or of something else."""

import json

import numpy as np

from kerasgan.jsonl import read_lines
from kerasgan.report import write_report
from kerasgan.report.records import columns_of, read_records
from kerasgan.runs import RunFolder
from tests.report.run_files import evaluation, log_line, make_run, write_lines
from tests.report.test_page import data_of


def test_a_missing_run_is_empty_records(tmp_path):
    records = read_records(RunFolder(tmp_path / "none"))
    assert records.settings == {}
    assert records.verdicts == []
    assert len(records.log) == len(records.evaluations) == 0


def test_a_torn_last_line_and_lines_that_are_none_are_passed_over(tmp_path):
    path = tmp_path / "log.jsonl"
    lines = ['{"step": 1}', "", "[1]", "7", '{"step": 2}', "\udcff", '{"step": 3, "d_l']
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    assert [line["step"] for line in read_lines(path)] == [1, 2]


def test_depth_that_overruns_the_reader_is_passed_over(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text("[" * 100_000 + "\n" + '{"step": 5}\n')
    assert [line["step"] for line in read_lines(path)] == [5]


def test_columns_that_come_and_go_are_nan_elsewhere():
    lines = [{"step": 1, "a": 1}, {"step": 2, "b": 2.0}, {"step": 3, "a": None}]
    columns = columns_of(iter(lines))
    np.testing.assert_array_equal(columns.values["a"], [1, np.nan, np.nan])
    np.testing.assert_array_equal(columns.values["b"], [np.nan, 2, np.nan])
    assert columns.get("c") is None


def test_what_is_no_number_is_none():
    line = {"step": 1, "a": "7", "b": True, "c": 10**400, "d": float("inf"), "e": 1e99}
    columns = columns_of(iter([line | {"f": [1], "g": 2}]))
    assert set(columns.values) == {"step", "g"}


def test_a_step_that_stands_there_twice_counts_once_the_later_one():
    lines = [log_line(1), log_line(3), log_line(2, d_loss=9.0), log_line(3, d_loss=5.0)]
    columns = columns_of(iter(lines))
    assert columns.values["step"].tolist() == [1, 2, 3]
    assert columns.values["d_loss"].tolist() == [0.6, 9.0, 5.0]


def test_numbers_that_were_not_finite_are_counted():
    lines = [log_line(1), log_line(2, d_loss=None, non_finite=["d_loss"])]
    assert columns_of(iter(lines)).non_finite == {"d_loss": 1}


def test_lines_without_a_step_do_not_count():
    assert len(columns_of(iter([{"d_loss": 1.0}, {"step": None}]))) == 0


def test_a_config_that_is_damaged_or_another_programs_is_empty(tmp_path):
    run = make_run(tmp_path)
    for text in ('{"settings": {', "[]", '{"settings": 3}'):
        run.config.write_text(text)
        assert read_records(run).settings == {}


def test_a_verdict_without_a_word_is_none(tmp_path):
    run = make_run(tmp_path)
    write_lines(run.verdicts, [{"step": 1}, {"step": 2, "word": "balanced"}])
    assert [each["step"] for each in read_records(run).verdicts] == [2]


def test_the_feature_net_is_named_by_any_evaluation(tmp_path):
    run = make_run(tmp_path)
    assert read_records(run).features == "a net"
    run.evaluations.write_text(json.dumps({"step": 1, "kid": 1.0}) + "\n")
    assert read_records(run).features == ""


def test_evaluations_that_do_not_compare_with_the_newest_are_left_out(tmp_path):
    run = make_run(tmp_path)
    kinds = [("plain", "a"), ("other", "a"), ("plain", "b"), ("plain", "b")]
    lines = [
        evaluation(step, features=features, kind=kind)
        for step, (features, kind) in enumerate(kinds)
    ]
    write_lines(run.evaluations, lines)
    records = read_records(run)
    assert records.evaluations.values["step"].tolist() == [2, 3]
    assert (records.features, records.others) == ("plain", 2)
    words = data_of(write_report(run))["evaluationWords"]
    assert "2 in other features, or against other pictures, are left out" in words


def test_names_that_are_no_text_do_not_stop_it(tmp_path):
    run = make_run(tmp_path)
    run.config.write_bytes(b'{"settings": {"path": "a\xff\\ud800"}}')
    assert read_records(run).settings == {"path": "a??"}
    write_lines(run.evaluations, [{"step": 1, "features": None, "kid": 1.0}])
    assert read_records(run).features == ""
