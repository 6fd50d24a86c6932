"""Features of many pictures, batch by batch into one memory-mapped file.

N pictures, B pictures a batch, H height, W width, C channels, F features.

The rows are appended to a file beside the wanted one, so that a killed start goes on
after its last whole batch, and the file is renamed once it is complete. Every batch
has B pictures, the last one filled up, because a product of floats depends on its
batch: the file is the same, bit by bit, however often it was interrupted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

BATCH = 128


def extract(
    images: np.ndarray,
    features: Callable[[np.ndarray], np.ndarray],
    path: str | os.PathLike,
    *,
    batch_size: int = BATCH,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """The features of all pictures, from `path` where they are there already.

    Args:
        images: uint8 [N, H, W, C], an array or a np.memmap; read batch by batch.
        features: any function of uint8 [B, H, W, C] that gives floats [B, F]. It must
            be the same one for the same `path`.
        path: the file of float32 [N, F], nothing else in it.
        progress: called as progress(done, N) after each batch.

    Returns:
        read-only np.memmap, float32 [N, F].

    Raises:
        ValueError: no pictures, or features that are not [B, F] or not finite.
        OSError: the file cannot be written.

    Example:
    >>> import tempfile
    >>> pictures = np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1)
    >>> file = Path(tempfile.mkdtemp()) / "means.f32"
    >>> extract(pictures, lambda x: x.mean((1, 2)), file).tolist()
    [[1.5], [5.5], [9.5]]
    """
    if not len(images):
        raise ValueError("images must hold at least one picture. Received none.")
    path = Path(path)
    if not _fits(path, len(images)):
        aside = path.with_name(f"{path.name}.part")
        with _alone(aside):
            if not _fits(path, len(images)):  # nobody else has made it meanwhile
                _append(images, features, aside, batch_size, progress)
                os.replace(aside, path)
    return np.memmap(path, np.float32, mode="r").reshape(len(images), -1)


def _fits(path: Path, count: int) -> bool:
    """Whether the file is there, with as many numbers for each picture."""
    size = path.stat().st_size if path.exists() else 0
    return size > 0 and size % (4 * count) == 0


@contextlib.contextmanager
def _alone(aside: Path) -> Iterator[None]:
    """Wait until no other process writes there, and keep others waiting."""
    try:
        import fcntl
    except ImportError:  # Windows: no such lock there
        yield
        return
    with open(aside, "ab") as file:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
    if aside.exists() and not aside.stat().st_size:  # the other one's has its name
        aside.unlink(missing_ok=True)


def _append(
    images: np.ndarray,
    features: Callable[[np.ndarray], np.ndarray],
    aside: Path,
    batch_size: int,
    progress: Callable[[int, int], None],
) -> None:
    """Bring `aside` to N rows, from the last whole batch that it holds."""
    count = len(images)
    width = _checked(features(_batch(images, 0, batch_size)), batch_size).shape[1]
    whole = 4 * width * batch_size  # bytes
    with open(aside, "ab") as file:
        done = file.tell() // whole * batch_size
        file.truncate(4 * width * min(done, count))
        for start in range(done, count, batch_size):
            rows = _checked(features(_batch(images, start, batch_size)), batch_size)
            file.write(np.ascontiguousarray(rows[: count - start], "<f4").data)
            progress(min(start + batch_size, count), count)
        file.flush()
        os.fsync(file.fileno())


def _batch(images: np.ndarray, start: int, batch_size: int) -> np.ndarray:
    """Pictures from `start` on, [B, H, W, C]; the last one fills the batch up."""
    places = np.minimum(np.arange(start, start + batch_size), len(images) - 1)
    return np.ascontiguousarray(images[places])


def _checked(rows: np.ndarray, batch_size: int) -> np.ndarray:
    rows = np.asarray(rows)
    if rows.ndim != 2 or len(rows) != batch_size:
        raise ValueError(
            f"features must give [{batch_size}, F] for {batch_size} pictures. "
            f"Received {list(rows.shape)}: pool maps to one row a picture."
        )
    if not np.isfinite(rows).all():
        raise ValueError(
            "features must be finite numbers, and some are not: the network that "
            "gives them has diverged. Take another, or an earlier layer."
        )
    return rows
