"""Every model for the same time on the same pictures: speed, memory, KID, and its grid.

    python benchmarks/models.py --path FACES --kid KID_SCRIPT --out FILE.jsonl \
        --work FOLDER [--models dcgan,progan] [--minutes 20]

Each model is a process of `train.py` with its own default settings, one after the
other, then 1,000 generated pictures. One line a model; those that are there are
skipped, so a killed study goes on. `--table FILE.jsonl` prints the table.

The time is that of an idle machine. Where there is none for so long, `--speeds FILE`
measures each model's images a second first, for `--speed_minutes` each on a machine
that is idle so long, and each is then trained for as many pictures as it would see in
`--minutes`, beside whatever else runs (not progan, whose rate changes as it grows).
KID_SCRIPT REAL_DIR FAKE_DIR must print `KIDx1000=<number>` and `FID=<number>`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from measuring import TRAIN, by_script, run

from kerasgan.config import MODELS

PICTURES = 1000


def measure(model: str, args: argparse.Namespace) -> dict:
    """Train one model, generate, compare."""
    folder = Path(args.work) / model
    shutil.rmtree(folder, ignore_errors=True)
    train = [sys.executable, TRAIN, "--path", args.path, "--model", model]
    train += ["--run_dir", folder, "--seed", args.seed]
    rate = None
    if args.speeds and model != "progan":
        start, rate = speed(model, args)
        train += ["--kimg", f"{rate * (args.minutes * 60 - start) / 1000:.3f}"]
    else:
        train += ["--minutes", args.minutes]
    _, memory = run(*train, *args.more)
    generate = [sys.executable, TRAIN, "--TYPE", "generate", "--run_dir", folder]
    run(*generate, "--img_num", PICTURES)
    lines = (folder / "log.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    return {
        "model": model,
        "seed": args.seed,
        "minutes": args.minutes,
        "settings": " ".join(args.more),
        "images_seen": last["images_seen"],
        "images_per_second": rate or last["images_seen"] / last["seconds"],
        "memory_gib": memory,
        **by_script(args.kid, args.path, folder / "generated"),
    }


def speed(model: str, args: argparse.Namespace) -> tuple[float, float]:
    """Seconds that a model needs to start, and images a second from then on, grids and
    evaluations included; kept in `--speeds`."""
    file = Path(args.speeds)
    known = json.loads(file.read_text()) if file.exists() else {}
    if model not in known:
        folder = Path(args.work) / f"{model}_speed"
        shutil.rmtree(folder, ignore_errors=True)
        train = [sys.executable, TRAIN, "--path", args.path, "--model", model]
        train += ["--minutes", args.speed_minutes, "--run_dir", folder]
        run(*train, *args.more)
        lines = (folder / "log.jsonl").read_text().splitlines()
        first, last = json.loads(lines[0]), json.loads(lines[-1])
        if first["seconds"] == last["seconds"]:
            raise SystemExit(
                f"--speed_minutes must be long enough for two lines of {model}'s log. "
                f"Received {args.speed_minutes:g}."
            )
        rate = (last["images_seen"] - first["images_seen"]) / (
            last["seconds"] - first["seconds"]
        )
        known[model] = [first["seconds"] - first["images_seen"] / rate, rate]
        file.write_text(json.dumps(known, indent=2) + "\n")
        shutil.rmtree(folder)
        print(f"{model}: {rate:.0f} images/s", flush=True)
    return tuple(known[model])


def table(path: str) -> str:
    """The lines of a study as a table."""
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    names = ("model", "images seen", "images/s", "GiB", "KID x 1000", "FID")
    rows = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    for line in sorted(lines, key=lambda line: line["KIDx1000"]):
        rows.append(
            f"| {line['model']} {line['settings']} | {line['images_seen']:,} | "
            f"{line['images_per_second']:.0f} | {line['memory_gib']:.1f} | "
            f"{line['KIDx1000']:.0f} | {line['FID']:.0f} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Run the study, or print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--path")
    parser.add_argument("--kid")
    parser.add_argument("--out")
    parser.add_argument("--work", default="runs/models")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speeds", help="file of images a second by model")
    parser.add_argument("--speed_minutes", type=float, default=2.5)
    parser.add_argument("--only_speeds", action="store_true")
    parser.add_argument("--table")
    parser.add_argument("more", nargs="*", help="further flags of train, after --")
    args = parser.parse_args()
    if args.table:
        print(table(args.table))
        return
    if args.only_speeds:
        for model in args.models.split(","):
            speed(model, args)
        return
    out = Path(args.out)
    lines = out.read_text().splitlines() if out.exists() else []
    keys = ("model", "seed", "minutes", "settings")
    done = {tuple(json.loads(line)[key] for key in keys) for line in lines}
    for model in args.models.split(","):
        if (model, args.seed, args.minutes, " ".join(args.more)) in done:
            continue
        line = measure(model, args)
        with open(out, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(model, line["measured"], flush=True)


if __name__ == "__main__":
    main()
