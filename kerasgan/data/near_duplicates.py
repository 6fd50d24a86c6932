"""Pictures that are nearly the same: resized, compressed again, a little brighter.

Each picture becomes a hash of 64 bits, and two are near duplicates where few bits
differ. The hash (Zauner 2010, "Implementation and benchmarking of perceptual image
hash functions"): grey, averaged down to 32x32, discrete cosine transform, the 8x8
coefficients after the first row and column, each bit whether one is above their
median. Mirrored, turned or cropped pictures are told apart; all flat ones are alike.

To be within b bits, two hashes must agree wholly in one of b + 1 bands of their bits
(Manku et al. 2007), so that each is compared with those alone that share a band.

Legend: N pictures, H height, W width, C channels.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable

import cv2
import numpy as np

from kerasgan.images import read_image

__all__ = ["MAX_BITS", "NearDuplicates", "near_duplicates", "perceptual_hash"]

SIDE = 32  # of the averaged picture
FREQUENCIES = 8  # along each axis
BITS = FREQUENCIES**2
MAX_BITS = 4  # that may differ


def perceptual_hash(picture: np.ndarray) -> int:
    """The 64 bits of a picture, as a whole number.

    Args:
        picture: uint8 [H, W, C] with C = 1, 3 or 4 (alpha is not looked at).

    Raises:
        ValueError: the picture has another type or shape.

    Example:
    >>> noise = np.random.default_rng(0).integers(0, 200, (64, 64, 1), np.uint8)
    >>> perceptual_hash(noise) == perceptual_hash(noise + 10)
    True
    """
    if picture.ndim != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        raise ValueError(
            "picture must be uint8 [H, W, C] and not empty. Received "
            f"{picture.dtype} {list(picture.shape)}: convert it with to_uint8 first."
        )
    grey = picture[..., :3]
    if grey.shape[2] == 3:
        grey = cv2.cvtColor(np.ascontiguousarray(grey), cv2.COLOR_RGB2GRAY)
    # Averaged before it becomes float: a photograph of 100 MP would take 400 MB.
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    waves = cv2.dct(small.astype(np.float32))[1 : FREQUENCIES + 1, 1 : FREQUENCIES + 1]
    bits = np.packbits(waves > np.median(waves))
    return int.from_bytes(bits.tobytes(), "big")


class NearDuplicates:
    """The pictures met so far, of which a new one may be a near duplicate.

    It holds the hash of each picture that resembles none before it; memory grows by
    some 600 bytes a picture. A picture is compared with the first ones of groups and
    not with their other members, so that a chain of small changes (the frames of a
    video) does not end as one group.

    Args:
        max_bits: how many of the 64 bits may differ, 0 to 16.

    Raises:
        ValueError: `max_bits` is out of range.

    Example:
    >>> met = NearDuplicates(max_bits=2)
    >>> met.add(0b1111, "a"), met.add(0b1110, "b"), met.add(0b11111111, "c")
    (None, 'a', None)
    """

    def __init__(self, max_bits: int = MAX_BITS) -> None:
        if not 0 <= max_bits <= 16:
            raise ValueError(
                f"max_bits must be between 0 and 16. Received {max_bits}: "
                f"{MAX_BITS} finds copies that were resized or compressed again."
            )
        self.max_bits = max_bits
        bands = max_bits + 1
        # Neighbouring frequencies are alike, so a band takes every (b + 1)th bit.
        self._masks = [
            sum(1 << bit for bit in range(band, BITS, bands)) for band in range(bands)
        ]
        self._firsts: list[tuple[int, object]] = []  # (hash, name)
        self._with: dict[tuple[int, int], list[int]] = defaultdict(list)

    def add(self, hashed: int, name: object) -> object | None:
        """The name of the first picture that this one resembles; None where it is new,
        and others may from now on resemble it."""
        keys = [(band, hashed & mask) for band, mask in enumerate(self._masks)]
        near = [
            place
            for key in keys
            for place in self._with.get(key, ())
            if (self._firsts[place][0] ^ hashed).bit_count() <= self.max_bits
        ]
        if near:
            return self._firsts[min(near)][1]
        for key in keys:
            self._with[key].append(len(self._firsts))
        self._firsts.append((hashed, name))
        return None


def near_duplicates(
    pictures: Iterable[np.ndarray | str | os.PathLike], max_bits: int = MAX_BITS
) -> np.ndarray:
    """For each picture, which one it is a near duplicate of: itself where it is none.

    Args:
        pictures: uint8 [H, W, C] each, or files; one is held at a time.
        max_bits: how many of the 64 bits of `perceptual_hash` may differ.

    Returns:
        int [N]: the place of the first picture of its group. The pictures to keep are
        those with `groups == np.arange(N)`.

    Raises:
        UnreadableImage: a file gives no picture.

    Example:
    >>> noise = np.random.default_rng(0).integers(0, 200, (64, 64, 1), np.uint8)
    >>> near_duplicates([noise, noise[:, ::-1], noise + 10]).tolist()
    [0, 1, 0]
    """
    met = NearDuplicates(max_bits)
    groups = []
    for place, picture in enumerate(pictures):
        if isinstance(picture, (str, os.PathLike)):
            picture = read_image(picture)
        first = met.add(perceptual_hash(picture), place)
        groups.append(place if first is None else first)
    return np.array(groups, np.int64)
