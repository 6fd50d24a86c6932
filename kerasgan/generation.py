"""Pictures from a generator and seeds, and the files they go to.

Legend: N pictures, Z latent_dim, H height, W width, C channels.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasgan.images import grid, to_uint8, write_png
from kerasgan.latents import latents, with_classes
from kerasgan.modulation import Truncation
from kerasgan.runs import (
    GENERATED_MARK,
    UNFINISHED,
    sheet_of,
    write_atomically,
    write_json,
)
from kerasgan.shown import whole

WRITERS, AHEAD = 4, 64  # threads that write, pictures that they may be behind
CHUNK = 8  # always this many at once: a product of floats depends on its batch
PNG_COMPRESSION = 1  # of 9: a fifth of the default's time, files a twentieth larger
SHEET = 100  # pictures on a contact sheet at most


def pictures(
    generator: keras.Model,
    count: int,
    seed: int = 0,
    truncation: float = 1.0,
    classes: int = 0,
    label: int | None = None,
) -> Iterator[np.ndarray]:
    """Pictures 0 to `count` - 1 of a seed, each uint8 [H, W, C].

    Latents are drawn from the normal distribution and multiplied by `truncation`; a
    style-based generator's styles are drawn towards their mean instead. Picture k
    depends on (seed, k), the truncation, the class and the generator alone.

    Args:
        classes: K, if the generator has classes.
        label: the class of all pictures; None goes through all classes in turn.

    Example:
    >>> from kerasgan.networks import dcgan
    >>> generator = dcgan.build_generator((16, 16), latent_dim=4, width=2)
    >>> [picture.shape for picture in pictures(generator, 2)]
    [(16, 16, 3), (16, 16, 3)]
    """
    latent_dim = generator.input_shape[-1] - classes
    factor = np.float32(1.0 if truncate_styles(generator, truncation) else truncation)
    make = tf.function(lambda z: whole(generator(z, training=False)), autograph=False)
    try:
        for start in range(0, count, CHUNK):
            z = latents(seed, start, CHUNK, latent_dim) * factor
            numbers = np.arange(start, start + CHUNK)
            numbers = numbers if label is None else np.full(CHUNK, label)
            z = with_classes(z, numbers, classes)
            yield from to_uint8(make(z).numpy())[: count - start]
    finally:
        truncate_styles(generator, 1.0)


def encode_pngs(images: tf.Tensor | np.ndarray) -> tf.Tensor:
    """uint8 [..., H, W, C] -> the bytes of PNG files [...].

    A served generator has this in its graph, so that its files are those of `generate`.

    >>> encode_pngs(np.zeros([2, 4, 4, 3], np.uint8)).shape
    TensorShape([2])
    """
    return tf.io.encode_png(images, compression=PNG_COMPRESSION)


def truncate_styles(generator: keras.Model, truncation: float) -> bool:
    """Set the truncation of a generator that has styles; whether it has."""
    layers = [layer for layer in generator.layers if isinstance(layer, Truncation)]
    for layer in layers:
        layer.psi.assign(truncation)
    return bool(layers)


def write_pictures(
    generator: keras.Model,
    out: Path,
    *,
    count: int,
    seed: int,
    truncation: float,
    classes: int = 0,
    label: int | None = None,
    note: dict[str, Any],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Write 0000.png ... into `out` and a contact sheet beside it; the sheet's path.

    Earlier pictures there stay until all of the new ones are made, and are then gone.
    `progress(done, count)` is called after each picture.

    Raises:
        OSError: the disk is full, or the folder cannot be written to.
    """
    out.mkdir(parents=True, exist_ok=True)
    aside = out / UNFINISHED
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    digits = max(4, len(str(count - 1)))
    shown = []
    made = pictures(generator, count, seed, truncation, classes, label)

    def write(k: int, picture: np.ndarray) -> None:
        png = encode_pngs(picture).numpy()
        write_atomically(aside / f"{k:0{digits}d}.png", png)

    with ThreadPoolExecutor(WRITERS) as writers:  # a disk waits, and a network not
        written: deque[Future] = deque()
        for k, picture in enumerate(made):
            written.append(writers.submit(write, k, picture))
            if k < SHEET:
                shown.append(picture)
            if len(written) > AHEAD:
                written.popleft().result()
            progress(k + 1, count)
        for each in written:
            each.result()
    sheet = sheet_of(out)
    write_png(sheet, grid(np.stack(shown)))
    _put_in_place(aside, out)
    settings = {"count": count, "seed": seed, "truncation": truncation}
    write_json(out / GENERATED_MARK, note | settings)
    return sheet


def _put_in_place(aside: Path, out: Path) -> None:
    """Earlier pictures out, new ones in: from here on no room is needed."""
    for file in out.iterdir():
        if re.fullmatch(r"\d{4,}\.png", file.name):
            file.unlink()
    for file in aside.iterdir():
        os.replace(file, out / file.name)
    aside.rmdir()
