"""What a curation leaves: the page, the PNGs, the table, the summary, and words."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

from absl import flags

from kerasgan.cli.counter import counter
from kerasgan.cli.curation_names import PAGE, SUMMARY, TABLE
from kerasgan.cli.typed import typed
from kerasgan.curation.page import write_page
from kerasgan.curation.sheets import write_map, write_sheets
from kerasgan.curation.sorted_pictures import SortedPictures
from kerasgan.data.store import ImageStore
from kerasgan.runs import write_json


def write_result(
    values: flags.FlagValues,
    store: ImageStore,
    pictures: SortedPictures,
    facts: dict[str, Any],
) -> None:
    """Write the page, the PNGs, the table, and last of all the summary."""
    out = Path(values.out)
    (out / SUMMARY).unlink(missing_ok=True)
    write_page(
        out / PAGE,
        store.images,
        pictures,
        title=f"{Path(values.path).resolve().name}: {len(store.names):,} pictures",
        summary=summary_words(pictures, facts),
        command=keep_command(out),
        progress=counter("page:"),
    )
    write_map(out / "map.png", store.images, pictures, counter("map.png:"))
    write_sheets(out, store.images, pictures, counter("contact sheets:", "cluster"))
    pictures.write(out / TABLE)
    clusters = [
        {
            "number": number,
            "pictures": int((pictures.clusters == number).sum()),
            "outliers": int(pictures.outliers[pictures.clusters == number].sum()),
            "duplicates": int(pictures.duplicates[pictures.clusters == number].sum()),
            "classes": dict(pictures.classes_of(number)),
        }
        for number in pictures.numbers()
    ]
    content = {
        "folder": str(Path(values.path).resolve()),
        "fingerprint": store.fingerprint,
        "seed": values.seed,
        **facts,
        "clusters": clusters,
    }
    write_json(out / SUMMARY, content)


def keep_command(out: Path) -> str:
    """What keeps clusters of this curation, typed anywhere."""
    here = shlex.quote(os.getcwd())
    return f"cd {here} && {typed()} --TYPE curate --curation {shlex.quote(str(out))}"


def summary_words(pictures: SortedPictures, facts: dict[str, Any]) -> str:
    """One sentence on how it was sorted."""
    words = (
        f"{len(pictures.numbers())} clusters by {facts['features']}; {facts['map']}."
    )
    if "purity" in facts:
        words += f" Purity {facts['purity']:.3f} of {facts['judged']:,} pictures."
    return words


def tell_result(out: Path, pictures: SortedPictures, facts: dict[str, Any]) -> None:
    """The clusters, and what to do next."""
    tried = facts["silhouettes"]
    if tried:
        listed = ", ".join(f"{k}: {value:.2f}" for k, value in tried.items())
        print(f"\nSilhouettes, by the number of clusters: {listed}")
    for number in pictures.numbers():
        own = pictures.clusters == number
        classes = ", ".join(
            f"{n:,} {name}" for name, n in pictures.classes_of(number).most_common(5)
        )
        print(
            f"  cluster {number:2d}  {int(own.sum()):7,} pictures, "
            f"{int(pictures.outliers[own].sum()):,} outliers, "
            f"{int(pictures.duplicates[own].sum()):,} near duplicates"
            + (f" ({classes})" if classes else "")
        )
    if "purity" in facts:
        print(f"Purity: {facts['purity']:.3f}, of {facts['judged']:,} pictures")
    example = ",".join(str(number) for number in pictures.numbers()[:2])
    print(
        f"  to look at, to choose  {out / PAGE} (in a browser), {out / 'map.png'}, "
        f"{out}/cluster_01.png ...\n"
        f"  one line a picture     {out / TABLE}\n"
        f"Keep some: {typed()} --TYPE curate --keep {example} --out kept "
        f"--curation {shlex.quote(str(out))}"
    )
