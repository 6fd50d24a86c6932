"""Are a run's pictures copies of its training pictures? In numbers, and on a sheet.

N pictures, F features.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kerasgan.cli.sides import Side
from kerasgan.data.held_out import Split
from kerasgan.data.picked import Picked
from kerasgan.data.store import ImageStore
from kerasgan.images import grid, write_png
from kerasgan.metrics.copies import (
    copied,
    natural_share,
    nearer,
    nearest_of_both,
    of_all,
    single,
    stand_ins,
)
from kerasgan.metrics.distances import two_nearest
from kerasgan.metrics.nearest import nearest, side_by_side

SURE = 0.25  # of a share's error: with a larger one it says nothing
SHOWN, COLUMNS, GAP = 48, 6, 6  # pairs on the sheet
Found = tuple[np.ndarray, np.ndarray]  # which is nearest [N], the two distances [N, 2]


def tell_copies(
    ours: Side, against: Side, store: ImageStore, split: Split, sheet: Path
) -> dict[str, Any]:
    """Compare, print; the numbers, in pixels and in features. Draws the nearest pairs.

    In pixels all training pictures are looked at, also mirrored; in features those
    that are compared.
    """
    trained, held = (Picked(store.images, places) for places in split)
    found = nearest(ours.images, trained)

    def in_pixels(pictures: Any, among: Picked, own: np.ndarray | None = None) -> Found:
        result = nearest(pictures[:], among, own)
        return result.places, result.pairs

    is_held = np.isin(against.places, split.held)
    known, unseen = against.features[~is_held], against.features[is_held]
    found_in_features = two_nearest(ours.features, known)
    total = len(trained)
    facts = {
        "pixels": compare(
            (found.places, found.pairs), ours.images, trained, held, in_pixels, total
        ),
        "features": compare(
            found_in_features, ours.features, known, unseen, two_nearest, total
        ),
    }
    print("\nCopies of training pictures?")
    for place, numbers in facts.items():
        print(f"  in {place}: {words_of(numbers)}")
    pairs = side_by_side(ours.images, trained, found, SHOWN)
    write_png(sheet, grid(pairs, columns=COLUMNS, gap=GAP))
    print(f"The {len(pairs)} nearest pairs, drawn | training: {sheet}")
    return {f"copies_in_{place}": numbers for place, numbers in facts.items()}


def compare(
    found: Found, drawn: Any, trained: Any, held: Any, look: Any, total: int
) -> dict[str, float]:
    """The measures of `metrics.copies`, of pictures or features; without held-out ones
    `single` alone, and training pictures among all others stand in for unseen ones.

    `found` is the nearest of the training ones to each drawn one; `look(rows, among,
    own)` finds the same of others; `trained` are some of `total`.
    """
    places, apart = found
    if not len(held):
        some = stand_ins(len(trained))
        unseen = look(trained[some], trained, some)[1]
        return {"single": single(apart, unseen), "natural": natural_share(len(some))}
    held_places, held_apart = look(drawn, held, None)
    both = nearest_of_both(
        (places, apart[:, 0]), (held_places, held_apart[:, 0]), len(trained)
    )
    copies = copied(both, len(trained), len(held))
    copies = of_all(copies, len(trained), total)
    unseen = look(held, trained, None)[1]
    return {
        "copied": copies.share,
        "copied_error": copies.error,
        "single": single(apart, unseen),
        "natural": natural_share(len(held)),
        "nearer": nearer(apart[:, 0], unseen[:, 0]),
    }


def words_of(numbers: dict[str, float]) -> str:
    """One line of them.

    >>> words_of({"single": 0.02, "natural": 0.012})
    '2.0% much nearer to one than to all others (1.2% is natural)'
    """
    text = f"{numbers['single']:.1%} much nearer to one than to all others "
    text += f"({numbers['natural']:.1%} is natural)"
    if "copied" not in numbers:
        return text
    share, error = numbers["copied"], numbers["copied_error"]
    sign = "no sign of them" if error < SURE else "it cannot be told"
    if share > 2 * error:
        sign = f"{share:.0%} are"
    return (
        f"{sign} ({share:.0%} +- {error:.0%} by the held-out ones); {text}; nearer "
        f"than those are: {numbers['nearer']:.0%} (natural is 50%, more if blurred)"
    )
