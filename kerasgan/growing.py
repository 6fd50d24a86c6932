"""Networks that grow: what a resolution is, how one fades in, and when.

The level is one number: 0 is the first resolution (4x4) alone, 1 the second, and 0.3
the way between them, with three tenths of the second. It is a weight of both networks,
moved by the training; a step computes the layers of its level and no others.

Legend: N batch, H height, W width, C channels; images float32 [N, H, W, C].
Source: Karras et al. 2018 (ProGAN, section 2 and appendix A).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from kerasgan.resolutions import FIRST_SIDE


def level_for(
    images_seen: tf.Tensor, phase_images: float, resolutions: int
) -> tf.Tensor:
    """The level after so many images: each resolution fades in for one phase and
    stays for one more; the first only stays. Without phases it is the last at once.

    >>> [float(level_for(tf.constant(k), 100.0, 3)) for k in (0, 100, 150, 250, 9999)]
    [0.0, 0.0, 0.5, 1.0, 2.0]
    >>> float(level_for(tf.constant(0), 0.0, 3))
    2.0
    """
    if not phase_images:
        return tf.constant(resolutions - 1.0)
    phases = tf.maximum(tf.cast(images_seen, tf.float32) / phase_images - 1.0, 0.0)
    whole = tf.floor(phases / 2)
    return tf.minimum(whole + tf.minimum(phases - 2 * whole, 1.0), resolutions - 1.0)


def resolution_at(level: tf.Tensor) -> tf.Tensor:
    """The side of the largest picture that has begun to fade in.

    >>> [int(resolution_at(tf.constant(level))) for level in (0.0, 0.3, 1.0, 1.01)]
    [4, 8, 8, 16]
    """
    return FIRST_SIDE * 2 ** tf.cast(tf.math.ceil(level), tf.int32)


class Growing(keras.layers.Layer):
    """Shared by both networks: the level, and the layers that belong to it.

    Subclasses give `at_resolution` and `from_below`. At the start the level is the
    last: an untrained network, or one that has finished growing, is whole.

    Args:
        resolutions: 4x4, 8x8, ...: how many there are.
    """

    def __init__(self, resolutions: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.resolutions = resolutions
        self.level = self.add_weight(
            name="level",
            shape=(),
            initializer=keras.initializers.Constant(resolutions - 1),
            dtype="float32",
            trainable=False,
            autocast=False,
        )
        self.alone: int | None = None  # the one resolution that graphs are made for

    def at_resolution(
        self, k: int, inputs: tf.Tensor, share: tf.Tensor, training: bool
    ) -> tf.Tensor:
        """The outputs with `share` of resolution k and the rest of k - 1."""
        raise NotImplementedError

    def from_below(self) -> list[keras.layers.Layer]:
        """Its layers with weights, the one nearest to the inputs first."""
        raise NotImplementedError

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.now(lambda k, share: self.at_resolution(k, inputs, share, training))

    def now(self, compute: Callable[[int, tf.Tensor], tf.Tensor]) -> tf.Tensor:
        """`compute(k, share)` of the resolution k that the level is at, and of how far
        that has faded in."""

        def branch(k: int) -> Callable[[], tf.Tensor]:
            return lambda: compute(k, self.share_of(k))

        if self.alone is not None:
            return branch(self.alone)()
        current = tf.cast(tf.math.ceil(self.level.value), tf.int32)
        return tf.switch_case(current, [branch(k) for k in range(self.resolutions)])

    def share_of(self, k: int) -> tf.Tensor:
        """How far resolution k has faded in from the one below."""
        return self.level.value - (k - 1.0)

    def faded(self, images: tf.Tensor) -> tf.Tensor:
        """Pictures [N, H, W, C] with as much detail as the level has, in as many
        pixels: the level's resolution fades in from the one below."""

        def fade(k: int, share: tf.Tensor) -> tf.Tensor:
            factor = 2 ** (self.resolutions - 1 - k)
            fine = reduce(images, factor)
            if k > 0:
                coarse = enlarge(reduce(fine))
                fine = coarse + (fine - coarse) * share
            return enlarge(fine, factor)

        return self.now(fade)

    def get_config(self) -> dict:
        return super().get_config() | {"resolutions": self.resolutions}


def growing_layers(*networks: keras.Model) -> list[Growing]:
    """The layers of these networks that have a level."""
    return [
        layer
        for network in networks
        for layer in network.layers
        if isinstance(layer, Growing)
    ]


def present_resolution(layer: Growing) -> int:
    """The number of the resolution that a layer is at; 0 is 4x4."""
    return math.ceil(float(layer.level.numpy()))


@contextmanager
def one_resolution(
    *networks: keras.Model, number: Callable[[Growing], int | None] = present_resolution
) -> Iterator[None]:
    """Graphs that are made inside have the layers of one resolution alone, of the
    number that is given for each network, and no switch between all: the level must
    belong to it. None: the switch."""
    layers = growing_layers(*networks)
    for layer in layers:
        layer.alone = number(layer)
    try:
        yield
    finally:
        for layer in layers:
            layer.alone = None


def coarse_side(generator: keras.Model) -> int | None:
    """The side that a generator has grown to, None where it is whole."""
    for layer in growing_layers(generator):
        if float(layer.level.numpy()) < layer.resolutions - 1:
            return int(resolution_at(layer.level.value))
    return None


def enlarge(images: tf.Tensor, factor: int = 2) -> tf.Tensor:
    """Each pixel `factor` times in both directions.

    >>> enlarge(tf.ones([1, 2, 3, 1])).shape
    TensorShape([1, 4, 6, 1])
    """
    if factor == 1:
        return images
    return tf.repeat(tf.repeat(images, factor, axis=1), factor, axis=2)


def reduce(images: tf.Tensor, factor: int = 2) -> tf.Tensor:
    """Means over squares of `factor` pixels.

    >>> float(reduce(tf.constant([[[[1.0], [2.0]], [[3.0], [6.0]]]]))[0, 0, 0, 0])
    3.0
    """
    if factor == 1:
        return images
    return tf.nn.avg_pool2d(images, factor, factor, "VALID")


def views_of(images: tf.Tensor, sides: list[int]) -> list[tf.Tensor]:
    """Pictures [N, H, W, C] reduced to each of these heights.

    >>> [view.shape[1] for view in views_of(tf.zeros([1, 8, 8, 3]), [4, 8])]
    [4, 8]
    """
    return [reduce(images, images.shape[1] // side) for side in sides]
