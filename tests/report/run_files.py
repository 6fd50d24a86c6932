"""A small run's files, as a training leaves them; each test spoils what it likes."""

import json

import numpy as np

from kerasgan.images import grid, write_png
from kerasgan.runs import RunFolder, write_json


def pictures(count=4, side=16, seed=0, channels=3):
    """uint8 [count, side, side, channels] of noise."""
    shape = (count, side, side, channels)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def write_lines(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def log_line(step, **more):
    line = {"step": step, "images_seen": 4 * step, "seconds": step / 2}
    line |= {"eta_seconds": 90 - step / 2, "images_per_second": 8.0}
    line |= {"d_loss": 0.6, "g_loss": 1.0, "gap": 0.1, "margin": 1.25}
    line |= {"d_updates": step, "g_updates": step, "augment_p": 0.5}
    return line | more


def evaluation(step, **more):
    line = {"step": step, "images_seen": 4 * step, "seconds": step / 2}
    line |= {
        "features": "a net",
        "kid": 0.2,
        "kid_error": 0.01,
        "recall": None,
        "fid": 50.0,
    }
    return line | more


def verdict(step, word="balanced", sentence="Go on."):
    line = {"step": step, "images_seen": 4 * step, "seconds": step / 2}
    return line | {"word": word, "sentence": sentence}


def make_run(path, steps=(0, 10, 20)):
    """The folder of a run of 16 px with grids of 4 pictures at these steps."""
    run = RunFolder(path)
    run.create()
    settings = {"path": "faces", "image_size": [16, 16], "channels": 3, "minutes": 10.0}
    settings |= {"model": "dcgan", "loss": "hinge", "batch_size": 4, "width": 8}
    config = {"settings": settings, "precision": "float32", "directory": "/home/me"}
    config |= {"command": ["python", "train.py", "--path", "faces"]}
    write_json(run.config, config | {"versions": {"keras": "3.15"}})
    dataset = {"folder": "faces", "used": 12, "image_size": [16, 16], "fit": "crop"}
    dataset |= {"skipped": [["a.png", "too small: 9x9"], ["b.png", "same as c.png"]]}
    write_json(run.dataset, dataset | {"sizes": {"median": [20, 30]}})
    write_lines(run.log, [log_line(step) for step in range(2, 21, 2)])
    write_lines(run.evaluations, [evaluation(10), evaluation(20, kid=0.1)])
    write_lines(run.verdicts, [verdict(10), verdict(20, "memorising")])
    write_png(run.samples / "reals.png", grid(pictures(seed=9)))
    for step in steps:
        name = f"step_{step:08d}" if step else "init"
        write_png(run.samples / f"{name}.png", grid(pictures(seed=step)))
        write_png(run.samples / f"{name}_raw.png", grid(pictures(seed=step + 1)))
    return run
