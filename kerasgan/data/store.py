"""The packed pictures of a folder: decoded once, then mapped into memory.

N pictures, H height, W width, C channels; uint8 [N, H, W, C], `image_size` is (H, W).

A cache folder holds two files for each folder and choice of settings:

    <folder>-<settings>.json   the manifest (each file's name, size, time) as one
                               digest, what the doctor found, and the pack's name
    <contents>.u8              the pack: N x H x W x C bytes, nothing else

A second start lists the folder, compares the manifest and maps the pack: no picture
is opened. A changed folder is packed anew and its old pack removed. Both files are
written aside and renamed, so a killed start leaves nothing that looks complete.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.data.doctor import (
    MAX_ENLARGEMENT,
    DataError,
    Listing,
    examine,
    find_files,
)
from kerasgan.data.examination import Examination, printable
from kerasgan.runs import write_atomically

VERSION = 1  # raise it when a picture would be decoded or fitted differently
MINE = f"{os.getpid()}-{secrets.token_hex(4)}"  # of no other process, on any machine
ABANDONED_SECONDS = 600.0  # a pack that nobody has written to for so long


@dataclass(frozen=True)
class ImageStore:
    """Pictures ready for training.

    Attributes:
        images: read-only np.memmap, uint8 [N, H, W, C], in the order of `names`.
        names: N file names, relative to the folder, with "/"; sorted.
        examination: what the doctor found.
        fingerprint: equal for equal contents and settings, wherever they lie.
    """

    images: np.memmap
    names: list[str]
    examination: Examination
    fingerprint: str

    @property
    def report(self) -> dict[str, Any]:
        """What dataset.json holds: used, skipped [(name, reason)], duplicates, ..."""
        return self.examination.to_json() | {"fingerprint": self.fingerprint}


def open_store(
    folder: str | os.PathLike,
    *,
    image_size: tuple[int, int],
    channels: int = 3,
    fit: str = "crop",
    most_enlarged: float = MAX_ENLARGEMENT,
    copies: bool = False,
    cache_dir: str | os.PathLike,
    progress: Callable[[int, int], None] | None = None,
) -> ImageStore:
    """Open the pack of a folder, making it where there is none or it is out of date.

    Memory stays flat however many pictures there are; the folder is only read.

    Args:
        folder, image_size, channels, fit, most_enlarged, copies, progress: as
            `doctor.examine` takes them.
        cache_dir: where packs lie; made where missing.

    Raises:
        DataError: the folder has nothing to train on, or the cache cannot be written.

    Example:
    >>> import cv2, tempfile
    >>> folder, cache = tempfile.mkdtemp(), tempfile.mkdtemp()
    >>> cv2.imwrite(folder + "/a.png", np.zeros((64, 64, 3), np.uint8))
    True
    >>> open_store(folder, image_size=(32, 32), cache_dir=cache).images.shape
    (1, 32, 32, 3)
    """
    listing = find_files(folder)
    settings = {"image_size": list(image_size), "channels": channels, "fit": fit}
    cache_dir = Path(cache_dir)
    name = _index_name(listing.folder, settings)
    rules = {"most_enlarged": most_enlarged, "copies": copies}
    if most_enlarged != MAX_ENLARGEMENT:
        name += f"-grown{most_enlarged:g}"
    if copies:
        name += "-copies"
    index_path = cache_dir / f"{name}.json"
    manifest = _manifest_digest(listing)
    index = _read_index(index_path)
    if index.get("manifest") == manifest:
        store = _map(index, cache_dir, listing)
        if store is not None:
            return store
    new_index = _pack(listing, settings, rules, index_path, progress)
    new_index["manifest"] = manifest
    fingerprint = new_index["fingerprint"]
    pack = _pack_path(cache_dir, fingerprint)
    is_new = not pack.exists()
    try:
        os.replace(_aside(index_path), pack)
        write_atomically(index_path, json.dumps(new_index).encode())
    except OSError as error:
        if is_new:  # nothing would ever find it
            pack.unlink(missing_ok=True)
        raise _cannot_write(cache_dir, error) from error
    if index.get("fingerprint", fingerprint) != fingerprint:
        _pack_path(cache_dir, index["fingerprint"]).unlink(missing_ok=True)
    store = _map(new_index, cache_dir, listing)
    if store is None:
        raise DataError(
            f"The pack in {printable(cache_dir)} must stay as it was written and "
            "changed at once. Start again; is another program clearing that folder?"
        )
    return store


def _index_name(folder: Path, settings: dict[str, Any]) -> str:
    """`faces-64x64x3-crop-1f2e3d4c`: readable, and unique to the folder's place."""
    place = os.fsencode(folder.resolve())
    where = hashlib.blake2b(place, digest_size=4).hexdigest()
    stem = "".join(c for c in folder.resolve().name[:40] if c.isascii() and c.isalnum())
    height, width = settings["image_size"]
    return f"{stem}-{height}x{width}x{settings['channels']}-{settings['fit']}-{where}"


