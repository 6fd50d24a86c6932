"""The command as this user types it, for sentences that say what to type next."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def typed() -> str:
    """`kerasgan`, or the door with the Python that has the package: `python train.py`.

    Python is named by its path from here where it lives below the current folder, as
    in `.venv`, since another `python` would not find the package.
    """
    script = Path(sys.argv[0])
    if script.name != "train.py":
        return "kerasgan"
    try:
        python = Path(sys.executable).relative_to(os.getcwd())
    except ValueError:
        python = Path("python")
    return f"{python.as_posix()} {script.as_posix()}"
