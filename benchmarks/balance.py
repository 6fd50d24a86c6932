"""Balance rules side by side where D's learning rate is wrong by a known factor.

    python benchmarks/balance.py --path FACES --kid KID_SCRIPT --out FILE [--shard 0/2]

Short runs (32 px, `--kimg` thousand pictures) for each rule x factor x seed: D's rate
is the factor times G's. Each run adds one JSON line to `--out`; runs that are there
already are skipped, so a killed study goes on. `--table FILE` prints the table.

A run counts as collapsed when its pictures are too much alike (`metrics.diversity`
under `COLLAPSED_DIVERSITY` of the training pictures'), or a loss is not finite; as
dead when D's loss ends within `DEAD` of its ideal: D tells nothing from anything then.
KID_SCRIPT REAL_DIR FAKE_DIR --size 32 must print `KIDx1000=<number>`.
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

import keras
import numpy as np
from measuring import by_script

from kerasgan.balance import LN2
from kerasgan.building import build_gan, total_steps
from kerasgan.config import ADVERSARIAL, BALANCES, TrainConfig
from kerasgan.data.pipeline import make_dataset
from kerasgan.data.store import open_store
from kerasgan.generation import pictures
from kerasgan.images import write_png
from kerasgan.metrics.diversity import diversity
from kerasgan.precision import resolve_precision
from kerasgan.runs import default_cache_dir
from kerasgan.verdicts import COLLAPSED_DIVERSITY

FACTORS = (1 / 8, 1 / 2, 1, 2, 8)
SEEDS = (0, 1, 2)
PICTURES = 600
DEAD = 0.03  # share of ln 2


def one_run(images: np.ndarray, config: TrainConfig, args) -> dict:
    """Train once, measure; what the line holds."""
    keras.backend.clear_session()
    gan = build_gan(config, resolve_precision("auto"))
    dataset = make_dataset(images, batch_size=config.batch_size, seed=config.seed)
    steps = total_steps(config, len(images))
    started = time.monotonic()
    history = gan.fit(dataset, steps_per_epoch=steps, verbose=0, shuffle=False).history
    seconds = time.monotonic() - started
    logs = {name: float(values[-1]) for name, values in history.items()}
    made = np.stack(list(pictures(gan.averaged_generator, PICTURES)))
    variety = diversity(made) / diversity(np.asarray(images[:PICTURES]))
    finite = all(math.isfinite(value) for value in logs.values())
    return {
        "kid": kid(made, args) if finite else None,
        "variety": float(variety),
        "collapsed": bool(not finite or variety < COLLAPSED_DIVERSITY),
        "seconds": round(seconds, 1),
        "logs": logs,
    }


def kid(made: np.ndarray, args) -> float:
    """KID x 1000 by the script, in its features."""
    with tempfile.TemporaryDirectory() as folder:
        for k, picture in enumerate(made):
            write_png(Path(folder) / f"{k:04d}.png", picture)
        flags = ("--size", 32, "--max", PICTURES)
        return by_script(args.kid, args.path, folder, *flags)["KIDx1000"]


def study(args) -> None:
    """Every run of this shard that `--out` does not have."""
    out = Path(args.out)
    lines = out.read_text().splitlines() if out.exists() else []
    done = {tuple(json.loads(line)["key"]) for line in lines}
    store = open_store(
        args.path, image_size=(32, 32), cache_dir=default_cache_dir(), channels=3
    )
    shard, shards = map(int, args.shard.split("/"))
    runs = itertools.product(SEEDS, FACTORS, args.rules.split(","))
    for number, (seed, factor, rule) in enumerate(runs):
        key = (rule, factor, seed, args.kimg)
        if number % shards != shard or key in done:
            continue
        rate = TrainConfig().learning_rate
        config = TrainConfig(
            model=args.model,
            image_size=(32, 32),
            width=16,
            batch_size=32,
            kimg=args.kimg,
            balance=rule,
            seed=seed,
            d_learning_rate=rate * factor,
        )
        line = {"key": key} | one_run(store.images, config, args)
        with open(out, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(key, line["kid"], round(line["variety"], 2), line["seconds"], flush=True)


def table(path: str) -> str:
    """Median KID x 1000 (lowest to highest), and runs collapsed, by rule and factor."""
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    rules = [rule for rule in BALANCES if any(x["key"][0] == rule for x in lines)]
    rows = ["| D's rate / G's | " + " | ".join(rules) + " |"]
    rows.append("|---" * (len(rules) + 1) + "|")
    for factor in FACTORS:
        cells = []
        for rule in rules:
            cells.append(cell([x for x in lines if x["key"][:2] == [rule, factor]]))
        rows.append(f"| {factor:g} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def cell(runs: list[dict]) -> str:
    """One rule at one factor: `-` where no run of it ended in finite numbers."""
    kids = sorted(x["kid"] for x in runs if x["kid"] is not None)
    text = f"{np.median(kids):.0f} ({kids[0]:.0f}-{kids[-1]:.0f})" if kids else "-"
    ends = {
        "collapsed": sum(x["collapsed"] for x in runs),
        "dead": sum(abs(x["logs"]["d_loss"] / LN2 - 1) < DEAD for x in runs),
    }
    return text + "".join(
        f", {count} of {len(runs)} {end}" for end, count in ends.items() if count
    )


def main() -> None:
    """Run the study, or print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path")
    parser.add_argument("--kid")
    parser.add_argument("--out")
    parser.add_argument("--model", default="dcgan", choices=ADVERSARIAL)
    parser.add_argument("--kimg", type=float, default=60.0)
    parser.add_argument("--rules", default=",".join(BALANCES))
    parser.add_argument("--shard", default="0/1")
    parser.add_argument("--table")
    args = parser.parse_args()
    if args.table:
        print(table(args.table))
    else:
        study(args)


if __name__ == "__main__":
    main()
