"""The search itself: Adam moves a whole batch of points, each towards its own goal.

Points move in units of their space's spread, `u = (point - centre) / spread`; a prior
keeps u where the space's own points lie. Every picture keeps the best point it saw.

Legend: N points, H height, W width, C channels, T steps.
Source: the schedule's shape, Karras et al. 2020 (StyleGAN2, appendix D).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasgan.latent.distances import Goal
from kerasgan.latent.spaces import Space

PRIORS = ("norm", "clip", "none")
FARTHEST = 3.0  # deviations, for clip
RISE, FALL = 0.05, 0.5  # shares of the steps in which the rate goes up and down


class Found(NamedTuple):
    """points [N, ...], their losses [N], and those of every step [T, N]; a loss that
    was never finite is infinite, its point where it started."""

    points: np.ndarray
    losses: np.ndarray
    history: np.ndarray


def search(
    space: Space,
    starts: np.ndarray,
    targets: np.ndarray,
    goal: Goal,
    *,
    weights: np.ndarray | None = None,
    steps: int = 500,
    rate: float = 0.1,
    prior: str = "norm",
    on_step: Callable[[int, tf.Tensor], None] = lambda step, images: None,
) -> Found:
    """The best points that Adam finds from `starts`, all of them in one batch.

    Args:
        starts: points [N, ...].
        targets: what is known of each picture, as `goal.observe` gives it.
        weights: of its pixels [N, H, W, 1]; None for all alike.
        rate: the highest, in the space's deviations a step.
        prior: norm keeps the length of u where random points have theirs, clip each of
            its numbers within 3, none leaves it free.
        on_step: gets each step's number and its images [N, H, W, C].

    Raises:
        ValueError: an unknown prior; a generator that has no gradients.
    """
    if prior not in PRIORS:
        raise ValueError(f"prior must be one of {', '.join(PRIORS)}. Received {prior}.")
    u = tf.Variable((starts - space.centre) / space.spread, dtype=tf.float32)
    best = tf.Variable(u)
    best_losses = tf.Variable(tf.fill([len(starts)], np.float32(np.inf)))
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build([u])
    targets = tf.constant(targets, tf.float32)
    weights = None if weights is None else tf.constant(weights, tf.float32)

    def look() -> tuple[tf.Tensor, tf.Tensor]:
        images = space.paint(space.centre + u * space.spread)
        losses = goal.losses(images, targets, weights)
        better = losses < best_losses
        shape = [-1] + [1] * (u.shape.rank - 1)
        best.assign(tf.where(tf.reshape(better, shape), u, best))
        best_losses.assign(tf.where(better, losses, best_losses))
        return images, losses

    @tf.function(autograph=False)
    def move() -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(u)
            images, losses = look()
            total = tf.reduce_sum(losses)
        slope = tape.gradient(total, u)
        if slope is None:
            raise ValueError(
                "A generator must be differentiable, to be searched. This one's "
                "pictures have no gradient towards its latents."
            )
        finite = tf.where(tf.math.is_finite(slope), slope, 0.0)
        optimizer.apply([finite], [u])
        u.assign(keep(u, prior, space.lengths))
        return images, losses

    history = []
    for step in range(steps):
        optimizer.learning_rate.assign(rate * schedule((step + 0.5) / steps))
        images, losses = move()
        history.append(losses.numpy())
        on_step(step, images)
    images, losses = look()
    on_step(steps, images)
    history.append(losses.numpy())
    points = space.centre + best.numpy() * space.spread
    return Found(points, best_losses.numpy(), np.stack(history))


def schedule(progress: float) -> float:
    """The share of the highest rate at a share of the steps: up, level, down.

    >>> [round(schedule(p), 2) for p in (0, 0.05, 0.5, 0.75, 1)]
    [0.0, 1.0, 1.0, 0.5, 0.0]
    """
    down = 0.5 - 0.5 * math.cos(math.pi * min(1.0, (1 - progress) / FALL))
    return down * min(1.0, progress / RISE)


def keep(u: tf.Tensor, prior: str, lengths: tuple[float, float]) -> tf.Tensor:
    """Points [N, ...] in deviations, brought back to where random ones lie.

    >>> keep(tf.constant([[3.0, 4.0]]), "norm", (1.0, 2.5)).numpy().tolist()
    [[1.5, 2.0]]
    """
    if prior == "clip":
        return tf.clip_by_value(u, -FARTHEST, FARTHEST)
    if prior == "none":
        return tf.identity(u)
    length = tf.maximum(tf.norm(u, axis=-1, keepdims=True), 1e-6)
    return u * tf.clip_by_value(length, *lengths) / length
