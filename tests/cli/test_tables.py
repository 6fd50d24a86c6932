"""CSVs of attributes, as spreadsheets and people write them."""

import numpy as np
import pytest

from kerasgan.cli.tables import full, read_table, row_of
from kerasgan.data.doctor import DataError


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_with_holes_and_folders(tmp_path, separator):
    rows = ["file, smile ,hat,,colour", "a/1.png,1,,7,red", "./b/1.png,0,2", ",,,,", ""]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(rows).replace(",", separator))
    columns, table = read_table(path)
    assert columns == ["smile", "hat"]
    assert row_of("b/1.png", table) == [0, 2]
    first = row_of("a/1.png", table)
    assert first[0] == 1 and np.isnan(first[1])
    assert full(first, [0]) and not full(first, [0, 1])
    assert row_of("c/1.png", table) is None  # of which folder?


def test_a_row_may_name_more_folders_than_the_photo(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("file,smile\nC:\\photos\\me.jpg,3\n/home/her.jpg,4\n")
    _, table = read_table(path)
    assert row_of("me.jpg", table) == [3] and row_of("her.jpg", table) == [4]


def test_accents_may_be_written_in_two_ways(tmp_path):
    path = tmp_path / "table.csv"
    composed, parted = "\u00e9.png", "e\u0301.png"
    for ours, theirs in ((composed, parted), (parted, composed), (parted, parted)):
        path.write_text(f"file,smile\n{theirs},1\n", encoding="utf-8")
        assert row_of(ours, read_table(path)[1]) == [1]


@pytest.mark.parametrize("text", ["", "f,a\n", "file\n1.png\n", "f,a\n1.png,1e99\n"])
def test_a_table_without_numbers_is_refused(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(DataError, match="columns of numbers behind it"):
        read_table(path)


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes(bytes(range(256)))
    for path in (tmp_path, tmp_path / "nowhere.csv", tmp_path / "x.csv"):
        with pytest.raises(DataError, match="must be a CSV file with a header"):
            read_table(path)
