"""Where one searches: latents z, styles w, or one style a layer (w+).

A space says how a point in it becomes a picture, where its points lie, and how to draw
one. Searches move in units of its spread, so that a step means the same in each.

Legend: N pictures, Z latent_dim, K classes, D numbers in a style, L styles in a
picture, H height, W width, C channels; images float32 in [-1, 1].
Sources: w, Karras et al. 2019; one style a layer, Abdal et al. 2019 (Image2StyleGAN).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasgan.images import AT_ONCE, at_once
from kerasgan.latents import latents
from kerasgan.shown import whole

SAMPLES = 4096  # styles from which their mean and spread are taken
NAMES = ("z", "w", "w+")


@dataclass(frozen=True)
class Space:
    """Points of one shape, and the pictures they stand for.

    Attributes:
        name: z, w or w+.
        paint: points [N, ...] -> images [N, H, W, C] in [-1, 1].
        draw: (seed, start, count) -> that many random points, float32 [count, ...].
        centre: the mean point, [...].
        spread: its points' deviation from it, [...], above 0.
        lengths: between which (point - centre) / spread lies, as a rule.
    """

    name: str
    paint: Callable[[tf.Tensor], tf.Tensor]
    draw: Callable[[int, int, int], np.ndarray]
    centre: np.ndarray
    spread: np.ndarray
    lengths: tuple[float, float]

    @cached_property
    def compiled(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """`paint` as one graph, for any number of points."""
        points = tf.TensorSpec([None, *self.centre.shape], tf.float32)
        return tf.function(self.paint, [points], autograph=False)

    def pictures(self, points: np.ndarray) -> np.ndarray:
        """The images of any number of points: [N, H, W, C]."""
        return np.concatenate(list(self.in_batches(points)))

    def in_batches(self, points: np.ndarray) -> Iterator[np.ndarray]:
        """The same, as many at a time as their size lets: [n, H, W, C]."""
        few = self.at_once
        for start in range(0, len(points), few):
            yield self.compiled(tf.constant(points[start : start + few])).numpy()

    @cached_property
    def image_shape(self) -> tuple[int | None, ...]:
        """H, W and C, each None where a generator does not say."""
        shape = self.compiled.get_concrete_function().structured_outputs.shape
        return tuple(shape[1:]) if shape.rank == 4 else (None, None, None)

    @cached_property
    def at_once(self) -> int:
        """How many pictures are painted together."""
        sides = self.image_shape[:2]
        return AT_ONCE if None in sides else at_once(sides)

    def check_photos(self, photos: np.ndarray) -> None:
        """Refuse photos that are not made as this space's pictures are.

        Raises:
            ValueError: says what they must be.

        >>> space = z_space(lambda z: tf.reshape(z, [-1, 2, 2, 1]), 4)
        >>> space.check_photos(np.zeros([3, 2, 2, 1], np.float32))
        """
        shape, kind = np.shape(photos), np.asarray(photos).dtype
        own = self.image_shape
        fits = len(shape) == 4 and all(
            wanted in (None, side) for wanted, side in zip(own, shape[1:], strict=True)
        )
        if not (fits and shape[0] and kind.kind == "f"):
            sides = ", ".join("?" if side is None else str(side) for side in own)
            raise ValueError(
                f"Photos must be floats in [-1, 1] of the shape [N, {sides}], as the "
                f"generator's pictures are. Received {kind} of {list(shape)}."
            )


def z_space(
    generator: Callable[[tf.Tensor], Any],
    latent_dim: int,
    label: np.ndarray | None = None,
) -> Space:
    """The latents of any generator.

    Args:
        generator: [N, Z] -> [N, H, W, C], or with classes [N, Z + K]; a Keras model, a
            function of TensorFlow's operations (tf.cond and not if, on tensors), or
            that of a loaded SavedModel (of one that `export` wrote:
            `lambda z: loaded.signatures["paint"](latents=z)["images"]`).
        latent_dim: Z.
        label: the class of all pictures, one-hot [K].

    Raises:
        ValueError: it cannot be called; or, where pictures are made, it gives bytes.

    Example:
    >>> space = z_space(lambda z: tf.reshape(tf.tanh(z), [-1, 2, 2, 1]), 4)
    >>> space.pictures(space.draw(0, 0, 3)).shape
    (3, 2, 2, 1)
    """
    if not callable(generator):
        raise ValueError(
            f"A generator must be callable. Received {type(generator).__name__}: of a "
            'loaded export take lambda z: loaded.signatures["paint"](latents=z)'
            '["images"].'
        )
    options = {"training": False} if isinstance(generator, keras.Model) else {}

    def paint(z: tf.Tensor) -> tf.Tensor:
        if label is not None:
            classes = tf.tile(tf.constant(label, tf.float32)[None], [tf.shape(z)[0], 1])
            z = tf.concat([z, classes], axis=1)
        pictures = whole(generator(z, **options))
        if not pictures.dtype.is_floating:
            raise ValueError(
                "A generator must give pictures as floats in [-1, 1], to be searched. "
                f"Received {pictures.dtype.name}, as exported models give them to "
                "clients: take the Keras model, or the export's signature paint."
            )
        return tf.cast(pictures, tf.float32)

    def draw(seed: int, start: int, count: int) -> np.ndarray:
        return latents(seed, start, count, latent_dim)

    centre, spread = np.zeros(latent_dim, np.float32), np.ones(latent_dim, np.float32)
    # A normal vector of n numbers is sqrt(n) long, with a deviation of 0.7
    usual = math.sqrt(latent_dim)
    lengths = (max(usual - math.sqrt(2), 0.0), usual + math.sqrt(2))
    return Space("z", paint, draw, centre, spread, lengths)


def w_space(
    generator: keras.Model,
    latent_dim: int,
    label: np.ndarray | None = None,
    per_layer: bool = False,
) -> Space:
    """The styles of a style-based generator: one for a picture, or one for each layer.

    Args:
        generator: has the layers `mapping`, `truncation` and `synthesis`.
        latent_dim: Z, without classes.
        label: the class whose styles are drawn, one-hot [K].
        per_layer: points are [L, D] and not [D].

    Raises:
        ValueError: the generator has no styles.
    """
    if not has_styles(generator):
        raise ValueError(
            "A generator must have the layers mapping, truncation and synthesis for "
            "its styles to be searched. Received "
            f"{getattr(generator, 'name', 'a function')}: search in z."
        )
    mapping, synthesis = (generator.get_layer(n) for n in ("mapping", "synthesis"))
    count = generator.get_layer("truncation").count

    def styles(z: tf.Tensor) -> tf.Tensor:
        if label is not None:
            classes = tf.tile(tf.constant(label, tf.float32)[None], [tf.shape(z)[0], 1])
            z = tf.concat([z, classes], axis=1)
        w = mapping(z)
        return tf.tile(w[:, None], [1, count, 1]) if per_layer else w

    def paint(points: tf.Tensor) -> tf.Tensor:
        layers = points if per_layer else tf.tile(points[:, None], [1, count, 1])
        return synthesis(layers, training=False)

    def draw(seed: int, start: int, wanted: int) -> np.ndarray:
        return styles(tf.constant(latents(seed, start, wanted, latent_dim))).numpy()

    some = draw(0, 0, SAMPLES)
    centre = some.mean(axis=0)
    spread = np.full(some.shape[1:], max(some.std(axis=0).mean(), 1e-6), np.float32)
    usual = np.linalg.norm((some - centre) / spread, axis=-1)
    farthest = float(np.percentile(usual, 97.5))  # near the mean is no harm
    name = "w+" if per_layer else "w"
    return Space(name, paint, draw, centre, spread, (0.0, farthest))


def has_styles(generator: Any) -> bool:
    """Whether it is a style-based generator, whose w can be searched."""
    names = {layer.name for layer in getattr(generator, "layers", [])}
    return {"mapping", "truncation", "synthesis"} <= names


def open_space(
    generator: Any, name: str, latent_dim: int, label: np.ndarray | None = None
) -> Space:
    """The space of that name.

    Raises:
        ValueError: there is no such space, or the generator has no styles.
    """
    if name not in NAMES:
        raise ValueError(f"A space must be one of {', '.join(NAMES)}. Received {name}.")
    if name == "z":
        return z_space(generator, latent_dim, label)
    return w_space(generator, latent_dim, label, per_layer=name == "w+")
