"""A CSV of attributes: file names in its first column, numbers in others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from kerasgan.data.csv_table import plain_name, read_rows
from kerasgan.data.doctor import DataError

Table = dict[str, list[float]]  # a file's name -> its row
LARGEST = 1e30  # float32 holds it


def read_table(file: Path) -> tuple[list[str], Table]:
    """The columns of numbers, and file name -> its row of them, NaN in empty cells.

    Columns without a name, or with a word in a cell, are passed over.

    Raises:
        DataError: it cannot be read, or has no column of numbers.
    """
    wanted = "--attributes must be a CSV file with a header"
    header, *rows = [row for _, row in read_rows(file, wanted)] or [[]]
    columns = {
        name: [row[k] if k < len(row) else "" for row in rows]
        for k, name in enumerate(header)
        if k and name
    }
    numbers = {
        name: [float(cell or "nan") for cell in cells]
        for name, cells in columns.items()
        if any(cells) and all(map(_is_number, filter(None, cells)))
    }
    if not numbers:
        raise DataError(
            f"{file} must have a column of file names, and columns of numbers behind "
            "it. It has none of those."
        )
    names = [plain_name(row[0]) for row in rows]
    found = dict(
        zip(names, map(list, zip(*numbers.values(), strict=True)), strict=True)
    )
    return list(numbers), found | by_last_part(found)


def by_last_part(table: Table) -> Table:
    """Rows by the file's name without its folders, where only one has that name.

    >>> by_last_part({"a/1.png": [0.0], "b/1.png": [1.0], "b/2.png": [2.0]})
    {'2.png': [2.0]}
    """
    count = Counter(Path(name).name for name in table)
    parts = {Path(name).name: row for name, row in table.items()}
    return {part: row for part, row in parts.items() if count[part] == 1}


def row_of(name: str, table: Table) -> list[float] | None:
    """A photo's row: by its name in its folder, else by its file name alone.

    >>> row_of("cats/1.png", {"1.png": [0.0], "cats/1.png": [1.0]})
    [1.0]
    """
    name = plain_name(name)
    return table.get(name, table.get(Path(name).name))


def full(row: list[float], numbers: list[int]) -> bool:
    """Whether a row has a number in each of these columns."""
    return all(np.isfinite(row[number]) for number in numbers)


def _is_number(cell: str) -> bool:
    try:
        return abs(float(cell)) < LARGEST
    except ValueError:
        return False
