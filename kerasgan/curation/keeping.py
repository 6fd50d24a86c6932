"""Some of the sorted pictures chosen, and brought into a folder of their own.

N pictures. The originals are never touched: the new folder holds hard links to them,
which take no room, or copies where links cannot be (another disk, another file
system). It is filled under another name and renamed, so that a killed start leaves
nothing that looks complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasgan.curation.sorted_pictures import SortedPictures
from kerasgan.data.doctor import content_digest

Polygon = np.ndarray  # int [corners, 2], on the map
DROPPED = ("outliers", "duplicates")


@dataclass(frozen=True)
class Choice:
    """What to keep.

    Attributes:
        clusters: numbers of clusters, kept whole.
        inside: what these lassos hold is kept as well.
        outside: what these hold is left out.
        drop: "outliers", "duplicates" or both are left out; of near duplicates, one of
            those that would be kept stays.
    """

    clusters: tuple[int, ...] = ()
    inside: tuple[Polygon, ...] = ()
    outside: tuple[Polygon, ...] = ()
    drop: tuple[str, ...] = ()


def choose(pictures: SortedPictures, choice: Choice) -> np.ndarray:
    """Which pictures a choice keeps, bool [N].

    Raises:
        ValueError: there is no such cluster, or nothing is kept.
    """
    unknown = sorted(set(choice.clusters) - set(pictures.numbers()))
    if unknown:
        raise ValueError(
            f"--keep must name clusters from 1 to {max(pictures.numbers())}. Received "
            f"{', '.join(map(str, unknown))}: look at map.html or the cluster_*.png."
        )
    kept = np.isin(pictures.clusters, choice.clusters)
    for polygon in choice.inside:
        kept |= within(pictures.places, polygon)
    for polygon in choice.outside:
        kept &= ~within(pictures.places, polygon)
    if "outliers" in choice.drop:
        kept &= ~pictures.outliers
    if "duplicates" in choice.drop:
        kept = first_of_each(kept, pictures.duplicate_of)
    if not kept.any():
        raise ValueError(
            "At least one picture must be kept, and this choice keeps none of "
            f"{len(pictures.names)}: name more clusters by --keep, or drop less."
        )
    return kept


def first_of_each(kept: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Of the pictures kept, the first one of each group, bool [N].

    Args:
        kept: bool [N].
        groups: int [N], the same number for pictures of one group.

    Example: the first of its group is not among the pictures kept.
    >>> kept = np.array([False, True, True, True])
    >>> first_of_each(kept, np.array([0, 0, 0, 3])).tolist()
    [False, True, False, True]
    """
    places = np.flatnonzero(kept)
    _, first = np.unique(groups[places], return_index=True)
    result = np.zeros(len(kept), bool)
    result[places[first]] = True
    return result


def within(places: np.ndarray, polygon: Polygon) -> np.ndarray:
    """Whether whole-numbered places lie inside a polygon, by the even-odd rule.

    The arithmetic is exact, and the page's is the same.

    Args:
        places: int [N, 2].
        polygon: int [corners, 2].

    Example:
    >>> square = np.array([[0, 0], [10, 0], [10, 10], [0, 10]])
    >>> within(np.array([[5, 5], [15, 5]]), square).tolist()
    [True, False]
    """
    x, y = np.asarray(places, np.int64).T
    result = np.zeros(len(x), bool)
    ahead = np.roll(polygon, -1, axis=0)
    for (ax, ay), (bx, by) in zip(polygon.tolist(), ahead.tolist(), strict=True):
        crosses = (ay > y) != (by > y)
        side = (bx - ax) * (y - ay) - (x - ax) * (by - ay)
        result ^= crosses & ((side > 0) == (by > ay))
    return result


def changed(
    folder: str | os.PathLike,
    names: Sequence[str],
    contents: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Those pictures whose content is another one than when they were sorted.

    Args:
        folder: where they lie.
        names: relative to it.
        contents: the digests of what they held.
        progress: called as progress(done, total) after each picture.
    """
    found = []
    for done, (name, content) in enumerate(zip(names, contents, strict=True), start=1):
        path = Path(folder, name)
        if path.is_file() and content_digest(path.read_bytes()).hex() != content:
            found.append(name)
        progress(done, len(names))
    return found


def keep(
    folder: str | os.PathLike,
    names: Sequence[str],
    out: str | os.PathLike,
    *,
    copy: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Bring pictures into a new folder, sub-folders as they are.

    Args:
        folder: where they lie.
        names: relative to it.
        out: a folder that does not exist yet, or an empty one.
        copy: never link.
        progress: called as progress(done, total) after each picture.

    Returns:
        How many were copied; the others are hard links.

    Raises:
        ValueError: a picture is no longer there.
        OSError: the folder cannot be written to.
    """
    folder, out = Path(folder), Path(out).absolute()
    aside = out.with_name(f".{out.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    copied = 0
    try:
        for done, name in enumerate(names, start=1):
            target = aside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copied += _bring(folder / name, target, copy)
            progress(done, len(names))
        os.replace(aside, out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return copied


def _bring(source: Path, target: Path, copy: bool) -> bool:
    """Link or copy one picture; whether it was copied."""
    if not source.is_file():
        raise ValueError(
            f"Every kept picture must still be there, and {source} is not. Run curate "
            "again on the folder as it is now."
        )
    if not copy:
        try:
            os.link(source.resolve(), target)
            return False
        except OSError:  # another disk, or one without links: copied then
            pass
    shutil.copy2(source, target)
    return True
