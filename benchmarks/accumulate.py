"""Memory and time of a training step by the turns that a batch is computed in.

    python benchmarks/accumulate.py --image_size 128 --batch_size 64 --turns 1,2,4 \
        [--model dcgan]

Each number of turns trains a model for four steps on noise in a process of
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


def train(args: argparse.Namespace) -> None:
    """Train, and print a line of the table."""
    from kerasgan.building import build_gan
    from kerasgan.config import TrainConfig
    from kerasgan.data.pipeline import make_dataset

    size = (args.image_size, args.image_size)
    batch_size, turns = args.batch_size, args.turns
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4 * batch_size, *size, 3)).astype(np.uint8)
    config = TrainConfig.for_model(
        model=args.model, image_size=size, batch_size=batch_size, accumulate=int(turns)
    )
    gan = build_gan(config, args.precision)
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
    parser.add_argument("--model", default="dcgan")
    parser.add_argument("--image_size", type=int, default=128)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--turns", default="1,2,4")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--child", action="store_true", help="train in this process")
    args = parser.parse_args()
    if args.child:
        train(args)
        return
    print("| --accumulate | peak MiB | of it before the first step | seconds a step |")
    print("|---|---|---|---|", flush=True)
    same = ["--model", args.model, "--image_size", str(args.image_size)]
    same += ["--batch_size", str(args.batch_size), "--precision", args.precision]
    for turns in args.turns.split(","):
        command = [sys.executable, __file__, *same, "--turns", turns, "--child"]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
