"""Latents in a file: named points of one generator's space, and which generator's.

A latents.npz holds `names` [N], `points` [N, ...], `space` (z, w or w+), `fingerprint`
(of the generator's weights) and `origin` (in words, for the person who meets it again).

Legend: N points.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasgan.runs import write_atomically

LONGEST_STEM = 200  # bytes; a file system's names have 255
FIELDS = ("names", "points", "space", "fingerprint", "origin")

UNREADABLE = (  # what NumPy raises of files that are damaged or something else
    OSError,
    ValueError,
    KeyError,
    EOFError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)


class LatentFileError(ValueError):
    """A file of latents that is missing, damaged, or of another generator."""


@dataclass(frozen=True)
class Latents:
    """Named points [N, ...] of a space of one generator."""

    names: list[str]
    points: np.ndarray
    space: str
    fingerprint: str
    origin: str


def fingerprint_of(weights: Iterable[np.ndarray]) -> str:
    """16 characters that differ where any weight of a network does.

    >>> fingerprint_of([np.zeros(3, np.float32)]) == fingerprint_of([np.zeros(3)])
    False
    """
    digest = hashlib.blake2b(digest_size=8)
    for weight in weights:
        weight = np.ascontiguousarray(weight)
        digest.update(f"{weight.dtype}{weight.shape}".encode())
        digest.update(weight.tobytes())
    return digest.hexdigest()


def write_latents(path: str | os.PathLike, latents: Latents) -> None:
    """Write them as .npz, aside and then renamed.

    Raises:
        OSError: it cannot be written there.
    """
    content = io.BytesIO()
    np.savez(
        content,
        names=np.array(latents.names, dtype=np.str_),
        points=latents.points.astype(np.float32),
        space=np.array(latents.space),
        fingerprint=np.array(latents.fingerprint),
        origin=np.array(latents.origin),
    )
    write_atomically(path, content.getvalue())


def read_latents(path: str | os.PathLike) -> Latents:
    """What `write_latents` wrote.

    Raises:
        LatentFileError: there is no such file, or it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise LatentFileError(
            f"A file of latents must exist. Received {path}: no such file. "
            "The word project writes one, latents.npz."
        )
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no .npz file")
        with np.load(path, allow_pickle=False) as content:
            names, points, *words = (content[field] for field in FIELDS)
    except UNREADABLE as error:
        raise LatentFileError(
            f"{path} must be a file of latents as the word project writes them, and "
            f"cannot be read as one ({error})."
        ) from error
    kinds = names.ndim == 1 and names.dtype.kind == "U" and points.dtype.kind in "fiu"
    if not (kinds and points.ndim > 1 and len(names) == len(points)):
        raise LatentFileError(f"{path} must hold names, and a point for each of them.")
    if not np.isfinite(points).all():
        raise LatentFileError(f"{path} must hold a finite point for each of its names.")
    return Latents(names.tolist(), points, *map(str, words))


def check_origin(
    latents: Latents, path: str | os.PathLike, fingerprint: str, origin: str
) -> None:
    """Refuse points of another generator.

    Raises:
        LatentFileError: names both.
    """
    if latents.fingerprint != fingerprint:
        raise LatentFileError(
            f"{path} must hold latents of the generator in use, {origin} "
            f"({fingerprint}). Its own are of {latents.origin} "
            f"({latents.fingerprint}): they mean nothing to another, nor to a run that "
            "has trained on since. Project the photos (or learn the directions) anew, "
            "or name that generator by --run_dir and --which."
        )


def point_of(latents: Latents, name: str) -> np.ndarray | None:
    """The point of a name, with or without its ending; None if there is none.

    Raises:
        LatentFileError: without endings there are several.

    >>> some = Latents(["me.jpg"], np.ones((1, 2)), "z", "", "")
    >>> point_of(some, "me").tolist(), point_of(some, "you")
    ([1.0, 1.0], None)
    """
    if name in latents.names:
        return latents.points[latents.names.index(name)]
    stems = [os.path.splitext(each)[0] for each in latents.names]
    if stems.count(name) > 1:
        several = [
            n for n, stem in zip(latents.names, stems, strict=True) if stem == name
        ]
        raise LatentFileError(
            f"{name} must be one latent, and is {' and '.join(several)}: "
            "add the ending."
        )
    return latents.points[stems.index(name)] if name in stems else None


def unique_stems(
    names: Sequence[str],
    reserved: Iterable[str] = (),
    endings: Sequence[str] = ("",),
) -> list[str]:
    """File names for the results of pictures: flat, without ending, each once, and
    short enough for a file system.

    Args:
        reserved: names that other files have.
        endings: of the files that each picture gets; none is another picture's.

    >>> unique_stems(["a/me.jpg", "b.png", "a_me.png"])
    ['a_me', 'b', 'a_me_2']
    >>> unique_stems(["sheet.png", "me.jpg", "me_1.jpg"], ["sheet"], ["", "_1"])
    ['sheet_2', 'me', 'me_1_2']
    """
    taken = {name.lower() for name in reserved}
    stems = []
    for name in names:
        stem = os.path.splitext(name)[0].replace("/", "_").replace("\\", "_")
        if len(os.fsencode(stem)) > LONGEST_STEM:
            stem = os.fsencode(stem)[:LONGEST_STEM].decode("utf-8", "ignore")
        number, unique = 1, stem
        while any((unique + ending).lower() in taken for ending in endings):
            number += 1
            unique = f"{stem}_{number}"
        taken |= {(unique + ending).lower() for ending in endings}
        stems.append(unique)
    return stems
