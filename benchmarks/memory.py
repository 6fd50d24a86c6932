"""The most memory that a training takes, by the size of its pictures.

    python benchmarks/memory.py [--sizes 64,128,256] [--models dcgan,fastgan]
        [--more "--batch_size 16"]

Trains for 6 steps on 200 drawn faces of each size, a process each; prints the peak of
the process's resident memory. Linux.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from pathlib import Path

from measuring import TRAIN, run

from kerasgan.data.sketch_faces import draw_faces

STEPS, FACES = 6, 200


def main() -> None:
    """Train, print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="64,128,256")
    parser.add_argument("--models", default="dcgan")
    parser.add_argument("--more", default="", help="further flags of train")
    args = parser.parse_args()
    print("| model | px | GiB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as work:
        for size in args.sizes.split(","):
            faces = Path(work) / f"faces_{size}"
            draw_faces(faces, FACES, image_size=int(size))
            for model in args.models.split(","):
                folder = Path(work) / f"{model}_{size}"
                command = [sys.executable, TRAIN, "--path", faces, "--model", model]
                command += ["--image_size", size, "--steps", STEPS]
                command += ["--run_dir", folder, "--cache_dir", f"{work}/cache"]
                _, memory = run(*command, *shlex.split(args.more))
                print(f"| {model} {args.more} | {size} | {memory:.2f} |", flush=True)


if __name__ == "__main__":
    main()
