"""What a finished curation knows of its pictures: one record, its file, its summary.

N pictures, K clusters. Places on the map are whole numbers from 0 to `MAP_SIDE` along
each axis, so that the page and `keeping` agree about what a lasso holds.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasgan.runs import stays_below, write_atomically

MAP_SIDE = 65_535
COLUMNS = (
    *("file", "cluster", "x", "y", "distance"),
    *("outlier", "duplicate_of", "class", "content"),
)


@dataclass(frozen=True)
class SortedPictures:
    """The pictures of a folder, sorted.

    Attributes:
        names: N names relative to the folder, with "/".
        clusters: int [N], 1 to K, the largest cluster being 1.
        places: int [N, 2], on the map.
        distances: float [N], to the centre of the cluster.
        outliers: bool [N].
        duplicate_of: int [N], the first picture that this one nearly repeats; itself
            where it repeats none.
        class_names: of the classes, if some pictures' classes are known.
        classes: int [N], the class; -1 where it is not known.
        contents: N digests of their files' contents.
    """

    names: list[str]
    clusters: np.ndarray
    places: np.ndarray
    distances: np.ndarray
    outliers: np.ndarray
    duplicate_of: np.ndarray
    class_names: tuple[str, ...]
    classes: np.ndarray
    contents: list[str]

    @property
    def duplicates(self) -> np.ndarray:
        """bool [N]: nearly repeats an earlier picture."""
        return self.duplicate_of != np.arange(len(self.names))

    def numbers(self) -> list[int]:
        """The clusters that there are."""
        return np.unique(self.clusters).tolist()

    def members(self, number: int) -> np.ndarray:
        """The pictures of a cluster, the most typical ones first."""
        own = np.flatnonzero(self.clusters == number)
        return own[np.argsort(self.distances[own], kind="stable")]

    def classes_of(self, number: int) -> Counter[str]:
        """How many pictures of each known class a cluster holds."""
        known = self.classes[(self.clusters == number) & (self.classes >= 0)]
        return Counter(self.class_names[k] for k in known)

    def write(self, path: Path) -> None:
        """One line a picture, as CSV."""
        table = io.StringIO()
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(COLUMNS)
        for k, name in enumerate(self.names):
            first = self.duplicate_of[k]
            known = self.class_names[self.classes[k]] if self.classes[k] >= 0 else ""
            rows.writerow(
                [
                    name,
                    self.clusters[k],
                    *self.places[k],
                    f"{self.distances[k]:.4g}",
                    int(self.outliers[k]),
                    "" if first == k else self.names[first],
                    known,
                    self.contents[k],
                ]
            )
        write_atomically(path, table.getvalue().encode("utf-8", "surrogateescape"))

    @classmethod
    def read(cls, path: Path) -> SortedPictures:
        """What `write` wrote.

        Raises:
            ValueError: the file is damaged, or names files outside the folder.
        """
        try:
            with open(
                path, newline="", encoding="utf-8", errors="surrogateescape"
            ) as file:
                rows = list(csv.DictReader(file))
            names = [row["file"] for row in rows]
            if not names or not all(stays_below(name) for name in names):
                raise ValueError(
                    "a name leads out of the folder" if names else "it has no picture"
                )
            place = {name: k for k, name in enumerate(names)}
            firsts = [place[row["duplicate_of"] or row["file"]] for row in rows]
            class_names = tuple(sorted({row["class"] for row in rows} - {""}))
            number = {name: k for k, name in enumerate(class_names)} | {"": -1}
            return cls(
                names,
                np.array([int(row["cluster"]) for row in rows]),
                np.array([(int(row["x"]), int(row["y"])) for row in rows]),
                np.array([float(row["distance"]) for row in rows]),
                np.array([row["outlier"] == "1" for row in rows]),
                np.array(firsts),
                class_names,
                np.array([number[row["class"]] for row in rows]),
                [row["content"] for row in rows],
            )
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise ValueError(
                f"{path} must be as curate wrote it and is damaged ({error}). Run "
                "curate again with the --path and --out that it was made with."
            ) from error


def on_map(embedding: np.ndarray) -> np.ndarray:
    """float [N, 2] -> int [N, 2], the same scale along both axes, in the middle.

    >>> on_map(np.array([[0.0, 0.0], [2.0, 1.0]])).tolist()
    [[0, 16384], [65535, 49151]]
    """
    low, high = embedding.min(axis=0), embedding.max(axis=0)
    scale = MAP_SIDE / max(float((high - low).max()), 1e-9)
    centred = (embedding - (low + high) / 2) * scale + MAP_SIDE / 2
    return np.clip(np.rint(centred), 0, MAP_SIDE).astype(np.int64)
