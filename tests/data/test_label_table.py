"""Tables of classes as people write them, and what is said where they do not serve."""

import pytest

from kerasgan.data.doctor import DataError
from kerasgan.data.labels import read_labels

NAMES = ["a/1.png", "a/2.png", "b/3.png", "b/deep/4.png"]


def table(tmp_path, text, name="labels.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "text",
    [
        "file,label\na/1.png,no\na/2.png,yes\n3.png,yes\n4.png,no\n",
        "label,extra,filename\nno,1,1.png\nyes,2,2.png\nyes,,3.png\nno,,4.png\n",
        "\ufefffile,smile\na/1.png,no\na/2.png,yes\nb/3.png,yes\nb/deep/4.png,no\n",
        "\n\nfile; smile\n1.png; no\n2.png; yes\n\n3.png; yes\n4.png; no\n",
        "file\tsmile\n.\\a\\1.png\tno\n./a/2.png\tyes\n3.png\tyes\n4.png\tno\n",
        'file,"label"\n"1.png",no\n1.png,no\n2.png,yes\n3.png,yes\n3.png,\n4.png,no',
    ],
)
def test_a_table_names_pictures_by_path_or_by_file(tmp_path, text):
    labels = read_labels(table(tmp_path, text), "x", NAMES)
    assert labels.names == ("no", "yes")
    assert labels.numbers.tolist() == [0, 1, 1, 0]


def test_lines_that_match_no_picture_are_told(tmp_path):
    text = "file,label\na/1.png,no\n2.png,yes\nc/1.png,no\nold.png,no\n"
    labels = read_labels(table(tmp_path, text), "x", NAMES, some=True)
    assert labels.numbers.tolist() == [0, 1, -1, -1]
    assert labels.unused == ("c/1.png", "old.png")


def test_a_column_can_be_chosen_also_in_a_file_with_a_colon_in_its_name(tmp_path):
    text = "file,smile,hair\n1.png,0,red\n2.png,1,red\n3.png,0,dark\n4.png,1,dark\n"
    for name in ("t.csv", "t:2.csv"):
        labels = read_labels(f"{table(tmp_path, text, name)}:hair", "x", NAMES)
        assert labels.names == ("dark", "red")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,smile,hair\n1.png,0,red\n", "columns file, smile, hair"),
        ("", "columns none"),
        ("file,label\n1.png,a\n", "3 of 4 do not, such as a/2.png"),
        ("file,label\n1.png,a\n2.png,b\n3.png,c\n4.png,d\n", "Received 4 for 4"),
        ("1.png,a\n2.png,b\n", "first line of .* must name its columns, such as file"),
        ("file,label\n1.png,a, b\n", "2 cells, .* Received 3 in line 2"),
        ("file,label\n1.png,a\n\n1.png,b\n", "Received a and b for 1.png, .* line 4"),
        ('file,label\n1.png,"a', "3 of 4 do not"),
    ],
)
def test_tables_that_do_not_serve(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_labels(table(tmp_path, text), "x", NAMES)


def test_no_such_file_and_no_text(tmp_path):
    with pytest.raises(DataError, match="must be folders or a CSV file"):
        read_labels(str(tmp_path / "none.csv"), "x", NAMES)
    (tmp_path / "bytes.csv").write_bytes(b"file,label\n\xff\xfe\xff,1\n")
    with pytest.raises(DataError, match="in UTF-8"):
        read_labels(str(tmp_path / "bytes.csv"), "x", NAMES)


def test_two_pictures_of_one_name_are_told_apart_by_where_they_lie(tmp_path):
    names = ["a/1.png", "b/1.png", "a/2.png", "b/2.png"]
    text = "file,label\n1.png,cat\n2.png,dog\n"
    with pytest.raises(DataError, match="a/1.png and b/1.png are both called so"):
        read_labels(table(tmp_path, text), "x", names)
    text = "file,label\na/1.png,cat\nb/1.png,dog\na/2.png,cat\nb/2.png,dog\n"
    labels = read_labels(table(tmp_path, text), "x", names)
    assert labels.numbers.tolist() == [0, 1, 0, 1]


def test_accents_may_be_written_in_two_ways(tmp_path):
    composed, parted = "\u00e9.png", "e\u0301.png"
    for ours, theirs in ((composed, parted), (parted, composed)):
        path = table(tmp_path, f"file,label\n{theirs},cat\n2.png,dog\n")
        labels = read_labels(path, "x", [ours, "2.png", *NAMES[2:]], some=True)
        assert labels.numbers.tolist() == [0, 1, -1, -1]
