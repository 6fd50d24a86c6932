"""Generated pictures beside the training pictures they are most like, in one PNG.

    python benchmarks/nearest.py --path FACES --made runs/faces/generated --out OUT.png

Pairs, the generated one on the left; the pairs with the smallest distances come first,
so that copies, where there are any, are at the top. Prints the distances' quartiles,
and those of the training pictures to each other, for scale.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from kerasgan.data.store import open_store
from kerasgan.images import grid, read_image, write_png
from kerasgan.metrics.nearest import nearest, side_by_side
from kerasgan.runs import default_cache_dir

PAIRS, COLUMNS = 48, 6


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path", required=True)
    parser.add_argument("--made", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    files = sorted(Path(args.made).glob("*.png"))
    made = np.stack([read_image(file) for file in files])  # [N, H, W, 3]
    store = open_store(
        args.path,
        image_size=made.shape[1:3],
        cache_dir=default_cache_dir(),
        channels=3,
    )
    found = nearest(made, store.images)
    say("generated to training", found.distances)
    say("training to each other", others(store.images))

    pairs = side_by_side(made, store.images, found, PAIRS)  # [N, H, 2 W, 3]
    write_png(args.out, grid(pairs, columns=COLUMNS, gap=6))


def others(images: np.ndarray) -> np.ndarray:
    """Distances of some training pictures to the nearest of all the others."""
    half = len(images) // 2
    return nearest(images[: min(half, 500)], images[half:]).distances


def say(what: str, distances: np.ndarray) -> None:
    """Quartiles, in grey levels."""
    low, middle, high = np.percentile(distances, (25, 50, 75))
    print(f"{what}: {middle:.1f} ({low:.1f} to {high:.1f}) grey levels")


if __name__ == "__main__":
    main()
