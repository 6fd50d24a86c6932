"""Which class each picture is of: the name of its sub-folder, or a column of a CSV.

N pictures, K classes.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import numpy as np

from kerasgan.data.doctor import DataError
from kerasgan.data.examination import printable
from kerasgan.data.label_table import match, read_table

FOLDERS = "folders"  # the source that means sub-folders
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
        source: `folders`, or a CSV file, FILE.csv or FILE.csv:COLUMN, as
            `data.label_table` reads it.
        folder: the folder of pictures, named in errors.
        pictures: their names relative to it, with "/".
        flag: by which the source was given, named in errors.
        some: pictures without a label are of class -1, as long as one has a label.

    Raises:
        DataError: a picture has no label, or the file is none of the kind, or says two
            things of a picture.

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
        found, unused = match(read_table(source, flag), pictures, flag)
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
            f"{flag} {source} must give a few classes, at most half as many as there "
            f"are pictures and {MOST_CLASSES:,}. Received {len(names)} for "
            f"{len(pictures)} pictures, such as {', '.join(names[:3])}"
            + (": name another column." if source != FOLDERS else ".")
        )
    numbers = {name: k for k, name in enumerate(names)} | {"": -1}
    classes = np.array([numbers[label] for label in found], np.int32)
    return Labels(names, classes, unused)
