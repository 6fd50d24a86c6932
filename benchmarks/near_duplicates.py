"""How many altered copies the perceptual hash finds, and how often it is wrong.

    python benchmarks/near_duplicates.py --path FACES

Prints for each number of bits that may differ: the share of altered copies of every
fourth picture that are found, by kind of alteration; how many pairs of pictures in the
folder count as near duplicates (look at them: some are); and the time and memory that
200,000 hashes take.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import time
from collections.abc import Callable

import cv2
import numpy as np

from kerasgan.data.doctor import find_files
from kerasgan.data.near_duplicates import MAX_BITS, NearDuplicates, perceptual_hash
from kerasgan.images import read_image

BITS = (2, 4, 6, 8)
MANY = 200_000


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """Compressed and decoded again."""
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def scaled(picture: np.ndarray, factor: float, method: int) -> np.ndarray:
    """Of another size."""
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=method)


def noisy(picture: np.ndarray) -> np.ndarray:
    """With noise of 8 grey levels."""
    noise = np.random.default_rng(0).normal(0, 8, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


ALTERATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "JPEG, quality 50": lambda picture: jpeg(picture, 50),
    "JPEG, quality 20": lambda picture: jpeg(picture, 20),
    "half the size": lambda picture: scaled(picture, 0.5, cv2.INTER_AREA),
    "1.6 times the size": lambda picture: scaled(picture, 1.6, cv2.INTER_CUBIC),
    "noise of 8 grey levels": noisy,
    "a fifth brighter": lambda picture: cv2.convertScaleAbs(
        picture, alpha=1.2, beta=10
    ),
    "gamma 0.7": lambda p: (255 * (p / 255) ** 0.7).astype(np.uint8),
    "one pixel to the right": lambda picture: np.roll(picture, 1, axis=1),
    "cropped by 2 of 128 pixels": lambda picture: picture[2:-2, 2:-2],
    "mirrored": lambda picture: np.ascontiguousarray(picture[:, ::-1]),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path", required=True)
    path = parser.parse_args().path
    names = [file.name for file in find_files(path).files]
    pictures = [read_image(f"{path}/{name}") for name in names]
    hashes = [perceptual_hash(picture) for picture in pictures]
    print("bits that may differ:", *BITS)
    for name, alter in ALTERATIONS.items():
        apart = np.array(
            [
                (perceptual_hash(alter(picture)) ^ hashed).bit_count()
                for picture, hashed in zip(pictures[::4], hashes[::4], strict=True)
            ]
        )
        print(f"{name}:", *(f"{(apart <= bits).mean():.1%}" for bits in BITS))
    pairs = [
        ((a ^ b).bit_count(), first, second)
        for (a, first), (b, second) in itertools.combinations(
            zip(hashes, names, strict=True), 2
        )
        if (a ^ b).bit_count() <= BITS[-1]
    ]
    counts = [sum(apart <= bits for apart, _, _ in pairs) for bits in BITS]
    print(f"pairs among {len(names)} pictures:", *counts)
    for apart, first, second in sorted(pairs)[:4]:
        print(f"  {apart} bits: {first}, {second}")
    measure_many()


def measure_many() -> None:
    """Time and memory of many hashes that are all new."""
    draw = random.Random(0)
    hashes = [draw.getrandbits(64) for _ in range(MANY)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    met = NearDuplicates(MAX_BITS)
    for place, hashed in enumerate(hashes):
        met.add(hashed, place)
    seconds = time.perf_counter() - start
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"{MANY:,} random hashes: {seconds:.1f} s, {more / 1024:.0f} MiB more")


if __name__ == "__main__":
    main()
