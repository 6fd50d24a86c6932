"""Results of a curation's steps, each kept under a key of what it was made from.

A step's key is a digest of the key before it and of its own settings, the first one's
of the pictures' contents. A file carries its key in its name, is written aside and
renamed, and takes the place of the one of an earlier key: what is there is complete
and of these pictures, and the disk holds each step once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np


def chain_key(before: str, **settings: Any) -> str:
    """The key of a step that follows another.

    >>> chain_key("", clusters=3) == chain_key("", clusters=3)
    True
    >>> chain_key("", clusters=3) == chain_key("", clusters=4)
    False
    """
    text = json.dumps([before, settings], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


class Steps:
    """The folder of a curation's steps; made when it is first written to.

    Example:
    >>> import tempfile
    >>> steps = Steps(Path(tempfile.mkdtemp()) / "steps")
    >>> steps.save("map", "0a1b", places=np.zeros((3, 2)))
    >>> steps.load("map", "0a1b")["places"].shape, steps.load("map", "ffff")
    ((3, 2), None)
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str, key: str, ending: str) -> Path:
        """The file (or folder) of a step; those of other keys are removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = self.folder / f"{name}-{key}{ending}"
        for other in self.folder.glob(f"{name}-*"):
            if other.name.startswith(f"{name}-{key}"):
                continue
            if other.is_dir():
                shutil.rmtree(other, ignore_errors=True)
            else:
                other.unlink(missing_ok=True)
        return wanted

    def save(self, name: str, key: str, **arrays: np.ndarray) -> None:
        """Keep arrays under a step's name and key."""
        path = self.path(name, key, ".npz")
        aside = path.with_name(f"{path.name}.part")
        with open(aside, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)

    def load(self, name: str, key: str) -> dict[str, np.ndarray] | None:
        """What was kept, None where there is nothing whole of this key."""
        path = self.folder / f"{name}-{key}.npz"
        try:
            with open(path, "rb") as file, np.load(file) as arrays:
                return dict(arrays)
        except (FileNotFoundError, EOFError, ValueError, TypeError, zipfile.BadZipFile):
            return None
