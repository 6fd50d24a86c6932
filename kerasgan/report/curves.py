"""The curves of a report: which columns are drawn together, thinned to be drawn.

L lines of a log, P points of a curve. Of more lines than `POINTS` several make one
point, which keeps their lowest and highest value, so that no peak is lost; the line
through the middle is the mean of all lines of some points before and after.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasgan.report.charts import Chart, evaluation_charts, log_charts, other_charts
from kerasgan.report.records import TIMES, Columns, Records

POINTS = 300
SMOOTHED_SHARE = 0.04  # of all points: how many the mean is over
OUTLYING = 6.0  # times the span of the middle 98 %: beyond it, the axis is cut


def curves(records: Records) -> dict[str, Any]:
    """What page.js draws: of the log and of the evaluations, times and charts."""
    known = log_charts(records.settings)
    log = with_shares(records.log)
    return {
        "log": drawn(log, known + other_charts(log, known), smooth=True),
        "evaluations": drawn(
            records.evaluations, evaluation_charts(records.features), smooth=False
        ),
    }


def with_shares(log: Columns) -> Columns:
    """With d_share and g_share: updates a step since the line before."""
    values = dict(log.values)
    steps = log.get("step")
    for name in ("d", "g"):
        updates = log.get(f"{name}_updates")
        if updates is not None:
            passed = np.diff(steps, prepend=0)
            learnt = np.diff(updates, prepend=0)
            share = np.divide(
                learnt, passed, where=passed > 0, out=np.full_like(passed, np.nan)
            )
            share[share < 0] = np.nan  # counted anew
            values[f"{name}_share"] = share
    return Columns(values, log.non_finite)


def drawn(columns: Columns, charts: list[Chart], smooth: bool) -> dict[str, Any]:
    """The charts that have values, and the times of their points [P]."""
    starts = bucket_starts(len(columns))
    ends = np.append(starts[1:], len(columns)) - 1
    times = {
        name: plain(column[ends])
        for name in TIMES
        if (column := columns.get(name)) is not None
    }
    shown = (_chart_data(columns, chart, starts, smooth) for chart in charts)
    return {"times": times, "charts": [chart for chart in shown if chart["lines"]]}


def _chart_data(
    columns: Columns, chart: Chart, starts: np.ndarray, smooth: bool
) -> dict[str, Any]:
    lines, seen = [], [np.array([value for _, value in chart.ideals])]
    for name, title in chart.lines.items():
        values = columns.get(name)
        if values is None:
            continue
        values = values * chart.factor
        error = columns.get(chart.error) if chart.error else None
        error = 0 if error is None else np.nan_to_num(error) * chart.factor
        low, high = extremes(values - error, values + error, starts)
        seen += [low, high]
        lines.append(
            {
                "name": title,
                "low": plain(low),
                "high": plain(high),
                "middle": plain(smoothed(values, starts) if smooth else values[starts]),
                "nonFinite": columns.non_finite[name],
            }
        )
    low, high = value_range(np.concatenate(seen))
    return {
        "title": chart.title,
        "words": chart.words,
        "unit": chart.unit,
        "ideals": [{"name": name, "value": value} for name, value in chart.ideals],
        "lines": lines,
        "range": [low, high],
    }


def bucket_starts(count: int, most: int = POINTS) -> np.ndarray:
    """The first line of each point, for so many lines.

    >>> bucket_starts(7, most=3).tolist()
    [0, 2, 4]
    """
    points = min(count, most)
    return np.arange(points) * count // max(points, 1)


def extremes(
    low: np.ndarray, high: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and highest of each point's lines [P], nan where all are nan.

    >>> values = np.array([1.0, 5.0, np.nan, 2.0])
    >>> [each.tolist() for each in extremes(values, values, np.array([0, 2]))]
    [[1.0, 2.0], [5.0, 2.0]]
    """
    return np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)


def smoothed(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Means of the lines of `SMOOTHED_SHARE` of the points around each [P].

    >>> values = np.array([0.0, 3.0, np.nan, 6.0])
    >>> smoothed(values, np.arange(4)).round(2).tolist()
    [1.5, 1.5, nan, 6.0]
    """
    known = ~np.isnan(values)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    counts = np.add.reduceat(known.astype(int), starts)
    reach = max(1, round(len(starts) * SMOOTHED_SHARE / 2))
    means = np.full(len(starts), np.nan)
    for place in np.flatnonzero(counts):
        around = slice(max(place - reach, 0), place + reach + 1)
        means[place] = sums[around].sum() / counts[around].sum()
    return means


def value_range(values: np.ndarray) -> tuple[float, float]:
    """From where to where an axis goes: all values, unless a few lie far outside.

    >>> value_range(np.array([1.0, 2.0, np.nan])), value_range(np.array([3.0]))
    ((1.0, 2.0), (2.5, 3.5))
    >>> value_range(np.array([0.0])), value_range(np.array([1e30]))
    ((-0.5, 0.5), (9e+29, 1.1e+30))
    >>> value_range(np.append(np.linspace(0, 1, 200), 1e9))[1] < 2
    True
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = values.min(), values.max()
    lower, upper = np.percentile(values, (1, 99))
    span = upper - lower
    if high - low > OUTLYING * span > 0:
        low, high = max(low, lower - span / 4), min(high, upper + span / 4)
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size:  # nothing to see between them
        low, high = low - max(0.5, size / 10), high + max(0.5, size / 10)
    return float(low), float(high)


def plain(values: np.ndarray) -> list[float | None]:
    """Numbers as a page needs them: five digits, None for a nan.

    >>> plain(np.array([1 / 3, np.nan, 15550.0]))
    [0.33333, None, 15550]
    """
    return [None if np.isnan(value) else _short(value) for value in values]


def _short(value: float) -> float | int:
    rounded = float(f"{value:.5g}") if abs(value) < 1e4 else float(f"{value:.8g}")
    whole = abs(rounded) < 1e15 and rounded == int(rounded)
    return int(rounded) if whole else rounded
