"""`generate` and `project`: pictures a second, against the bare network.

    python benchmarks/use_speed.py --run_dir runs/faces --path FACES [--photos 64]
        [--steps 100]

`generate`: what 400 more pictures cost, PNG files and all, against calls of the
generator alone, for as many pictures at a time as `generate` has them, and for 64.
`project`: what as many more steps of a search cost, against forward and backward passes
of the generator alone, of as many pictures at a time. Each word is a process;
differences leave the start out. Medians of three. Needs an idle machine.
"""

from __future__ import annotations

import kerasgan  # noqa: F401  before TensorFlow, which it asks for oneDNN

# isort: split
import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf
from measuring import TRAIN, run

from kerasgan.building import load_generator
from kerasgan.config import TrainConfig
from kerasgan.data.doctor import find_files
from kerasgan.generation import CHUNK
from kerasgan.images import at_once
from kerasgan.runs import RunFolder
from kerasgan.shown import whole

ROUNDS, FEW, MANY = 3, 100, 500


def seconds_of(*flags: object) -> float:
    """How long a word takes."""
    start = time.perf_counter()
    run(sys.executable, TRAIN, *flags)
    return time.perf_counter() - start


def difference(short: Callable[[], float], long: Callable[[], float]) -> float:
    """The median of what the longer one takes more."""
    return statistics.median(long() - short() for _ in range(ROUNDS))


def bare_pictures(generator, batch: int) -> float:
    """Pictures a second of the generator alone, so many at a time."""
    draw = tf.function(lambda z: whole(generator(z, training=False)))
    z = tf.random.stateless_normal([batch, generator.input_shape[-1]], [0, 0])
    draw(z)
    start = time.perf_counter()
    for _ in range(MANY // batch):
        draw(z).numpy()
    return MANY // batch * batch / (time.perf_counter() - start)


def bare_steps(generator, photos: int, steps: int) -> float:
    """Seconds of so many forward and backward passes of the generator alone."""
    z = tf.random.stateless_normal([photos, generator.input_shape[-1]], [0, 0])
    z = tf.Variable(z)

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
    folder = RunFolder(args.run_dir)
    config = TrainConfig.from_json(folder.read_settings())
    generator = load_generator(folder, config, "ema")
    with tempfile.TemporaryDirectory() as work:
        photos = Path(work) / "photos"
        photos.mkdir()
        for k, file in enumerate(find_files(args.path).files[: args.photos]):
            source = Path(args.path) / file.name
            shutil.copy(source, photos / f"{k:04d}{source.suffix}")

        def generate(count: int) -> float:
            flags = ("--TYPE", "generate", "--run_dir", folder.path, "--img_num", count)
            return seconds_of(*flags, "--out", f"{work}/made{count}")

        def project(steps: int) -> float:
            flags = ("--TYPE", "project", "--run_dir", folder.path, "--path", photos)
            return seconds_of(*flags, "--steps", steps, "--out", f"{work}/p{steps}")

        more = difference(lambda: generate(FEW), lambda: generate(MANY))
        rate = (MANY - FEW) / more
        print(f"generate: {rate:.0f} pictures/s")
        for batch in (CHUNK, 64):
            bare = statistics.median(
                bare_pictures(generator, batch) for _ in range(ROUNDS)
            )
            print(f"  {rate / bare:.2f} of the network's {bare:.0f}, {batch} at a time")
        few, many = args.steps, 2 * args.steps
        more = difference(lambda: project(few), lambda: project(many))
        count = len(list(photos.iterdir()))
        batch = min(count, at_once(config.image_size))
        alone = statistics.median(
            bare_steps(generator, batch, args.steps) for _ in range(ROUNDS)
        )
        alone *= count / batch
        each = more / args.steps / count
        print(
            f"project: {1e3 * each:.2f} ms a photo and step, {more / alone:.2f} times "
            "forward and backward passes of the network alone"
        )


if __name__ == "__main__":
    main()
