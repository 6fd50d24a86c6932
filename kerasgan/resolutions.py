"""The resolutions of networks that double from 4x4 on, and their channels.

Layer 0: the standard library alone.
"""

from __future__ import annotations

import math

FIRST_SIDE = 4  # of the first resolution
MOST_SIDE = 256  # of a picture
MOST_CHANNELS = 8  # x width, at the lowest resolutions


def count_resolutions(image_size: tuple[int, int]) -> int:
    """4, 8, 16 ... up to the picture's own.

    >>> count_resolutions((64, 64))
    5

    Raises:
        ValueError: the picture is not square, or its side is no power of two.
    """
    height, width = image_size
    if height != width or height < 2 * FIRST_SIDE or height & (height - 1):
        raise ValueError(
            "--image_size must be a power of two, the same both ways: a square picture "
            "whose side is a power of two is what a network can reach that doubles "
            f"from 4x4 on. Received {height}x{width}: take {nearest_power(height)}, or "
            "--model dcgan."
        )
    return int(math.log2(height)) - 1


def nearest_power(side: int) -> int:
    """The power of two nearest to a side, of 16 to 256.

    >>> nearest_power(100), nearest_power(80), nearest_power(3), nearest_power(999)
    (128, 64, 16, 256)
    """
    lower = 2 ** max(int(math.log2(max(side, 1))), 4)
    nearest = lower if side - lower <= 2 * lower - side else 2 * lower
    return min(nearest, MOST_SIDE)


def resolution_channels(resolutions: int, width: int, most: int) -> list[int]:
    """Channels of each resolution, 4x4 first: `width` at the last, doubling below.

    >>> resolution_channels(5, 32, 256)
    [256, 256, 128, 64, 32]
    """
    return [min(width * 2**k, most) for k in reversed(range(resolutions))]


def channels_for(
    image_size: tuple[int, int], width: int, most: int | None = None
) -> list[int]:
    """Channels of each resolution of a picture; at most `MOST_CHANNELS` x width.

    >>> channels_for((32, 32), 16)
    [128, 64, 32, 16]
    """
    resolutions = count_resolutions(image_size)
    return resolution_channels(resolutions, width, most or MOST_CHANNELS * width)
