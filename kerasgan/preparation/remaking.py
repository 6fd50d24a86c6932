"""Pictures that the record names and somebody removed, made again.

Their sources are cut as they were, and the cuts matched with what the record has of
them. Of a source that is gone, nothing can be made again.
"""

from __future__ import annotations

import dataclasses
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kerasgan.data.near_duplicates import perceptual_hash
from kerasgan.preparation.cutting import Cut
from kerasgan.preparation.record import Record
from kerasgan.preparation.sources import Source, Sources
from kerasgan.preparation.state import Look, png_of

Part = tuple[int, list[dict[str, Any]]]  # the first picture's number, what was kept


def remake(
    record: Record,
    sources: Sources,
    look: Callable[[Source], Look],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Make again what is missing.

    Args:
        record: of the output folder.
        sources: as they were.
        look: reads a source and cuts it.
        progress: called as progress(done, total) after each source.

    Raises:
        OSError: the folder cannot be written to.
    """
    missing = _missing(record)
    for done, source in enumerate(sources.walk(only=missing), start=1):
        for first, kept in missing[source.name]:
            seen = look(dataclasses.replace(source, first=first, share=len(kept)))
            for name, cut in matched(seen.cuts, kept):
                if not os.path.lexists(record.out / name):
                    record.stage(name, png_of(cut))
            record.publish({"kept": kept})
        progress(done, len(missing))


def _missing(record: Record) -> dict[str, list[Part]]:
    """Of each source, the lines of which a picture is missing."""
    found: dict[str, list[Part]] = defaultdict(list)
    for line in record.lines():
        names = [picture["picture"] for picture in line["kept"]]
        if not all(os.path.lexists(record.out / name) for name in names):
            found[line["source"]].append((line.get("first", 0), line["kept"]))
    return found


def matched(
    cuts: Iterable[Cut], kept: list[dict[str, Any]]
) -> Iterator[tuple[str, Cut]]:
    """The name of each picture that was kept, and the cut that it is of.

    A cut that was dropped as a near duplicate is passed over: its hash is another one.
    """
    left = iter(kept)
    wanted = next(left, None)
    for cut in cuts:
        if wanted is None:
            return
        if not cut.reason and _is(cut, wanted):
            yield wanted["picture"], cut
            wanted = next(left, None)


def _is(cut: Cut, picture: dict[str, Any]) -> bool:
    if "hash" not in picture:
        return True
    return f"{perceptual_hash(cut.picture):016x}" == picture["hash"]
