"""Directions learnt for a run: from folders, from a CSV, or without labels.

They lie in the run, by name, a file for each space and generator, and stand for
themselves in an expression. With labels there are two ways. `mean` and `svm` project
the photos and compare their latents. `samples` projects nothing: a linear judge learns
from the photos what the attribute looks like in D's features, judges random pictures of
the generator, and the direction is the one along which its verdict changes fastest;
`apart` takes what is left of it that does not change the verdict on the others, and
`steered` goes on from the whole of it, through the generator itself, until one
attribute changes and the others do not.

Legend: N photos, A attributes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from absl import flags

from kerasgan.cli.counter import counter
from kerasgan.cli.failures import UsageError
from kerasgan.cli.name_lists import names_in
from kerasgan.cli.names import MEAN, SEED, Names, directions_file
from kerasgan.cli.photos import Photos, list_photos, read_photos
from kerasgan.cli.tables import full, read_table, row_of
from kerasgan.cli.trained import Trained, batch_of
from kerasgan.data.doctor import DataError
from kerasgan.data.latent_files import (
    LatentFileError,
    Latents,
    read_latents,
    write_latents,
)
from kerasgan.hints import nearest_hint

if TYPE_CHECKING:
    from kerasgan.latent.judging import Judge

JUDGING = ("samples", "apart", "steered")
LABELLED = (*JUDGING, "mean", "svm")
UNLABELLED = ("activations", "pca", "weights")
JUDGED = 10_000  # random pictures that a judge looks at
SAMPLES = 2000  # and that directions without labels are found in
MOST_PHOTOS = {way: 4000 if way in JUDGING else 256 for way in LABELLED}
LEAST_APART = 0.05  # of a direction that must be left without the others
STRENGTHS = np.linspace(-2, 2, 7)
MOST_NAME = 60
SHOWN = 4  # rows of a strip


def learn(trained: Trained, values: flags.FlagValues) -> int:
    """Learn what the flags name, write the directions and a strip of each."""
    method = check_method(values)
    found: dict[str, np.ndarray] = {}
    if values.discover is not None:
        from kerasgan.cli.quiet import import_tensorflow

        import_tensorflow()
        ways = discovered(trained, values.discover, method)
        found = {f"{method}_{k + 1}": way for k, way in enumerate(ways)}
    else:
        names, photos, labels = labelled_photos(trained, values, MOST_PHOTOS[method])
        from kerasgan.cli.quiet import import_tensorflow

        import_tensorflow()
        ways = labelled(trained, names, photos, labels, method, values)
        found = dict(zip(names, ways, strict=True))
    file = keep(trained, found)
    sheets = [write_sheet(trained, name, way) for name, way in found.items()]
    print(f"Learnt {', '.join(found)}: {file}")
    print(f"  from -2 to 2 of each: {sheets[0].parent}/")
    return 0


def check_method(values: flags.FlagValues) -> str:
    """The method, or the first that goes with what is asked.

    Raises:
        UsageError: it goes with something else, or a number that cannot be.
    """
    fitting = LABELLED if values.discover is None else UNLABELLED
    if values.discover is not None and values.discover < 1:
        raise UsageError(f"--discover must be at least 1. Received {values.discover}.")
    if values.method not in (None, *fitting):
        raise UsageError(
            f"--method must be one of {', '.join(fitting)} here. "
            f"Received {values.method}.{nearest_hint(values.method, fitting)}"
        )
    return values.method or fitting[0]


def labelled_photos(
    trained: Trained, values: flags.FlagValues, most: int
) -> tuple[list[str], Photos, np.ndarray]:
    """The attributes' names [A], the photos, and which has which, float [N, A]."""
    if values.learn is not None:
        return from_folders(trained, values, most)
    return from_table(trained, values, most)


def check_name(name: str) -> str:
    """The name of a direction, as it is.

    Raises:
        UsageError: an expression would take it for something else.
    """
    if name == MEAN or name.startswith(SEED) or '"' in name or len(name) > MOST_NAME:
        raise UsageError(
            f"A direction must have a name other than {MEAN}, not begin with {SEED}, "
            f'have no " and at most {MOST_NAME} letters. Received {name}.'
        )
    return name


