"""The short form of the benchmarks of speed, under ten minutes: `make bench`.

    python benchmarks/short.py

What the processor's convolutions could do, the training step (in turn with PyTorch's
where PyTorch is installed, extra [bench]), the start, the data, memory, `generate` and
`project`, on drawn faces. Every number is from this machine as it is now: leave it
alone meanwhile.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import TRAIN, run

from kerasgan.data.sketch_faces import draw_faces

HERE = Path(__file__).resolve().parent
FACES = 500


def main() -> None:
    """One benchmark after the other, with what it prints."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    rounds = ["--rounds", "1", "--seconds", "4"]
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed (extra [bench]): our step alone is timed.")
        rounds += ["--side", "kerasgan", "--precision", "float32"]
    with tempfile.TemporaryDirectory() as work:
        faces = Path(work) / "faces"
        draw_faces(faces, FACES)
        made = Path(work) / "run"
        train = (sys.executable, TRAIN, "--path", faces, "--cache_dir", f"{work}/cache")
        run(*train, "--run_dir", made, "--steps", 20, "--evaluate_every", 0)
        use = ["--run_dir", str(made), "--path", str(faces)]
        use += ["--photos", "16", "--steps", "25"]
        for title, *command in (
            ("Convolutions", "convolution_rate.py", "--seconds", "0.2"),
            ("A training step", "train_speed.py", *rounds),
            ("A start", "start_time.py", "--path", str(faces), "--rounds", "2"),
            ("The data", "data_speed.py", "--work", work, "--counts", "2000"),
            ("Memory", "memory.py", "--sizes", "64"),
            ("generate and project", "use_speed.py", *use),
        ):
            began = time.monotonic()
            print(f"\n## {title}\n", flush=True)
            script, *flags = command
            quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
            command = [sys.executable, str(HERE / script), *flags]
            done = subprocess.run(
                command, check=False, env=quiet, stderr=subprocess.PIPE, text=True
            )
            if done.returncode:
                raise SystemExit(f"{script} failed:\n{done.stderr}")
            print(f"\n({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
