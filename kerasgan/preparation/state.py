"""What decides about the next picture of a preparation: all that was done before it.

Copies and near duplicates of photographs and of pictures, the number of the next
picture, how many thumbnails there are. All of it is read from the record, so that a
start after a kill decides as the one before would have.

Legend: H height, W width; pictures uint8 [H, W, 3].
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from kerasgan.data.doctor import DataError
from kerasgan.data.examination import kind_of, printable
from kerasgan.data.near_duplicates import NearDuplicates, perceptual_hash
from kerasgan.decoding import NO_MEMORY
from kerasgan.images import comment_png, encode_png, fit_image
from kerasgan.preparation.cutting import THUMBNAIL, Cut
from kerasgan.preparation.record import Record
from kerasgan.preparation.sources import Source, Sources
from kerasgan.preparation.tally import Tally
from kerasgan.preparation.unchanged import Unchanged

THUMBNAILS = 48  # of the pictures dropped for each reason
JPEG_QUALITY = 75
# What a line of the record has of one source at most, and a kill can lose:
PART = 200  # pictures
PART_BYTES = 2**26  # of their pixels, unless it is one picture
PASSING = ("cannot be read", NO_MEMORY)  # reasons that may not hold the next time


@dataclass(frozen=True)
class Look:
    """What one source turned out to give.

    Attributes:
        source: which.
        cuts: pictures, kept or dropped.
        digest: of the file's content; of a frame none.
        hashed: its perceptual hash; of a frame none.
        reason: why it could not be read.
    """

    source: Source
    cuts: Iterable[Cut] = ()
    digest: str = ""
    hashed: int | None = None
    reason: str = ""


@dataclass(slots=True)
class Given:
    """What one source has given.

    Attributes:
        pictures: how many.
        left: how many of its share were still to come when the last line was written.
        goes: how often its share was cut to the end.
        full: whether it gave all of its share the last time.
    """

    pictures: int = 0
    left: int = 0
    goes: int = 0
    full: bool = False

    def add(self, line: dict[str, Any]) -> None:
        """One more line of the record."""
        self.pictures += len(line["kept"])
        self.left = line.get("left", 0)
        self.goes += not self.left
        self.full = bool(line["kept"]) and not line["dropped"]


class State:
    """What decides about the next picture: all that was done before it.

    Attributes:
        tally: what it has come to.
        done: names of the sources that are done, as far as they are asked once.
        given: what each has given.

    Raises:
        DataError: a source has changed since it was done.
    """

    def __init__(
        self, record: Record, sources: Sources, near_bits: int | None, copies: bool
    ) -> None:
        self.record = record
        self.tally = Tally()
        self.done: set[str] = set()
        self.given: dict[str, Given] = defaultdict(Given)
        self._copies = copies
        self._near_bits = near_bits
        self._photographs = NearDuplicates(near_bits or 0)
        self._pictures = NearDuplicates(near_bits or 0)
        self._digests: dict[str, str] = {}
        same = Unchanged(sources)
        for line in record.lines():
            if not same(line):
                raise DataError(
                    f"{printable(line['file'])} must be as it was when {record.out} "
                    "was begun, and has changed. Name another folder by --out, or "
                    "add --fresh to start anew."
                )
            self._remember(line)

    def able(self, goes: int, exactly: bool = False) -> set[str]:
        """Names of the sources that gave all of their share the last time, so that
        they may give more: asked `goes` times, or oftener."""
        return {
            name
            for name, given in self.given.items()
            if given.full and (given.goes == goes if exactly else given.goes >= goes)
        }

    def _count(self, line: dict[str, Any]) -> None:
        name = line["source"]
        self.given[name].add(line)
        if not self.given[name].left:
            self.done.add(name)
        self.tally.add(line)

    def _remember(self, line: dict[str, Any]) -> None:
        self._count(line)
        if line.get("digest"):
            self._digests.setdefault(line["digest"], line["source"])
        if "hash" in line:
            self._photographs.remember(int(line["hash"], 16), line["source"])
        for picture in line["kept"]:
            if "hash" in picture:
                self._pictures.remember(int(picture["hash"], 16), picture["picture"])

    def settle(self, seen: Look) -> Iterator[dict[str, Any]]:
        """Write aside what is to be kept of a source.

        Yields:
            its lines for the record, of a part each; each must be written before the
            next one is asked for.
        """
        source = seen.source
        line = self._begun_line(seen)
        reason = seen.reason or self._reason_against(seen)
        if reason:
            line["dropped"].append({"reason": reason})
        for cut in () if reason else seen.cuts:
            self._settle_cut(cut, source, line)
            if cut.left and is_part(len(line["kept"]), cut.picture):
                line["left"] = cut.left
                self._count(line)
                yield line
                line = self._begun_line(seen)
        if seen.hashed is not None and line["kept"]:
            line["hash"] = f"{seen.hashed:016x}"
            self._photographs.remember(seen.hashed, source.name)
        self._count(line)
        yield line

    def _begun_line(self, seen: Look) -> dict[str, Any]:
        """A line that has no picture yet."""
        source = seen.source
        first = self.given[source.name].pictures
        return {
            "source": source.name,
            "file": source.file,
            "state": list(source.state),
            "digest": seen.digest,
            **({"first": first} if first else {}),
            "kept": [],
            "dropped": [],
        }

    def _settle_cut(self, cut: Cut, source: Source, line: dict[str, Any]) -> None:
        """Write one picture aside, or note why not."""
        kept, dropped = line["kept"], line["dropped"]
        note, reason = dict(cut.note), cut.reason
        name = self._name(source, self.tally.pictures + len(kept))
        if not reason:
            reason = self._near(cut.picture, name, note)
        if not reason:
            self.record.stage(name, png_of(cut))
            kept.append({"picture": name} | note)
            return
        kind = kind_of(reason)
        before = sum(kind_of(other["reason"]) == kind for other in dropped)
        if self.tally.reasons[kind] + before < THUMBNAILS:
            note["thumbnail"] = thumbnail(cut.picture)
        dropped.append({"reason": reason} | note)

    def _reason_against(self, seen: Look) -> str:
        """Why a whole source is not taken, where it could be read."""
        if self._copies or not seen.digest:
            return ""
        name = seen.source.name
        first = self._digests.setdefault(seen.digest, name)
        if first != name:
            return f"same as {first}"
        if seen.hashed is None:
            return ""
        near = self._photographs.find(seen.hashed)
        return "" if near is None else f"nearly the same: as {near}"

    def _name(self, source: Source, number: int) -> str:
        """In the sub-folder that the source lies in, so that it can be a label."""
        name = f"{number:06d}.png"
        return name if source.subfolder == "." else f"{source.subfolder}/{name}"

    def _near(self, picture: np.ndarray, name: str, note: dict[str, Any]) -> str:
        """Why a picture is not new; else its hash is in `note`."""
        if self._near_bits is None:
            return ""
        hashed = perceptual_hash(picture)
        first = self._pictures.add(hashed, name)
        if first is not None:
            return f"nearly the same: as {first}"
        note["hash"] = f"{hashed:016x}"
        return ""


def is_part(count: int, picture: np.ndarray) -> bool:
    """Whether so many pictures like this one, uint8 [H, W, 3], are enough for a line.

    >>> small, large = np.zeros((64, 64, 3)), np.zeros((4000, 3000, 3), np.uint8)
    >>> is_part(199, small), is_part(200, small), is_part(2, large)
    (False, True, True)
    """
    return count >= PART or count * picture.nbytes >= PART_BYTES


def may_pass(line: dict[str, Any]) -> bool:
    """Whether a source could not be read for a reason that may not hold the next time:
    it may not be opened, or there was no memory for it."""
    return any(kind_of(cut["reason"]) in PASSING for cut in line["dropped"])


def png_of(cut: Cut) -> bytes:
    """The bytes of a picture's file."""
    data = encode_png(cut.picture)
    return comment_png(data, cut.comment) if cut.comment else data


def thumbnail(picture: np.ndarray) -> str:
    """A small JPEG of a picture, uint8 [H, W, 3], as base64."""
    small = fit_image(picture, THUMBNAIL, "pad")
    flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), flags)[1]
    return base64.b64encode(data.tobytes()).decode("ascii")
