"""Pictures in TensorBoard's projector: their features, kinds and thumbnails.

    tensorboard --logdir FOLDER      # then: Projector

N pictures of all kinds, H height, W width, C channels, F features, S side of a
thumbnail.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kerasgan.curation.thumbnails import thumbnail
from kerasgan.images import grid, write_png
from kerasgan.metrics.shrink import shrink
from kerasgan.runs import write_atomically

Features = Callable[[np.ndarray], np.ndarray]
SIDE = 48  # of a thumbnail
BATCH = 32  # pictures whose features are taken at once
SMALL_SIDE = 16  # of the pictures that are compared where there are no features
CONFIG = """\
embeddings {{
  tensor_name: "pictures"
  tensor_path: "pictures.tsv"
  metadata_path: "metadata.tsv"
  sprite {{
    image_path: "sprite.png"
    single_image_dim: {side}
    single_image_dim: {side}
  }}
}}
"""


def write_projector(
    folder: Path, pictures: dict[str, np.ndarray], features: Features | None = None
) -> None:
    """Write pictures.tsv, metadata.tsv, sprite.png and, last, projector_config.pbtxt.

    Args:
        folder: of the event files.
        pictures: kind -> uint8 [N, H, W, C], all of one shape.
        features: uint8 [N, H, W, C] -> [N, F]; None compares the pictures themselves,
            made small.

    Raises:
        OSError: they cannot be written there.
    """
    images = np.concatenate(list(pictures.values()))
    features = features or pixels
    parts = [images[k : k + BATCH] for k in range(0, len(images), BATCH)]
    rows = np.concatenate([features(part) for part in parts])  # [N, F]
    lines = ("\t".join(f"{value:.5g}" for value in row) for row in rows)
    write_text(folder / "pictures.tsv", "\n".join(lines))
    kinds = [
        f"{kind}\t{k}" for kind, each in pictures.items() for k in range(len(each))
    ]
    write_text(folder / "metadata.tsv", "\n".join(["kind\tnumber", *kinds]))
    write_png(folder / "sprite.png", sprite(images))
    write_text(folder / "projector_config.pbtxt", CONFIG.format(side=SIDE))


def pixels(images: np.ndarray) -> np.ndarray:
    """The pictures made small, [N, F], in [0, 1].

    >>> pixels(np.full((2, 32, 32, 3), 255, np.uint8)).shape
    (2, 768)
    """
    return shrink(images, SMALL_SIDE).reshape(len(images), -1) / 255


def sprite(images: np.ndarray) -> np.ndarray:
    """All thumbnails on one square sheet, row by row, as the projector wants it.

    >>> sprite(np.zeros((5, 8, 8, 1), np.uint8)).shape
    (144, 144, 3)
    """
    columns = math.ceil(math.sqrt(len(images)))
    small = np.stack([thumbnail(image, SIDE) for image in images])
    sheet = grid(small, columns=columns, gap=0)
    square = np.full((columns * SIDE, columns * SIDE, 3), 255, np.uint8)
    square[: sheet.shape[0], : sheet.shape[1]] = sheet
    return square


def write_text(path: Path, text: str) -> None:
    """Write lines, atomically."""
    write_atomically(path, (text.rstrip("\n") + "\n").encode())
