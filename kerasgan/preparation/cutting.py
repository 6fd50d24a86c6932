"""One photograph or frame -> the training pictures it gives, and what was dropped.

Four ways, each a class with `cut(image, source)`: its faces, the whole of it, random
patches, or the same picture many times.

Legend: H height, W width; pictures uint8 [H, W, 3].
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kerasgan.data.doctor import MAX_ENLARGEMENT, FoundFile, in_threads
from kerasgan.decoding import decode_image, read_bytes
from kerasgan.images import enlargement, fit_image
from kerasgan.integrity import UnreadableImage
from kerasgan.preparation.alignment import (
    FACE_SIDE,
    face_transform,
    outside_share,
    pose,
    targets,
    warp,
)
from kerasgan.preparation.faces import Face, FaceDetector
from kerasgan.preparation.patches import cut_patches
from kerasgan.preparation.quality import Limits
from kerasgan.preparation.sources import Source, Sources, is_video

THUMBNAIL = (64, 64)


@dataclass(frozen=True)
class Cut:
    """A picture to keep, or one that was dropped.

    Attributes:
        picture: what is to be written; of one dropped, what the report shows.
        reason: why it was dropped; empty where it is to be kept.
        note: what the record tells about it besides.
        comment: a line of text for the file.
        left: how many pictures of the same source are still to come.
    """

    picture: np.ndarray
    reason: str = ""
    note: dict[str, Any] = field(default_factory=dict)
    comment: str = ""
    left: int = 0


def dropped_whole(image: np.ndarray, reason: str) -> Cut:
    """A whole photograph that gives nothing, for one reason."""
    return Cut(fit_image(image, THUMBNAIL, "pad"), reason)


@dataclass(frozen=True)
class FaceCutter:
    """Faces, aligned.

    Attributes:
        detector: finds them.
        image_size: (H, W) of the pictures.
        biggest_only: one face a photograph.
        min_size: height in pixels of the smallest face kept; 0 is half of what it is
            in the picture, so that no face grows more than twice.
        front_only: drop heads that are turned aside.
        margin: around the face, as a share of its height.
        border: beyond the photograph's edge: reflect or blur.
        max_outside: which share of a picture may lie beyond that edge.
        limits: of sharpness and light.
    """

    detector: FaceDetector
    image_size: tuple[int, int]
    biggest_only: bool = False
    min_size: float = 0.0
    front_only: bool = False
    margin: float = 0.2
    border: str = "reflect"
    max_outside: float = 0.4
    limits: Limits = Limits()
    in_order = False  # each photograph by itself: may run in threads

    def cut(self, image: np.ndarray, source: Source) -> Iterator[Cut]:
        """A picture of each face of a photograph, uint8 [h, w, 3], largest first."""
        faces = self.detector.find(image)
        if not faces:
            yield dropped_whole(image, "no face")
        for place, face in enumerate(faces):
            yield self._cut(image, face, place)

    def _cut(self, image: np.ndarray, face: Face, place: int) -> Cut:
        onto = targets(self.image_size, self.margin)
        into = face_transform(face.landmarks, onto)
        outside = outside_share(image.shape, into, self.image_size)
        note = {
            "box": [round(side, 1) for side in face.box],
            "score": round(face.score, 3),
        }
        picture = warp(image, into, self.image_size, self.border)
        return Cut(picture, self._reason(face, place, outside, picture), note)

    def _reason(
        self, face: Face, place: int, outside: float, picture: np.ndarray
    ) -> str:
        if face.height < smallest_face(self.min_size, self.image_size, self.margin):
            return f"small face: {face.height:.0f} pixels high"
        if self.biggest_only and place:
            return "not the biggest face"
        if outside > self.max_outside:
            return f"at the edge: {outside:.0%} lies beyond"
        if self.front_only and not pose(face.landmarks).is_frontal:
            return f"turned aside: {abs(pose(face.landmarks).turned):.2f}"
        return self.limits.reason_against(picture)


def smallest_face(min_size: float, image_size: tuple[int, int], margin: float) -> float:
    """How high a face must be to be kept, in pixels.

    >>> smallest_face(0, (128, 128), margin=0.2), smallest_face(40, (128, 128), 0.2)
    (45.7, 40)
    """
    eye_distance = targets(image_size, margin)[1, 0] - targets(image_size, margin)[0, 0]
    own = float(round(FACE_SIDE * eye_distance / MAX_ENLARGEMENT, 1))
    return min_size or own


@dataclass(frozen=True)
class WholeCutter:
    """Whole pictures, the middle part of the right shape."""

    image_size: tuple[int, int]
    limits: Limits = Limits()
    in_order = False

    def cut(self, image: np.ndarray, source: Source) -> Iterator[Cut]:
        """The picture, uint8 [h, w, 3], in the wanted size."""
        if enlargement(image.shape, self.image_size) > MAX_ENLARGEMENT:
            height, width = image.shape[:2]
            yield dropped_whole(image, f"too small: {height}x{width}")
            return
        picture = fit_image(image, self.image_size)
        yield Cut(picture, self.limits.reason_against(picture))


@dataclass(frozen=True)
class PatchCutter:
    """Patches: of each picture its share (see shares.py).

    Attributes:
        patch_size, rotation, scale, seed: as `cut_patches` takes them.
    """

    patch_size: int
    rotation: float = 0.0
    scale: float = 1.0
    seed: int = 0
    in_order = True  # what one picture lacks, others give

    def cut(self, image: np.ndarray, source: Source) -> Iterator[Cut]:
        """This picture's share of the patches, from its number `first` onwards."""
        height, width = image.shape[:2]
        if min(height, width) < self.patch_size:
            yield dropped_whole(image, f"too small: {height}x{width}")
            return
        missing = source.share
        for patch in cut_patches(
            image,
            source.share,
            self.patch_size,
            first=source.first,
            seed=(self.seed, zlib.crc32(os.fsencode(source.name))),
            rotation=self.rotation,
            scale=self.scale,
        ):
            missing -= 1
            yield Cut(patch, left=missing)
        if missing:
            yield dropped_whole(image, f"nearly empty: {missing} patches fewer")


def usable_places(
    sources: Sources,
    patch_size: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[int]:
    """Places of the sources that are large enough, readable, and no copies.

    Reads all pictures once beforehand, so that none is counted on in vain; `progress`
    is called as progress(done, total) after each. Frames of videos are counted without
    a look.
    """

    def look(file: FoundFile) -> tuple[bytes, bool]:
        try:
            data = read_bytes(sources.folder / file.name)
            shape = decode_image(data).shape
        except UnreadableImage:
            return b"", False
        return hashlib.blake2b(data).digest(), min(shape[:2]) >= patch_size

    files = [file for file in sources.files if not is_video(file.name)]
    places, met = [], set()
    for place, (digest, fits) in enumerate(in_threads(look, files)):
        if fits and digest not in met:
            places.append(place)
            met.add(digest)
        progress(place + 1, len(files))
    return [*places, *range(len(files), sources.total)]


@dataclass(frozen=True)
class Multiplier:
    """The same picture many times, unchanged.

    Attributes:
        times: how often.
    """

    times: int
    in_order = False

    def cut(self, image: np.ndarray, source: Source) -> Iterator[Cut]:
        """The picture, `times` times, each with its number as a comment in the file:
        files without any difference would be left out by `train` as copies."""
        for number in range(source.first + 1, self.times + 1):
            comment = f"{number} of {self.times}"
            yield Cut(image, comment=comment, left=self.times - number)
