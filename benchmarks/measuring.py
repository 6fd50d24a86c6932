"""What several benchmarks need: many pictures out of few, a process's memory, KID by a
script.

N pictures, H height, W width.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from kerasgan.images import encode_png, read_image

TRAIN = Path(__file__).resolve().parent.parent / "train.py"


def precisions() -> list[str]:
    """What can be timed here: bfloat16 where the processor computes in it. Imports
    TensorFlow, which fights with PyTorch for the cores of a process."""
    from kerasgan.precision import cpu_has_bfloat16

    return ["float32", *(["bfloat16"] if cpu_has_bfloat16() else [])]


def multiply(drawn: Path, pictures: Path, count: int) -> None:
    """`count` different pictures: each drawn one, then moved and recoloured ones."""
    pictures.mkdir()
    images = [read_image(file) for file in sorted(drawn.glob("*.png"))]
    random = np.random.default_rng(0)
    for k in range(count):
        image = images[k % len(images)]
        if k >= len(images):
            image = np.roll(image, random.integers(-4, 5, 2), axis=(0, 1))
            factors = random.uniform(0.6, 1, 3)
            image = np.rint(image * factors).astype(np.uint8)
        (pictures / f"{k:06d}.png").write_bytes(encode_png(image))


def run(*command: object) -> tuple[str, float]:
    """A process's output, and the most memory it held, in GiB; an error if it fails."""
    text = [str(part) for part in command]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(text, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(text)} failed:\n{said}")
    return said, usage.ru_maxrss / 2**20


def watch(process: subprocess.Popen, peaks: dict[str, int]) -> None:
    """Keep the highest memory of a process until it ends."""
    status = Path(f"/proc/{process.pid}/status")
    names = {"RssAnon": "anonymous_mb", "VmHWM": "resident_mb"}
    while process.poll() is None:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        for line in lines:
            name, _, value = line.partition(":")
            if name in names and value.split():
                mega = int(value.split()[0]) // 1024
                peaks[names[name]] = max(peaks[names[name]], mega)
        time.sleep(0.1)


def by_script(
    script: object, reals: object, fakes: object, *flags: object
) -> dict[str, float | str]:
    """What `script reals fakes` finds: its last line as `measured`, and those of the
    numbers `KIDx1000` and `FID` that stand in its output as `KIDx1000=...`."""
    command = [sys.executable, *map(str, (script, reals, fakes, *flags))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    found = re.findall(r"(KIDx1000|FID)=(-?[\d.]+)", done.stdout)
    numbers = {name: float(number) for name, number in found}
    return {"measured": done.stdout.splitlines()[-1]} | numbers
