"""A judge of attributes: learns from labelled photos, says what it sees in pictures.

It is linear, on feature maps of a network that looked at such pictures (a run's D), so
that a few hundred labelled photos are enough. Pictures may come a few at a time, so
that there can be more of them than would fit into memory.

Legend: N photos, M pictures, A attributes, F features, H height, W width, C channels;
images float32 in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import tensorflow as tf
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from kerasgan.latent.distances import Features

DEEPEST = 3  # maps that are looked at
PLACES = 8  # a side, that a map is averaged to
CHUNK = 64  # images looked at together


Pictures = np.ndarray | Iterable[np.ndarray]  # [N, H, W, C], or some at a time


def judged(
    features: Features, photos: Pictures, labels: np.ndarray, pictures: Pictures
) -> np.ndarray:
    """What a linear judge, who learnt the labels of photos, says of pictures.

    Args:
        features: images -> feature maps, the deepest last.
        photos: [N, H, W, C], or batches of them.
        labels: numbers [N, A].
        pictures: [M, H, W, C], or batches of them.

    Returns:
        [M, A], in the labels' units.

    Example:
    >>> photos = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1))
    >>> labels = photos.mean(axis=(1, 2))
    >>> said = judged(lambda images: [images], photos, labels, photos[:5])
    >>> bool(np.abs(said - labels[:5]).max() < 0.05)
    True
    """
    known = pooled(features, photos)
    scale = StandardScaler().fit(known)
    judge = RidgeCV(alphas=np.logspace(0, 5, 11)).fit(scale.transform(known), labels)
    look = _pooling(features)
    said = [
        judge.predict(scale.transform(look(some))).reshape(len(some), -1)
        for some in _few_at_a_time(pictures)  # one column comes flat
    ]
    return np.concatenate(said)


def pooled(features: Features, images: Pictures) -> np.ndarray:
    """The deepest maps of images, averaged to about 8x8 places: [N, F]."""
    look = _pooling(features)
    return np.concatenate([look(some) for some in _few_at_a_time(images)])


def _pooling(features: Features) -> Callable[[np.ndarray], np.ndarray]:
    """A function of a few images to their numbers [n, F], as one graph."""

    @tf.function(reduce_retracing=True)
    def look(some: tf.Tensor) -> tf.Tensor:
        return tf.concat(
            [_few(map_) for map_ in tf.nest.flatten(features(some))[-DEEPEST:]], axis=1
        )

    return lambda some: look(tf.constant(some, tf.float32)).numpy()


def _few_at_a_time(images: Pictures) -> Iterator[np.ndarray]:
    if not isinstance(images, np.ndarray):
        yield from images
        return
    for start in range(0, len(images), CHUNK):
        yield images[start : start + CHUNK]


def _few(map_: tf.Tensor) -> tf.Tensor:
    """One map [N, h, w, F] -> [N, fewer numbers]; features [N, F] as they are."""
    if map_.shape.rank == 2:
        return map_
    cell = [max(side // PLACES, 1) for side in map_.shape[1:3]]
    few = tf.nn.avg_pool2d(map_, cell, cell, "VALID")
    return tf.reshape(few, [-1, few.shape[1:].num_elements()])
