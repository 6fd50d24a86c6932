"""Balance rules x ADA x LeCam, three seeds, on three sets of pictures, in equal time.

    python benchmarks/balance_study.py --path FACES --features NET.tflite --out FILE
        [--shard 0/2] [--cpu_seconds 60]
    python benchmarks/balance_study.py --table FILE [--plot PNG]

DCGAN at 32 px, width 16, other settings as they are by default. Equal time is equal
processor time, each run on one core (start it with `taskset -c 0`, two shards on two
cores), so that other work on the machine takes none of it. Each run adds one JSON line
to `--out`; runs that are there already are skipped, so a killed study goes on.

The sets: `faces` (--path without 800), `hundred` (100 of them), `sketch` (2,000 drawn
faces). 600 pictures of each are compared with 800 that were not trained on, in features
of NET.
"""

from __future__ import annotations

import kerasgan  # noqa: F401  before TensorFlow, which it asks for oneDNN

# isort: split
import argparse
import itertools
import json
import math
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from kerasgan.building import ENDLESS, build_gan
from kerasgan.callbacks import StepCallback
from kerasgan.config import BALANCES, TrainConfig
from kerasgan.data.held_out import by_lot
from kerasgan.data.pipeline import make_dataset
from kerasgan.data.sketch_faces import draw_faces
from kerasgan.data.store import open_store
from kerasgan.generation import pictures
from kerasgan.metrics.evaluation import compare_features, compare_pictures
from kerasgan.metrics.named_features import FeatureNet, open_features
from kerasgan.metrics.nearest import nearest
from kerasgan.precision import resolve_precision
from kerasgan.runs import default_cache_dir
from kerasgan.verdicts import COLLAPSED_DIVERSITY

SETS = ("faces", "sketch", "hundred")
AUGMENTS = ("ada", "none")
LECAMS = (0.0, 0.3)  # the paper's weight for BigGAN
SEEDS = (0, 1, 2)
SIDE, PICTURES, REALS, SKETCHES, FEW = 32, 600, 800, 2000, 100


