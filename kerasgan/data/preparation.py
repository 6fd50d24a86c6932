"""A messy folder in, a clean one out: every source is cut, checked and written once.

The originals are only read. Pictures are numbered in the order of their sources, so
that the same folder and settings give the same files, however often the process was
killed on the way: what is done stands in the record (preparation_record.py), and the
next start goes on behind it.

Legend: H height, W width; pictures uint8 [H, W, 3].
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from kerasgan.data.cutting import THUMBNAIL, Cut
from kerasgan.data.doctor import DIGEST_BYTES, DataError, in_threads
from kerasgan.data.examination import (
    count_reasons,
    kind_of,
    other_files_in_words,
    printable,
    subfolder_of,
    subfolders_in_words,
    table_of,
)
from kerasgan.data.near_duplicates import NearDuplicates, perceptual_hash
from kerasgan.data.preparation_record import Record
from kerasgan.data.sources import Source, Sources
from kerasgan.decoding import decode_image, read_bytes
from kerasgan.images import comment_png, encode_png, fit_image
from kerasgan.integrity import UnreadableImage
from kerasgan.runs import write_atomically

THUMBNAILS = 48  # of the pictures dropped for each reason
JPEG_QUALITY = 75


class Cutter(Protocol):
    """What makes pictures of a source; see cutting.py.

    Attributes:
        in_order: each cut depends on those before it: not in threads.
    """

    in_order: bool

    def cut(self, image: np.ndarray, source: Source) -> Iterable[Cut]:
        """The pictures of a source, uint8 [h, w, 3], kept or dropped."""


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


def prepare(
    sources: Sources,
    cutter: Cutter,
    record: Record,
    *,
    near_bits: int | None = None,
    copies: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Tally:
    """Do every source that the record does not have yet.

    Args:
        sources: what there is.
        cutter: makes pictures of each.
        record: of the output folder, begun.
        near_bits: drop pictures whose perceptual hash differs from an earlier one's
            by so many bits at most; None keeps them.
        copies: whether sources of the same content are all taken.
        progress: called as progress(done, total) after each source.

    Returns:
        what it came to, with all earlier starts.

    Raises:
        DataError: the record is damaged, or a source has changed since it was done.
        OSError: the disk is full, or the folder cannot be written to.
    """
    record.mend()
    state = _State(record, sources, near_bits, copies)
    total = max(sources.total, len(state.done))
    progress(len(state.done), total)

    def look(source: Source) -> _Look:
        return _look(sources.folder, source, cutter)

    todo = sources.walk(state.done)
    with contextlib.closing(_looks(look, todo, cutter.in_order)) as looks:
        for seen in looks:
            record.append(state.settle(seen))
            progress(min(state.tally.sources, total), total)
    progress(total, total)
    return state.tally


@dataclass(frozen=True)
class _Look:
    """What one source turned out to give."""

    source: Source
    cuts: Iterable[Cut] = ()
    digest: str = ""  # of the file's content; of a frame none
    reason: str = ""  # why it could not be read


def _look(folder: Path, source: Source, cutter: Cutter) -> _Look:
    """Read a source and cut it."""
    if source.reason:
        return _Look(source, reason=source.reason)
    digest, image = "", source.image
    try:
        if image is None:
            data = read_bytes(folder / source.file)
            digest = hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()
            image = decode_image(data)
    except UnreadableImage as error:
        return _Look(source, digest=digest, reason=error.reason)
    cuts = cutter.cut(image, source)
    if cutter.in_order:
        return _Look(source, cuts, digest)
    try:
        return _Look(source, list(cuts), digest)
    except (cv2.error, MemoryError):
        return _Look(source, digest=digest, reason="needs more memory than there is")


def _looks(
    look: Callable[[Source], _Look], todo: Iterator[Source], in_order: bool
) -> Iterator[_Look]:
    if in_order:
        for source in todo:
            yield look(source)
    else:
        yield from in_threads(look, todo)


class _State:
    """What decides about the next picture: all that was done before it.

    Raises:
        DataError: a source has changed since it was done.
    """

    def __init__(
        self, record: Record, sources: Sources, near_bits: int | None, copies: bool
    ) -> None:
        self.out = record.out
        self.tally = Tally()
        self.done: set[str] = set()
        self._copies = copies
        self._met = None if near_bits is None else NearDuplicates(near_bits)
        self._digests: dict[str, str] = {}
        states = sources.states()
        for line in record.lines():
            now = states.get(line["file"], line["state"])  # gone: its pictures stay
            if list(now) != list(line["state"]):
                raise DataError(
                    f"{printable(line['file'])} must be as it was when {record.out} "
                    "was begun, and has changed. Name another folder by --out, or "
                    "add --fresh to start anew."
                )
            self._remember(line)

    def _remember(self, line: dict[str, Any]) -> None:
        self.done.add(line["source"])
        self.tally.add(line)
        if line.get("digest"):
            self._digests.setdefault(line["digest"], line["source"])
        for picture in line["kept"]:
            if self._met is not None and "hash" in picture:
                self._met.remember(int(picture["hash"], 16), picture["picture"])

    def settle(self, seen: _Look) -> dict[str, Any]:
        """Write what is to be kept of a source; its line for the record."""
        kept: list[dict[str, Any]] = []
        dropped: list[dict[str, Any]] = []
        shown: Counter[str] = Counter(self.tally.reasons)
        reason = seen.reason or self._reason_against(seen)
        if reason:
            dropped.append({"reason": reason})
        for cut in () if reason else seen.cuts:
            note, why = dict(cut.note), cut.reason
            if not why:
                name = self._name(seen.source, self.tally.pictures + len(kept))
                why = self._near(cut.picture, name, note)
            if not why:
                (self.out / name).parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self.out / name, _png(cut))
                kept.append({"picture": name} | note)
                continue
            kind = kind_of(why)
            shown[kind] += 1
            if shown[kind] <= THUMBNAILS:
                note["thumbnail"] = thumbnail(cut.picture)
            dropped.append({"reason": why} | note)
        source = seen.source
        line = {"source": source.name, "file": source.file, "state": source.state}
        line |= {"digest": seen.digest, "kept": kept, "dropped": dropped}
        self.done.add(source.name)
        self.tally.add(line)
        return line

    def _reason_against(self, seen: _Look) -> str:
        """Why a whole source is not taken, where it could be read."""
        if self._copies or not seen.digest:
            return ""
        first = self._digests.setdefault(seen.digest, seen.source.name)
        return "" if first == seen.source.name else f"same as {first}"

    def _name(self, source: Source, number: int) -> str:
        """In the sub-folder that the source lies in, so that it can be a label."""
        name = f"{number:06d}.png"
        return name if source.subfolder == "." else f"{source.subfolder}/{name}"

    def _near(self, picture: np.ndarray, name: str, note: dict[str, Any]) -> str:
        """Why a picture is not new; else its hash is in `note`."""
        if self._met is None:
            return ""
        hashed = perceptual_hash(picture)
        first = self._met.add(hashed, name)
        if first is not None:
            return f"nearly the same: as {first}"
        note["hash"] = f"{hashed:016x}"
        return ""


def _png(cut: Cut) -> bytes:
    """The bytes of a picture's file."""
    data = encode_png(cut.picture)
    return comment_png(data, cut.comment) if cut.comment else data


def thumbnail(picture: np.ndarray) -> str:
    """A small JPEG of a picture, uint8 [H, W, 3], as base64."""
    small = fit_image(picture, THUMBNAIL, "pad")
    flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), flags)[1]
    return base64.b64encode(data.tobytes()).decode("ascii")


def table(sources: Sources, tally: Tally, out: str | os.PathLike) -> str:
    """What a user reads at the end, as the dataset doctor's table."""
    rows = [("pictures in", str(sources.folder)), ("written to", str(out))]
    rows += tally.rows()
    for kind, (count, example) in count_reasons(sources.skipped).items():
        rows.append((f"not listed: {kind}", f"{count:,}, such as {example}"))
    if sources.other_files:
        rows.append(("passed over", other_files_in_words(sources.other_files)))
    return table_of(rows)
