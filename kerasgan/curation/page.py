"""One HTML page with everything in it: the map, the contact sheets, the command.

N pictures, H height, W width, C channels. It opens from disk with no network: the
script, the style and the thumbnails (sheets of JPEG as data URIs) stand in the file.
Of more than `MOST` pictures it shows a sample; the numbers are of all of them.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.curation.sheets import colour
from kerasgan.curation.sorted_pictures import MAP_SIDE, SortedPictures
from kerasgan.curation.thumbnails import per_row, sprite_sheets, thumbnail_side
from kerasgan.runs import write_atomically
from kerasgan.web_page import fill_page

MOST = 20_000
FOLDER = Path(__file__).with_name("page")
OUTLIER, DUPLICATE = 1, 2  # bits, as page.js has them


def write_page(
    path: Path,
    images: np.ndarray,
    pictures: SortedPictures,
    *,
    title: str,
    summary: str,
    command: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write the page.

    Args:
        path: of the HTML file.
        images: uint8 [N, H, W, C], read where shown.
        pictures: as they were sorted.
        title, summary: above the map.
        command: what keeps pictures, but for --keep and what follows it.
        progress: called as progress(done, total) while thumbnails are made.

    Raises:
        OSError: it cannot be written there.
    """
    shown = shown_pictures(pictures)
    side = thumbnail_side(len(shown))
    sheets = sprite_sheets(images, shown, side, progress)
    data = page_data(pictures, shown) | {
        "side": side,
        "perRow": per_row(side),
        "summary": summary,
        "command": command,
    }
    page = fill_page(
        FOLDER,
        data,
        title=html.escape(title),
        sheets="".join(f'<img alt="" src="{sheet}">' for sheet in sheets),
    )
    write_atomically(path, page)


def shown_pictures(pictures: SortedPictures) -> np.ndarray:
    """The pictures on the page, cluster by cluster, the most typical ones first."""
    places = np.concatenate([pictures.members(n) for n in pictures.numbers()])
    if len(places) <= MOST:
        return places
    chosen = np.random.default_rng(0).permutation(len(places))[:MOST]
    return places[np.sort(chosen)]


def page_data(pictures: SortedPictures, shown: np.ndarray) -> dict[str, Any]:
    """What page.js takes of the pictures."""
    flags = OUTLIER * pictures.outliers + DUPLICATE * pictures.duplicates
    spread = spread_groups(pictures)
    x, y = pictures.places[shown].T.tolist()
    return {
        "names": [pictures.names[k] for k in shown],
        "x": x,
        "y": y,
        "cluster": pictures.clusters[shown].tolist(),
        "flags": flags[shown].tolist(),
        "groups": _groups_shown(pictures, shown),
        "spread": [
            [*parts, count] for parts, count in Counter(spread.values()).items()
        ],
        "total": len(pictures.names),
        "mapSide": MAP_SIDE,
        "clusters": [
            _cluster_data(pictures, shown, number, set(spread))
            for number in pictures.numbers()
        ],
    }


def _cluster_data(
    pictures: SortedPictures, shown: np.ndarray, number: int, spread: set[int]
) -> dict[str, Any]:
    own = pictures.clusters == number
    typical = own & ~pictures.outliers
    # How many pictures, and how many groups that are of this cluster alone; of each
    # all, and those without outliers.
    tally = [int(own.sum()), int(typical.sum())]
    tally += [
        len(set(pictures.duplicate_of[each].tolist()) - spread)
        for each in (own, typical)
    ]
    on_page = np.flatnonzero(pictures.clusters[shown] == number)
    middle = np.median(pictures.places[own], axis=0)
    return {
        "number": number,
        "count": int(own.sum()),
        "first": int(on_page[0]) if len(on_page) else 0,
        "shown": len(on_page),
        "colour": "#{:02x}{:02x}{:02x}".format(*colour(number)),
        "x": float(middle[0]),
        "y": float(middle[1]),
        "tally": tally,
        "words": cluster_words(pictures, number),
    }


Spread = tuple[tuple[int, ...], tuple[int, ...]]


def spread_groups(pictures: SortedPictures) -> dict[int, Spread]:
    """Groups of near duplicates that lie in several clusters: their first picture ->
    (the clusters, those in which a member is no outlier)."""
    groups: dict[int, list[int]] = {}
    for k in np.flatnonzero(pictures.duplicates).tolist():
        first = int(pictures.duplicate_of[k])
        groups.setdefault(first, [first]).append(k)
    found = {}
    for first, members in groups.items():
        clusters = pictures.clusters[members]
        typical = clusters[~pictures.outliers[members]]
        if len(set(clusters.tolist())) > 1:
            found[first] = (
                tuple(np.unique(clusters).tolist()),
                tuple(np.unique(typical).tolist()),
            )
    return found


def _groups_shown(pictures: SortedPictures, shown: np.ndarray) -> list[list[int]]:
    """Near duplicates on the page, group by group; as `keeping` goes through them."""
    groups: dict[int, list[int]] = {}
    for place in np.argsort(shown, kind="stable").tolist():
        groups.setdefault(int(pictures.duplicate_of[shown[place]]), []).append(place)
    return [places for places in groups.values() if len(places) > 1]


def cluster_words(pictures: SortedPictures, number: int) -> str:
    """Outliers, near duplicates and known classes of a cluster."""
    own = pictures.clusters == number
    outliers, copies = (
        int((own & marked).sum()) for marked in (pictures.outliers, pictures.duplicates)
    )
    words = [f"{outliers:,} outliers, {copies:,} near duplicates"]
    classes = pictures.classes_of(number)
    if classes:
        words.append(", ".join(f"{name} {n:,}" for name, n in classes.most_common(5)))
    return "; ".join(words)
