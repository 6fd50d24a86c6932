"""One curation from the command line: its steps in order, and words for the user.

Each step is taken from where an earlier start left it, by its key (see
`kerasgan.curation.steps`). TensorFlow is imported only where there are no features yet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from kerasgan.cli.counter import counter
from kerasgan.cli.curation_names import LOCK, STEPS
from kerasgan.cli.curation_report import tell_result, write_result
from kerasgan.cli.failures import Failure, UsageError
from kerasgan.cli.feature_source import FeatureSource, Stopped, feature_source
from kerasgan.cli.outputs import hold
from kerasgan.curation.clusters import Clusters, purity
from kerasgan.curation.embedding import PictureMap, has_open_tsne
from kerasgan.curation.reduction import Reduction
from kerasgan.curation.sorted_pictures import SortedPictures, on_map
from kerasgan.curation.steps import Steps, chain_key
from kerasgan.data.doctor import MAX_ENLARGEMENT
from kerasgan.data.examination import Examination, printable
from kerasgan.data.labels import Labels, read_labels
from kerasgan.data.near_duplicates import near_duplicates
from kerasgan.data.store import ImageStore, open_store
from kerasgan.images import enlargement
from kerasgan.metrics.extraction import extract
from kerasgan.runs import default_cache_dir

MOST_ENLARGED = 8.0  # times: one sees the kind of a picture that is all a blur
VERSION = 2  # raise it when a step would give something else


def sort_and_tell(values: flags.FlagValues) -> int:
    """Sort the pictures of --path into --out; the exit status."""
    source = feature_source(values)
    print("1. Looking at the pictures")
    store = open_store(
        values.path,
        image_size=source.pack_size,
        channels=source.channels,
        fit=source.fit,
        most_enlarged=MOST_ENLARGED,
        cache_dir=values.cache_dir or default_cache_dir(),
        progress=counter("looking at"),
    )
    print(store.examination.table())
    small = count_enlarged(store.examination)
    if small:
        print(f"{small:,} small ones are enlarged more than {MAX_ENLARGEMENT:g} times")
    if len(store.images) < 2:
        raise Failure(
            f"There must be at least two pictures to sort. Received one in "
            f"{values.path}: the table above says why the others cannot be used."
        )
    if (values.clusters or 0) > len(store.images):
        raise UsageError(
            f"--clusters must be at most the number of pictures. Received "
            f"{values.clusters} for {len(store.images)} pictures: ask for fewer."
        )
    truth = known_classes(values, store.names)
    out = Path(values.out)
    (out / STEPS).mkdir(parents=True, exist_ok=True)
    lock = hold(out / STEPS / LOCK, out, "curate")
    try:
        pictures, facts = sort_all(values, source, store, truth, Steps(out / STEPS))
        print("6. Page and contact sheets")
        write_result(values, store, pictures, facts)
    except Stopped as stopped:
        print("Run the same command again to go on from there.")
        return stopped.status
    finally:
        lock.release()
    tell_result(out, pictures, facts)
    return 0


def known_classes(values: flags.FlagValues, names: list[str]) -> Labels | None:
    """The classes that --truth gives, and a line on how many; None without it.

    Raises:
        DataError: no picture has one, or there is no such table.
    """
    if not values.truth:
        return None
    truth = read_labels(values.truth, values.path, names, flag="--truth", some=True)
    known = int((truth.numbers >= 0).sum())
    print(f"--truth knows the class of {known:,} of {len(names):,} pictures")
    if truth.unused:
        print(
            f"--truth names others too, which cannot be sorted or are not here: "
            f"{len(truth.unused):,}, such as {printable(truth.unused[0])}"
        )
    return truth


def count_enlarged(found: Examination) -> int:
    """How many pictures are made so much larger that `train` would not take them."""
    return sum(
        enlargement(shape, found.image_size, found.fit) > MAX_ENLARGEMENT
        for shape in found.shapes
    )


def sort_all(
    values: flags.FlagValues,
    source: FeatureSource,
    store: ImageStore,
    truth: Labels | None,
    steps: Steps,
) -> tuple[SortedPictures, dict[str, Any]]:
    """All steps; the sorted pictures, and what the summary says of how."""
    seed = values.seed
    print("2. Features")
    begun = chain_key(store.fingerprint, version=VERSION)
    key, features, facts = all_features(source, store, steps, begun)
    print(f"   {features.shape[1]:,} features a picture, from {facts['features']}")
    for remark in facts["remarks"]:
        print(f"   {remark}")

    print("3. Clusters")
    key = chain_key(key, components=50)
    reduced = steps.load("reduced", key)
    if reduced is None:
        reduction = Reduction(progress=counter("learning components:", "row"))
        reduction.fit(features)
        explained = np.array(reduction.explained_)
        reduction.progress = counter("components of")
        reduced = {"rows": reduction.transform(features), "explained": explained}
        steps.save("reduced", key, **reduced)
    rows = reduced["rows"]
    found = clusters_of(rows, values.clusters, seed, steps, key)
    facts["explained_variance"] = round(float(reduced["explained"]), 4)
    counts, silhouettes = found["tried"]
    facts["silhouettes"] = dict(
        zip(counts.astype(int).tolist(), silhouettes.tolist(), strict=True)
    )

    print("4. Near duplicates")
    duplicate_of = duplicates_of(store, steps, begun)

    print("5. Map")
    laid_out = map_of(rows, seed, steps, key)
    facts["map"] = str(laid_out["method"])
    pictures = SortedPictures(
        names=store.names,
        contents=store.examination.digests,
        clusters=found["labels"] + 1,
        places=on_map(laid_out["places"]),
        distances=found["distances"],
        outliers=found["outliers"],
        duplicate_of=duplicate_of,
        class_names=truth.names if truth else (),
        classes=truth.numbers if truth else np.full(len(store.names), -1),
    )
    if truth:
        facts["judged"] = int((truth.numbers >= 0).sum())
        facts["purity"] = round(purity(pictures.clusters, pictures.classes), 4)
    return pictures, facts


def all_features(
    source: FeatureSource, store: ImageStore, steps: Steps, begun: str
) -> tuple[str, np.ndarray, dict[str, Any]]:
    """The features of all pictures, their key, and where they are from."""
    key = chain_key(begun, source=source.identity)
    path = steps.path("features", key, ".f32")
    facts = steps.load("facts", key)
    if facts is None or not path.exists() or path.stat().st_size != facts["bytes"]:
        features, words, remarks = source.open(store, steps)
        if facts is not None:  # and the features are not as they were written
            path.unlink(missing_ok=True)
        extract(store.images, features, path, progress=counter("features of"))
        facts = {"features": np.array(words), "remarks": np.array(remarks, np.str_)}
        facts["bytes"] = np.array(path.stat().st_size)
        steps.save("facts", key, **facts)
    rows = np.memmap(path, np.float32, mode="r").reshape(len(store.images), -1)
    told = {"features": str(facts["features"]), "remarks": facts["remarks"].tolist()}
    return key, rows, told


def clusters_of(
    rows: np.ndarray, count: int | None, seed: int, steps: Steps, before: str
) -> dict[str, np.ndarray]:
    """Labels, distances, outliers, and the silhouettes that were tried [2, tried]."""
    key = chain_key(before, clusters=count, seed=seed)
    found = steps.load("clusters", key)
    if found is None:
        show_count = counter("clusters:", "part")
        made = Clusters(count, random_state=seed, progress=show_count).fit(rows)
        tried = [list(made.silhouettes_), list(made.silhouettes_.values())]
        found = {
            "labels": made.labels_,
            "distances": made.distances_,
            "outliers": made.outliers_,
            "tried": np.array(tried),
        }
        steps.save("clusters", key, **found)
    return found


def duplicates_of(store: ImageStore, steps: Steps, before: str) -> np.ndarray:
    """The first picture that each one nearly repeats, int [N]."""
    found = steps.load("duplicates", before)
    if found is None:
        show_count, total = counter("comparing"), len(store.images)

        def pictures() -> Any:
            for k in range(total):
                yield np.asarray(store.images[k])
                show_count(k + 1, total)

        found = {"first": near_duplicates(pictures())}
        steps.save("duplicates", before, **found)
    return found["first"]


def map_of(
    rows: np.ndarray, seed: int, steps: Steps, before: str
) -> dict[str, np.ndarray]:
    """Places in the plane [N, 2], and how they were found."""
    key = chain_key(before, map=2, seed=seed, open_tsne=has_open_tsne())
    found = steps.load("map", key)
    if found is None:
        made = PictureMap(seed, progress=counter("map:", "step")).fit(rows)
        words = f"{made.method_} of {len(made.sample_):,} pictures"
        if len(made.sample_) < len(rows):
            words += ", the others beside the one they are most like"
        found = {"places": made.embedding_, "method": np.array(words)}
        steps.save("map", key, **found)
    return found
