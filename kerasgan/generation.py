"""Pictures from a generator and seeds, and the files they go to.

Legend: N pictures, Z latent_dim, H height, W width, C channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasgan.images import grid, to_uint8, write_png
from kerasgan.latents import latents
from kerasgan.runs import GENERATED_MARK, sheet_of, write_json

CHUNK = 32  # always this many at once: a product of floats depends on its batch
SHEET = 100  # pictures on a contact sheet at most


def pictures(
    generator: keras.Model, count: int, seed: int = 0, truncation: float = 1.0
) -> Iterator[np.ndarray]:
    """Pictures 0 to `count` - 1 of a seed, each uint8 [H, W, C].

    Latents are drawn from the normal distribution and multiplied by `truncation`.
    Picture k depends on (seed, k), the truncation and the generator alone.

    Example:
    >>> from kerasgan.networks import dcgan
    >>> generator = dcgan.build_generator((16, 16), latent_dim=4, width=2)
    >>> [picture.shape for picture in pictures(generator, 2)]
    [(16, 16, 3), (16, 16, 3)]
    """
    latent_dim = generator.input_shape[-1]
    make = tf.function(lambda z: generator(z, training=False))
    for start in range(0, count, CHUNK):
        z = latents(seed, start, CHUNK, latent_dim) * np.float32(truncation)
        yield from to_uint8(make(z).numpy())[: count - start]


def write_pictures(
    generator: keras.Model,
    out: Path,
    *,
    count: int,
    seed: int,
    truncation: float,
    note: dict[str, Any],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Write 0000.png ... into `out` and a contact sheet beside it; the sheet's path.

    `progress(done, count)` is called after each picture.

    Raises:
        OSError: the disk is full, or the folder cannot be written to.
    """
    out.mkdir(parents=True, exist_ok=True)
    settings = {"count": count, "seed": seed, "truncation": truncation}
    write_json(out / GENERATED_MARK, note | settings)
    digits = max(4, len(str(count - 1)))
    shown = []
    for k, picture in enumerate(pictures(generator, count, seed, truncation)):
        write_png(out / f"{k:0{digits}d}.png", picture)
        if k < SHEET:
            shown.append(picture)
        progress(k + 1, count)
    sheet = sheet_of(out)
    write_png(sheet, grid(np.stack(shown)))
    return sheet
