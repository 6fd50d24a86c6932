"""Which numbers of a run are drawn together, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasgan.ideals import IDEALS
from kerasgan.report.records import TIMES, Columns

MOST_OTHERS = 12  # charts of numbers that this package does not know


@dataclass(frozen=True)
class Chart:
    """Columns that are drawn together.

    Attributes:
        title, words: what it shows, and how to read it.
        lines: column -> the line's name.
        factor: on all values, 1000 for KID as one is used to it.
        unit: behind each number.
        ideals: (name, value) of lines across.
        error: the column of the first line's standard error, if any.
    """

    title: str
    words: str
    lines: dict[str, str]
    factor: float = 1.0
    unit: str = ""
    ideals: tuple[tuple[str, float], ...] = ()
    error: str = ""


def log_charts(settings: dict[str, Any]) -> list[Chart]:
    """What log.jsonl is drawn as, for a run of these settings."""
    return [
        Chart(
            "Losses",
            "Each network makes its own small. At a draw, where D cannot tell real "
            "from generated, both are at their ideal; in healthy training D is "
            "somewhat below and G above it.",
            {"d_loss": "D", "g_loss": "G"},
            ideals=loss_ideals(settings.get("loss"), settings.get("model")),
        ),
        Chart(
            "Gap and margin",
            "The gap is how much better off D is than G, from the ideals of their "
            "losses, averaged: 0 is even. The margin is what the balance rule allows "
            + (
                "that gap."
                if settings.get("balance") == "margin"
                else "D's lead before one of the two has to rest."
            ),
            {"gap": "gap", "margin": "margin"},
            ideals=(("even", 0.0),),
        ),
        Chart(
            "Updates of D and G",
            "The share of steps in which each learnt; the one that is ahead may rest.",
            {"d_share": "D", "g_share": "G"},
            factor=100,
            unit="%",
        ),
        Chart(
            "How often D is right",
            "Of pairs of a real and a generated picture.",
            {"d_accuracy": "D"},
            factor=100,
            unit="%",
            ideals=(("guessing", 50.0),),
        ),
        Chart(
            "D's scores",
            "Its mean logits: the higher, the more it takes them for real.",
            {"real_score": "real pictures", "fake_score": "generated ones"},
        ),
        Chart(
            "Augmentation",
            "How likely each kind of alteration is: more where D learns by heart.",
            {"augment_p": "probability"},
        ),
        Chart(
            "Learning rates",
            "Beside what they began with.",
            {"decay": "both", "d_rate": "D's factor"},
        ),
        Chart(
            "Resolution", "Of a network that grows.", {"resolution": "side"}, 1, "px"
        ),
        Chart("Speed", "", {"images_per_second": "training"}, 1, "images/s"),
    ]


def evaluation_charts(features: str) -> list[Chart]:
    """What evaluations.jsonl is drawn as; `features` names the feature net."""
    of = f" in {features} features" if features else ""
    return [
        Chart(
            "KID",
            f"x 1000{of}, with its standard error: how far generated pictures are "
            "from real ones. Lower is better.",
            {"kid": "KID"},
            factor=1000,
            error="kid_error",
        ),
        Chart(
            "Fréchet distance",
            f"FID, the older measure of the same{of}; too high with few pictures.",
            {"fid": "FID"},
        ),
        Chart(
            "Precision and recall",
            "How many generated pictures look real, and how much of the real "
            "pictures' variety there is.",
            {
                "precision": "precision",
                "recall": "recall",
                "density": "density",
                "coverage": "coverage",
            },
        ),
        Chart(
            "Sliced Wasserstein distance",
            "Of pictures made small: sees collapse and drift. Lower is better.",
            {"sliced_wasserstein": "distance"},
        ),
        Chart(
            "Diversity",
            "How different generated pictures are from each other, over the same of "
            "as many real ones.",
            {"diversity": "generated"},
            ideals=(("real", 1.0),),
        ),
        Chart(
            "Copies",
            "The share of generated pictures that are copies, with its standard error: "
            "how much more often the nearest real picture is a training picture, and "
            "no held-out one, than by chance; where nothing is held out, how much more "
            "often one training picture is much nearer than all others than is "
            "natural. Where a few real pictures are nearest to many, little is sure.",
            {"copied": "copied"},
            factor=100,
            unit="%",
            error="copied_error",
        ),
        Chart(
            "Does D know its pictures by heart?",
            "Its mean scores: where it scores held-out pictures as generated ones, "
            "and not as those it was trained on, it does.",
            {
                "train_score": "training pictures",
                "held_score": "held-out pictures",
                "fake_score": "generated ones",
            },
        ),
    ]


def loss_ideals(loss: Any, model: Any) -> tuple[tuple[str, float], ...]:
    """The lines of a draw.

    >>> loss_ideals("hinge", "dcgan")
    (("D's ideal", 1.0), ("G's ideal", 0.0))
    >>> loss_ideals("non_saturating", "average")
    ()
    """
    if loss not in IDEALS or model == "average":
        return ()
    of_d, of_g = IDEALS[loss]
    if of_d == of_g:
        return (("ideal of both", of_d),)
    return (("D's ideal", of_d), ("G's ideal", of_g))


def other_charts(log: Columns, known: list[Chart]) -> list[Chart]:
    """A chart for each number of another GAN's log."""
    shown = {name for chart in known for name in chart.lines}
    shown |= {*TIMES, "eta_seconds", "d_updates", "g_updates"}
    others = [name for name in log.values if name not in shown]
    return [Chart(name, "", {name: name}) for name in others[:MOST_OTHERS]]


def evaluation_words(evaluations: Columns, others: int = 0) -> str:
    """What the newest evaluation has compared, as far as that is known, and how many
    others are left out.

    >>> one = {name: np.array([7.0]) for name in ("reals", "held", "fakes")}
    >>> evaluation_words(Columns(one))
    'The newest compares 7 generated pictures with 7 held-out ones.'
    """
    reals, held, fakes, searched, trained = (
        _newest(evaluations, name)
        for name in ("reals", "held", "fakes", "searched", "trained")
    )
    count, words = held or reals, []
    if count and fakes:
        kind = "held-out" if held else "training"
        words.append(
            f"The newest compares {fakes:,} generated pictures with {count:,} {kind} "
            "ones."
        )
    if searched and trained and searched < trained:
        words.append(
            f"Copies are looked for among {searched:,} of the {trained:,} training "
            "pictures, drawn by lot, and their share is reckoned up to all of them."
        )
    if others:
        words.append(
            f"{others:,} in other features, or against other pictures, are left out."
        )
    return " ".join(words)


def _newest(columns: Columns, name: str) -> int | None:
    column = columns.get(name)
    return None if column is None or np.isnan(column[-1]) else int(column[-1])