def from_folders(
    trained: Trained, values: flags.FlagValues, most: int
) -> tuple[list[str], Photos, np.ndarray]:
    """NAME=WITH,WITHOUT: the photos of both folders."""
    name, equals, folders = values.learn.partition("=")
    both = names_in("learn", folders)
    if not name.strip() or not equals or len(both) != 2:
        raise UsageError(
            f"--learn must be NAME=FOLDER_WITH,FOLDER_WITHOUT. Received {values.learn}."
        )
    name = check_name(name.strip())
    places = [Names(trained, values).place(folder) for folder in both]
    real = [Path(os.path.realpath(place)) for place in places]
    if real[0].is_relative_to(real[1]) or real[1].is_relative_to(real[0]):
        raise UsageError(
            f"--learn must name two folders, neither of them in the other. Received "
            f"{both[0]} and {both[1]}: the same photos would be on both sides."
        )
    parts = [read_photos(place, trained.config, most // 2) for place in places]
    photos = Photos.together(parts)
    labels = np.repeat([1.0, 0.0], [len(part.names) for part in parts])[:, None]
    return [name], photos, labels


def from_table(
    trained: Trained, values: flags.FlagValues, most: int
) -> tuple[list[str], Photos, np.ndarray]:
    """FILE.csv or FILE.csv:COLUMN,COLUMN: the photos of --path that have a row."""
    if not values.path:
        raise UsageError("--attributes must go with the photos: add --path FOLDER.")
    file, colon, wanted = values.attributes.rpartition(":")
    if not colon or Path(values.attributes).exists():
        file, wanted = values.attributes, ""
    columns, table = read_table(Path(file))
    chosen = names_in("attributes", wanted) or columns
    for column in chosen:
        if column not in columns:
            raise UsageError(
                f"--attributes must name columns of {file}: {', '.join(columns)}. "
                f"Received {column}.{nearest_hint(column, columns)}"
            )
    chosen = [check_name(column) for column in dict.fromkeys(chosen)]
    names = [file.name for file in list_photos(Path(values.path)).files]
    rows = {name: row for name in names if (row := row_of(name, table))}
    if names and not rows:
        raise DataError(
            f"{file} must have rows for the photos in {values.path}, by their file "
            f"names, and has none for {names[0]}, the first of them."
        )
    numbers = [columns.index(column) for column in chosen]
    labels = {
        name: [row[number] for number in numbers]
        for name, row in rows.items()
        if full(row, numbers)
    }
    if rows and not labels:
        raise DataError(
            f"{file} must have a number in each of {', '.join(chosen)} for some photo "
            f"of {values.path}, and has none. Name fewer columns: {file}:{chosen[0]}"
        )
    photos = read_photos(values.path, trained.config, most, labels.__contains__)
    return chosen, photos, np.array([labels[name] for name in photos.names])


def labelled(
    trained: Trained,
    names: list[str],
    photos: Photos,
    labels: np.ndarray,
    method: str,
    values: flags.FlagValues,
) -> Iterable[np.ndarray]:
    """A direction for each column of `labels` [N, A]."""
    from kerasgan.latent.directions import labelled_direction, score_direction

    middle = (labels.min(axis=0) + labels.max(axis=0)) / 2
    has_it = labels > middle  # [N, A]
    constant = [k for k in range(labels.shape[1]) if has_it[:, k].all()]
    constant += [k for k in range(labels.shape[1]) if not has_it[:, k].any()]
    if constant:
        raise DataError(
            f"{names[constant[0]]} must differ between photos, and is the same for all "
            f"{len(labels)}. Leave it out: --attributes FILE.csv:COLUMN,COLUMN"
        )
    if method not in JUDGING:
        from kerasgan.cli.searching import cached_points

        points = cached_points(trained, photos, values)
        return (labelled_direction(points, each, method) for each in has_it.T)
    from kerasgan.latent.judging import Judge

    judge = Judge(trained.features()).fit(photos.in_batches(), labels)
    points = trained.space.draw(0, 0, JUDGED)
    scores = judge.predict(trained.space.in_batches(points))
    ways = [score_direction(points, column) for column in scores.T]
    if method == "apart":
        return apart(names, ways)
    return steered(trained, judge, ways) if method == "steered" else ways


def apart(names: list[str], ways: list[np.ndarray]) -> list[np.ndarray]:
    """What is left of each direction that changes none of the others.

    Raises:
        DataError: next to nothing is left of one.
    """
    from kerasgan.latent.directions import independent_of

    alone = []
    for k, way in enumerate(ways):
        left = independent_of(way, ways[:k] + ways[k + 1 :])
        if np.linalg.norm(left) < LEAST_APART * np.linalg.norm(way):
            raise DataError(
                f"{names[k]} must change by itself for --method apart, and what the "
                "other columns say tells all of it. Name fewer columns, or take "
                "--method samples."
            )
        alone.append(left)
    return alone


def steered(trained: Trained, judge: Judge, ways: list[np.ndarray]) -> np.ndarray:
    """Directions that change their own attribute alone, found from the given ones."""
    from kerasgan.latent.steering import BATCH, STEPS, steer

    batch = min(BATCH, batch_of(trained.config))
    steps = STEPS * BATCH // batch  # as many pictures
    show = counter("steering,", "step")
    return steer(
        trained.space,
        judge.say,
        np.stack(ways),
        steps=steps,
        batch=batch,
        on_step=lambda step, loss: show(step, steps),
    )


def discovered(trained: Trained, count: int, method: str) -> np.ndarray:
    """Directions without labels, [count, ...]."""
    from kerasgan.latent import directions

    space = trained.space
    if count > space.centre.size:
        raise UsageError(
            f"--discover must be at most {space.centre.size} here. Received {count}."
        )
    if method == "weights":
        if trained.space_name == "w+":
            raise UsageError("--method weights must go with --space z or w.")
        generator = trained.generator
        if trained.space_name == "w":
            weights = directions.style_weights(generator)
        else:
            weights = directions.first_weights(generator, trained.config.latent_dim)
        return directions.stretched_directions(weights, count) * space.spread
    if method == "pca" and trained.space_name == "z":
        raise UsageError(
            "--method pca must go with --space w or w+: in z no direction is longer "
            "than another. Take activations or weights."
        )
    points = space.draw(0, 0, SAMPLES)
    if method == "pca":
        return directions.main_directions(points, count)
    from kerasgan.latent.judging import pooled

    activations = pooled(trained.features(), space.in_batches(points))
    return directions.activation_directions(points, activations, count)


def keep(trained: Trained, found: dict[str, np.ndarray]) -> Path:
    """Add directions to the run's, in place of those of the same name.

    Raises:
        DataError: one of them leads nowhere.
    """
    for name, way in found.items():
        if not np.isfinite(way).all() or not way.any():
            raise DataError(
                f"{name} must differ between what was compared, and no direction was "
                "found in which it does: nothing was kept."
            )
    file = directions_file(trained)
    known = still_known(file, trained) if file.is_file() else {}
    known |= found
    points = np.stack(list(known.values()))
    write_latents(
        file,
        Latents(
            list(known), points, trained.space_name, trained.fingerprint, trained.origin
        ),
    )
    return file


def still_known(file: Path, trained: Trained) -> dict[str, np.ndarray]:
    """The directions in a run's file, if they are of the generator as it is now; else
    says what is given up. A file that cannot be read is renamed."""
    try:
        old = read_latents(file)
    except LatentFileError as error:
        damaged = file.with_suffix(".damaged")
        os.replace(file, damaged)
        print(f"{error} It is {damaged} now, and a new one is begun.")
        return {}
    if (old.fingerprint, old.space) == (trained.fingerprint, trained.space_name):
        return dict(zip(old.names, old.points, strict=True))
    print(
        f"{', '.join(old.names)} in {file} belonged to {old.space} of {old.origin} as "
        "it then was, and are given up."
    )
    return {}


def write_sheet(trained: Trained, name: str, way: np.ndarray) -> Path:
    """A strip of a few random pictures with less and more of one direction."""
    from kerasgan.data.latent_files import unique_stems
    from kerasgan.images import grid, to_uint8, write_png

    starts = trained.space.draw(0, 0, SHOWN)
    strengths = STRENGTHS.reshape(-1, *(1,) * way.ndim)
    rows = np.concatenate([start + strengths * way for start in starts])
    pictures = to_uint8(trained.space.pictures(rows.astype(np.float32)))
    folder = trained.run.path / "directions"
    folder.mkdir(exist_ok=True)
    file = folder / f"{unique_stems([name + '.x'])[0]}.png"
    write_png(file, grid(pictures, columns=len(STRENGTHS)))
    return file
