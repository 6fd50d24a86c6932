"""Which class each picture is of: the name of its sub-folder, or a column of a CSV.

N pictures, K classes.
"""

from __future__ import annotations

import csv
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from kerasgan.data.doctor import DataError
from kerasgan.data.examination import printable

FOLDERS = "folders"  # the source that means sub-folders
FILE_COLUMNS = ("file", "filename", "file_name", "path", "image", "name")
LABEL_COLUMNS = ("label", "class")
MOST_CLASSES = 1000


@dataclass(frozen=True)
class Labels:
    """The classes of a folder of pictures.

    Attributes:
        names: of the K classes, sorted.
        numbers: int32 [N], the class of each picture; -1 where it has none.
        unused: what a table names, and no picture is called.
    """

    names: tuple[str, ...]
    numbers: np.ndarray
    unused: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Of which picture has which class.

        >>> Labels(("a", "b"), np.array([0, 1], np.int32)).fingerprint()[:8]
        '7e18f737'
        """
        text = "\n".join(self.names[number] for number in self.numbers)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def read_labels(
    source: str,
    folder: str | os.PathLike,
    pictures: list[str],
    *,
    flag: str = "--labels",
    some: bool = False,
) -> Labels:
    """The class of each picture.

    Args:
        source: `folders`, or a CSV file with a header, FILE.csv or FILE.csv:COLUMN: one
            column names the picture (relative to the folder, or the file alone), the
            other its class.
        folder: the folder of pictures, named in errors.
        pictures: their names relative to it, with "/".
        flag: by which the source was given, named in errors.
        some: pictures without a label are of class -1, as long as one has a label.

    Raises:
        DataError: a picture has no label, or the file is none of the kind.

    Example:
    >>> names = ["smile/a.png", "sad/b.png", "sad/c.png", "smile/d.png"]
    >>> labels = read_labels("folders", "faces", names)
    >>> labels.names, labels.numbers.tolist()
    (('sad', 'smile'), [1, 0, 0, 1])
    """
    unused: tuple[str, ...] = ()
    if source == FOLDERS:
        found = [name.partition("/")[0] if "/" in name else "" for name in pictures]
        where = "lie in a sub-folder that says its class"
    else:
        by_name = _read_csv(source, flag)
        called = [n if n in by_name else PurePosixPath(n).name for n in pictures]
        found = [by_name.get(name, "") for name in called]
        unused = tuple(sorted(by_name.keys() - set(called) - {""}))
        where = f"have a line in {printable(source)}"
    bare = [name for name, label in zip(pictures, found, strict=True) if not label]
    if bare and (not some or len(bare) == len(pictures)):
        raise DataError(
            f"With {flag} {source} {'some' if some else 'each'} picture must {where}. "
            f"{len(bare)} of {len(pictures)} do not, such as {printable(bare[0])} in "
            f"{printable(folder)}."
        )
    names = tuple(sorted(set(found) - {""}))
    if len(names) > min(MOST_CLASSES, max(len(pictures) // 2, 1)):
        raise DataError(
            f"{flag} {source} must give a few classes. Received {len(names)} for "
            f"{len(pictures)} pictures, such as {', '.join(names[:3])}: name another "
            "column, or a file of classes."
        )
    numbers = {name: k for k, name in enumerate(names)} | {"": -1}
    classes = np.array([numbers[label] for label in found], np.int32)
    return Labels(names, classes, unused)


def _read_csv(source: str, flag: str) -> dict[str, str]:
    """Picture name -> class."""
    path, column = _split_column(source)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            header = list(rows.fieldnames or ())
            file_column = _choose(header, FILE_COLUMNS) or (header or [""])[0]
            label_column = column or _choose(header, LABEL_COLUMNS)
            if label_column is None and len(header) == 2:
                label_column = next(name for name in header if name != file_column)
            if label_column not in header:
                raise DataError(
                    f"{flag} must name a column of classes, as {path}:COLUMN. "
                    f"{printable(path)} has the columns {', '.join(header) or 'none'}."
                )
            return {
                (row[file_column] or "").strip(): (row[label_column] or "").strip()
                for row in rows
            }
    except OSError as error:
        raise DataError(
            f"{flag} must be {FOLDERS} or a CSV file. Received {printable(source)}: "
            f"{error.strerror}."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{flag} must be a CSV file in UTF-8. Received {printable(path)}: {error}."
        ) from error


def _split_column(source: str) -> tuple[Path, str | None]:
    """FILE.csv:COLUMN as both; a name with a colon in it is a file if there is one."""
    path, colon, column = source.rpartition(":")
    if not colon or Path(source).exists():
        return Path(source), None
    return Path(path), column


def _choose(header: list[str], wanted: tuple[str, ...]) -> str | None:
    by_name = {name.strip().lower(): name for name in header}
    return next((by_name[name] for name in wanted if name in by_name), None)
