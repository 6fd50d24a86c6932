"""The stages of networks that halve or double from any size, and their channels.

A stage is one halving of both sides. Layer 0: the standard library alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasgan.resolutions import FIRST_SIDE, MOST_CHANNELS


def count_stages(image_size: tuple[int, int], smallest: int = FIRST_SIDE) -> int:
    """How often both sides can be halved before one falls below `smallest`.

    >>> count_stages((64, 64)), count_stages((96, 64)), count_stages((240, 240))
    (4, 4, 4)
    """
    stages = 0
    while all(
        side % 2 ** (stages + 1) == 0 and side // 2 ** (stages + 1) >= smallest
        for side in image_size
    ):
        stages += 1
    return stages


def stage_channels(stages: int, width: int) -> list[int]:
    """Channels of each feature map of a generator, lowest resolution first.

    The last map has the picture's own size and half of `width`.

    >>> stage_channels(4, 32), stage_channels(6, 32)
    ([256, 128, 64, 32, 16], [256, 256, 256, 128, 64, 32, 16])
    """
    powers = [min(2**power, MOST_CHANNELS) for power in range(stages)]
    return [width * power for power in reversed(powers)] + [max(width // 2, 1)]


def size_name(size: Sequence[int]) -> str:
    """As layers are named after it.

    >>> size_name([96, 64])
    '96x64'
    """
    return "x".join(map(str, size))
