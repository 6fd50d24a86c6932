"""Photos searched for in a run's space, a batch at a time, with progress and cache.

Legend: N photos, H height, W width, C channels; images float32 in [-1, 1].
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from absl import flags

from kerasgan import __version__
from kerasgan.cli.counter import counter
from kerasgan.cli.photos import Photos
from kerasgan.cli.trained import Trained, batch_of
from kerasgan.data.latent_files import (
    LatentFileError,
    Latents,
    read_latents,
    write_latents,
)

if TYPE_CHECKING:
    from kerasgan.latent.projection import Projection

CACHE = "projections"  # folder in the run, of what the words project on the way
REALISM, FEATURES = 0.0, 0.05  # weights for projections
SETTINGS = ("steps", "rate", "distance", "realism", "features", "prior", "seed")


def projections(
    trained: Trained,
    photos: Photos,
    values: flags.FlagValues,
    restarts: int = 1,
    on_step: Callable[[int, np.ndarray], None] = lambda step, images: None,
) -> Iterator[tuple[slice, Callable[[], Projection]]]:
    """Each batch of photos, and its search, for who does not know what it finds.

    `on_step` gets the step's number and the images of all searches of the batch, those
    of a photo one after the other.
    """
    from kerasgan.latent.projection import project

    goal = trained.goal(
        values.distance,
        REALISM if values.realism is None else values.realism,
        FEATURES if values.features is None else values.features,
    )
    for part, options in batches(trained, photos, values, restarts):
        show = options.pop("on_step")

        def step(k: int, images, show=show) -> None:
            show(k, images)
            on_step(k, images)

        yield (
            part,
            partial(
                project,
                trained.space,
                photos.part(part),
                goal,
                restarts=restarts,
                on_step=step,
                **options,
            ),
        )


def batches(
    trained: Trained, photos: Photos, values: flags.FlagValues, each: int
) -> Iterator[tuple[slice, dict[str, Any]]]:
    """Photos that are searched for together, `each` times each, and the options of
    `project` that the flags give, with an `on_step` that shows how far it all is."""
    size = batch_of(trained.config, each)
    total = len(photos.names)
    steps = values.steps * -(-total // size)
    show = counter("searching,", "step")
    options = {name: values[name].value for name in ("steps", "rate", "prior", "seed")}
    options["encode"] = trained.encode()
    for number, start in enumerate(range(0, total, size)):

        def step(k: int, images, done: int = number * values.steps) -> None:
            show(done + k, steps)

        part = slice(start, min(start + size, total))
        yield part, options | {"on_step": step, "names": photos.names[part]}


def cached_points(
    trained: Trained, photos: Photos, values: flags.FlagValues
) -> np.ndarray:
    """The point of each photo, [N, ...], out of the run's cache or searched for now."""
    return cached_parts(trained, [photos], values)[0]


def cached_parts(
    trained: Trained, parts: Sequence[Photos], values: flags.FlagValues
) -> list[np.ndarray]:
    """The same for several lots of photos, each of them kept by itself; those that are
    not kept yet are searched for together, which is quicker."""
    files = [cache_file(trained, photos, values) for photos in parts]
    points = [kept_points(file) for file in files]
    missing = [k for k, known in enumerate(points) if known is None]
    if missing:
        photos = Photos.together([parts[k] for k in missing])
        searched = projections(trained, photos, values)
        found = np.concatenate([search().points for _, search in searched])
        ends = np.cumsum([len(parts[k].names) for k in missing])
        for k, own in zip(missing, np.split(found, ends[:-1]), strict=True):
            points[k] = own
            keep_points(files[k], as_latents(trained, parts[k].names, own))
    return points


def cache_file(trained: Trained, photos: Photos, values: flags.FlagValues) -> Path:
    """Where the points of these photos are kept."""
    return trained.run.path / CACHE / f"{search_key(trained, photos, values)}.npz"


def kept_points(file: Path) -> np.ndarray | None:
    """The points in a file of the cache; None where there are none."""
    if not file.is_file():
        return None
    try:
        return read_latents(file).points
    except LatentFileError:
        file.unlink(missing_ok=True)
        return None


def keep_points(file: Path, latents: Latents) -> None:
    """Keep them for the next time, where the run can be written to."""
    try:
        file.parent.mkdir(exist_ok=True)
        write_latents(file, latents)
    except OSError as error:  # a run that may only be read is good enough
        print(
            f"{file} could not be written ({error.strerror}): not kept for next time."
        )


def search_key(
    trained: Trained,
    photos: Photos,
    values: flags.FlagValues,
    more: Sequence[object] = (),
) -> str:
    """24 characters for all that a search depends on, and for what else is given."""
    settings = [trained.fingerprint, trained.space_name, trained.number, photos.digests]
    settings += [values[name].value for name in SETTINGS]
    text = json.dumps([__version__, *settings, *more])
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def as_latents(trained: Trained, names: list[str], points: np.ndarray) -> Latents:
    """Points with what says whose they are."""
    return Latents(
        names, points, trained.space_name, trained.fingerprint, trained.origin
    )
