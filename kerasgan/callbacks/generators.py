"""The generator of any Keras GAN, its averaged one, and latents for it.

K pictures, Z latent_dim, H height, W width, C channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kerasgan.images import at_once
from kerasgan.shown import whole

FIRST = 4  # pictures drawn together, until their size is known
GENERATOR, AVERAGED = "generator", "averaged_generator"  # the model's attributes


def generator_of(model: keras.Model, attribute: str = GENERATOR) -> Any:
    """What turns latents into pictures.

    Raises:
        ValueError: the model has no such thing.
    """
    generator = getattr(model, attribute, None)
    if not callable(generator):
        raise ValueError(
            "The model must have a generator. Received a model without a "
            f"callable {attribute!r}: name it by generator_attribute."
        )
    return generator


def latents_for(
    model: keras.Model,
    given: np.ndarray | None,
    count: int,
    seed: int,
    attribute: str = GENERATOR,
) -> np.ndarray:
    """The latents that were given, else `count` of them for the model's generator,
    float32 [K, Z].

    Raises:
        ValueError: there is no generator, or nobody knows how many numbers a latent
            has.
    """
    generator = generator_of(model, attribute)
    if given is not None:
        return given
    latent_dim = _latent_dim(model, generator)
    random = np.random.default_rng(seed)
    return random.standard_normal((count, latent_dim), dtype=np.float32)


def _latent_dim(model: keras.Model, generator: Any) -> int:
    """The generator's, or, where it does not say, the model's."""
    shape = getattr(generator, "input_shape", None)  # a subclass has none
    if isinstance(shape, tuple):
        return shape[-1]
    size = getattr(model, "latent_dim", None)
    if not isinstance(size, int):
        raise ValueError(
            "The generator must know the size of its latents, as a functional "
            "model does, or the model must have it as latent_dim. Received "
            "neither: give the latents, [K, latent_dim], by latents."
        )
    return size


def pictures_of(output: Any, attribute: str = GENERATOR) -> np.ndarray:
    """What a generator returned, as float32 [K, H, W, C].

    Raises:
        ValueError: they are no pictures.
    """
    pictures = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
    if pictures.ndim != 4:
        raise ValueError(
            f"{attribute} must return images [N, H, W, C]. Received "
            f"{list(pictures.shape)}: name the generator by generator_attribute."
        )
    return pictures


def drawn(
    generator: Any, z: np.ndarray, attribute: str = GENERATOR
) -> Iterator[np.ndarray]:
    """The pictures of latents z [K, Z], a few at a time, float32 [k, H, W, C]."""
    start, count = 0, FIRST
    while start < len(z):
        made = whole(generator(z[start : start + count], training=False))
        pictures = pictures_of(made, attribute)
        yield pictures
        start, count = start + count, at_once(pictures.shape[1:3])
