"""What --fresh removes of a folder whose record is damaged, and what it never does."""

import pytest

from kerasgan.data.doctor import DataError
from tests.preparation.records import line


def ours_and_damaged(record, content):
    """Three pictures of ours, a file of somebody's, and a record with `content`."""
    for k in range(3):
        record.append(line(k))
        (record.out / "a").mkdir(exist_ok=True)
        (record.out / f"a/{k:06d}.png").write_bytes(b"ours")
    lines = record.path.read_bytes().splitlines(keepends=True)
    record.path.write_bytes(content(lines))


def left_in(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in files)


@pytest.mark.parametrize(
    "content",
    [
        lambda lines: b"",
        lambda lines: b"".join([*lines[:2], b"?\n", lines[3]]),
        lambda lines: b"".join([b"?\n", *lines[1:]]),
        lambda lines: b"".join([lines[0], b"?\n"]),
    ],
    ids=["empty", "a line", "the first line", "all lines"],
)
def test_fresh_clears_a_folder_of_ours_whose_record_is_damaged(record, content):
    ours_and_damaged(record, content)
    if record.path.stat().st_size:
        (record.out / "notes.txt").write_bytes(b"theirs")
    record.check_free(fresh=True)
    record.forget()
    assert set(left_in(record.out)) <= {"notes.txt"}


@pytest.mark.parametrize(
    ("content", "theirs"),
    [
        (b"mine\n", "notes.txt"),
        (b"mine\n", "000000.png"),
        (b"", "notes.txt"),
        (b"", "20240101.png"),
        (b'{"prepare": 1, "settings": {}}\n?\n', "20240101.png"),
    ],
)
def test_fresh_never_clears_what_may_be_of_others(record, content, theirs):
    record.path.write_bytes(content)
    (record.out / theirs).write_bytes(b"theirs")
    for attempt in (lambda: record.check_free(fresh=True), record.forget):
        with pytest.raises(DataError, match="may be somebody else's. Move away"):
            attempt()
    assert left_in(record.out) == sorted([theirs, "prepared.jsonl"])
