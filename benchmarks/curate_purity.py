"""How pure `curate`'s clusters are where the truth is known, with no trained network.

    python benchmarks/curate_purity.py --work FOLDER --out FILE.jsonl \
        [--seeds 0,1] [--kimg 60] faces=FACES doodles=DOODLES textures=TEXTURES

Links all pictures of the named folders into one flat folder under shuffled numbers, so
that nothing but the pixels tells them apart, curates it in a process of its own for
each seed, with as many clusters as kinds and with the number that the silhouette
chooses, and checks that the folder is, byte by byte, what it was.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from measuring import TRAIN

from kerasgan.data.doctor import find_files


def main() -> None:
    """Mix, curate, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="+", help="NAME=FOLDER")
    parser.add_argument("--work", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--kimg", default="60")
    args = parser.parse_args()
    kinds = dict(kind.split("=", 1) for kind in args.kinds)
    work = Path(args.work)
    flat, truth = mixed(kinds, work)
    before = digest(flat)
    for seed in args.seeds.split(","):
        for clusters in (len(kinds), None):
            more = ["--seed", seed, "--kimg", args.kimg]
            more += ["--clusters", str(clusters)] if clusters else []
            line = {"seed": int(seed), "clusters": clusters}
            line |= curated(flat, truth, work, more) | {
                "unchanged": digest(flat) == before
            }
            with open(args.out, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)


def mixed(kinds: dict[str, str], work: Path) -> tuple[Path, Path]:
    """The flat folder, and the table of what is what."""
    flat, truth = work / "flat", work / "truth.csv"
    flat.mkdir(parents=True)
    files = [
        (Path(folder) / file.name, kind)
        for kind, folder in kinds.items()
        for file in find_files(folder).files
    ]
    order = np.random.default_rng(0).permutation(len(files))
    with open(truth, "w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table)
        rows.writerow(["file", "class"])
        for number, k in enumerate(order):
            path, kind = files[k]
            name = f"{number:06d}{path.suffix}"
            os.symlink(path.resolve(), flat / name)
            rows.writerow([name, kind])
    return flat, truth


def digest(folder: Path) -> str:
    """Of all names and contents."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def curated(flat: Path, truth: Path, work: Path, more: list[str]) -> dict:
    """What the summary of one curation says."""
    out = work / "sorted"
    command = [sys.executable, str(TRAIN), "--TYPE", "curate", "--path", str(flat)]
    command += ["--truth", str(truth), "--out", str(out), *more]
    command += ["--cache_dir", str(work / "cache")]
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    summary = json.loads((out / "curation.json").read_text(encoding="utf-8"))
    return {
        "purity": summary["purity"],
        "classes": [each["classes"] for each in summary["clusters"]],
        "silhouettes": summary["silhouettes"],
        "remarks": summary["remarks"],
        "seconds": round(time.monotonic() - start),
    }


if __name__ == "__main__":
    main()
