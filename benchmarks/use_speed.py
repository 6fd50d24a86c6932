"""`generate` and `project`: pictures a second, against the bare network.

    python benchmarks/use_speed.py --run_dir runs/faces --path FACES [--photos 64]
        [--steps 100]

`generate`: what 400 more pictures cost, PNG files and all, against calls of the
generator for as many pictures at a time, in turn. `project`: what as many more steps
of a search cost, against forward and backward passes of the generator alone, of the
same batch. Each word is a process; differences leave the start out. Medians of three.
Needs an idle machine.
"""

from __future__ import annotations

import kerasgan  # noqa: F401  before TensorFlow, which it asks for oneDNN

# isort: split
import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from kerasgan.building import load_generator
from kerasgan.config import TrainConfig
from kerasgan.data.doctor import find_files
from kerasgan.generation import CHUNK
from kerasgan.runs import RunFolder
from kerasgan.shown import whole

TRAIN = Path(__file__).resolve().parents[1] / "train.py"
ROUNDS, FEW, MANY = 3, 100, 500


def seconds_of(*flags: object) -> float:
    """How long a word takes."""
    command = [sys.executable, str(TRAIN), *map(str, flags)]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def difference(short: Callable[[], float], long: Callable[[], float]) -> float:
    """The median of what the longer one takes more."""
    return statistics.median(long() - short() for _ in range(ROUNDS))


def bare_pictures(generator, latent_dim: int) -> float:
    """Pictures a second of the generator alone, batches as `generate` has them."""
    draw = tf.function(lambda z: whole(generator(z, training=False)))
    z = tf.random.stateless_normal([CHUNK, latent_dim], [0, 0])
    draw(z)
    start = time.perf_counter()
    for _ in range(MANY // CHUNK):
        draw(z).numpy()
    return MANY // CHUNK * CHUNK / (time.perf_counter() - start)


def bare_steps(generator, latent_dim: int, photos: int, steps: int) -> float:
    """Seconds of forward and backward passes of the generator alone."""
    z = tf.Variable(tf.random.stateless_normal([photos, latent_dim], [0, 0]))

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(whole(generator(z, training=False)))
        return tape.gradient(loss, z)

    step()
    start = time.perf_counter()
    for _ in range(steps):
        step().numpy()
    return time.perf_counter() - start


def main() -> None:
    """Measure both, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run_dir", required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--photos", type=int, default=64)
    parser.add_argument("--steps", type=int, default=100)
    args = parser.parse_args()
    run = RunFolder(args.run_dir)
    config = TrainConfig.from_json(run.read_settings())
    generator = load_generator(run, config, "ema")
    with tempfile.TemporaryDirectory() as work:
        photos = Path(work) / "photos"
        photos.mkdir()
        for k, file in enumerate(find_files(args.path).files[: args.photos]):
            source = Path(args.path) / file.name
            shutil.copy(source, photos / f"{k:04d}{source.suffix}")

        def generate(count: int) -> float:
            flags = ("--TYPE", "generate", "--run_dir", run.path, "--img_num", count)
            return seconds_of(*flags, "--out", f"{work}/made{count}")

        def project(steps: int) -> float:
            flags = ("--TYPE", "project", "--run_dir", run.path, "--path", photos)
            return seconds_of(*flags, "--steps", steps, "--out", f"{work}/p{steps}")

        more = difference(lambda: generate(FEW), lambda: generate(MANY))
        bare = statistics.median(
            bare_pictures(generator, config.latent_dim) for _ in range(ROUNDS)
        )
        rate = (MANY - FEW) / more
        print(f"generate: {rate:.0f} pictures/s, {rate / bare:.2f} of the network's")
        few, many = args.steps, 2 * args.steps
        more = difference(lambda: project(few), lambda: project(many))
        alone = statistics.median(
            bare_steps(generator, config.latent_dim, args.photos, args.steps)
            for _ in range(ROUNDS)
        )
        each = more / args.steps / args.photos
        print(
            f"project: {1e3 * each:.2f} ms a photo and step, {more / alone:.2f} times "
            "forward and backward passes of the network alone"
        )


if __name__ == "__main__":
    main()
