"""The same latents, step after step: how the generator comes along.

K pictures a grid, Z latent_dim, H x W x C pixels; latents float32 [K, Z].
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasgan import images
from kerasgan.callbacks.generators import AVERAGED, GENERATOR, latents_for, pictures_of
from kerasgan.callbacks.step_callback import StepCallback, positive_steps

CHUNK = 16  # always the same, so that a picture does not depend on the count


class SampleGrid(StepCallback):
    """Write reals.png, init.png (untrained), and step_00000500.png and so on.

    Where the model has an averaged generator the grid is of that one, and
    step_00000500_raw.png of the raw one. A last grid is written as the fit ends.

    Args:
        folder: where the pictures go; made if need be.
        every_steps: between two grids.
        latents: float32 [K, Z]; None draws `count` of them from `seed`.
        count: K, where `latents` is None.
        seed: of the latents.
        reals: uint8 [N, H, W, C] training pictures; the first K become reals.png.
        generator_attribute: the model's attribute that turns [N, Z] into images.
        averaged_attribute: that of the averaged one, if the model has any.
        to_uint8: float32 images [K, H, W, C] -> uint8; the default takes [-1, 1].
        caption: gives the line of text below a grid as it is drawn; None: none.
        report: gets a sentence where a grid cannot be written; training goes on.

    Attributes:
        pictures: uint8 [K, H, W, C], the newest drawn, None before the first grid.

    Raises:
        ValueError: the model has no such generator, or it returns no images.

    Example:
    >>> SampleGrid("samples", every_steps=500, count=16).latents is None
    True
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        every_steps: int,
        *,
        latents: np.ndarray | None = None,
        count: int = 64,
        seed: int = 0,
        reals: np.ndarray | None = None,
        generator_attribute: str = GENERATOR,
        averaged_attribute: str = AVERAGED,
        to_uint8: Callable[[np.ndarray], np.ndarray] = images.to_uint8,
        caption: Callable[[], str] | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.every_steps = positive_steps("every_steps", every_steps)
        self.latents, self.count, self.seed = latents, count, seed
        self.reals = None if reals is None else np.asarray(reals[:count])
        self.generator_attribute = generator_attribute
        self.averaged_attribute = averaged_attribute
        self.to_uint8, self.caption, self.report = to_uint8, caption, report
        self.pictures: np.ndarray | None = None
        self._drawn_step: int | None = None

    def draw(self, generator: keras.Model) -> np.ndarray:
        """The grid's pictures by this generator, uint8 [K, H, W, C]."""
        chunks = [
            pictures_of(
                side_by_side(
                    generator(self.latents[start : start + CHUNK], training=False)
                ),
                self.generator_attribute,
            )
            for start in range(0, len(self.latents), CHUNK)
        ]
        return self.to_uint8(np.concatenate(chunks))

    def write(self, name: str) -> None:
        """Draw and write `name`.png, and `name`_raw.png if there is an average."""
        generator = getattr(self.model, self.generator_attribute)
        averaged = getattr(self.model, self.averaged_attribute, None)
        raw = self.draw(generator)
        once = averaged is None or have_same_weights(generator, averaged)
        self.pictures = raw if once else self.draw(averaged)
        text = self.caption() if self.caption else ""
        self._write_grid(name, self.pictures, text)
        if averaged is not None:
            self._write_grid(f"{name}_raw", raw, text)

    def before_first_step(self, step: int) -> None:
        self.latents = latents_for(
            self.model, self.latents, self.count, self.seed, self.generator_attribute
        )
        if step > 0:
            return
        self.write("init")
        if self.reals is not None:
            self._write_grid("reals", self.reals)

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        if self.due(self.every_steps):
            self._write_step(step)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_end(logs)
        if self.latents is not None and self.progress.step != self._drawn_step:
            self._write_step(self.progress.step)

    def _write_step(self, step: int) -> None:
        if step > 0:
            self.write(f"step_{step:08d}")
        self._drawn_step = step

    def _write_grid(self, name: str, pictures: np.ndarray, text: str = "") -> None:
        path = self.folder / f"{name}.png"
        sheet = images.grid(pictures)
        if text:
            sheet = images.with_caption(sheet, text)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            images.write_png(path, sheet)
        except OSError as error:
            reason = error.strerror or error
            self.report(f"{path} was not written ({reason}); training goes on.")


def have_same_weights(generator: Any, averaged: Any) -> bool:
    """Whether both draw the same, as they do before the first step."""
    ours, theirs = (getattr(each, "weights", []) for each in (generator, averaged))
    return len(ours) == len(theirs) > 0 and all(
        np.array_equal(*map(keras.ops.convert_to_numpy, pair))
        for pair in zip(ours, theirs, strict=True)
    )


def side_by_side(pictures: Any) -> Any:
    """The pictures, or, of a generator that makes several sizes, the sizes in a row.

    The largest comes first, the others beside it, below one another: [N, H, 3W / 2, C].
    """
    if not isinstance(pictures, list | tuple):
        return pictures
    *smaller, largest = pictures
    column = keras.ops.concatenate(
        [_as_wide_as(smaller[-1], view) for view in reversed(smaller)], axis=1
    )
    missing = largest.shape[1] - column.shape[1]
    column = keras.ops.pad(column, [[0, 0], [0, missing], [0, 0], [0, 0]])
    return keras.ops.concatenate([largest, column], axis=2)


def _as_wide_as(wide: Any, view: Any) -> Any:
    """Padded on the right with the middle of the range."""
    missing = wide.shape[2] - view.shape[2]
    return keras.ops.pad(view, [[0, 0], [0, 0], [0, missing], [0, 0]])
