"""How the two networks stand to each other, in one word and one sentence.

Numbers in, words out. A loss has an ideal, its value where D cannot tell real from
generated: ln 2 for both losses of the non-saturating and the relativistic GAN, 1 and 0
for hinge, 1/4 and 1/4 for least squares. In healthy training D stays somewhat ahead:
d_loss a little under its ideal, g_loss above (around 1 for non-saturating).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

LN2 = math.log(2)
STRONG_SHARE = 0.35  # D is too strong once d_loss is under this share of its ideal
WEAK_SHARE = 1.1  # and too weak over this one
BLIND_SHARE = 0.97  # between this and WEAK_SHARE it may have learnt nothing yet
BLIND_LOGIT = 0.05  # if the mean logits of real and generated are this close
OVERFIT = 0.6  # D knows its pictures by heart once held-out ones fall so far behind
APART = 0.5  # logits between training and generated pictures, for that to mean much
COPIED = 0.5  # G copies once so many of its pictures are those of training pictures
HUGE_LOSS = 1e4
MAGNITUDES = (  # what may run away
    *("d_loss", "g_loss", "real_score", "fake_score"),
    *("train_score", "held_score", "shown_score"),
)
COLLAPSED_DIVERSITY = 0.4
DIVERGED = "diverged"


@dataclass(frozen=True)
class Sensors:
    """What `judge` looks at; averages over recent steps, None where it is not known.

    Attributes:
        d_loss, g_loss: the losses.
        d_ideal, g_ideal: their values at equilibrium, None or 0 where there is none.
        real_score, fake_score: D's mean logit on real and on generated pictures.
        only_d_share, only_g_share: of the steps in which one network alone learnt.
        diversity: `metrics.diversity` of the generated pictures over that of as many
            real ones.
        train_score, held_score, shown_score: D's mean logit on pictures it was trained
            on, on held-out ones, and on generated ones, none of them altered.
        copied: `metrics.copies`: the share of generated pictures that are copies, by
            the lower end of what is sure.
        gainless_steps: steps since the best evaluation, if several others were no
            better.
    """

    d_loss: float
    g_loss: float
    d_ideal: float | None = LN2
    g_ideal: float | None = LN2
    real_score: float | None = None
    fake_score: float | None = None
    only_d_share: float | None = None
    only_g_share: float | None = None
    diversity: float | None = None
    train_score: float | None = None
    held_score: float | None = None
    shown_score: float | None = None
    copied: float | None = None
    gainless_steps: float | None = None

    @property
    def overfit(self) -> float | None:
        """How far held-out pictures have fallen from training ones towards generated
        ones in D's eyes: 0 not at all, 1 wholly (r_v of Karras et al. 2020, ADA)."""
        scores = (self.train_score, self.held_score, self.shown_score)
        if None in scores or self.train_score - self.shown_score < APART:
            return None
        fallen = self.train_score - self.held_score
        return fallen / (self.train_score - self.shown_score)

    @property
    def d_share(self) -> float | None:
        """d_loss over its ideal, None where there is no ideal."""
        return self.d_loss / self.d_ideal if self.d_ideal else None


def judge(sensors: Sensors) -> tuple[str, str]:
    """(word, sentence) for a newcomer: what it means, what was done, whether to go on.

    The word is one of: balanced, D too strong, D too weak, memorising, diverged,
    collapsed.

    Example:
    >>> judge(Sensors(d_loss=0.6, g_loss=1.0))[0]
    'balanced'
    >>> judge(Sensors(d_loss=0.01, g_loss=6.0))[0]
    'D too strong'
    """
    word, meaning, advice = _finding(sensors)
    meaning = meaning.format(
        share=sensors.d_share,
        diversity=sensors.diversity,
        overfit=sensors.overfit,
        copied=sensors.copied,
    )
    advice = _stop_now(sensors) or advice
    return word, " ".join(filter(None, (meaning, _controller(sensors), advice)))


class _Finding(NamedTuple):
    """One state of affairs: its word, what it means, what to do."""

    word: str
    meaning: str
    advice: str


