"""From Enter to the first training step: how long, and what it consists of.

    python benchmarks/start_time.py --path FACES [--rounds 5] [--model dcgan] [--cold]

Each start is a process of its own that trains one step in an empty run folder: once
with an empty cache of packed pictures, then `--rounds` times with a full one; medians
of these. `--cold` empties the system's cache of files before each start (Linux, root).
Needs an idle machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
STAGES = (  # in their order, each from the end of the one before
    "python and what needs no TensorFlow",
    "pictures looked at, or found packed",
    "import of TensorFlow and Keras",
    "import of kerasgan",
    "networks and optimizers",
    "first grid, page and checkpoint",
    "graph and first step",
)


def child(began: float, path: str, work: str, model: str) -> None:
    """One start, with a mark at the end of each stage; prints seconds by stage."""
    sys.path.insert(0, str(HERE.parents[1]))
    marks: list[float] = []

    def after(module: object, name: str) -> None:
        whole = getattr(module, name)

        def marked(*args, **kwargs):
            result = whole(*args, **kwargs)
            marks.append(time.time())
            return result

        setattr(module, name, marked)

    from kerasgan.cli import pictures, quiet, train  # noqa: F401 imported for the mark
    from kerasgan.cli.main import main

    marks.append(time.time())
    after(pictures, "examine")
    load = quiet.import_tensorflow

    def import_all() -> None:
        load()
        marks.append(time.time())
        from kerasgan.cli import training_session

        marks.append(time.time())
        begin = training_session.Trainer.begin

        def begin_and_watch(trainer: training_session.Trainer) -> None:
            begin(trainer)
            marks.append(time.time())
            watch_first_step(trainer.gan, marks)

        training_session.Trainer.begin = begin_and_watch

    quiet.import_tensorflow = import_all
    command = ["--path", path, "--run_dir", f"{work}/run", "--model", model]
    if main([*command, "--steps", "1", "--cache_dir", f"{work}/cache"]):
        raise SystemExit("the training failed: nothing was timed")
    edges = [began, *marks]
    seconds = [b - a for a, b in zip(edges, edges[1:], strict=False)]
    print(json.dumps(dict(zip(STAGES, seconds, strict=True))))


def watch_first_step(gan: object, marks: list[float]) -> None:
    """A mark before and after the first call of what `fit` calls for a step."""
    make = gan.make_train_function

    def make_and_watch(*args, **kwargs):
        made = make(*args, **kwargs)
        step = gan.train_function

        def first_step(batches):
            marks.append(time.time())
            gan.train_function = step
            logs = step(batches)
            marks.append(time.time())
            return logs

        gan.train_function = first_step
        return made

    gan.make_train_function = make_and_watch


def start(args: argparse.Namespace, work: str) -> dict[str, float]:
    """Seconds by stage of one start in a new process."""
    if args.cold:
        subprocess.run(["sync"], check=True)
        Path("/proc/sys/vm/drop_caches").write_text("3")
    subprocess.run(["rm", "-rf", f"{work}/run"], check=True)
    command = [sys.executable, str(HERE), "--path", args.path, "--model", args.model]
    command += ["--child", str(time.time()), "--work", work]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Start again and again; print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path", required=True)
    parser.add_argument("--model", default="dcgan")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child, args.path, args.work, args.model)
        return
    with tempfile.TemporaryDirectory() as work:
        first = start(args, work)
        others = [start(args, work) for _ in range(args.rounds)]
    print("| stage | first start, s | later ones, median s |\n|---|---|---|")
    for stage in STAGES:
        later = statistics.median(each[stage] for each in others)
        print(f"| {stage} | {first[stage]:.2f} | {later:.2f} |")
    totals = [sum(each.values()) for each in others]
    whole = statistics.median(totals)
    print(f"| **all** | **{sum(first.values()):.2f}** | **{whole:.2f}** |")


if __name__ == "__main__":
    main()
