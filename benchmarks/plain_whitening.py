"""Make kerasgan/metrics/plain_whitening.npz: what makes plain features white.

    python benchmarks/plain_whitening.py [--count 3000] [--out FILE]

Draws pictures of a random world, takes their raw plain features, and finds the matrix
that makes these nearly uncorrelated, each with a deviation of about 1. Prints how far
the result is from the file that is there (0.000 for the one that is shipped, up to
OpenCV's version).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from kerasgan.metrics.plain_features import WHITENING, raw_features, whitening

SIDE = 64
LEAST_VARIANCE = 0.3  # added to each direction's, or those of next to none would decide


def dead_leaves(random: np.random.Generator) -> np.ndarray:
    """One picture, uint8 [SIDE, SIDE, 3]: discs of many sizes that hide each other, out
    of focus, with a rough texture and noise over all."""
    image = np.empty((SIDE, SIDE, 3), np.float32)
    image[:] = random.uniform(20, 235) + random.normal(0, 25, 3)
    for _ in range(random.integers(5, 60)):
        colour = random.uniform(10, 245) + random.normal(0, 20, 3)
        size = 3 / random.uniform(0.05, 1)  # a power law
        axes = [max(1, int(size * random.uniform(0.5, 1.5))) for _ in range(2)]
        centre, turn = random.integers(-8, SIDE + 8, 2).tolist(), random.uniform(0, 180)
        cv2.ellipse(image, centre, axes, turn, 0, 360, colour.tolist(), -1, cv2.LINE_AA)
    image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 1.2))
    rough = texture(random) * random.uniform(5, 40)
    noise = random.normal(0, random.uniform(1, 6), (SIDE, SIDE, 1))
    return np.clip(image + rough[..., None] + noise, 0, 255).astype(np.uint8)


def texture(random: np.random.Generator) -> np.ndarray:
    """Noise [SIDE, SIDE] whose amplitude falls as 1 / frequency; deviation 1."""
    across, down = np.fft.rfftfreq(SIDE)[None], np.fft.fftfreq(SIDE)[:, None]
    amplitude = 1 / np.maximum(np.hypot(across, down), 1 / SIDE)
    real, imaginary = random.normal(size=(2, *amplitude.shape))
    rough = np.fft.irfft2(amplitude * (real + 1j * imaginary), (SIDE, SIDE))
    return rough / rough.std()


def make(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean and deviation [F], and the symmetric matrix [F, F]."""
    random = np.random.default_rng(0)
    rows = raw_features(np.stack([dead_leaves(random) for _ in range(count)]))
    rows = rows.astype(np.float64)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    rows = (rows - mean) / deviation
    variances, directions = np.linalg.eigh(np.cov(rows.T))
    white = directions / np.sqrt(np.maximum(variances, 0) + LEAST_VARIANCE)
    matrix = white @ directions.T / np.sqrt(((rows @ white) ** 2).mean())
    return mean, deviation, matrix


def main() -> None:
    """Make, compare with the file that is there, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--out")
    args = parser.parse_args()
    mean, deviation, matrix = make(args.count)
    if WHITENING.exists():
        before = whitening()[2]
        apart = np.abs(matrix - before).max() / np.abs(before).max()
        print(
            f"farthest from the file that is there: {apart:.3f} of its largest number"
        )
    if args.out:
        triangle = matrix[np.triu_indices(len(mean))].astype(np.float16)
        with open(Path(args.out), "wb") as file:
            moments = {"mean": mean, "deviation": deviation}
            moments = {name: each.astype(np.float32) for name, each in moments.items()}
            np.savez(file, triangle=triangle, **moments)


if __name__ == "__main__":
    main()
