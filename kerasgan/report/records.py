"""What a run has written down, read so that nothing in it can stop the report.

L lines of a .jsonl file. A file may be missing, empty, of an older version, or end in
a line that a kill tore: what can be read is taken.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.jsonl import each_line, read_lines
from kerasgan.runs import RunError, RunFolder, read_json

LARGEST = 1e40  # more than any float32
TIMES = ("step", "images_seen", "seconds")  # where in the training a line stands


@dataclass
class Columns:
    """The numbers of a .jsonl file, by name.

    Attributes:
        values: name -> float64 [L], nan where a line has no such number.
        non_finite: name -> in how many lines it was a nan or an infinity.
    """

    values: dict[str, np.ndarray] = field(default_factory=dict)
    non_finite: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(next(iter(self.values.values()), ()))

    def get(self, name: str) -> np.ndarray | None:
        """The column [L], None where no line has a number for it."""
        column = self.values.get(name)
        return None if column is None or np.isnan(column).all() else column


@dataclass
class Records:
    """A run's files. `settings` and `dataset` are empty where there are none;
    `evaluations` are those of the newest kind, in the features that `features` names:
    `others` is how many there are that do not compare with them."""

    config: dict[str, Any]
    dataset: dict[str, Any]
    log: Columns
    evaluations: Columns
    features: str
    verdicts: list[dict[str, Any]]
    others: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """Those of config.json."""
        return _dict(self.config.get("settings"))


def read_records(run: RunFolder) -> Records:
    """Read all that the report shows, but for the pictures."""
    everything = read_lines(run.evaluations)
    evaluations = of_newest_kind(everything)
    return Records(
        config=_object(run.config),
        dataset=_object(run.dataset),
        log=columns_of(each_line(run.log)),
        evaluations=columns_of(evaluations),
        features=next(filter(None, map(_feature_net, evaluations)), ""),
        verdicts=[
            line
            for line in read_lines(run.verdicts)
            if isinstance(line.get("word"), str)
        ],
        others=len(everything) - len(evaluations),
    )


def of_newest_kind(evaluations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those in the features of the last line, against the same real pictures.

    >>> lines = [{"step": 1, "kind": "a"}, {"step": 2, "kind": "b"}]
    >>> of_newest_kind(lines)
    [{'step': 2, 'kind': 'b'}]
    """

    def kind(line: dict[str, Any]) -> tuple[Any, Any]:
        return line.get("features"), line.get("kind")

    return [line for line in evaluations if kind(line) == kind(evaluations[-1])]


def columns_of(lines: Iterable[dict[str, Any]]) -> Columns:
    """The numbers of lines with a step, in the order of the steps.

    Of a step that stands there twice the later line counts.

    >>> columns = columns_of([{"step": 2, "kid": None}, {"step": 1, "kid": 0.5}])
    >>> columns.values["kid"].tolist()
    [0.5, nan]
    """
    found: dict[str, list[float]] = {}
    columns, count = Columns(), 0
    for line in lines:
        if number(line.get("step")) is None:
            continue
        for name, value in line.items():
            value = number(value)
            if value is not None:
                column = found.setdefault(name, [])
                column.extend([math.nan] * (count - len(column)))
                column.append(value)
        names = line.get("non_finite")
        columns.non_finite.update(map(str, names) if isinstance(names, list) else ())
        count += 1
    for column in found.values():
        column.extend([math.nan] * (count - len(column)))
    columns.values = {name: np.array(column) for name, column in found.items()}
    if count:
        order = _order(columns.values["step"])
        columns.values = {name: each[order] for name, each in columns.values.items()}
    return columns


def number(value: Any) -> float | None:
    """A finite number as a float, None for anything else.

    >>> number(3), number(True), number(float("nan")), number("3")
    (3.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if abs(value) < LARGEST else None


def _order(steps: np.ndarray) -> np.ndarray:
    """Places of the last line of each step, by step."""
    backwards = steps[::-1]
    _, first = np.unique(backwards, return_index=True)
    return len(steps) - 1 - first


def _feature_net(evaluation: dict[str, Any]) -> str:
    name = evaluation.get("features")
    return name if isinstance(name, str) else ""


def _object(path: Path) -> dict[str, Any]:
    """A JSON file's object, empty where it is missing or none; what is no UTF-8 in it
    becomes a question mark."""
    try:
        text = json.dumps(_dict(read_json(path)), ensure_ascii=False)
        return json.loads(text.encode("utf-8", "replace"))
    except (OSError, RunError, RecursionError):
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
