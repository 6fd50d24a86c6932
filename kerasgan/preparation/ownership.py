"""Which pictures of an output folder prepare wrote, where its record may be damaged.

So that `--fresh` removes ours and nobody else's.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from kerasgan.data.doctor import DataError
from kerasgan.preparation.lines import PICTURE, settings_line, source_line

# What a record writes aside, and `write_atomically` for either.
LEFTOVER = re.compile(r"\.{1,2}(\d{6,}\.png|report\.html)(\.part|\.\d+\.part)+")


def own_pictures(record: Path, ours: set[Path]) -> set[Path]:
    """The pictures that a record names, or must have named where it is damaged.

    Args:
        record: the file.
        ours: files of its folder that are no pictures, and prepare's too.

    Raises:
        DataError: there are files that may be somebody else's.
    """
    named, sound, damaged = _whole_lines(record)
    if not damaged:
        return named
    others = _other_files(record.parent) - ours - named
    numbers = {int(path.stem) for path in named}
    numbered = {int(path.stem): path for path in others if PICTURE.fullmatch(path.name)}
    for number in itertools.count():  # ours are numbered from 0 without a gap
        if number in numbered:
            named.add(numbered.pop(number))
        elif number not in numbers:
            break
    mine = sound or record.stat().st_size == 0
    if mine and not numbered and (sound or not others - named):
        return named
    strange = min(numbered.values(), default=min(others - named, default=record))
    raise DataError(
        f"{record} must be the record that prepare wrote, and is so damaged "
        f"that {strange} may be somebody else's. Move away what you need and "
        f"remove {record.parent}, or name another folder by --out."
    )


def _whole_lines(record: Path) -> tuple[set[Path], int, bool]:
    """Pictures that whole lines name, how many lines are whole, and whether any is
    not."""
    named: set[Path] = set()
    sound, damaged = 0, record.stat().st_size == 0
    with open(record, "rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                if number == 1:
                    settings_line(record, line)
                    kept = []
                else:
                    kept = source_line(record, line, number)["kept"]
            except DataError:
                damaged = damaged or line.endswith(b"\n")
                continue
            sound += 1
            named |= {record.parent / picture["picture"] for picture in kept}
    return named, sound, damaged


def _other_files(folder: Path) -> set[Path]:
    """All files below a folder but leftovers."""
    files = {path for path in folder.rglob("*") if not path.is_dir()}
    return {path for path in files if not LEFTOVER.fullmatch(path.name)}
