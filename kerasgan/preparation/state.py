"""What decides about the next picture of a preparation: all that was done before it.

Copies and near duplicates of photographs and of pictures, the number of the next
picture, how many thumbnails there are. All of it is read from the record, so that a
start after a kill decides as the one before would have.

Legend: H height, W width; pictures uint8 [H, W, 3].
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from kerasgan.data.doctor import DataError
from kerasgan.data.examination import kind_of, printable
from kerasgan.data.near_duplicates import NearDuplicates, perceptual_hash
from kerasgan.images import comment_png, encode_png, fit_image
from kerasgan.preparation.cutting import THUMBNAIL, Cut
from kerasgan.preparation.record import Record
from kerasgan.preparation.sources import Source, Sources
from kerasgan.preparation.tally import Tally

THUMBNAILS = 48  # of the pictures dropped for each reason
JPEG_QUALITY = 75


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


class State:
    """What decides about the next picture: all that was done before it.

    Raises:
        DataError: a source has changed since it was done.
    """

    def __init__(
        self, record: Record, sources: Sources, near_bits: int | None, copies: bool
    ) -> None:
        self.record = record
        self.tally = Tally()
        self.done: set[str] = set()
        self._copies = copies
        self._near_bits = near_bits
        self._photographs = NearDuplicates(near_bits or 0)
        self._pictures = NearDuplicates(near_bits or 0)
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
        if "hash" in line:
            self._photographs.remember(int(line["hash"], 16), line["source"])
        for picture in line["kept"]:
            if "hash" in picture:
                self._pictures.remember(int(picture["hash"], 16), picture["picture"])

    def settle(self, seen: Look) -> dict[str, Any]:
        """Write aside what is to be kept of a source; its line for the record."""
        source = seen.source
        line: dict[str, Any] = {
            "source": source.name,
            "file": source.file,
            "state": list(source.state),
            "digest": seen.digest,
            "kept": [],
            "dropped": [],
        }
        reason = seen.reason or self._reason_against(seen)
        if reason:
            line["dropped"].append({"reason": reason})
        else:
            for cut in seen.cuts:
                self._settle_cut(cut, source, line)
        if seen.hashed is not None and line["kept"]:
            line["hash"] = f"{seen.hashed:016x}"
            self._photographs.remember(seen.hashed, source.name)
        self.done.add(source.name)
        self.tally.add(line)
        return line

    def _settle_cut(self, cut: Cut, source: Source, line: dict[str, Any]) -> None:
        """Write one picture aside, or note why not."""
        kept, dropped = line["kept"], line["dropped"]
        note, reason = dict(cut.note), cut.reason
        name = self._name(source, self.tally.pictures + len(kept))
        if not reason:
            reason = self._near(cut.picture, name, note)
        if not reason:
            self.record.stage(name, _png(cut))
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
