"""A table of classes: a CSV file with a header, a line for each picture.

One column names the picture, relative to the folder or by the file alone, another its
class.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePosixPath

from kerasgan.data.csv_table import plain_name, read_rows
from kerasgan.data.doctor import ENDINGS, DataError
from kerasgan.data.examination import printable

FILE_COLUMNS = ("file", "filename", "file_name", "path", "image", "name")
LABEL_COLUMNS = ("label", "class")


def read_table(source: str, flag: str) -> dict[str, str]:
    """Picture -> class, as the table FILE.csv or FILE.csv:COLUMN names them.

    Raises:
        DataError: there is no such file, or no such column, a line has too many cells,
            or a picture has two classes; names the line.
    """
    path, column = _split_column(source)
    rows = read_rows(path, f"{flag} must be folders or a CSV file with a header")
    _, header = rows.pop(0) if rows else (0, [])
    places = _columns(header, column, path, flag)
    classes: dict[str, str] = {}
    for line, row in rows:
        if len(row) > len(header):
            raise DataError(
                f"{flag}: each line of {printable(path)} must have {len(header)} "
                f"cells, as its header has. Received {len(row)} in line {line}: put a "
                "name with a comma in it into double quotes."
            )
        cells = row + [""] * (len(header) - len(row))
        name, label = (cells[place] for place in places)
        name = plain_name(name)
        if label and classes.setdefault(name, label) != label:
            raise DataError(
                f"{flag} must give each picture one class. Received "
                f"{printable(classes[name])} and {printable(label)} for "
                f"{printable(name)}, the second in line {line} of {printable(path)}."
            )
    return classes


def match(
    classes: dict[str, str], pictures: list[str], flag: str
) -> tuple[list[str], tuple[str, ...]]:
    """The class of each picture, "" where it has none; and what else the table names.

    >>> match({"1.png": "cat", "b/2.png": "dog", "3.png": "dog"},
    ...       ["a/1.png", "b/2.png"], "--labels")
    (['cat', 'dog'], ('3.png',))

    Raises:
        DataError: the table has a file's name alone, and two pictures are called so.
    """
    called, by_file = [], defaultdict(list)
    for picture in pictures:
        name = plain_name(picture)
        if name not in classes:
            name = PurePosixPath(name).name
            by_file[name].append(picture)
        called.append(name)
    for name, several in by_file.items():
        if name in classes and len(several) > 1:
            raise DataError(
                f"{flag} must tell pictures apart. Received {printable(name)}, and "
                f"{printable(several[0])} and {printable(several[1])} are both called "
                "so: write where they lie in the folder."
            )
    found = [classes.get(name, "") for name in called]
    return found, tuple(sorted(classes.keys() - set(called) - {""}))


def _columns(
    header: list[str], column: str | None, path: Path, flag: str
) -> tuple[int, int]:
    """Where the picture's name stands, and where its class."""
    names = [name.lower() for name in header]
    if any(name.endswith(tuple(ENDINGS)) for name in names):
        raise DataError(
            f"{flag}: the first line of {printable(path)} must name its columns, such "
            f"as file,label. Received {', '.join(header)}."
        )
    file = next((names.index(name) for name in FILE_COLUMNS if name in names), 0)
    label: int | None = None
    if column is not None:
        label = header.index(column.strip()) if column.strip() in header else None
    else:
        label = next((names.index(n) for n in LABEL_COLUMNS if n in names), None)
        if label is None and len(header) == 2:
            label = 1 - file
    if label is None:
        raise DataError(
            f"{flag} must name a column of classes, as {printable(path)}:COLUMN. "
            f"{printable(path)} has the columns {', '.join(header) or 'none'}."
        )
    return file, label


def _split_column(source: str) -> tuple[Path, str | None]:
    """FILE.csv:COLUMN as both; a name with a colon in it is a file if there is one."""
    path, colon, column = source.rpartition(":")
    if not colon or Path(source).exists():
        return Path(source), None
    return Path(path), column
