"""Time and memory of `curate` by the number of pictures, each step on its own.

    python benchmarks/curate_growth.py --work FOLDER [--counts 2000,20000,200000] \
        [--kimg 60]

Draws 2,000 cartoon faces of 32 px into FOLDER, multiplies them by moving them and by
changing their colours, curates them in a process of its own, and prints one JSON line a
count: seconds of each step and peak memory, in MB: anonymous
(what the process needs) and resident (with the mapped pages of packed pictures, which
the system takes back when it wants). The pictures and the result are removed after
each count. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from measuring import TRAIN, multiply, watch

from kerasgan.data.sketch_faces import draw_faces

DRAWN = 2_000
STEP = re.compile(r"(\d)\. (.+)")


def main() -> None:
    """Draw, curate, print, remove."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--counts", default="2000,20000,200000")
    parser.add_argument("--kimg", default="60", help="as curate takes it")
    args = parser.parse_args()
    work = Path(args.work)
    draw_faces(work / "drawn", DRAWN, image_size=32)
    for count in map(int, args.counts.split(",")):
        pictures = work / f"pictures_{count}"
        multiply(work / "drawn", pictures, count)
        found = measured(pictures, work, args.kimg)
        print(json.dumps({"pictures": count} | found), flush=True)
        for folder in (pictures, work / "cache", work / "sorted"):
            shutil.rmtree(folder)
    shutil.rmtree(work / "drawn")


def measured(pictures: Path, work: Path, kimg: str) -> dict[str, float]:
    """Seconds of each step, in all, and the peaks of memory."""
    command = [sys.executable, "-u", str(TRAIN), "--TYPE", "curate"]
    command += ["--path", str(pictures), "--out", str(work / "sorted")]
    command += ["--cache_dir", str(work / "cache"), "--kimg", kimg]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peaks = {"anonymous_mb": 0, "resident_mb": 0}
    watcher = threading.Thread(target=watch, args=(process, peaks))
    watcher.start()
    begun = [(start, "start")]
    for line in process.stdout:
        found = STEP.match(line)
        if found:
            begun.append((time.monotonic(), found[2].strip()))
    if process.wait():
        raise SystemExit(f"curate ended with status {process.returncode}")
    watcher.join()
    begun.append((time.monotonic(), "end"))
    seconds = {
        name: round(after - at, 1)
        for (at, name), (after, _) in zip(begun, begun[1:], strict=False)
    }
    return seconds | {"seconds": round(begun[-1][0] - start, 1)} | peaks


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(TRAIN.parent))
    main()
