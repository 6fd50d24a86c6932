"""Ways between points: straight or along the sphere, one way or in a loop.

Legend: T frames, K corners, points [...] of any shape.
Source: spherical interpolation, Shoemake 1985; for latents, White 2016.
"""

from __future__ import annotations

import math

import numpy as np

WAYS = ("spherical", "linear")


def between(
    a: np.ndarray, b: np.ndarray, share: float, way: str = "spherical"
) -> np.ndarray:
    """The point a share of the way from a to b.

    Along the sphere the direction turns evenly and the length changes evenly; a
    straight line between two normal latents passes points shorter than any of theirs.

    >>> between(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.5).round(3).tolist()
    [0.707, 0.707]
    """
    if way not in WAYS:
        raise ValueError(f"way must be one of {', '.join(WAYS)}. Received {way}.")
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    straight = (1 - share) * a + share * b
    if way == "linear" or min(lengths) == 0:
        return straight
    cosine = float(np.vdot(a, b) / (lengths[0] * lengths[1]))
    angle = math.acos(min(1.0, max(-1.0, cosine)))
    if angle < 1e-4 or math.pi - angle < 1e-4:  # no turn, or any would do
        return straight
    parts = math.sin((1 - share) * angle), math.sin(share * angle)
    turned = (parts[0] * a / lengths[0] + parts[1] * b / lengths[1]) / math.sin(angle)
    return turned * ((1 - share) * lengths[0] + share * lengths[1])


def eased(share: float) -> float:
    """Slow at both ends, fast in the middle: 0 -> 0, 1/2 -> 1/2, 1 -> 1.

    >>> [round(eased(s), 3) for s in (0.0, 0.25, 0.5, 1.0)]
    [0.0, 0.156, 0.5, 1.0]
    """
    return share * share * (3 - 2 * share)


def walk(
    corners: np.ndarray,
    frames: int,
    *,
    way: str = "spherical",
    loop: bool = False,
    easing: bool = True,
) -> np.ndarray:
    """Points on the way through all corners, [T, ...].

    Args:
        corners: [K, ...], K at least 2.
        frames: T, at least K; a loop comes back to its first point after the last.
        easing: slow down at each corner.

    Raises:
        ValueError: too few corners or frames.

    Example:
    >>> walk(np.array([[0.0], [1.0]]), 3, way="linear").ravel().tolist()
    [0.0, 0.5, 1.0]
    """
    corners = np.asarray(corners)
    if len(corners) < 2 or frames < len(corners):
        raise ValueError(
            "A walk must have at least 2 corners, and a frame for each. Received "
            f"{len(corners)} corners and {frames} frames."
        )
    legs = len(corners) if loop else len(corners) - 1
    steps = frames if loop else frames - 1
    points = []
    for frame in range(frames):
        leg, share = divmod(frame * legs / steps, 1)
        leg = int(leg)
        if leg == legs:  # the very end
            leg, share = legs - 1, 1.0
        ends = corners[leg], corners[(leg + 1) % len(corners)]
        points.append(between(*ends, eased(share) if easing else share, way))
    return np.stack(points).astype(np.float32)
