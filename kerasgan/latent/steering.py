"""Directions that change one attribute and leave the others: found by trying.

A judge says what it sees in a random picture, and in the same a step along a direction;
the direction is moved, by gradients through judge and generator, until the attribute
changes by as many deviations as the step was long, and the others do not.

Legend: N pictures, A attributes, Z numbers in a point.
Sources: Goetschalckx et al. 2019 (GANalyze), Jahanian et al. 2020 (steerability).
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from kerasgan.latent.search import schedule
from kerasgan.latent.spaces import Space

STEPS, BATCH = 200, 32
POOL = 1024  # random points that steps begin from
FARTHEST = 2.0  # deviations that an attribute is asked to change by, at most
FIRST_SEED = 2**31 + 2**30  # of the points: not those of a search, nor of `generate`


def steer(
    space: Space,
    say: Callable[[tf.Tensor], tf.Tensor],
    ways: np.ndarray,
    *,
    steps: int = STEPS,
    batch: int = BATCH,
    rate: float = 0.05,
    seed: int = 0,
    on_step: Callable[[int, np.ndarray], None] = lambda step, losses: None,
) -> np.ndarray:
    """Better directions than `ways`: each changes its own attribute by a deviation for
    each time its length, and no other.

    Args:
        space: where the directions lie.
        say: images [N, H, W, C] -> attributes [N, A], differentiable.
        ways: to begin with, [A, Z]; or [A, L, D], as points have it.
        steps, batch, rate: of Adam, in the space's deviations a step.
        seed: of the pictures.
        on_step: gets each step's number and its loss.

    Returns:
        Directions of the same shape.

    Raises:
        ValueError: as many ways as attributes there must be; numbers that cannot be.

    Example:
    >>> from kerasgan.latent.spaces import z_space
    >>> space = z_space(lambda z: tf.reshape(z, [-1, 2, 1, 1]), 2)
    >>> say = lambda images: tf.reshape(images, [-1, 2])
    >>> found = steer(space, say, np.full((2, 2), 0.5), steps=100)
    >>> bool(np.abs(found - np.eye(2)).max() < 0.1)  # each its own, by one deviation
    True
    """
    if min(steps, batch) < 1:
        raise ValueError(
            f"steps and batch must be at least 1. Received {steps} and {batch}."
        )
    starts = space.draw(FIRST_SEED + seed, 0, POOL)
    ask = tf.function(say, autograph=False, reduce_retracing=True)
    asked = [ask(tf.constant(some)).numpy() for some in space.in_batches(starts)]
    before = np.concatenate(asked)  # [POOL, A]
    count = before.shape[1]
    if len(ways) != count:
        raise ValueError(
            "There must be a way for each attribute. Received "
            f"{len(ways)} for {count} of them."
        )
    unit = tf.constant(np.maximum(before.std(axis=0), 1e-12), tf.float32)
    moves = tf.Variable(ways / space.spread, dtype=tf.float32)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build([moves])
    shape = [-1] + [1] * (moves.shape.rank - 1)

    @tf.function(autograph=False)
    def step(points: tf.Tensor, said: tf.Tensor, which: tf.Tensor, strength: tf.Tensor):
        wanted = tf.one_hot(which, count) * strength[:, None]  # [N, A]
        with tf.GradientTape() as tape:
            move = tf.gather(moves, which) * tf.reshape(strength, shape)
            images = space.paint(points + move * space.spread)
            off = (say(images) - said) / unit - wanted
            loss = tf.reduce_mean(tf.reduce_sum(tf.square(off), axis=1))
        slope = tf.convert_to_tensor(tape.gradient(loss, moves))  # of rows that moved
        optimizer.apply([tf.where(tf.math.is_finite(slope), slope, 0.0)], [moves])
        return loss

    random = np.random.default_rng(seed)
    for k in range(steps):
        rows = random.integers(0, POOL, batch)
        which = (k * batch + np.arange(batch)) % count
        strength = random.uniform(-FARTHEST, FARTHEST, batch).astype(np.float32)
        optimizer.learning_rate.assign(rate * schedule((k + 0.5) / steps))
        given = (starts[rows], before[rows], which, strength)
        on_step(k + 1, step(*map(tf.constant, given)).numpy())
    return moves.numpy() * space.spread
