"""The record: what is read back, what is refused, what a killed process left."""

import json

import pytest

from kerasgan.data.doctor import DataError
from kerasgan.preparation.record import Record
from tests.preparation.records import line


def test_what_was_written_is_read(record):
    assert record.exists() and record.settings() == {"path": "photos", "margin": 0.2}
    name = "caf\udce9 顔.jpg"  # bytes that are no UTF-8
    record.append(line(0, source=name))
    record.append(line(1))
    assert [each["source"] for each in record.lines()] == [name, "1.jpg"]


def test_half_a_line_is_removed_and_the_rest_stays(record):
    record.append(line(0))
    whole = record.path.read_bytes()
    record.path.write_bytes(whole + b'{"source": "1.jp')
    assert len(list(record.lines())) == 1
    record.mend()
    assert record.path.read_bytes() == whole


def test_only_our_leftovers_are_removed(record):
    for name in (".000003.png.part", "..000003.png.part.7.part", ".report.html.7.part"):
        (record.out / name).write_bytes(b"")
    for name in ("20240101.png", ".mine.part", "000003.png"):
        (record.out / name).write_bytes(b"mine")
    record.mend()
    left = sorted(path.name for path in record.out.iterdir())
    assert left == [".mine.part", "000003.png", "20240101.png", "prepared.jsonl"]


def test_pictures_of_the_last_line_are_put_in_place(record):
    """Killed between line and pictures; those of no line are removed."""
    record.stage("a/000000.png", b"ours")
    record.stage("a/000001.png", b"too early")
    assert list(record.out.glob("a/*.png")) == []
    record.append(line(0))
    record.mend()
    assert [path.name for path in (record.out / "a").iterdir()] == ["000000.png"]
    assert (record.out / "a/000000.png").read_bytes() == b"ours"


def test_forget_removes_what_the_record_names_and_nothing_else(record):
    record.append(line(0))
    (record.out / "a").mkdir()
    (record.out / "a/000000.png").write_bytes(b"ours")
    (record.out / "a/000001.png").write_bytes(b"theirs")
    record.report.write_text("")
    record.forget()
    left = [path.relative_to(record.out).as_posix() for path in record.out.rglob("*")]
    assert sorted(left) == ["a", "a/000001.png"]


@pytest.mark.parametrize(
    "name", ["../000000.png", "/000000.png", "a/../../000000.png", "notes.txt", 7]
)
def test_a_record_cannot_name_files_of_others(record, name):
    record.append(line(0, kept=[{"picture": name}]))
    with pytest.raises(DataError, match="its line 2 is not"):
        list(record.lines())
    (record.out.parent / "000000.png").write_bytes(b"theirs")
    record.forget()
    assert (record.out.parent / "000000.png").exists()


def test_a_first_line_that_is_not_ours_is_refused(record):
    for content in (b"", b"{}\n", b"x", json.dumps({"prepare": 99}).encode() + b"\n"):
        record.path.write_bytes(content)
        with pytest.raises(DataError, match="its line 1 is not"):
            record.check_free()


def test_folders_that_are_free_and_those_that_are_not(tmp_path, record):
    record.check_free()
    Record(tmp_path / "new").check_free()
    (tmp_path / "empty").mkdir()
    Record(tmp_path / "empty").check_free()
    (tmp_path / "empty/.lock").write_text("")
    Record(tmp_path / "empty").check_free()
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday/000000.png").write_bytes(b"mine")
    with pytest.raises(DataError, match="which holds other files"):
        Record(tmp_path / "holiday").check_free()
    with pytest.raises(DataError, match="which is a file"):
        Record(tmp_path / "holiday/000000.png").check_free()
