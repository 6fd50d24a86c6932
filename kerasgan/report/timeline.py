"""The verdicts of a run as stretches of time: equal words in a row become one."""

from __future__ import annotations

from typing import Any

from kerasgan.report.records import TIMES, number

MOST = 200  # stretches on the page


def stretches(verdicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Consecutive verdicts of one word as one, with the last one's sentence.

    Each has `word`, `sentence`, `count`, and the times of its first and last verdict
    as `from` and `to`: step, images_seen, seconds, where they are known.

    >>> same = [{"step": 1, "word": "balanced"}, {"step": 2, "word": "balanced"}]
    >>> [(each["count"], each["to"]["step"]) for each in stretches(same)]
    [(2, 2.0)]
    """
    found: list[dict[str, Any]] = []
    for verdict in verdicts:
        times = {name: number(verdict.get(name)) for name in TIMES}
        if times["step"] is None:
            continue
        if not found or found[-1]["word"] != verdict["word"]:
            found.append({"word": verdict["word"], "from": times, "count": 0})
        last = found[-1]
        last |= {"to": times, "sentence": str(verdict.get("sentence") or "")}
        last["count"] += 1
    return found


def page_data(verdicts: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest stretches, and how many older ones are left out."""
    found = stretches(verdicts)
    return {"stretches": found[-MOST:], "older": max(0, len(found) - MOST)}
