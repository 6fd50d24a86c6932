"""How good after how many minutes: ours and two DCGANs from elsewhere, on one machine.

    python benchmarks/quality_curve.py --path FACES --kid KID_SCRIPT --work FOLDER \
        --out FILE.jsonl [--minutes 5,10,20] [--seeds 0,1] [--sides dcgan,torch,keras]
    python benchmarks/quality_curve.py --table FILE.jsonl --plot FILE.png

A side is one of our models with its default settings, or a rival (`rivals/`): `torch`,
the PyTorch tutorial's, in bfloat16 where the processor computes in it, or `keras`, the
Keras documentation's. One training a side and seed, which is interrupted at each of the
times for 1,000 pictures; neither they nor the rivals' start count, but each graph that
ours makes anew where it goes on. Of `torch`'s two ways of drawing, with the averaged
statistics and with those of batches, the better is kept. One line a side, seed and
time; a side whose lines are there is skipped, so a killed study goes on.

Needs an otherwise idle machine, PyTorch for `torch` (where it lives in another
environment, name that with --torch_python) and matplotlib for the plot. KID_SCRIPT
REAL_DIR FAKE_DIR must print `KIDx1000=<number>` and `FID=<number>`.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from measuring import TRAIN, by_script, precisions, run

HERE = Path(__file__).resolve().parent
RIVALS = {"torch": "torch_dcgan.py", "keras": "keras_dcgan.py"}
PICTURES = 1000


def ours(model: str, seed: str, args: argparse.Namespace) -> Iterator[dict]:
    """Our model's pictures at each time: their folders, and the pictures seen."""
    folder = Path(args.work) / f"{model}_{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    train = [sys.executable, TRAIN, "--path", args.path, "--model", model]
    train += ["--run_dir", folder, "--seed", seed]
    for minutes in args.minutes.split(","):
        run(*train, "--minutes", minutes)
        made = folder / f"at_{minutes}"
        generate = [sys.executable, TRAIN, "--TYPE", "generate", "--run_dir", folder]
        run(*generate, "--img_num", PICTURES, "--out", made)
        last = json.loads((folder / "log.jsonl").read_text().splitlines()[-1])
        saved = (folder / "checkpoints" / "latest").read_text().strip()
        step = int(saved.removeprefix("step_"))
        seen = step * last["images_seen"] // last["step"]
        yield {"minutes": minutes, "seen": seen, "folders": [made]}


def rival(side: str, seed: str, args: argparse.Namespace) -> Iterator[dict]:
    """A rival's pictures at each time, as above."""
    out = Path(args.work) / f"{side}_{seed}"
    python = args.torch_python if side == "torch" else sys.executable
    train = [python, HERE / "rivals" / RIVALS[side], "--path", args.path]
    train += ["--minutes", args.minutes, "--seed", seed, "--img_num", PICTURES]
    more = ["--precision", precisions()[-1]] if side == "torch" else []
    said, _ = run(*train, "--out", out, *more)
    summaries = re.findall(
        r"^[\d.]+ minutes (\d+) images seen \S+ images/s$", said, re.M
    )
    *before, last = args.minutes.split(",")
    folders = [Path(f"{out}_at_{minutes}") for minutes in before] + [out]
    for minutes, seen, folder in zip([*before, last], summaries, folders, strict=True):
        ways = [folder]
        if side == "torch":
            ways.append(Path(f"{folder}_averaged"))
        yield {"minutes": minutes, "seen": int(seen), "folders": ways}


def study(args: argparse.Namespace) -> None:
    """Train what is not there yet; a line for each time."""
    out = Path(args.out)
    known = (
        [json.loads(line) for line in out.read_text().splitlines()]
        if (out.exists())
        else []
    )
    done = {(line["side"], line["seed"]) for line in known}
    for seed in args.seeds.split(","):
        for side in args.sides.split(","):
            if (side, seed) in done:
                continue
            trained = (rival if side in RIVALS else ours)(side, seed, args)
            lines = []
            for at in trained:
                found = [
                    by_script(args.kid, args.path, folder)
                    for folder in at.pop("folders")
                ]
                best = min(found, key=lambda each: each["KIDx1000"])
                lines.append({"side": side, "seed": seed} | at | best)
                print(lines[-1], flush=True)
            with open(out, "a", encoding="utf-8") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)


def table(lines: list[dict]) -> str:
    """A row for each side and seed, a column for each time."""
    times = sorted({line["minutes"] for line in lines}, key=float)
    rows = [f"| | seed | {' | '.join(f'{each} minutes' for each in times)} |"]
    rows.append("|---" * (len(times) + 2) + "|")
    for side, seed in dict.fromkeys((line["side"], line["seed"]) for line in lines):
        found = {
            line["minutes"]: f"{line['KIDx1000']:.0f} ({line['seen']:,})"
            for line in lines
            if (line["side"], line["seed"]) == (side, seed)
        }
        cells = " | ".join(found.get(each, "") for each in times)
        rows.append(f"| {side} | {seed} | {cells} |")
    return "\n".join(rows)


def plot(lines: list[dict], path: str) -> None:
    """KID against minutes, a curve for each side and seed."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    sides = list(dict.fromkeys(line["side"] for line in lines))
    for side, seed in dict.fromkeys((line["side"], line["seed"]) for line in lines):
        chosen = [x for x in lines if (x["side"], x["seed"]) == (side, seed)]
        points = sorted((float(x["minutes"]), x["KIDx1000"]) for x in chosen)
        style = {"color": f"C{sides.index(side)}", "marker": "o", "ms": 4}
        style["label"] = f"{side}, seed {seed}"
        axes.plot(*zip(*points, strict=True), **style, ls="-" if seed == "0" else "--")
    axes.set_yscale("log")
    axes.set_xlabel("minutes of training, two cores")
    axes.set_ylabel("KID x 1000 (lower is better)")
    axes.set_ylim(bottom=50)
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run the study, or print its table and draw its plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path")
    parser.add_argument("--kid")
    parser.add_argument("--work")
    parser.add_argument("--out")
    parser.add_argument("--minutes", default="5,10,20")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--sides", default="dcgan,torch,keras")
    parser.add_argument("--torch_python", default=sys.executable)
    parser.add_argument("--table")
    parser.add_argument("--plot")
    args = parser.parse_args()
    if not args.table:
        study(args)
        return
    lines = [json.loads(line) for line in Path(args.table).read_text().splitlines()]
    print(table(lines))
    if args.plot:
        plot(lines, args.plot)


if __name__ == "__main__":
    main()
