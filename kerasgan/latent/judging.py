"""A judge of attributes: learns from labelled photos, says what it sees in pictures.

It is linear, on feature maps of a network that looked at such pictures (a run's D), so
that a few hundred labelled photos are enough, and so that one can ask it which way a
picture would have to change. Pictures may come a few at a time, so that there can be
more of them than would fit into memory.

Legend: N photos, M pictures, A attributes, F features, H height, W width, C channels;
images float32 in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from kerasgan.latent.distances import Features

DEEPEST = 3  # maps that are looked at
PLACES = 8  # a side, that a map is averaged to
CHUNK = 64  # images looked at together

Pictures = np.ndarray | Iterable[np.ndarray]  # [N, H, W, C], or some at a time


class Judge:
    """Learns numbers [A] from photos, then says them of pictures.

    Args:
        features: images -> feature maps, the deepest last.

    Example:
    >>> photos = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1))
    >>> labels = photos.mean(axis=(1, 2))
    >>> judge = Judge(lambda images: [images]).fit(photos, labels)
    >>> bool(np.abs(judge.predict(photos[:5]) - labels[:5]).max() < 0.05)
    True
    """

    def __init__(self, features: Features) -> None:
        self.features = features

    def fit(self, photos: Pictures, labels: np.ndarray) -> Judge:
        """Learn from photos [N, H, W, C], or batches of them, and labels [N, A]."""
        known = pooled(self.features, photos)
        scale = StandardScaler()
        known = scale.fit_transform(known)
        ridge = RidgeCV(alphas=np.logspace(0, 5, 11))
        ridge.fit(known, np.reshape(labels, (len(labels), -1)))
        slopes = np.atleast_2d(ridge.coef_) / scale.scale_  # [A, F]
        self.middle_ = tf.constant(scale.mean_, tf.float32)
        self.slopes_ = tf.constant(slopes.T, tf.float32)
        self.at_middle_ = tf.constant(np.atleast_1d(ridge.intercept_), tf.float32)
        return self

    def say(self, images: tf.Tensor) -> tf.Tensor:
        """What it sees in images [M, H, W, C]: [M, A], differentiable."""
        away = pool(self.features, images) - self.middle_
        return self.at_middle_ + tf.matmul(away, self.slopes_)

    def predict(self, pictures: Pictures) -> np.ndarray:
        """The same of any number of pictures, or batches of them: [M, A]."""
        say = tf.function(self.say, autograph=False, reduce_retracing=True)
        return np.concatenate([say(some).numpy() for some in _in_batches(pictures)])


def pooled(features: Features, images: Pictures) -> np.ndarray:
    """The deepest maps of images, averaged to about 8x8 places: [N, F]."""

    @tf.function(autograph=False, reduce_retracing=True)
    def look(some: tf.Tensor) -> tf.Tensor:
        return pool(features, some)

    return np.concatenate([look(some).numpy() for some in _in_batches(images)])


def pool(features: Features, images: tf.Tensor) -> tf.Tensor:
    """The same of a few images, in a graph."""
    maps = tf.nest.flatten(features(images))[-DEEPEST:]
    return tf.concat([_few(map_) for map_ in maps], axis=1)


def _in_batches(images: Pictures) -> Iterator[tf.Tensor]:
    parts = images
    if isinstance(images, np.ndarray):
        starts = range(0, len(images), CHUNK)
        parts = (images[start : start + CHUNK] for start in starts)
    for some in parts:
        yield tf.constant(some, tf.float32)


def _few(map_: tf.Tensor) -> tf.Tensor:
    """One map [N, h, w, F] -> [N, fewer numbers]; features [N, F] as they are."""
    if map_.shape.rank == 2:
        return map_
    cell = [max(side // PLACES, 1) for side in map_.shape[1:3]]
    few = tf.nn.avg_pool2d(map_, cell, cell, "VALID")
    return tf.reshape(few, [-1, few.shape[1:].num_elements()])
