"""What a run folder says of its training: config.json, dataset.json, skipped.txt."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasgan import __version__
from kerasgan.cli.session import Session
from kerasgan.runs import write_atomically, write_json


def record(session: Session) -> None:
    """Write config.json, dataset.json and skipped.txt."""
    run, store = session.run, session.store
    fingerprints = {"fingerprint": store.fingerprint}
    if session.labels is not None:
        fingerprints["labels"] = session.labels.fingerprint()
    held = {"held_out": [store.names[place] for place in session.split.held]}
    write_json(run.dataset, fingerprints | store.examination.to_json() | held)
    lines = "".join(f"{line}\n" for line in store.examination.skipped_lines())
    write_atomically(run.skipped, lines.encode("utf-8", "replace"))
    write_json(
        run.config,
        {
            "settings": session.config.to_json(),
            "precision": session.policy,
            "devices": session.devices,
            "command": [sys.executable, *sys.argv],
            "directory": os.getcwd(),
            "versions": {
                "kerasgan": __version__,
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            "git_commit": git_commit(),
        },
    )


def git_commit() -> str | None:
    """The commit of the package's checkout, None where it is not one."""
    here = Path(__file__).resolve().parent
    try:
        done = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
