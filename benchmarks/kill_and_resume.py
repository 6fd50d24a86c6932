"""Kill a training at random moments, run the same command again, compare the bits.

    python benchmarks/kill_and_resume.py --path FOLDER [--kills 5] [--steps 400] ...

Two runs of the same command: one is never disturbed, the other is killed (SIGKILL) a
random time after each start and started again. At the end every array of the last
checkpoint (weights, averaged weights, optimizer state, balance, augmentation) and
every logged value but the times must be equal to the last bit.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
TIMES = {"seconds", "images_per_second", "eta_seconds"}


def command(run_dir: Path, flags: list[str]) -> list[str]:
    """The training's command line."""
    return [sys.executable, str(ROOT / "train.py"), "--run_dir", str(run_dir), *flags]


def last_step(run_dir: Path) -> int:
    """The last step in the log; 0 where there is none."""
    log = run_dir / "log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True) if log.exists() else []
    whole = [line for line in lines if line.endswith(b"\n")]
    return json.loads(whole[-1])["step"] if whole else 0


def run_and_kill(run_dir: Path, flags: list[str], target: int, wait: float) -> int:
    """Start, kill `wait` seconds after step `target` is logged; the step reached."""
    process = subprocess.Popen(
        command(run_dir, flags), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while last_step(run_dir) < target and process.poll() is None:
        time.sleep(0.02)
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return last_step(run_dir)


def compare(ours: Path, theirs: Path) -> list[str]:
    """What differs between two runs; empty where nothing does."""
    newest = (ours / "checkpoints" / "latest").read_text().strip()
    with (
        np.load(ours / "checkpoints" / newest / "state.npz") as a,
        np.load(theirs / "checkpoints" / newest / "state.npz") as b,
    ):
        unlike = [n for n in sorted({*a, *b}) if a[n].tobytes() != b[n].tobytes()]
    logs = [
        [
            {k: v for k, v in json.loads(line).items() if k not in TIMES}
            for line in (run / "log.jsonl").read_text().splitlines()
        ]
        for run in (ours, theirs)
    ]
    return unlike + (["log.jsonl"] if logs[0] != logs[1] else [])


def kill_and_compare(
    folder: Path, flags: list[str], steps: int, kills: int, seed: int
) -> list[str]:
    """Train twice in `folder`, once with kills; what differs at the end."""
    chance = random.Random(seed)
    undisturbed, killed = folder / "undisturbed", folder / "killed"
    subprocess.run(command(undisturbed, flags), check=True, stdout=subprocess.DEVNULL)
    targets = sorted(chance.randrange(1, steps) for _ in range(kills))
    for target in targets:
        reached = run_and_kill(killed, flags, target, chance.random())
        print(f"killed after step {reached}", flush=True)
    subprocess.run(command(killed, flags), check=True, stdout=subprocess.DEVNULL)
    return compare(undisturbed, killed)


def main() -> int:
    """Print whether the bits are equal; the exit status says the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path", required=True)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    known, others = parser.parse_known_args()
    flags = ["--path", os.path.abspath(known.path), "--steps", str(known.steps)]
    flags += ["--checkpoint_every", "50", "--log_every", "1", *others]
    with tempfile.TemporaryDirectory() as folder:
        unlike = kill_and_compare(
            Path(folder), flags, known.steps, known.kills, known.seed
        )
    print("different: " + ", ".join(unlike) if unlike else "bit-identical")
    return 1 if unlike else 0


if __name__ == "__main__":
    sys.exit(main())
