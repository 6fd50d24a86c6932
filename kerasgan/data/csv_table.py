"""A CSV file as people and spreadsheets write it: its rows, and pictures' names.

Commas part its columns, or semicolons or tabs. `label_table` reads classes from one,
`cli.tables` numbers.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

from kerasgan.data.doctor import DataError
from kerasgan.data.examination import printable

SEPARATORS = ",;\t"  # the first of those that the header has most of


def read_rows(file: Path, wanted: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, as stripped cells, each with its line's number.

    Args:
        file: a text in UTF-8.
        wanted: how an error begins, "--labels must be a CSV file".

    Raises:
        DataError: it cannot be read.
    """
    said = f"{wanted}, in UTF-8. Received {printable(file)}"
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{said}: {reason}.") from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise DataError(f"{said}: {error} in line {reader.line_num}.") from error
    return [(line, row) for line, row in rows if any(row)]


def plain_name(name: str) -> str:
    """A picture's name in one way of writing it: accents composed, / between folders.

    >>> plain_name(".\\\\a\\\\1.png"), plain_name("./a/1.png")
    ('a/1.png', 'a/1.png')
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    return name.removeprefix("./")
