"""What the doctor found in a folder: the record, its table in words, its JSON.

H height, W width; sizes are (H, W), written HxW as --image_size takes them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUBFOLDERS_SHOWN = 12


@dataclass
class Examination:
    """The state of a folder of pictures, for one choice of settings.

    Attributes:
        folder, image_size, channels, fit: what was asked for.
        names: usable pictures, relative to `folder`, with "/", sorted.
        digests: one a name, of the file's content.
        shapes: one a name, (H, W) as it came, upright.
        skipped: (name, reason), sorted by name; copies are among them.
        other_files: how many files of each ending that is no picture's.
    """

    folder: str
    image_size: tuple[int, int]
    channels: int
    fit: str
    names: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    shapes: list[tuple[int, int]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    other_files: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, shape: tuple[int, int], digest: str) -> None:
        """One more usable picture."""
        self.names.append(name)
        self.shapes.append(shape)
        self.digests.append(digest)

    @property
    def used(self) -> list[Path]:
        """The usable files, sorted."""
        return [Path(self.folder) / name for name in self.names]

    @property
    def duplicates(self) -> int:
        """How many files were skipped as exact copies of another."""
        return sum(reason.startswith("same as ") for _, reason in self.skipped)

    @property
    def subfolders(self) -> dict[str, int]:
        """How many usable pictures lie in each folder; "." is the folder itself."""
        return dict(sorted(Counter(map(subfolder_of, self.names)).items()))

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """(H, W) of the smallest, the median and the largest picture, by area."""
        ordered = sorted(self.shapes, key=lambda shape: shape[0] * shape[1])
        if not ordered:
            return {}
        middle = ordered[(len(ordered) - 1) // 2]
        return {"smallest": ordered[0], "median": middle, "largest": ordered[-1]}

    def reasons(self) -> dict[str, tuple[int, str]]:
        """Reason without its particulars -> (how many, one example in full)."""
        return count_reasons(self.skipped)

    def other_files_in_words(self) -> str:
        """`5 other files (.txt 3, .heic 2)`; empty where there are none."""
        return other_files_in_words(self.other_files)

    def table(self) -> str:
        """What a user reads before the training: used, skipped and why."""
        size = "x".join(map(str, self.image_size))
        rows = [
            ("pictures in", self.folder),
            ("used", f"{len(self.names):,} as {size}, {self._settings()}"),
        ]
        if self.names:
            sizes = (f"{key} {h}x{w}" for key, (h, w) in self.sizes.items())
            rows.append(("came as HxW", ", ".join(sizes)))
        if len(self.subfolders) > 1:
            rows.append(("by folder", subfolders_in_words(self.subfolders)))
        rows.append(("skipped", f"{len(self.skipped):,}"))
        for kind, (count, example) in self.reasons().items():
            rows.append((f"  {kind}", f"{count:,}, such as {example}"))
        if self.other_files:
            rows.append(("passed over", self.other_files_in_words()))
        return table_of(rows)

    def _settings(self) -> str:
        kind = {1: "grey", 3: "colour", 4: "colour with transparency"}[self.channels]
        fits = {"crop": "cropped", "pad": "padded", "stretch": "stretched"}
        return f"{kind}, {fits[self.fit]}"

    def skipped_lines(self) -> list[str]:
        """One `name<tab>reason` a skipped file, for skipped.txt."""
        return [printable(f"{name}\t{reason}") for name, reason in self.skipped]

    def to_json(self) -> dict[str, Any]:
        """What dataset.json holds: counts, and each skipped file with its reason."""
        return {
            "folder": self.folder,
            "image_size": list(self.image_size),
            "channels": self.channels,
            "fit": self.fit,
            "used": len(self.names),
            "duplicates": self.duplicates,
            "sizes": {key: list(shape) for key, shape in self.sizes.items()},
            "subfolders": self.subfolders,
            "other_files": dict(self.other_files),
            "skipped": [list(pair) for pair in self.skipped],
        }


def count_reasons(skipped: Iterable[tuple[str, str]]) -> dict[str, tuple[int, str]]:
    """Reason without its particulars -> (how many, one example in full), most first.

    >>> count_reasons([("a", "too small: 9x9"), ("b", "too small: 8x8")])
    {'too small': (2, 'a (too small: 9x9)')}
    """
    found: dict[str, tuple[int, str]] = {}
    for name, reason in skipped:
        kind = kind_of(reason)
        count, example = found.get(kind, (0, f"{name} ({reason})"))
        found[kind] = (count + 1, example)
    return dict(sorted(found.items(), key=lambda item: (-item[1][0], item[0])))


def kind_of(reason: str) -> str:
    """A reason without its particulars.

    >>> kind_of("too small: 9x9"), kind_of("same as a.png")
    ('too small', 'copy')
    """
    return "copy" if reason.startswith("same as ") else reason.split(":")[0]


def other_files_in_words(other_files: Counter[str]) -> str:
    """
    >>> other_files_in_words(Counter({".txt": 3, ".heic": 2}))
    '5 other files (.txt 3, .heic 2)'
    """
    total = sum(other_files.values())
    if not total:
        return ""
    kinds = ", ".join(f"{kind} {n}" for kind, n in other_files.most_common(8))
    return f"{total:,} other file{'s' if total > 1 else ''} ({kinds})"


def subfolders_in_words(subfolders: Mapping[str, int]) -> str:
    """
    >>> subfolders_in_words({"neutral": 1200, "smile": 3})
    'neutral 1,200, smile 3'
    """
    items = [f"{name} {count:,}" for name, count in subfolders.items()]
    more = len(items) - SUBFOLDERS_SHOWN
    if more > 0:
        items[SUBFOLDERS_SHOWN:] = [f"and {more:,} more"]
    return ", ".join(items)


def table_of(rows: Sequence[tuple[str, str]]) -> str:
    """Rows of two columns as lines for any terminal.

    >>> print(table_of([("used", "3"), ("skipped", "none")]))
    used     3
    skipped  none
    """
    wide = max(len(left) for left, _ in rows)
    return "\n".join(printable(f"{left:<{wide}}  {right}") for left, right in rows)


def subfolder_of(name: str) -> str:
    """The folder a picture lies in, which may serve as its label.

    >>> subfolder_of("smile/ann.jpg"), subfolder_of("ann.jpg")
    ('smile', '.')
    """
    return name.rpartition("/")[0] or "."


def printable(name: str | os.PathLike) -> str:
    """A file name that fits on one line of any terminal.

    Bytes that are no UTF-8 become U+FFFD, line ends are spelt out.

    >>> printable("caf\\udce9\\n.png") == "caf\\ufffd\\\\n.png"
    True
    """
    text = os.fsencode(name).decode("utf-8", "replace")
    return text.replace("\r", "\\r").replace("\n", "\\n")
