"""Faces in photographs of any size: where they are, and their landmarks.

The detector is YuNet (Wu et al. 2023, "YuNet: a tiny millisecond-level face
detector") in OpenCV. It knows faces from some 25 to 600 pixels high (tilted ones from
40), so that a large photograph is looked at several times, each time a third as large,
and faces that were found twice are put together. Then each face is looked at once
more, upright and 100 pixels high, as it is and mirrored: the mean of the two sets of
landmarks is nearer to the truth than the first one is, by a third in the worst cases.
One that looks more like a face the other way up is turned, for the detector also finds
faces that stand on their heads, and takes their chins for brows.

Legend: H height, W width; pictures uint8 [H, W, 3], RGB; landmarks [5, 2] as in
alignment.py; boxes are (left, top, width, height), all in pixels of the photograph.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from kerasgan.preparation.alignment import apply, face_transform, targets, warp

DETECTABLE = 40  # pixels: how high the smallest face is in the largest copy
LARGEST_LOOK = 320  # pixels: the longer side of the smallest copy is at most this
BETWEEN_LOOKS = 3.0  # times as small as the one before
TILE = 2048  # pixels: more are looked at in parts, which bounds the memory
SHARED = 256  # pixels that neighbouring parts have in common; larger faces are found
# in the next smaller copy
WEAKEST = 0.5  # score of a find that is looked at once more
OVERLAP = 0.3  # of two boxes (intersection over union) that are one face
SECOND_LOOK = (160, 160)
SECOND_MARGIN = 0.3  # the face is then 100 pixels high
# Turns a second look round its middle, [2, 3].
HALF_TURN = np.array([[-1.0, 0, SECOND_LOOK[1] - 1], [0, -1, SECOND_LOOK[0] - 1]])


class DetectorError(ValueError):
    """A detector's file that is none; the message says what to do."""


@dataclass(frozen=True)
class Face:
    """A face in a photograph.

    Attributes:
        box: (left, top, width, height) in pixels, from the brows to the chin.
        landmarks: float64 [5, 2].
        score: how sure the detector is, 0 to 1: the lower of its two looks.
    """

    box: tuple[float, float, float, float]
    landmarks: np.ndarray
    score: float

    @property
    def height(self) -> float:
        """In pixels of the photograph."""
        return self.box[3]


class FaceDetector:
    """Finds faces; may be called from several threads at once.

    Args:
        model: the bytes of YuNet's ONNX file; see `detector_model.read_model`.
        min_size: height in pixels of the smallest face that is looked for: with a
            larger one, large photographs take less time.
        min_score: finds of lower scores are left out.

    Raises:
        DetectorError: the bytes are not such a network.
    """

    def __init__(
        self, model: bytes, *, min_size: float = 64, min_score: float = 0.8
    ) -> None:
        self.min_size = max(float(min_size), 1.0)
        self.min_score = min_score
        self._model = np.frombuffer(model, np.uint8)
        self._own = threading.local()  # one network a thread
        try:
            rows = self._look(np.zeros((64, 64, 3), np.uint8))
        except cv2.error as error:
            raise DetectorError(
                "The face detector must be YuNet's ONNX file, "
                "face_detection_yunet_2023mar.onnx of OpenCV's model zoo. Received a "
                "file that OpenCV cannot use as one: give it by --detector_model, or "
                "leave the flag out."
            ) from error
        if rows.shape[1] != 15:
            raise DetectorError(
                "The face detector must give 15 numbers a face, as YuNet does. "
                f"Received {rows.shape[1]}: take another file."
            )

    def find(self, image: np.ndarray) -> list[Face]:
        """The faces of a photograph, uint8 [H, W, 3], the largest first."""
        rows = np.concatenate(
            [
                self._look_at_tiles(copy) / factors
                for copy, factors in _copies(image, self.min_size)
            ]
        )
        seen = [self._second_look(image, row) for row in _distinct(rows)]
        again = np.array([row for row in seen if row is not None]).reshape(-1, 15)
        faces = [_face(row) for row in _distinct(again) if row[14] >= self.min_score]
        return sorted(faces, key=lambda face: (-face.height, face.box))

    def _look_at_tiles(self, image: np.ndarray) -> np.ndarray:
        """[faces, 15] of a picture of any size; a face may be found in two tiles."""
        rows = []
        for top in tile_starts(image.shape[0]):
            for left in tile_starts(image.shape[1]):
                tile = image[top : top + TILE, left : left + TILE]
                shift = np.zeros(15)
                shift[[0, 4, 6, 8, 10, 12]] = left
                shift[[1, 5, 7, 9, 11, 13]] = top
                rows.append(self._look(tile) + shift)
        return np.concatenate(rows)

    def _look(self, image: np.ndarray) -> np.ndarray:
        """[faces, 15]: box, five points, score."""
        network = getattr(self._own, "network", None)
        if network is None:
            network = self._own.network = cv2.FaceDetectorYN.create(
                "onnx", self._model, np.zeros(0, np.uint8), (64, 64), WEAKEST
            )
        height, width = image.shape[:2]
        network.setInputSize((width, height))
        _, rows = network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        return np.zeros((0, 15)) if rows is None else rows.astype(np.float64)

    def _second_look(self, image: np.ndarray, row: np.ndarray) -> np.ndarray | None:
        """The find with a better box and landmarks; None where there is none after
        all. A find between two faces becomes one of them."""
        into = face_transform(
            row[4:14].reshape(5, 2), targets(SECOND_LOOK, SECOND_MARGIN)
        )
        scale = np.hypot(*into[:, 0])
        if not np.isfinite(into).all() or scale < 1e-6:
            return None
        upright = warp(image, into, SECOND_LOOK)
        best = self._middle_one(upright)
        other = self._middle_one(upright[::-1, ::-1])
        if other is not None and (best is None or other[14] > best[14]):
            best, into = other, HALF_TURN @ np.vstack([into, [0, 0, 1]])
            upright = upright[::-1, ::-1]
        mirrored = self._middle_one(upright[:, ::-1])
        if best is None or mirrored is None:
            return None
        looks = [best, _mirror(mirrored, SECOND_LOOK[1])]
        mean = np.mean(looks, axis=0)
        points = np.concatenate(
            [[mean[:2] + mean[2:4] / 2], mean[4:14].reshape(5, 2)]
        )  # the box's middle, then the landmarks
        points = apply(cv2.invertAffineTransform(into), points)
        size = mean[2:4] / scale
        score = min(row[14], mean[14])
        return np.concatenate([points[0] - size / 2, size, points[1:].ravel(), [score]])

    def _middle_one(self, upright: np.ndarray) -> np.ndarray | None:
        """The find in the middle of a second look, [15], if there is one."""
        rows = self._look(np.ascontiguousarray(upright))
        if not len(rows):
            return None
        middle = (np.array(SECOND_LOOK[::-1]) - 1) / 2
        away = np.hypot(*(rows[:, :2] + rows[:, 2:4] / 2 - middle).T)
        nearest = int(np.argmin(away))
        return rows[nearest] if away[nearest] < min(SECOND_LOOK) / 4 else None


