"""Random crops out of a few large pictures: many training pictures from one doodle.

A patch is a square of `patch_size` pixels, somewhere in the picture, turned and made
smaller if that is wished, and never beyond the picture's edge. One with far less
contrast than the picture as a whole (a piece of bare paper) is empty, and another is
drawn in its place.

Legend: H height, W width, P patch_size; pictures uint8 [H, W, 3].
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from kerasgan.preparation.alignment import warp

EMPTY = 0.25  # of the picture's contrast (standard deviation of its grey levels)
TRIES = 500  # draws for a patch before the picture is given up
TURNS = 50  # angles drawn for a patch before it is left upright


def contrast(picture: np.ndarray) -> float:
    """The standard deviation of a picture's grey levels.

    >>> contrast(np.full((8, 8, 3), 9, np.uint8))
    0.0
    """
    return float(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).std())


def cut_patches(
    image: np.ndarray,
    count: int,
    patch_size: int,
    *,
    first: int = 0,
    seed: int | tuple[int, ...] = 0,
    rotation: float = 0.0,
    scale: float = 1.0,
) -> Iterator[np.ndarray]:
    """Random patches of one picture.

    Args:
        image: uint8 [H, W, 3].
        count: how many.
        patch_size: P, in pixels.
        first: the number of the first of them.
        seed: patch k follows from it, from k, the picture and what stands below alone.
        rotation: each is turned by up to so many degrees, either way.
        scale: each shows a square of P to `scale` x P pixels of the picture, made
            smaller; no more than fits in. 1 cuts without resampling.

    Yields:
        uint8 [P, P, 3]; fewer than `count` where nearly all of the picture is empty.

    Raises:
        ValueError: the picture is smaller than a patch.

    Example:
    >>> image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    >>> [patch.shape for patch in cut_patches(image, count=2, patch_size=16)]
    [(16, 16, 3), (16, 16, 3)]
    """
    height, width = image.shape[:2]
    if min(height, width) < patch_size:
        raise ValueError(
            f"The picture must be at least {patch_size} pixels high and wide. "
            f"Received {height}x{width}: take smaller patches."
        )
    least = EMPTY * contrast(image)
    seeds = seed if isinstance(seed, tuple) else (seed,)
    for number in range(first, first + count):
        rng = np.random.default_rng((*seeds, number))
        draws = (_draw(rng, image, patch_size, rotation, scale) for _ in range(TRIES))
        patch = next((each for each in draws if contrast(each) > least), None)
        if patch is None:
            return
        yield patch


def _draw(
    rng: np.random.Generator,
    image: np.ndarray,
    patch_size: int,
    rotation: float,
    scale: float,
) -> np.ndarray:
    """One patch, wherever it falls."""
    height, width = image.shape[:2]
    if not rotation and scale == 1:
        top = rng.integers(0, height - patch_size + 1)
        left = rng.integers(0, width - patch_size + 1)
        return image[top : top + patch_size, left : left + patch_size].copy()
    angle, times = _turn_and_scale(
        rng, min(height, width) / patch_size, rotation, scale
    )
    reach = patch_size * times * (abs(math.cos(angle)) + abs(math.sin(angle))) / 2
    x = rng.uniform(reach, max(reach, width - reach)) - 0.5
    y = rng.uniform(reach, max(reach, height - reach)) - 0.5
    turn = np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    turn /= times
    middle = np.full(2, (patch_size - 1) / 2)
    matrix = np.column_stack([turn, middle - turn @ (x, y)])
    return warp(image, matrix, (patch_size, patch_size))


def _turn_and_scale(
    rng: np.random.Generator, room: float, rotation: float, scale: float
) -> tuple[float, float]:
    """An angle in radians, and how many times larger the square in the picture is, so
    that it fits into `room` patch sides; where no angle drawn fits, upright."""
    for _ in range(TURNS):
        angle = math.radians(rng.uniform(-rotation, rotation))
        largest = room / (abs(math.cos(angle)) + abs(math.sin(angle)))
        if largest >= 1:
            break
    else:
        angle, largest = 0.0, room
    return angle, math.exp(rng.uniform(0, math.log(max(1.0, min(scale, largest)))))
