"""A face put upright in the middle of a picture: similarity transforms and borders.

Landmarks are the five points that face detectors give, [5, 2] in pixels as (x, y):
the eye, the other eye, the nose, the two corners of the mouth, each pair from the
left of the picture to its right. `SHAPE` has their mean places on faces seen from the
front, in eye distances from the middle between the eyes.

The transform (turn, scale, shift; nothing else) is the one with the least squared
distance between the eyes and the corners of the mouth and their targets, in closed
form (Umeyama 1991, "Least-squares estimation of transformation parameters between
two point patterns"). The nose is left out: it moves when the head turns.

Legend: H height, W width; pictures uint8 [H, W, 3]; matrices float64 [2, 3], which
take (x, y, 1) of one picture to (x, y) of another.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

BORDERS = ("reflect", "blur")
SHAPE = np.array([[-0.5, 0], [0.5, 0], [0, 0.57], [-0.425, 0.99], [0.425, 0.99]])
FITTED = [0, 1, 3, 4]  # eyes and corners of the mouth
FACE_SIDE = 2.8  # eye distances from the brows to the chin
FACE_CENTRE = 0.5  # of that square, in eye distances below the eyes
MOST_TURNED = 0.25  # of an eye distance: where heads are turned by some 25 degrees
NOSE_HEIGHT = (0.35, 0.8)  # between eyes (0) and mouth (1), neither bent up nor down


def targets(image_size: tuple[int, int], margin: float) -> np.ndarray:
    """Where the landmarks shall be: [5, 2], the face in the middle.

    Args:
        image_size: (H, W) of the picture to be.
        margin: what is seen around the face, as a share of its height, on each side
            of the shorter side of the picture.

    Example:
    >>> targets((128, 128), margin=0.2)[:2].round(1).tolist()
    [[47.2, 47.2], [79.8, 47.2]]
    """
    height, width = image_size
    eye_distance = min(height, width) / (FACE_SIDE * (1 + 2 * margin))
    middle = np.array([(width - 1) / 2, (height - 1) / 2 - FACE_CENTRE * eye_distance])
    return SHAPE * eye_distance + middle


def similarity(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """The turn, scale and shift that bring points nearest to others: float64 [2, 3].

    Args:
        points, onto: [P, 2], P >= 2; `points` not all in one place.

    Example: a quarter turn and a doubling.
    >>> similarity(np.array([[0, 0], [1, 0]]), np.array([[5, 5], [5, 7]])).tolist()
    [[0.0, -2.0, 5.0], [2.0, 0.0, 5.0]]
    """
    points, onto = np.asarray(points, np.float64), np.asarray(onto, np.float64)
    centre, onto_centre = points.mean(axis=0), onto.mean(axis=0)
    p, q = points - centre, onto - onto_centre
    along = (p * q).sum()
    across = (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum()
    turn = np.array([[along, -across], [across, along]]) / (p**2).sum()
    return np.column_stack([turn, onto_centre - turn @ centre])


def face_transform(landmarks: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """The similarity [2, 3] that puts a face's eyes and mouth onto targets [5, 2]."""
    return similarity(landmarks[FITTED], onto[FITTED])


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points [P, 2] under a transform [2, 3].

    >>> apply(np.array([[2.0, 0, 1], [0, 2, 0]]), np.array([[3, 4]])).tolist()
    [[7.0, 8.0]]
    """
    return np.asarray(points) @ matrix[:, :2].T + matrix[:, 2]


class Pose(NamedTuple):
    """How far a head is turned aside and bent, by its landmarks.

    Attributes:
        turned: how far the nose is beside the middle, in eye distances; 0 in front.
        nose_height: where the nose is between the eyes (0) and the mouth (1).
    """

    turned: float
    nose_height: float

    @property
    def is_frontal(self) -> bool:
        """Whether the face looks about into the camera."""
        low, high = NOSE_HEIGHT
        return abs(self.turned) <= MOST_TURNED and low <= self.nose_height <= high


def pose(landmarks: np.ndarray) -> Pose:
    """The pose of a face with landmarks [5, 2].

    >>> pose(SHAPE * 30 + 100).is_frontal
    True
    >>> pose(SHAPE * 30 + [[0, 0], [0, 0], [12, 0], [0, 0], [0, 0]]).is_frontal
    False
    """
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    down = mouth - eyes
    length = max(float(np.hypot(*down)), 1e-6)
    down = down / length
    apart = landmarks[1] - landmarks[0]
    distance = max(float(np.hypot(*apart)), 1e-6)
    nose = landmarks[2] - eyes
    beside = nose[0] * down[1] - nose[1] * down[0]
    return Pose(float(beside) / distance, float(nose @ down) / length)


def warp(
    image: np.ndarray,
    matrix: np.ndarray,
    image_size: tuple[int, int],
    border: str = "reflect",
) -> np.ndarray:
    """The part of a picture that a similarity brings into a frame: uint8 [H, W, 3].

    What is shrunk is averaged over areas first, so that a large face does not flicker.

    Args:
        image: uint8 [h, w, 3].
        matrix: [2, 3], from the picture into the frame.
        image_size: (H, W) of the frame.
        border: beyond the picture's edge, `reflect` mirrors it, and `blur` lets the
            mirrored part fade away with the distance from the edge.

    Raises:
        ValueError: `border` is another word.
    """
    if border not in BORDERS:
        raise ValueError(
            f"border must be one of {', '.join(BORDERS)}. Received {border!r}: "
            "take reflect to mirror the picture beyond its edge."
        )
    height, width = image_size
    image, matrix = _shrunk(image, matrix, image_size)
    framed = cv2.warpAffine(
        image,
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    if border == "reflect":
        return framed
    return _fade(framed, _inside(image, matrix, image_size))


def outside_share(
    shape: tuple[int, ...], matrix: np.ndarray, image_size: tuple[int, int]
) -> float:
    """Which share of a frame lies beyond the edge of a picture of [h, w, ...].

    >>> shift = np.array([[1.0, 0, 4], [0, 1, 0]])
    >>> outside_share((8, 8, 3), shift, (8, 8))
    0.5
    """
    height, width = image_size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    points = apply(
        cv2.invertAffineTransform(matrix), np.stack([x.ravel(), y.ravel()], axis=1)
    )
    limits = np.array([shape[1] - 0.5, shape[0] - 0.5])
    inside = ((points >= -0.5) & (points <= limits)).all(axis=1)
    return float(1 - inside.mean())


def _shrunk(
    image: np.ndarray, matrix: np.ndarray, image_size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """The part of a picture that a frame sees, made as small as the frame has it."""
    scale = float(np.hypot(*matrix[:, 0]))
    height, width = image_size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    seen = apply(cv2.invertAffineTransform(matrix), corners)
    edge = 4 + 2 / scale  # for the interpolation, and the averaging before it
    left, top = np.floor(np.maximum(seen.min(axis=0) - edge, 0)).astype(int)
    right, bottom = np.ceil(seen.max(axis=0) + edge).astype(int)
    part = image[top:bottom, left:right]
    if 0 in part.shape:  # the frame lies wholly beyond the picture
        return image, matrix
    matrix = matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ (left, top)
    if scale >= 1:
        return part, matrix
    size = [max(1, round(side * scale)) for side in (part.shape[1], part.shape[0])]
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    # Centres of pixels: x of the part is (x' + 0.5) * step - 0.5 of the small one.
    step = np.array([part.shape[1] / size[0], part.shape[0] / size[1]])
    matrix[:, 2] += matrix[:, :2] @ (0.5 * step - 0.5)
    matrix[:, :2] *= step
    return small, matrix


def _inside(
    image: np.ndarray, matrix: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """uint8 [H, W]: 255 where a frame sees the picture, 0 beyond its edge."""
    whole = np.full(image.shape[:2], 255, np.uint8)
    height, width = image_size
    return cv2.warpAffine(whole, matrix, (width, height), flags=cv2.INTER_NEAREST)


def _fade(framed: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Blur what lies beyond the edge, the more the farther, towards its mean colour."""
    outside = (inside == 0).astype(np.uint8)
    if not outside.any() or outside.all():
        return framed
    side = min(framed.shape[:2])
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    blurred = cv2.GaussianBlur(framed, (0, 0), sigmaX=side / 16).astype(np.float32)
    mean = framed[inside > 0].mean(axis=0, dtype=np.float32)
    near = np.clip(away / (side / 16), 0, 1)[..., None]
    far = np.clip(away / (side / 2), 0, 1)[..., None]
    faded = framed * (1 - near) + blurred * near
    faded = faded * (1 - far) + mean * far
    return np.rint(faded).astype(np.uint8)
