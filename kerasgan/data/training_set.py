"""The pictures of a training: their classes, those held out, and those in batches.

N pictures, of which T are trained on; B batch_size, H height, W width, C channels.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from kerasgan.data.held_out import Split
from kerasgan.data.picked import Picked
from kerasgan.data.pipeline import make_dataset


class TrainingSet:
    """Pictures to train on and pictures that are held out.

    Args:
        images: uint8 [N, H, W, C], a memory-mapped store as a rule.
        labels: int32 [N], the class of each picture, where there are classes.
        split: which pictures are held out; None: none.

    Attributes:
        trained: those trained on, as if uint8 [T, H, W, C].
        held: those held out, as if uint8 [N - T, H, W, C].

    Example:
    >>> pictures = TrainingSet(np.zeros((8, 4, 4, 3), np.uint8))
    >>> len(pictures.trained), len(pictures.held), pictures.some(2, seed=0).shape
    (8, 0, (2, 4, 4, 3))
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray | None = None,
        split: Split | None = None,
    ) -> None:
        everything = np.arange(len(images))
        split = split or Split(trained=everything, held=everything[:0])
        self.images, self.labels = images, labels
        self.trained = Picked(images, split.trained)
        self.held = Picked(images, split.held)

    def some_places(self, count: int, seed: int) -> np.ndarray:
        """Where the same few pictures that are trained on are among the N, in random
        order, int64 [count] or fewer."""
        order = np.random.default_rng(seed).permutation(len(self.trained))
        return self.trained.places[order[:count]]

    def some(self, count: int, seed: int) -> np.ndarray:
        """The same few pictures that are trained on, uint8 [count, H, W, C]."""
        return np.asarray(self.images[np.sort(self.some_places(count, seed))])

    def batches(
        self, batch_size: int, seed: int, start_step: int = 0, **shares: int | range
    ) -> tf.data.Dataset:
        """The endless batches from a step on; `shares` and `here` as `make_dataset`
        has them."""
        return make_dataset(
            self.images,
            batch_size=batch_size,
            seed=seed,
            start_step=start_step,
            labels=self.labels,
            places=self.trained.places,
            **shares,
        )
