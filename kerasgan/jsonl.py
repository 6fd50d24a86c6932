"""Files of one JSON object a line, each with its "step": they survive kill and resume.

Layer 0: the standard library alone.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasgan.runs import write_atomically


def append_line(path: Path, line: dict[str, Any]) -> None:
    """Write one line, and wait until it is on the disk: a checkpoint may outlive a
    power cut, and its lines must too.

    Raises:
        OSError: it cannot be written there.
        ValueError: a number is not finite.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, allow_nan=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def each_line(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines that have a step, one by one; of no file none."""
    if not path.is_file():
        return
    with open(path, "rb") as file:
        yield from filter(None, map(_whole, file))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The same, all of them.

    >>> read_lines(Path("no such file"))
    []
    """
    return list(each_line(path))


def drop_lines_after(path: Path, step: int) -> None:
    """Keep the whole lines up to `step`; no file, nothing to do."""
    if not path.is_file():
        return
    before = path.read_bytes()
    kept = [line for line in before.splitlines(keepends=True) if step_in(line) <= step]
    if b"".join(kept) != before:
        write_atomically(path, b"".join(kept))


def step_in(line: bytes) -> float:
    """The step of a line; beyond all steps if it is none, or torn.

    >>> step_in(b'{"step": 5}\\n'), step_in(b'{"step": 5}'), step_in(b"?\\n")
    (5, inf, inf)
    """
    whole = _whole(line)
    return math.inf if whole is None else whole["step"]


def _whole(line: bytes) -> dict[str, Any] | None:
    """A line with a step, None if it is none, or torn."""
    if not line.endswith(b"\n"):
        return None
    try:
        content = json.loads(line)
        step = content["step"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return content if isinstance(step, int | float) else None
