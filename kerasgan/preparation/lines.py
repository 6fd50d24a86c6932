"""The lines of a preparation's record: how they look, and what is counted on.

The first line has the settings, each further one a source, or a part of one that gives
many:

    {"prepare": 1, "settings": {...}}
    {"source": "a.jpg", "file": "a.jpg", "state": [size, time], "digest": "...",
     "kept": [{"picture": "000000.png", "hash": "...", "box": [...], ...}],
     "dropped": [{"reason": "blurred: sharpness 9.1", "thumbnail": "...", ...}]}

Of a part, "first" says how many pictures the source gave before it, and "left" how
many are still to come: so a kill loses a part at most. Of a source that could not be
read for a reason that may pass there is no line: the next start tries it again.

Thumbnails (JPEG, base64) are kept of the first few pictures dropped for each reason,
which bounds the file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from kerasgan.data.doctor import DataError
from kerasgan.runs import stays_below

VERSION = 1
PICTURE = re.compile(r"\d{6,}\.png")


def as_line(content: dict[str, Any]) -> bytes:
    """ASCII, so that names in no encoding are kept too."""
    return json.dumps(content).encode("ascii") + b"\n"


def first_line(settings: dict[str, Any]) -> bytes:
    """The line that a record begins with."""
    return as_line({"prepare": VERSION, "settings": settings})


def settings_line(record: Path, line: bytes) -> dict[str, Any]:
    """The settings in the first line of a record.

    Raises:
        DataError: it is damaged, or not one of ours.
    """
    first = _parsed(record, line, 1)
    if first.get("prepare") != VERSION or not isinstance(first.get("settings"), dict):
        raise _damaged(record, 1)
    return first["settings"]


def source_line(record: Path, line: bytes, number: int) -> dict[str, Any]:
    """What a further line says of a source; no path in it leads out of the folder.

    Raises:
        DataError: it is damaged.
    """
    content = _parsed(record, line, number)
    try:
        names = [picture["picture"] for picture in content["kept"]]
        texts = [cut["reason"] for cut in content["dropped"]]
        whole = isinstance(content["state"], list)
        texts += [content["source"], content["file"]]
        safe = all(PICTURE.fullmatch(Path(name).name) for name in names)
        safe = safe and all(map(stays_below, names))
        if whole and safe and all(isinstance(each, str) for each in texts):
            return content
    except (KeyError, TypeError) as error:
        raise _damaged(record, number) from error
    raise _damaged(record, number)


def _parsed(record: Path, line: bytes, number: int) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise _damaged(record, number) from error
    if not isinstance(content, dict):
        raise _damaged(record, number)
    return content


def _damaged(record: Path, number: int) -> DataError:
    return DataError(
        f"{record} must be the record that prepare wrote, and its line {number} "
        "is not. Name another folder by --out, or add --fresh to remove what "
        "prepare wrote there and begin anew."
    )
