"""Rows of CSV files as they come out of spreadsheets, and names of pictures."""

import pytest

from kerasgan.data.csv_table import plain_name, read_rows
from kerasgan.data.doctor import DataError


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_rows_know_their_lines(tmp_path, separator, newline):
    lines = ["", "file, label", "", "a.png , cat", ",", 'b.png, "dog"']
    path = tmp_path / "table.csv"
    text = newline.join(lines).replace(",", separator)
    path.write_bytes(("\ufeff" + text).encode())
    rows = read_rows(path, "x")
    assert rows == [
        (2, ["file", "label"]),
        (4, ["a.png", "cat"]),
        (6, ["b.png", "dog"]),
    ]


def test_an_empty_file_has_no_rows(tmp_path):
    (tmp_path / "table.csv").touch()
    assert read_rows(tmp_path / "table.csv", "x") == []


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    for path in (tmp_path, tmp_path / "nowhere.csv", tmp_path / "x.csv"):
        with pytest.raises(DataError, match="^--x must be a table, in UTF-8. Received"):
            read_rows(path, "--x must be a table")


def test_a_cell_without_end_is_told_by_its_line(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\nc," + 200_000 * "d")
    with pytest.raises(DataError, match="field larger than .* in line 2"):
        read_rows(tmp_path / "x.csv", "--x must be a table")


@pytest.mark.parametrize(
    "name", ["./a/\u00e9.png", ".\\a\\\u00e9.png", "a/e\u0301.png"]
)
def test_a_name_has_one_way_of_writing(name):
    assert plain_name(name) == "a/\u00e9.png"
