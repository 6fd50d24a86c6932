"""Memory and time of a training step by the turns that a batch is computed in.

    python benchmarks/accumulate.py --image_size 128 --batch_size 64 --turns 1,2,4

Each number of turns trains the default model for four steps on noise in a process of
its own, with nothing else in it: no sample grids and no evaluations, which take memory
of their own. Told is the most memory that was resident, and the mean time of the last
three steps.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np


def train(image_size: int, batch_size: int, turns: int, policy: str) -> None:
    """Train, and print a line of the table."""
    from kerasgan.building import build_gan
    from kerasgan.config import TrainConfig
    from kerasgan.data.pipeline import make_dataset

    size = (image_size, image_size)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4 * batch_size, *size, 3)).astype(np.uint8)
    config = TrainConfig(
        model="fastgan", image_size=size, batch_size=batch_size, accumulate=turns
    )
    gan = build_gan(config, policy)
    before = peak_mib()
    for start, steps in ((0, 1), (1, 3)):  # the first one builds the graph
        data = make_dataset(images, batch_size=batch_size, seed=0, start_step=start)
        began = time.monotonic()
        gan.fit(data, steps_per_epoch=steps, verbose=0, shuffle=False)
        seconds = (time.monotonic() - began) / steps
    print(f"| {turns} | {peak_mib():.0f} | {before:.0f} | {seconds:.1f} |", flush=True)


def peak_mib() -> float:
    """The most memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """One process for each number of turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image_size", default="128")
    parser.add_argument("--batch_size", default="64")
    parser.add_argument("--turns", default="1,2,4")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--child", action="store_true", help="train in this process")
    args = parser.parse_args()
    if args.child:
        train(
            int(args.image_size), int(args.batch_size), int(args.turns), args.precision
        )
        return
    print("| --accumulate | peak MiB | of it before the first step | seconds a step |")
    print("|---|---|---|---|", flush=True)
    same = ["--image_size", args.image_size, "--batch_size", args.batch_size]
    same += ["--precision", args.precision, "--child"]
    for turns in args.turns.split(","):
        command = [sys.executable, __file__, *same, "--turns", turns]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
