"""Features -> at most 50 numbers a picture, by PCA in batches.

N pictures, F features, P components. Before the PCA each feature's cube root is taken
and each is brought to mean 0 and deviation 1: the activations of a network have long
tails, and a few loud ones would decide alone.

IncrementalPCA (Ross et al. 2008) sees a batch at a time, so that memory does not grow
with N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import IncrementalPCA
from sklearn.preprocessing import StandardScaler

CHUNK = 2048  # rows at a time


class Reduction(TransformerMixin, BaseEstimator):
    """Cube roots, standardised, then the first components.

    Args:
        n_components: at most so many; fewer where there are fewer features or pictures.
        progress: called as progress(done, rows) while `fit` and `transform` go through
            the rows, `fit` twice.

    Attributes:
        scaler_, pca_: as fitted.
        explained_: the share of the variance that the components hold.

    Example:
    >>> features = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    >>> Reduction(3).fit_transform(features).shape
    (40, 3)
    """

    def __init__(
        self,
        n_components: int = 50,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.n_components = n_components
        self.progress = progress

    def fit(self, X: np.ndarray, y: object = None) -> Reduction:
        """Learn from features [N, F], an array or a np.memmap."""
        self.scaler_ = StandardScaler()
        for rows in self._counted(chunks(X), 0, 2 * len(X)):
            self.scaler_.partial_fit(np.cbrt(rows))
        components = min(self.n_components, *X.shape)
        self.pca_ = IncrementalPCA(components)
        parts = chunks(X, least=components)
        for rows in self._counted(parts, len(X), 2 * len(X)):
            self.pca_.partial_fit(self.scaler_.transform(np.cbrt(rows)))
        self.explained_ = float(np.sum(self.pca_.explained_variance_ratio_))
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Features [N, F] -> float32 [N, P]."""
        parts = [
            self.pca_.transform(self.scaler_.transform(np.cbrt(rows)))
            for rows in self._counted(chunks(X), 0, len(X))
        ]
        return np.concatenate(parts).astype(np.float32)

    def _counted(
        self, parts: Iterator[np.ndarray], done: int, total: int
    ) -> Iterator[np.ndarray]:
        """Parts of the rows, each told of when it has been worked on."""
        for rows in parts:
            yield rows
            done += len(rows)
            self.progress(done, total)


def chunks(rows: np.ndarray, least: int = 1) -> Iterator[np.ndarray]:
    """Rows in order, some 2,000 at a time and never less than `least`.

    >>> [len(part) for part in chunks(np.zeros((4100, 2)), least=10)]
    [2048, 2052]
    """
    start, count = 0, len(rows)
    while start < count:
        stop = start + CHUNK
        if count - stop < least:
            stop = count
        yield np.asarray(rows[start:stop], np.float32)
        start = stop
