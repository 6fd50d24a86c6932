"""Pictures -> clusters by k-means, their number by silhouette, and outliers.

N pictures, P numbers a picture, K clusters. The silhouette (Rousseeuw 1987) compares
how far a picture is from its own cluster and from the next one: between -1 and 1. It
is taken on a sample. Up to `FULL` pictures KMeans sees all of them at once, beyond that
MiniBatchKMeans (Sculley 2010) a few thousand at a time.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances_argmin, silhouette_score

from kerasgan.curation.reduction import chunks
from kerasgan.curation.threads import one_thread

FULL = 10_000  # pictures, the most for KMeans
SAMPLE = 2_000  # pictures, for the silhouettes
MOST = 10  # clusters tried
FAR_OUT = 3.0  # interquartile ranges above the third quartile (Tukey 1977)


class Clusters(ClusterMixin, BaseEstimator):
    """k-means clusters, numbered by size, the largest first.

    Args:
        n_clusters: K, or None to take the number with the best silhouette.
        random_state: a whole number; the same one gives the same clusters.
        progress: called as progress(done, total) after each number that was tried, and
            at the end.

    Attributes:
        labels_: int32 [N], 0 to K - 1.
        cluster_centers_: float32 [K, P].
        distances_: float32 [N], from each picture to the centre of its cluster.
        outliers_: bool [N], the ones very far from theirs.
        silhouettes_: K -> silhouette, of each number that was tried.

    Example:
    >>> rows = np.repeat([[0.0, 0.0], [9.0, 9.0], [0.0, 9.0]], [5, 20, 10], axis=0)
    >>> rows += np.random.default_rng(0).normal(0, 0.1, rows.shape)
    >>> np.bincount(Clusters().fit(rows).labels_).tolist()
    [20, 10, 5]
    """

    def __init__(
        self,
        n_clusters: int | None = None,
        random_state: int = 0,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.n_clusters = n_clusters
        self.random_state = random_state
        self.progress = progress

    def fit(self, X: np.ndarray, y: object = None) -> Clusters:
        """Learn from [N, P].

        Raises:
            ValueError: there are fewer pictures than clusters.
        """
        rows = np.asarray(X, np.float32)
        if len(rows) < (self.n_clusters or 1):
            raise ValueError(
                "There must be at least as many pictures as clusters. Received "
                f"{len(rows)} for {self.n_clusters} clusters: ask for fewer."
            )
        with one_thread(), warnings.catch_warnings():
            # pictures that are all the same are fewer clusters than were asked for
            warnings.simplefilter("ignore", ConvergenceWarning)
            tried = () if self.n_clusters else numbers_tried(len(rows))
            self.progress(0, len(tried) + 1)
            self.silhouettes_ = self._silhouettes(rows, tried)
            count = self.n_clusters or max(
                self.silhouettes_, key=self.silhouettes_.get, default=1
            )
            means = self._means(count, len(rows)).fit(rows)
        self._number(means.labels_, means.cluster_centers_)
        far = rows - self.cluster_centers_[self.labels_]
        self.distances_ = np.linalg.norm(far, axis=1).astype(np.float32)
        self.outliers_ = far_out(self.distances_, self.labels_)
        self.progress(len(tried) + 1, len(tried) + 1)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The nearest cluster of each row of [N, P]: int32 [N]."""
        parts = [
            pairwise_distances_argmin(rows, self.cluster_centers_) for rows in chunks(X)
        ]
        return np.concatenate(parts).astype(np.int32)

    def _silhouettes(
        self, rows: np.ndarray, numbers: Sequence[int]
    ) -> dict[int, float]:
        """K -> the silhouette of K clusters of a sample."""
        random = np.random.default_rng(self.random_state)
        chosen = random.permutation(len(rows))[:SAMPLE]
        sample = rows[np.sort(chosen)]
        found = {}
        for done, count in enumerate(numbers, start=1):
            labels = self._means(count, len(sample)).fit_predict(sample)
            if len(np.unique(labels)) == count:  # else some pictures are the same
                found[count] = float(silhouette_score(sample, labels))
            self.progress(done, len(numbers) + 1)
        return found

    def _means(self, count: int, pictures: int) -> KMeans | MiniBatchKMeans:
        options = {"n_clusters": count, "n_init": 5, "random_state": self.random_state}
        if pictures <= FULL:
            return KMeans(**options)
        return MiniBatchKMeans(batch_size=4096, **options)

    def _number(self, labels: np.ndarray, centres: np.ndarray) -> None:
        """Number the clusters by size; empty ones come last."""
        sizes = np.bincount(labels, minlength=len(centres))
        order = np.argsort(-sizes, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        self.labels_ = rank[labels].astype(np.int32)
        self.cluster_centers_ = centres[order].astype(np.float32)


def numbers_tried(pictures: int) -> range:
    """The numbers of clusters that are tried for so many pictures.

    >>> numbers_tried(4), numbers_tried(1)
    (range(2, 4), range(2, 2))
    """
    return range(2, max(2, min(MOST, min(SAMPLE, pictures) - 1) + 1))


def far_out(distances: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which pictures lie far outside the usual distances of their own cluster.

    Args:
        distances, labels: [N], to the centre of the cluster, and which one.

    Returns:
        bool [N]: beyond three interquartile ranges above the third quartile.

    Example:
    >>> far_out(np.array([1.0, 1.1, 1.2, 1.3, 9.0]), np.zeros(5, int)).tolist()
    [False, False, False, False, True]
    """
    result = np.zeros(len(distances), bool)
    for label in np.unique(labels):
        own = labels == label
        low, high = np.percentile(distances[own], (25, 75))
        result[own] = distances[own] > high + FAR_OUT * (high - low)
    return result


def purity(labels: np.ndarray, classes: np.ndarray) -> float:
    """The share of the pictures that are of the commonest class of their cluster.

    Args:
        labels: int [N], the clusters.
        classes: int [N], the classes; below 0 where unknown, which do not count.

    Example:
    >>> purity(np.array([0, 0, 0, 1, 1]), np.array([2, 2, 0, 1, -1]))
    0.75
    """
    known = classes >= 0
    pairs = zip(labels[known], classes[known], strict=True)
    counts: dict[int, dict[int, int]] = {}
    for label, of in pairs:
        counts.setdefault(int(label), {}).setdefault(int(of), 0)
        counts[int(label)][int(of)] += 1
    right = sum(max(each.values()) for each in counts.values())
    return right / max(int(known.sum()), 1)
