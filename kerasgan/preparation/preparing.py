"""A messy folder in, a clean one out: every source is cut, checked and written once.

The originals are only read. Pictures are numbered in the order of their sources, so
that the same folder and settings give the same files, however often the process was
killed on the way: what is done stands in the record (record.py), and the
next start goes on behind it.

Legend: H height, W width; pictures uint8 [H, W, 3].
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from kerasgan.data.doctor import content_digest, in_threads
from kerasgan.data.near_duplicates import perceptual_hash
from kerasgan.decoding import NO_MEMORY, decode_image, read_bytes
from kerasgan.integrity import UnreadableImage
from kerasgan.preparation.cutting import Cut
from kerasgan.preparation.record import Record
from kerasgan.preparation.remaking import remake
from kerasgan.preparation.shares import Shares
from kerasgan.preparation.sources import Source, Sources
from kerasgan.preparation.state import Look, State, may_pass
from kerasgan.preparation.tally import Tally


class Cutter(Protocol):
    """What makes pictures of a source; see cutting.py.

    Attributes:
        in_order: each cut depends on those before it: not in threads.
    """

    in_order: bool

    def cut(self, image: np.ndarray, source: Source) -> Iterable[Cut]:
        """The pictures of a source, uint8 [h, w, 3], kept or dropped."""


def prepare(
    sources: Sources,
    cutter: Cutter,
    record: Record,
    *,
    near_bits: int | None = None,
    copies: bool = False,
    shares: Shares | None = None,
    planned: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
    remaking: Callable[[int, int], None] = lambda done, total: None,
) -> Tally:
    """Do every source that the record does not have yet.

    Pictures that the record has and the folder has no more are made again.

    Args:
        sources: what there is.
        cutter: makes pictures of each.
        record: of the output folder, begun.
        near_bits: drop photographs whose perceptual hash differs from an earlier
            one's by so many bits at most, and pictures cut out likewise; None keeps
            them. (Frames are compared by what is cut out of them alone: of a standing
            camera they are all alike.)
        copies: whether sources of the same content are all taken.
        shares: where a number of pictures is shared out among the sources.
        planned: how many pictures there will be, where that is known before.
        progress: called as progress(done, total) after each source, or after each part
            of it, with pictures in place of sources where they are planned.
        remaking: called likewise while pictures are made again.

    Returns:
        what it came to, with all earlier starts.

    Raises:
        DataError: the record is damaged, or a source has changed since it was done.
        OSError: the disk is full, or the folder cannot be written to.
    """
    record.mend()
    state = State(record, sources, near_bits, copies)
    total = planned or max(sources.total, len(state.done))

    def look(source: Source) -> Look:
        return _look(sources.folder, source, cutter, hashing=near_bits is not None)

    def tell() -> None:
        done = state.tally.pictures if planned else state.tally.sources
        progress(min(done, total - 1), total)  # the last word comes at the end

    remake(record, sources, look, remaking)
    tell()
    todo = shares.turns(sources, state) if shares else _turns(sources, state)
    with contextlib.closing(_looks(look, todo, cutter.in_order)) as looks:
        for seen in looks:
            for line in state.settle(seen):
                if not may_pass(line):
                    record.append(line)
                    record.publish(line)
                tell()
    progress(total, total)
    return state.tally


def _turns(sources: Sources, state: State) -> Iterator[Source]:
    """What is not done, from where it was left."""
    begun = {name: given.pictures for name, given in state.given.items() if given.left}
    for source in sources.walk(state.done):
        yield dataclasses.replace(source, first=begun.get(source.name, 0))


def _look(folder: Path, source: Source, cutter: Cutter, hashing: bool) -> Look:
    """Read a source and cut it."""
    if source.reason:
        return Look(source, reason=source.reason)
    digest, image = "", source.image
    try:
        if image is None:
            data = read_bytes(folder / source.file)
            digest = content_digest(data).hex()
            image = decode_image(data)
    except UnreadableImage as error:
        return Look(source, digest=digest, reason=error.reason)
    hashed = perceptual_hash(image) if digest and hashing else None
    cuts = cutter.cut(image, source)
    if cutter.in_order:
        return Look(source, cuts, digest, hashed)
    try:
        return Look(source, list(cuts), digest, hashed)
    except (cv2.error, MemoryError):
        return Look(source, digest=digest, reason=NO_MEMORY)


def _looks(
    look: Callable[[Source], Look], todo: Iterator[Source], in_order: bool
) -> Iterator[Look]:
    if in_order:
        for source in todo:
            yield look(source)
    else:
        yield from in_threads(look, todo)
