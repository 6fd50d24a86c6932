"""Latents that depend on (seed, k) alone, whatever batch they are drawn in.

Legend: N pictures, Z latent_dim, K classes.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf


@tf.function(autograph=False, reduce_retracing=True)
def draw(seed: tf.Tensor, indices: tf.Tensor, latent_dim: tf.Tensor) -> tf.Tensor:
    """Normal latents [N, Z]; row i is a pure function of (seed, indices[i]).

    `seed` is one number, or one for each row [N].

    Example:
    >>> one = draw(tf.constant(7, tf.int64), tf.range(5, 6, dtype=tf.int64), 3)
    >>> many = draw(tf.constant(7, tf.int64), tf.range(9, dtype=tf.int64), 3)
    >>> bool(tf.reduce_all(one[0] == many[5]))
    True
    """
    pairs = tf.stack([tf.broadcast_to(seed, tf.shape(indices)), indices], axis=1)
    return tf.map_fn(
        lambda pair: tf.random.stateless_normal([latent_dim], pair, alg="philox"),
        pairs,
        fn_output_signature=tf.float32,
    )


def latents(seed: int, start: int, count: int, latent_dim: int) -> np.ndarray:
    """Latents number `start` to `start + count - 1` of a seed, float32 [N, Z].

    >>> latents(0, 10, 2, 4).shape
    (2, 4)
    """
    indices = tf.range(start, start + count, dtype=tf.int64)
    return draw(tf.constant(seed, tf.int64), indices, tf.constant(latent_dim)).numpy()


def with_classes(z: np.ndarray, numbers: np.ndarray, classes: int) -> np.ndarray:
    """Latents [N, Z] with one-hot classes behind them, [N, Z + K]; K may be 0.

    `numbers` are taken modulo K, so that 0, 1, 2 ... go through all classes in turn.

    >>> with_classes(np.zeros((3, 1), np.float32), np.arange(3), 2).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    if not classes:
        return z
    labels = np.eye(classes, dtype=z.dtype)[np.asarray(numbers) % classes]
    return np.concatenate([z, labels], axis=1)