def _face(row: np.ndarray) -> Face:
    return Face(
        tuple(map(float, row[:4])), row[4:14].reshape(5, 2).copy(), float(row[14])
    )


def _copies(
    image: np.ndarray, min_size: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Smaller and smaller copies, and what a find [15] in each is divided by."""
    height, width = image.shape[:2]
    for scale in look_scales((height, width), min_size):
        size = max(1, round(width * scale)), max(1, round(height * scale))
        factors = np.ones(15)
        factors[:14] = np.tile([size[0] / width, size[1] / height], 7)
        copy = image
        if size != (width, height):
            copy = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        yield copy, factors


def tile_starts(length: int) -> list[int]:
    """Where the tiles of a side of so many pixels begin.

    >>> tile_starts(2048), tile_starts(4000)
    ([0], [0, 1792, 1952])
    """
    last = max(0, length - TILE)
    return [*range(0, last, TILE - SHARED), last]


def look_scales(shape: tuple[int, int], min_size: float) -> list[float]:
    """How small the copies of a photograph of (H, W) are that are looked at.

    >>> [round(scale, 3) for scale in look_scales((3000, 4000), min_size=96)]
    [0.417, 0.139, 0.046]
    >>> look_scales((200, 300), min_size=20)
    [1.0]
    """
    scale = min(1.0, DETECTABLE / min_size)
    scales = [scale]
    while max(shape) * scale > LARGEST_LOOK:
        scale /= BETWEEN_LOOKS
        scales.append(scale)
    return scales


def _distinct(rows: np.ndarray) -> list[np.ndarray]:
    """One row for each face, the one with the best score, from several looks."""
    kept: list[np.ndarray] = []
    for row in rows[np.argsort(-rows[:, 14], kind="stable")]:
        if all(overlap(row[:4], other[:4]) < OVERLAP for other in kept):
            kept.append(row)
    return kept


def overlap(box: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes (left, top, width, height).

    >>> overlap((0, 0, 2, 2), (1, 0, 2, 2))
    0.3333333333333333
    """
    left, top = max(box[0], other[0]), max(box[1], other[1])
    right = min(box[0] + box[2], other[0] + other[2])
    bottom = min(box[1] + box[3], other[1] + other[3])
    shared = max(right - left, 0) * max(bottom - top, 0)
    union = box[2] * box[3] + other[2] * other[3] - shared
    return float(shared / union) if union > 0 else 0.0


def _mirror(row: np.ndarray, width: int) -> np.ndarray:
    """A find in a mirrored picture as one in the picture itself."""
    turned = row.copy()
    turned[0] = width - row[0] - row[2]
    points = row[4:14].reshape(5, 2)[[1, 0, 2, 4, 3]]
    turned[4:14:2] = width - 1 - points[:, 0]
    turned[5:14:2] = points[:, 1]
    return turned
