"""Packed pictures -> an endless stream of batches, the same one after every restart.

N pictures, B batch_size, H height, W width, C channels; uint8 [B, H, W, C].

The order is a pure function of (seed, step). Position p of the stream is picture
shuffle(p mod N) of epoch p // N, where shuffle is a pseudo-random permutation that is
computed for one index at a time (`tf.random.experimental.index_shuffle`, the Simon
cipher of Beaulieu et al., 2013). Nothing is stored: a run that resumes at step k
starts the stream at position k B.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

# What `index_shuffle` gives its cipher; changing one changes every run
ROUNDS, SEED_PREFIX = 4, 498247692


def make_dataset(
    images: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    labels: np.ndarray | None = None,
    places: np.ndarray | None = None,
    shares: int = 1,
    here: range = range(1),
) -> tf.data.Dataset:
    """An endless dataset of shuffled batches; every epoch another permutation.

    Batches run across the ends of epochs, so no picture is left out, and a set
    smaller than a batch is repeated within it.

    Args:
        images: uint8 [N, H, W, C], an array or a np.memmap; read batch by batch.
        batch_size: pictures a batch, B.
        seed: 0 to 2**32 - 1.
        start_step: the step to begin with: batches 0 to start_step - 1 are skipped
            without being read.
        labels: int32 [N], the class of each picture, if there are classes.
        places: int64 [K] of the pictures that are shown; None: all N.
        shares: each batch comes in so many even shares, one for each device.
        here: the numbers of the shares that come, in turn; others are not read.

    Returns:
        tf.data.Dataset of uint8 [B, H, W, C], prefetched; with labels of that and
        int32 [B]. In shares, B / shares in place of B.

    Raises:
        ValueError: no pictures, another type, or a number out of range.

    Example:
    >>> images = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1)
    >>> dataset = make_dataset(images, batch_size=5, seed=0)
    >>> sorted(next(iter(dataset)).numpy().ravel().tolist())
    [0, 1, 2, 3, 4]
    """
    _check(images, batch_size, seed, start_step, shares)
    rows = batch_size // shares
    shape = (rows, *images.shape[1:])
    places = np.arange(len(images)) if places is None else np.asarray(places)
    count = tf.constant(len(places), tf.int64)

    def pictures_of(number: tf.Tensor) -> tf.Tensor:
        step, share = number // len(here), here.start + number % len(here)
        start = step * batch_size + share * rows
        positions = start + tf.range(rows, dtype=tf.int64)
        epochs = positions // count
        first, own = (
            tf.fill([rows], tf.constant(part, tf.int64)) for part in (SEED_PREFIX, seed)
        )
        # what `index_shuffle` does, but with a seed for each position
        return tf.raw_ops.RandomIndexShuffle(  # [B], or of a share
            index=positions % count,
            seed=tf.stack([first, own, epochs], axis=1),
            max_index=count - 1,
            rounds=ROUNDS,
        )

    def read(indices: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(images[places[indices]])

    @tf.autograph.experimental.do_not_convert  # takes longer than all else here
    def batch_of(number: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        indices = pictures_of(number)
        batch = tf.numpy_function(read, [indices], tf.uint8, stateful=False)
        batch = tf.ensure_shape(batch, shape)  # [B, H, W, C]
        if labels is None:
            return batch
        return batch, tf.gather(tf.constant(labels[places], tf.int32), indices)

    numbers = tf.data.Dataset.counter(start=start_step * len(here), dtype=tf.int64)
    batches = numbers.map(batch_of, num_parallel_calls=2, deterministic=True)
    return batches.prefetch(tf.data.AUTOTUNE)


def _check(
    images: np.ndarray, batch_size: int, seed: int, start_step: int, shares: int
) -> None:
    if images.ndim != 4 or images.dtype != np.uint8 or not len(images):
        raise ValueError(
            "images must be uint8 [N, H, W, C] with N >= 1. Received "
            f"{images.dtype} {list(images.shape)}: open a folder with open_store."
        )
    if batch_size < 1:
        raise ValueError(
            f"batch_size must be at least 1. Received {batch_size}: try 32."
        )
    if batch_size % shares:
        raise ValueError(
            f"batch_size must be a multiple of shares. Received {batch_size} in "
            f"{shares} shares: they would not be even."
        )
    if not 0 <= seed < 2**32:
        raise ValueError(
            f"seed must be between 0 and {2**32 - 1}. Received {seed}: "
            "take any number in that range."
        )
    if start_step < 0:
        raise ValueError(
            f"start_step must not be negative. Received {start_step}: "
            "0 is the first step."
        )