def _manifest_digest(listing: Listing) -> str:
    """One digest of the names, sizes, times and permissions of all picture files."""
    digest = hashlib.blake2b(str(VERSION).encode(), digest_size=16)
    for file in listing.files:
        line = f"/{file.size}/{file.mtime_ns}/{file.mode}\n"
        digest.update(os.fsencode(file.name) + line.encode())
    for name, reason in listing.skipped:
        digest.update(os.fsencode(f"{name}//{reason}\n"))
    return digest.hexdigest()


def _fingerprint(packed: Examination, settings: dict[str, Any]) -> str:
    """One digest of the settings and of each picture's name and content, in order."""
    first = json.dumps([VERSION, settings], sort_keys=True)
    digest = hashlib.blake2b(first.encode(), digest_size=16)
    for name, content in zip(packed.names, packed.digests, strict=True):
        digest.update(os.fsencode(name) + f"/{content}\n".encode())
    return digest.hexdigest()


def _read_index(path: Path) -> dict[str, Any]:
    """The index file; empty where it is missing or damaged: then it is made anew."""
    try:
        index = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}


def _map(index: dict[str, Any], cache_dir: Path, listing: Listing) -> ImageStore | None:
    """The store that an index describes; None where its pack is not as it says."""
    try:
        packed = Examination(**index["examination"])
        fingerprint = index["fingerprint"]
        shape = (len(packed.names), *packed.image_size, packed.channels)
        path = _pack_path(cache_dir, fingerprint)
        if path.stat().st_size != int(np.prod(shape, dtype=np.int64)):
            return None
        images = np.memmap(path, dtype=np.uint8, mode="r", shape=shape)
    except (OSError, KeyError, TypeError, ValueError):
        return None
    packed.folder = str(listing.folder)
    packed.image_size = tuple(packed.image_size)
    packed.shapes = [tuple(shape) for shape in packed.shapes]
    packed.skipped = [tuple(pair) for pair in packed.skipped]
    packed.other_files = Counter(listing.other_files)
    return ImageStore(images, packed.names, packed, fingerprint)


def _pack(
    listing: Listing,
    settings: dict[str, Any],
    rules: dict[str, Any],
    index_path: Path,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Any]:
    """Decode the folder into `_aside(index_path)`; returns what the index says."""
    cache_dir, aside = index_path.parent, _aside(index_path)
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(index_path)
        file = open(aside, "wb")  # noqa: SIM115 closed below, apart from its errors
    except OSError as error:
        raise _cannot_write(cache_dir, error) from error

    def keep(image: np.ndarray) -> None:
        try:
            file.write(image.tobytes())
        except OSError as error:
            raise _cannot_write(cache_dir, error) from error

    try:
        found = examine(
            listing.folder,
            **settings,
            **rules,
            progress=progress,
            keep=keep,
            listing=listing,
        )
        _close(file, cache_dir)
    except BaseException:  # Ctrl-C too: nothing half-written stays
        with contextlib.suppress(OSError):  # the disk is full: that is being said
            file.close()
        aside.unlink(missing_ok=True)
        raise
    fingerprint = _fingerprint(found, settings)
    return {"fingerprint": fingerprint, "examination": vars(found)}


def _close(file: Any, cache_dir: Path) -> None:
    """Bring everything onto the disk, where a full disk may show only now."""
    try:
        file.flush()
        os.fsync(file.fileno())
        file.close()
    except OSError as error:
        raise _cannot_write(cache_dir, error) from error


def _pack_path(cache_dir: Path, fingerprint: str) -> Path:
    return cache_dir / f"{fingerprint}.u8"


def _aside(index_path: Path) -> Path:
    return index_path.with_name(f"{index_path.stem}.{MINE}.partial")


def _remove_abandoned(index_path: Path) -> None:
    """Remove what a start that was killed while packing left behind."""
    for path in index_path.parent.glob(f"{index_path.stem}.*.partial"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()
        except OSError:  # another start was quicker
            continue


def _cannot_write(cache_dir: Path, error: OSError) -> DataError:
    place = printable(cache_dir)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DataError(
            f"Packing the pictures needs more room than there is in {place}. "
            "Received: the disk is full. Free some, name another place by --cache_dir, "
            "or use a smaller --image_size."
        )
    return DataError(
        f"The packed pictures must go into a folder that can be written: {place}. "
        f"Received: {error.strerror or error}. Name a folder of your own by "
        "--cache_dir."
    )
