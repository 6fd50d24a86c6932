"""Pictures a second on the way into the training, and the memory that it takes.

    python benchmarks/data_speed.py --work FOLDER [--counts 2000,20000,200000]
        [--epoch 20000]

Draws cartoon faces of 64 px into FOLDER (PNG files, each another one), then measures,
each in a process of its own and in turn:

    pack      the doctor's look at each file, and the pack, with an empty cache
    again     a second start, which finds the pack
    ours      batches of 32 from the pack, in the training's order
    keras     batches of 32 by keras.utils.image_dataset_from_directory
    cv2       one loop over the files: read and resize, nothing else

One JSON line a count: pictures a second (`again`: seconds), and the highest memory in
MB, anonymous (what the process needs). `--epoch` pictures at most are read by the last
three. Files are in the system's cache, as they were just written. Needs an idle
machine; Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from measuring import multiply, watch

BATCH, SIDE = 32, 64
WAYS = ("pack", "again", "ours", "keras", "cv2")


def pack(pictures: Path, cache: Path, most: int) -> tuple[int, float]:
    """Pictures packed, or found packed, and the seconds that it took."""
    from kerasgan.data.store import open_store

    start = time.perf_counter()
    store = open_store(pictures, image_size=(SIDE, SIDE), cache_dir=cache)
    return len(store.names), time.perf_counter() - start


def ours(pictures: Path, cache: Path, most: int) -> tuple[int, float]:
    """Pictures read from the pack."""
    from kerasgan.data.pipeline import make_dataset
    from kerasgan.data.store import open_store

    store = open_store(pictures, image_size=(SIDE, SIDE), cache_dir=cache)
    batches = iter(make_dataset(store.images, batch_size=BATCH, seed=0))
    return timed(lambda: next(batches), min(most, len(store.names)))


def keras_way(pictures: Path, cache: Path, most: int) -> tuple[int, float]:
    """Pictures read by Keras' own function."""
    import keras

    dataset = keras.utils.image_dataset_from_directory(
        pictures, labels=None, image_size=(SIDE, SIDE), batch_size=BATCH, verbose=False
    )
    batches = iter(dataset.repeat())
    count = sum(1 for _ in pictures.iterdir())
    return timed(lambda: next(batches), min(most, count))


def cv2_way(pictures: Path, cache: Path, most: int) -> tuple[int, float]:
    """Pictures read one after the other."""
    import cv2

    files = [str(file) for file in pictures.iterdir()][:most]
    start = time.perf_counter()
    for file in files:
        cv2.resize(cv2.imread(file), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return len(files), time.perf_counter() - start


def timed(read: Callable[[], object], count: int) -> tuple[int, float]:
    """So many pictures by batches, after a first one."""
    read()
    start = time.perf_counter()
    for _ in range(max(count // BATCH, 1)):
        read()
    return max(count // BATCH, 1) * BATCH, time.perf_counter() - start


def measured(way: str, pictures: Path, args: argparse.Namespace) -> dict:
    """One way in a process of its own."""
    command = [sys.executable, __file__, "--work", args.work, "--way", way]
    command += ["--pictures", str(pictures), "--epoch", str(args.epoch)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peaks = {"anonymous_mb": 0, "resident_mb": 0}
    watcher = threading.Thread(target=watch, args=(process, peaks))
    watcher.start()
    said = process.communicate()[0]
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{way} ended with status {process.returncode}")
    count, seconds = json.loads(said.splitlines()[-1])
    rate = {"seconds": round(seconds, 2)}
    if way != "again":
        rate = {"pictures_per_second": round(count / seconds)}
    return rate | {"anonymous_mb": peaks["anonymous_mb"]}


def main() -> None:
    """Draw, measure, print, remove."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--counts", default="2000,20000")
    parser.add_argument("--epoch", type=int, default=20_000)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--pictures", help=argparse.SUPPRESS)
    args = parser.parse_args()
    work = Path(args.work)
    if args.way:
        run = {"pack": pack, "again": pack, "ours": ours, "keras": keras_way}
        way = run.get(args.way, cv2_way)
        print(json.dumps(way(Path(args.pictures), work / "cache", args.epoch)))
        return
    from kerasgan.data.sketch_faces import draw_faces

    draw_faces(work / "drawn", 2000)
    for count in map(int, args.counts.split(",")):
        pictures = work / f"pictures_{count}"
        multiply(work / "drawn", pictures, count)
        found = {way: measured(way, pictures, args) for way in WAYS}
        print(json.dumps({"pictures": count} | found), flush=True)
        for folder in (pictures, work / "cache"):
            shutil.rmtree(folder)
    shutil.rmtree(work / "drawn")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    main()
