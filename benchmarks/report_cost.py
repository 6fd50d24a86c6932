"""What a run's report costs: seconds and megabytes, now and after a very long training.

    python benchmarks/report_cost.py --run runs/faces [--lines 100000]

Copies what the report shows of a finished run into a temporary folder and writes the
page there as its training did: in the middle of it, and at its end. Then it repeats the
log's lines until there are `--lines`, the grids as often, and writes the page again.
Prints one JSON line: seconds (medians of five), megabytes, and the share of the time of
the training between two sample grids that the page in the middle takes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from kerasgan.callbacks.run_report import SEARCHED, SEARCHED_AT_END
from kerasgan.config import TrainConfig
from kerasgan.data.store import open_store
from kerasgan.report import write_report
from kerasgan.report.grids import Slides, grid_steps
from kerasgan.runs import RunFolder, default_cache_dir

REPEATS = 5


def main() -> None:
    """Copy, write, lengthen, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", required=True)
    parser.add_argument("--lines", type=int, default=100_000)
    args = parser.parse_args()
    run = RunFolder(args.run)
    config = TrainConfig.from_json(run.read_settings())
    images = open_store(
        config.path,
        image_size=config.image_size,
        channels=config.channels,
        fit=config.fit,
        cache_dir=default_cache_dir(),
    ).images
    with tempfile.TemporaryDirectory(dir=run.path.parent) as folder:
        copy = copied(run, Path(folder))
        last = json.loads(copy.log.read_text().splitlines()[-1])
        found = measured(copy, images)
        between = last["seconds"] / last["step"] * config.sample_every
        found["share_percent"] = round(100 * found["seconds"] / between, 2)
        lengthen(copy, args.lines)
        found["long"] = measured(copy, images)
    print(json.dumps(found))


def measured(run: RunFolder, images) -> dict[str, float]:
    """A page in the middle of the training, and the one at its end."""
    slides = Slides()
    found = {}
    for name, searched, running in (
        ("seconds", SEARCHED, True),
        ("seconds_at_end", SEARCHED_AT_END, False),
    ):
        times = []
        for _ in range(REPEATS):
            start = time.monotonic()
            write_report(
                run, images=images, searched=searched, running=running, slides=slides
            )
            times.append(time.monotonic() - start)
        found[name] = round(statistics.median(times), 2)
    found["mb"] = round(run.report.stat().st_size / 1e6, 2)
    return found


def copied(run: RunFolder, folder: Path) -> RunFolder:
    """What the report shows of a run, in another folder."""
    copy = RunFolder(folder)
    copy.create()
    names = ("config", "dataset", "log", "evaluations", "verdicts")
    for file in [getattr(run, name) for name in names]:
        if file.is_file():
            shutil.copy(file, folder)
    for file in run.samples.glob("*.png"):
        shutil.copy(file, copy.samples)
    return copy


def lengthen(run: RunFolder, count: int) -> None:
    """Repeat the log's lines and the grids, with steps that go on."""
    lines = [json.loads(line) for line in run.log.read_text().splitlines()]
    ends = {name: lines[-1][name] for name in ("step", "images_seen", "seconds")}
    with open(run.log, "w") as file:
        for k in range(count):
            times, line = divmod(k, len(lines))
            moved = {name: lines[line][name] + times * ends[name] for name in ends}
            file.write(json.dumps(lines[line] | moved) + "\n")
    grids = grid_steps(run.samples)[1:]
    for times in range(1, count // len(lines)):
        for step, path in grids:
            moved = run.samples / f"step_{step + times * ends['step']:08d}.png"
            os.link(path, moved)


if __name__ == "__main__":
    main()