# `{share}` is D's loss over its ideal, the others are sensors of that name.
_DIVERGED = _Finding(
    DIVERGED,
    "The numbers have run away: a loss or a score is huge or not a number.",
    "Do not go on like this: go back to an earlier checkpoint with smaller learning "
    "rates.",
)
_COLLAPSED = _Finding(
    "collapsed",
    "The generator draws nearly the same few pictures over and over ({diversity:.0%} "
    "of the variety of the training pictures).",
    "At the very beginning that is normal. If the next grids look alike too, stop and "
    "start again with more augmentation or a smaller learning rate.",
)
_COPYING = _Finding(
    "memorising",
    "The generator repeats training pictures: at least {copied:.0%} of its pictures "
    "are nearer to them than chance would have it.",
    "Stop here, or take an earlier checkpoint; more pictures are the remedy, and more "
    "augmentation helps.",
)
_BY_HEART = _Finding(
    "memorising",
    "The discriminator knows its training pictures by heart: it scores pictures that "
    "it has never seen {overfit:.0%} of the way towards generated ones.",
    "The generator learns less and less from it: more pictures are the remedy, and "
    "more augmentation helps.",
)
_TOO_STRONG = _Finding(
    "D too strong",
    "The discriminator tells generated pictures from real ones almost every time (its "
    "loss is {share:.0%} of the value at a draw), so that the generator learns little "
    "from it.",
    "Go on while the pictures still change; if they do not, use more augmentation or "
    "a slower discriminator.",
)
_TOO_WEAK = _Finding(
    "D too weak",
    "The generator fools the discriminator, which does worse than guessing (its loss "
    "is {share:.0%} of the value at a draw): its advice is of little use now.",
    "Go on for a while, as it mostly recovers; if it does not, use a faster or a wider "
    "discriminator.",
)
_BLIND = _Finding(
    "D too weak",
    "The losses look balanced, but the discriminator gives real and generated pictures "
    "the same score: it has learnt nothing yet.",
    "Go on for a while; if this stays, use a faster discriminator or less "
    "augmentation.",
)
_NO_IDEAL = _Finding(
    "balanced",
    "Its losses have no fixed value at a draw; nothing has run away.",
    "Go on.",
)
_BALANCED = _Finding(
    "balanced",
    "Neither network has run away from the other, and both are learning.",
    "Go on.",
)


def _finding(sensors: Sensors) -> _Finding:
    """The first that holds, the worst first."""
    share, diversity = sensors.d_share, sensors.diversity
    if _diverged(sensors):
        return _DIVERGED
    if diversity is not None and diversity < COLLAPSED_DIVERSITY:
        return _COLLAPSED
    if sensors.copied is not None and sensors.copied > COPIED:
        return _COPYING
    if sensors.overfit is not None and sensors.overfit > OVERFIT:
        return _BY_HEART
    if share is None:
        return _NO_IDEAL
    if share < STRONG_SHARE:
        return _TOO_STRONG
    if share > WEAK_SHARE:
        return _TOO_WEAK
    if share > BLIND_SHARE and _blind(sensors):
        return _BLIND
    return _BALANCED


def _diverged(sensors: Sensors) -> bool:
    known = [
        each for name in MAGNITUDES if (each := getattr(sensors, name)) is not None
    ]
    return any(not math.isfinite(each) or abs(each) > HUGE_LOSS for each in known)


def _blind(sensors: Sensors) -> bool:
    real, fake = sensors.real_score, sensors.fake_score
    return real is not None and fake is not None and abs(real - fake) < BLIND_LOGIT


def _stop_now(sensors: Sensors) -> str:
    """Advice where the pictures have ceased to get better; else empty."""
    steps = sensors.gainless_steps
    if steps is None:
        return ""
    return (
        f"The pictures have not got better for {steps:,.0f} steps: "
        "stop now, and generate with --which best; or go on with smaller learning "
        "rates, another --balance, or more pictures."
    )


def _controller(sensors: Sensors) -> str:
    """What the balance did about it; empty where that is not known."""
    only_d, only_g = sensors.only_d_share, sensors.only_g_share
    if only_d is None or only_g is None:
        return ""
    if max(only_d, only_g) < 0.005:
        return "Both networks learnt in every recent step."
    return (
        f"Of the recent steps {only_g:.0%} trained the generator alone and "
        f"{only_d:.0%} the discriminator alone."
    )
