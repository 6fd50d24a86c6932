"""What smaller weights cost: KID of a LiteRT generator's pictures by their precision.

    python benchmarks/quantised.py --run_dir runs/faces --path FACES --kid KID_SCRIPT \
        --work FOLDER

Exports the run's generator three times, draws the same 1,000 latents with each by
LiteRT's interpreter, and compares with the folder of real pictures. KID_SCRIPT REAL_DIR
FAKE_DIR must print `KIDx1000=<number>` at the end.
"""

from __future__ import annotations

import kerasgan  # noqa: F401  before TensorFlow, which it asks for oneDNN

# isort: split
import argparse
import subprocess
import sys
import time
from pathlib import Path

import tensorflow as tf
from measuring import TRAIN, by_script

from kerasgan.images import to_uint8, write_png
from kerasgan.latents import latents

PICTURES, CHUNK = 1000, 8


def export(run_dir: str, out: Path, quantize: str) -> Path:
    """The newest LiteRT file in `out`, just written."""
    command = [sys.executable, TRAIN, "--TYPE", "export", "--run_dir", run_dir]
    command += ["--format", "litert", "--out", out]
    more = ["--quantize", quantize] if quantize != "float32" else []
    subprocess.run([*command, *more], check=True)
    return max(out.glob("*/model.tflite"), key=lambda path: path.stat().st_mtime)


def draw(model: Path, out: Path) -> float:
    """Write PICTURES pictures into `out`; pictures a second, files not counted."""
    out.mkdir(parents=True, exist_ok=True)
    interpreter = tf.lite.Interpreter(str(model), num_threads=2)
    size = int(interpreter.get_input_details()[0]["shape_signature"][-1])
    run = interpreter.get_signature_runner()
    seconds = 0.0
    for start in range(0, PICTURES, CHUNK):
        z = latents(0, start, CHUNK, size)
        begin = time.perf_counter()
        images = run(latents=z)["images"]
        seconds += time.perf_counter() - begin
        for k, picture in enumerate(to_uint8(images), start=start):
            write_png(out / f"{k:04d}.png", picture)
    return PICTURES / seconds


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--run_dir", "--path", "--kid", "--work"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    print("| weights | file | pictures/s | measured |\n|---|---|---|---|")
    for quantize in ("float32", "float16", "dynamic"):
        work = Path(args.work) / quantize
        model = export(args.run_dir, work / "model", quantize)
        rate = draw(model, work / "pictures")
        said = by_script(args.kid, args.path, work / "pictures")["measured"]
        size = model.stat().st_size / 1e6
        print(f"| {quantize} | {size:.1f} MB | {rate:.0f} | {said} |", flush=True)


if __name__ == "__main__":
    main()