class StopAfterProcessorTime(StepCallback):
    """End the fit after so many seconds of this process's processor time."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def before_first_step(self, step: int) -> None:
        self.began = time.process_time()

    def on_step_end(self, step: int, logs: dict) -> None:
        if step == 20:  # the graph is made by then
            self.began = time.process_time()
        if time.process_time() - self.began > self.seconds:
            self.model.stop_training = True


class Pictures(NamedTuple):
    """What is trained on and what is compared with, uint8 [N, H, W, C]; the features
    [M, F] of the latter."""

    trained: np.ndarray
    reals: np.ndarray
    features: np.ndarray


def open_sets(path: str, net: FeatureNet) -> dict[str, Pictures]:
    """The three sets."""
    options = {"image_size": (SIDE, SIDE), "cache_dir": default_cache_dir()}
    faces = open_store(path, **options)
    held = by_lot(faces.names, REALS, "reference")
    trained = np.setdiff1d(np.arange(len(faces.names)), held)
    few = trained[by_lot([faces.names[place] for place in trained], FEW, "few")]
    with tempfile.TemporaryDirectory() as folder:
        draw_faces(folder, SKETCHES + REALS)
        sketch = np.array(open_store(folder, **options).images)
    images = {
        "faces": (faces.images[trained], faces.images[held]),
        "sketch": (sketch[REALS:], sketch[:REALS]),
        "hundred": (faces.images[few], faces.images[held]),
    }
    return {
        name: Pictures(seen, unseen, net.of(unseen))
        for name, (seen, unseen) in images.items()
    }


def one_run(
    pictures_set: Pictures, config: TrainConfig, net: FeatureNet, seconds: float
) -> dict:
    """Train once, measure; what the line holds."""
    keras.backend.clear_session()
    trained, reals = pictures_set.trained, pictures_set.reals
    gan = build_gan(config, resolve_precision("auto"))
    data = make_dataset(trained, batch_size=config.batch_size, seed=config.seed)
    stop = StopAfterProcessorTime(seconds)
    history = gan.fit(
        data, steps_per_epoch=ENDLESS, callbacks=[stop], verbose=0, shuffle=False
    ).history
    logs = {name: float(values[-1]) for name, values in history.items()}
    made = np.stack(list(pictures(gan.averaged_generator, PICTURES)))
    finite = all(math.isfinite(value) for value in logs.values())
    found = {"images_seen": int(gan.step) * config.batch_size, "logs": logs}
    if not finite:
        return found | {"kid": None, "diversity": None}
    found |= compare_features(pictures_set.features, net.of(made))
    found |= compare_pictures(reals, made)
    return found | {"nearest": float(np.median(nearest(made, trained).distances))}


def study(args: argparse.Namespace) -> None:
    """Every run of this shard that `--out` does not have."""
    out = Path(args.out)
    done = {tuple(line["key"]) for line in read_whole(out)}
    net = open_features(args.features)
    sets = open_sets(args.path, net)
    shard, shards = map(int, args.shard.split("/"))
    runs = itertools.product(SEEDS, SETS, AUGMENTS, LECAMS, BALANCES)
    for number, key in enumerate(runs):
        seed, name, augment, lecam, rule = key
        if number % shards != shard or key in done:
            continue
        config = TrainConfig(
            model="dcgan",
            image_size=(SIDE, SIDE),
            width=16,
            balance=rule,
            augment=augment,
            lecam=lecam,
            seed=seed,
        )
        found = one_run(sets[name], config, net, args.cpu_seconds)
        line = {"key": key, "cpu_seconds": args.cpu_seconds, "features": net.name}
        with open(out, "a", encoding="utf-8") as file:
            file.write(json.dumps(line | found) + "\n")
        print(key, found["kid"], found["images_seen"], flush=True)


def read_whole(path: Path) -> list[dict]:
    """The lines of a study; a last one that a kill tore is left out, and cut off."""
    text = path.read_text() if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole)
    return [json.loads(line) for line in whole.splitlines()]


def table(lines: list[dict]) -> str:
    """Median KID x 1000 (lowest to highest) by set, augmentation, LeCam and rule."""
    rows = ["| set | augment | LeCam | " + " | ".join(BALANCES) + " |"]
    rows.append("|---" * (len(BALANCES) + 3) + "|")
    for name, augment, lecam in itertools.product(SETS, AUGMENTS, LECAMS):
        cells = [
            cell([x for x in lines if x["key"][1:] == [name, augment, lecam, rule]])
            for rule in BALANCES
        ]
        rows.append(f"| {name} | {augment} | {lecam:g} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def cell(runs: list[dict]) -> str:
    """One rule in one case."""
    kids = sorted(1000 * x["kid"] for x in runs if x["kid"] is not None)
    if not kids:
        return "-"
    collapsed = sum(
        x["kid"] is None or x["diversity"] < COLLAPSED_DIVERSITY for x in runs
    )
    text = f"{np.median(kids):.0f} ({kids[0]:.0f}-{kids[-1]:.0f})"
    return text + (f", {collapsed} of {len(runs)} collapsed" if collapsed else "")


def plot(lines: list[dict], path: str) -> None:
    """A panel a set: each run a point, each case a column, each rule a colour."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import NullLocator

    cases = list(itertools.product(AUGMENTS, LECAMS))
    figure, panels = pyplot.subplots(1, len(SETS), figsize=(12, 4), sharey=True)
    for panel, name in zip(panels, SETS, strict=True):
        for k, rule in enumerate(BALANCES):
            points = [
                (cases.index(tuple(x["key"][2:4])) + 0.18 * (k - 1.5), 1000 * x["kid"])
                for x in lines
                if x["key"][1] == name and x["key"][4] == rule and x["kid"] is not None
            ]
            panel.plot(*zip(*points, strict=True), "osD^"[k], label=rule, ms=5)
        labels = [f"{augment}\nLeCam {lecam:g}" for augment, lecam in cases]
        panel.set_xticks(range(len(cases)), labels)
        panel.set_title(name)
        panel.set_yscale("log")
        panel.set_yticks((700, 1000, 1500, 2000, 3000, 5000))
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_locator(NullLocator())
        panel.grid(axis="y", alpha=0.3)
    panels[0].set_ylabel("KID x 1000 (lower is better)")
    panels[-1].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run the study, or print its table and draw its plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path")
    parser.add_argument("--features", default="plain")
    parser.add_argument("--out")
    parser.add_argument("--cpu_seconds", type=float, default=60.0)
    parser.add_argument("--shard", default="0/1")
    parser.add_argument("--table")
    parser.add_argument("--plot")
    args = parser.parse_args()
    if not args.table:
        study(args)
        return
    lines = read_whole(Path(args.table))
    print(table(lines))
    if args.plot:
        plot(lines, args.plot)


if __name__ == "__main__":
    main()
