"""A judge of attributes: learns from labelled photos, says what it sees in pictures.

It is linear, on feature maps of a network that looked at such pictures (a run's D), so
that a few hundred labelled photos are enough.

Legend: N photos, M pictures, A attributes, F features, H height, W width, C channels;
images float32 in [-1, 1].
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from kerasgan.latent.distances import Features

DEEPEST = 3  # maps that are looked at
PLACES = 8  # a side, that a map is averaged to
CHUNK = 64  # images looked at together


def judged(
    features: Features, photos: np.ndarray, labels: np.ndarray, pictures: np.ndarray
) -> np.ndarray:
    """What a linear judge, who learnt the labels of photos, says of pictures.

    Args:
        features: images -> feature maps, the deepest last.
        photos: [N, H, W, C].
        labels: numbers [N, A].
        pictures: [M, H, W, C].

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
    said = judge.predict(scale.transform(pooled(features, pictures)))
    return said.reshape(len(pictures), -1)  # one column comes flat


def pooled(features: Features, images: np.ndarray) -> np.ndarray:
    """The deepest maps of images, averaged to about 8x8 places: [N, F]."""

    @tf.function(reduce_retracing=True)
    def look(some: tf.Tensor) -> tf.Tensor:
        return tf.concat(
            [_few(map_) for map_ in tf.nest.flatten(features(some))[-DEEPEST:]], axis=1
        )

    images = np.asarray(images, np.float32)
    starts = range(0, len(images), CHUNK)
    parts = [look(tf.constant(images[start : start + CHUNK])) for start in starts]
    return np.concatenate(parts)


def _few(map_: tf.Tensor) -> tf.Tensor:
    """One map [N, h, w, F] -> [N, fewer numbers]; features [N, F] as they are."""
    if map_.shape.rank == 2:
        return map_
    cell = [max(side // PLACES, 1) for side in map_.shape[1:3]]
    few = tf.nn.avg_pool2d(map_, cell, cell, "VALID")
    return tf.reshape(few, [-1, few.shape[1:].num_elements()])
