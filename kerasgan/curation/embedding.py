"""Pictures on a map: neighbours in the feature space lie side by side, by t-SNE.

N pictures, P numbers a picture. t-SNE (van der Maaten & Hinton 2008) of all pictures
where there are few, by scikit-learn; by openTSNE (Policar et al. 2024), which is
quicker, where it is installed. Of many pictures it is t-SNE of a sample, and each of
the others lies beside the one of the sample that it is most like.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from kerasgan.curation.reduction import chunks
from kerasgan.curation.threads import one_thread

MOST = 5_000  # pictures in scikit-learn's t-SNE
MOST_OPEN = 20_000  # in openTSNE's
STEPS = 1_000
PERPLEXITY = 30.0
ITERATION = re.compile(r"Iteration (\d+)")


class PictureMap(BaseEstimator):
    """A place in the plane for each picture.

    Args:
        random_state: a whole number; the same one gives the same map.
        most: pictures in the t-SNE; None for 5,000, or 20,000 with openTSNE.
        progress: called as progress(steps done, steps).

    Attributes:
        embedding_: float32 [N, 2].
        sample_: int [M], sorted: the pictures that the t-SNE saw.
        method_: who made it, in words.

    Example:
    >>> rows = np.random.default_rng(0).normal(size=(30, 4))
    >>> made = PictureMap(most=20).fit(rows)
    >>> made.embedding_.shape, len(made.sample_)
    ((30, 2), 20)
    """

    def __init__(
        self,
        random_state: int = 0,
        most: int | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.random_state = random_state
        self.most = most
        self.progress = progress

    def fit(self, X: np.ndarray, y: object = None) -> PictureMap:
        """Lay out [N, P]."""
        rows = np.asarray(X, np.float32)
        random = np.random.default_rng(self.random_state)
        use_open = len(rows) > MOST and has_open_tsne()
        most = self.most or (MOST_OPEN if use_open else MOST)
        self.sample_ = np.sort(random.permutation(len(rows))[:most])
        lay_out = _open_tsne if use_open else _scikit_tsne
        self.method_ = f"t-SNE of {'openTSNE' if use_open else 'scikit-learn'}"
        places = lay_out(rows[self.sample_], self.random_state, self.progress)
        self.embedding_ = np.empty((len(rows), 2), np.float32)
        self.embedding_[self.sample_] = places
        others = np.setdiff1d(np.arange(len(rows)), self.sample_)
        if len(others):
            beside = _beside(rows[others], rows[self.sample_], places, random)
            self.embedding_[others] = beside
        return self

    def fit_transform(self, X: np.ndarray, y: object = None) -> np.ndarray:
        """Lay out [N, P]: the places, float32 [N, 2]."""
        return self.fit(X).embedding_


def has_open_tsne() -> bool:
    """Whether openTSNE is installed."""
    return importlib.util.find_spec("openTSNE") is not None


def _scikit_tsne(rows: np.ndarray, seed: int, progress: Callable) -> np.ndarray:
    if len(rows) < 3 or not rows.std(axis=0).any():  # nothing to lay out
        return np.stack([np.arange(len(rows)), np.zeros(len(rows))], 1)
    perplexity = min(PERPLEXITY, (len(rows) - 1) / 3)
    tsne = TSNE(
        perplexity=perplexity,
        init="pca" if rows.shape[1] > 1 else "random",
        random_state=seed,
        verbose=2,
    )
    with contextlib.redirect_stdout(_Steps(progress)), one_thread():
        places = tsne.fit_transform(rows)
    progress(STEPS, STEPS)  # it may have stopped before
    return places


def _open_tsne(rows: np.ndarray, seed: int, progress: Callable) -> np.ndarray:
    from openTSNE import TSNE as OpenTSNE

    done = 0

    def count(*_: object) -> None:
        nonlocal done
        done += 50
        progress(min(done, STEPS), STEPS)

    early = STEPS // 3
    tsne = OpenTSNE(
        perplexity=PERPLEXITY,
        early_exaggeration_iter=early,
        n_iter=STEPS - early,
        random_state=seed,
        callbacks=count,
        callbacks_every_iters=50,
    )
    return np.asarray(tsne.fit(rows))


class _Steps(io.TextIOBase):
    """Takes what scikit-learn's t-SNE prints, for want of a callback: one line each 50
    steps."""

    def __init__(self, progress: Callable[[int, int], None]) -> None:
        self.progress = progress

    def write(self, text: str) -> int:
        found = ITERATION.search(text)
        if found:
            self.progress(min(int(found[1]), STEPS - 1), STEPS)
        return len(text)


def _beside(
    rows: np.ndarray,
    sample: np.ndarray,
    places: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Places beside the nearest of the sample, a little apart from it."""
    nearest = NearestNeighbors(n_neighbors=1).fit(sample)
    found = [nearest.kneighbors(part, return_distance=False) for part in chunks(rows)]
    chosen = places[np.concatenate(found)[:, 0]]
    spread = NearestNeighbors(n_neighbors=min(4, len(places))).fit(places)
    apart = np.median(spread.kneighbors(places)[0][:, -1]) / 2
    return chosen + random.normal(0, apart, chosen.shape)
