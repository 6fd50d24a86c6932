"""A loaded SavedModel against the Keras generator: latency, throughput, memory.

    python benchmarks/serving.py --run_dir runs/faces --work FOLDER [--seconds 10]

Each side runs in a process of its own, one after the other, in turn for --rounds: the
SavedModel in TensorFlow's session loader without Keras, as a server has it, the
generator by a traced call and by `predict_on_batch`. Requests of 1, 8 and 64 latents,
one at a time; then the signatures `generate_png` and `sample`. Prints a table: p50 and
p99 of all rounds, pictures a second, the most memory that the process held.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
BATCHES = (1, 8, 64)
SIDES = ("session", "call", "predict_on_batch", "generate_png", "sample")


def time_calls(call: Callable[[], object], seconds: float) -> list[float]:
    """Seconds of each call, after three that do not count."""
    for _ in range(3):
        call()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def served(folder: str, signature: str) -> Callable[[int], Callable[[], object]]:
    """Requests to a SavedModel in a session, of so many pictures."""
    import tensorflow as tf

    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        graph = tf.compat.v1.saved_model.load(session, ["serve"], folder)
    of = graph.signature_def[signature]
    fetch = {name: info.name for name, info in of.outputs.items()}

    def request(count: int) -> Callable[[], object]:
        values = {
            "latents": np.random.default_rng(0)
            .standard_normal((count, latent_dim(of)))
            .astype(np.float32),
            "seeds": np.arange(count),
            "truncation": np.ones(count, np.float32),
            "labels": np.full(count, -1),
        }
        feed = {info.name: values[name] for name, info in of.inputs.items()}
        return lambda: session.run(fetch, feed)

    return request


def latent_dim(signature: object) -> int:
    """Z + K of a signature that takes latents; 1 for one that does not."""
    takes = signature.inputs
    return takes["latents"].tensor_shape.dim[1].size if "latents" in takes else 1


def in_keras(run_dir: str, how: str) -> Callable[[int], Callable[[], object]]:
    """Calls of a run's generator.keras, of so many pictures."""
    import keras
    import tensorflow as tf

    import kerasgan.networks  # noqa: F401 its layers
    from kerasgan.shown import whole

    path = Path(run_dir) / "generator.keras"
    generator = keras.saving.load_model(path, compile=False)
    traced = tf.function(lambda z: whole(generator(z)), reduce_retracing=True)

    def request(count: int) -> Callable[[], object]:
        shape = (count, generator.input_shape[-1])
        z = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        if how == "call":
            return lambda: traced(tf.constant(z)).numpy()
        return lambda: generator.predict_on_batch(z)

    return request


def measure(side: str, args: argparse.Namespace) -> dict:
    """One side in this process: seconds of each call by batch, and memory in MiB."""
    if side in ("call", "predict_on_batch"):
        request = in_keras(args.run_dir, side)
    else:
        name = "serving_default" if side == "session" else side
        request = served(args.model, name)
    times = {n: time_calls(request(n), args.seconds) for n in BATCHES}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"side": side, "times": times, "memory_mib": memory}


def in_turn(args: argparse.Namespace) -> dict[str, list[dict]]:
    """Each side in a process of its own, `rounds` times."""
    found: dict[str, list[dict]] = {side: [] for side in SIDES}
    environment = {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    for _ in range(args.rounds):
        for side in SIDES:
            command = [sys.executable, __file__, "--side", side, "--model", args.model]
            command += ["--run_dir", args.run_dir, "--seconds", str(args.seconds)]
            done = subprocess.run(
                command, env=environment, check=True, stdout=subprocess.PIPE, text=True
            )
            found[side].append(json.loads(done.stdout.splitlines()[-1]))
    return found


def table(found: dict[str, list[dict]]) -> str:
    """Rows of p50 and p99 in ms, pictures a second, memory."""
    rows = ["| | batch | p50 | p99 | pictures/s | peak memory |", "|---" * 6 + "|"]
    for side, rounds in found.items():
        memory = max(each["memory_mib"] for each in rounds)
        for n in BATCHES:
            times = np.concatenate([each["times"][str(n)] for each in rounds])
            p50, p99 = 1000 * np.percentile(times, (50, 99))
            rate = n * len(times) / times.sum()
            rows.append(
                f"| {side} | {n} | {p50:.1f} ms | {p99:.1f} ms | {rate:.0f} | "
                f"{memory:.0f} MiB |"
            )
    return "\n".join(rows)


def main() -> None:
    """Export, measure in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run_dir", required=True)
    parser.add_argument("--work", default="bench_out/serving")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--model")
    args = parser.parse_args()
    if args.side:
        print(json.dumps(measure(args.side, args)))
        return
    export = [sys.executable, ROOT / "train.py", "--TYPE", "export"]
    subprocess.run([*export, "--run_dir", args.run_dir, "--out", args.work], check=True)
    numbers = [int(each.name) for each in Path(args.work).iterdir() if each.is_dir()]
    args.model = str(Path(args.work) / str(max(numbers)))
    print(table(in_turn(args)))


if __name__ == "__main__":
    main()
