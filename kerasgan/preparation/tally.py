"""What a preparation has come to: counts, and the table that a user reads.

Legend: a source is a photograph or a frame, a picture what was cut out of it.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kerasgan.data.examination import (
    count_reasons,
    kind_of,
    other_files_in_words,
    subfolder_of,
    subfolders_in_words,
    table_of,
)
from kerasgan.preparation.sources import Sources


@dataclass
class Tally:
    """What a preparation has come to.

    Attributes:
        sources: how many are done.
        giving: how many of them gave a picture.
        kept: pictures in each sub-folder of the output.
        dropped: (source, reason), the first one of each kind.
        reasons: how many pictures were dropped for each kind of reason.
    """

    sources: int = 0
    giving: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, tuple[str, str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, line: dict[str, Any]) -> None:
        """One more line of the record."""
        if not line.get("first"):  # else it was counted with its first pictures
            self.sources += 1
            self.giving += bool(line["kept"])
        for picture in line["kept"]:
            self.kept[subfolder_of(picture["picture"])] += 1
        for cut in line["dropped"]:
            kind = kind_of(cut["reason"])
            self.dropped.setdefault(kind, (line["source"], cut["reason"]))
            self.reasons[kind] += 1

    @property
    def pictures(self) -> int:
        """How many pictures were kept."""
        return self.kept.total()

    def rows(self) -> list[tuple[str, str]]:
        """What a user reads: done, kept, dropped and why."""
        rows = [
            ("looked at", f"{self.sources:,}, of which {self.giving:,} gave pictures"),
            ("kept", f"{self.pictures:,}"),
        ]
        if len(self.kept) > 1:
            folders = subfolders_in_words(dict(sorted(self.kept.items())))
            rows.append(("by folder", folders))
        rows.append(("dropped", f"{self.reasons.total():,}"))
        for kind, count in self.reasons.most_common():
            name, reason = self.dropped[kind]
            rows.append((f"  {kind}", f"{count:,}, such as {name} ({reason})"))
        return rows


def table(sources: Sources, tally: Tally, out: str | os.PathLike) -> str:
    """What a user reads at the end, as the dataset doctor's table."""
    rows = [("pictures in", str(sources.path)), ("written to", str(out))]
    rows += tally.rows()
    for kind, (count, example) in count_reasons(sources.skipped).items():
        rows.append((f"not listed: {kind}", f"{count:,}, such as {example}"))
    if sources.other_files:
        rows.append(("passed over", other_files_in_words(sources.other_files)))
    return table_of(rows)
