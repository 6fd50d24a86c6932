"""What the discriminator is shown: pictures, smaller views of them, their classes.

It is one tensor [N, H, W, C], or a list of such views of different sizes, the whole
picture last; where pictures have classes, a list of either and one-hot [N, K].

Legend: N batch, H height, W width, C channels, K classes.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Shown = Any


def with_labels(images: Shown, labels: tf.Tensor | None) -> Shown:
    """The pictures, and the labels behind them if there are any."""
    return images if labels is None else [images, labels]


def labels_of(shown: Shown) -> tf.Tensor | None:
    """The labels [N, K] among what D is shown."""
    last = tf.nest.flatten(shown)[-1]
    return last if last.shape.rank == 2 else None


def whole(shown: Shown) -> tf.Tensor:
    """The picture itself, [N, H, W, C], among what D is shown."""
    return [part for part in tf.nest.flatten(shown) if part.shape.rank == 4][-1]


def split_batch(shown: Shown) -> tuple[Shown, Shown]:
    """The first and the second half of a batch, of all that D is shown."""

    def half(k: int) -> Shown:
        return tf.nest.map_structure(lambda part: tf.split(part, 2)[k], shown)

    return half(0), half(1)
