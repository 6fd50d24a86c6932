"""How the two networks stand to each other, in one word and one sentence.

Numbers in, words out. A loss has an ideal, its value where D cannot tell real from
generated: ln 2 for both losses of the non-saturating and the relativistic GAN, 1 and 0
for hinge, 1/4 and 1/4 for least squares. In healthy training D stays somewhat ahead:
d_loss a little under its ideal, g_loss above (around 1 for non-saturating).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

LN2 = math.log(2)
STRONG_SHARE = 0.35  # D is too strong once d_loss is under this share of its ideal
WEAK_SHARE = 1.1  # and too weak over this one
BLIND_SHARE = 0.97  # between this and WEAK_SHARE it may have learnt nothing yet
BLIND_LOGIT = 0.05  # if the mean logits of real and generated are this close
HUGE_LOSS = 1e4
COLLAPSED_DIVERSITY = 0.25


@dataclass(frozen=True)
class Sensors:
    """What `judge` looks at; averages over recent steps, None where it is not known.

    Attributes:
        d_loss, g_loss: the losses.
        d_ideal, g_ideal: their values at equilibrium, None or 0 where there is none.
        real_score, fake_score: D's mean logit on real and on generated pictures.
        only_d_share, only_g_share: of the steps in which one network alone learnt.
        diversity: `diversity` of the generated pictures over that of the real ones.
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


def judge(sensors: Sensors) -> tuple[str, str]:
    """(word, sentence) for a newcomer: what it means, what was done, whether to go on.

    The word is one of: balanced, D too strong, D too weak, diverged, collapsed.

    Example:
    >>> judge(Sensors(d_loss=0.6, g_loss=1.0))[0]
    'balanced'
    >>> judge(Sensors(d_loss=0.01, g_loss=6.0))[0]
    'D too strong'
    """
    word, meaning, advice = _findings(sensors)
    return word, " ".join(filter(None, (meaning, _controller(sensors), advice)))


def diversity(pictures: np.ndarray) -> float:
    """How much pictures uint8 [N, H, W, C] differ: std over N, mean over all values.

    >>> diversity(np.array([0, 2], "uint8").reshape(2, 1, 1, 1))
    1.0
    """
    return float(pictures.astype(np.float32).std(axis=0).mean())


def _findings(sensors: Sensors) -> tuple[str, str, str]:
    """(word, what it means, what to do)."""
    share = sensors.d_loss / sensors.d_ideal if sensors.d_ideal else None
    if _diverged(sensors):
        return (
            "diverged",
            "The numbers have run away: a loss or a score is huge or not a number.",
            "Do not go on like this: go back to an earlier checkpoint with smaller "
            "learning rates.",
        )
    if sensors.diversity is not None and sensors.diversity < COLLAPSED_DIVERSITY:
        return (
            "collapsed",
            f"The generator draws nearly the same picture over and over "
            f"({sensors.diversity:.0%} of the variety of the training pictures).",
            "At the very beginning that is normal. If the next grids look alike too, "
            "stop and start again with more augmentation or a smaller learning rate.",
        )
    if share is not None and share < STRONG_SHARE:
        return (
            "D too strong",
            "The discriminator tells generated pictures from real ones almost every "
            f"time (its loss is {share:.0%} of the value at a draw), so that the "
            "generator learns little from it.",
            "Go on while the pictures still change; if they do not, use more "
            "augmentation or a slower discriminator.",
        )
    if share is not None and share > WEAK_SHARE:
        return (
            "D too weak",
            "The generator fools the discriminator, which does worse than guessing "
            f"(its loss is {share:.0%} of the value at a draw): its advice is of "
            "little use now.",
            "Go on for a while, as it mostly recovers; if it does not, use a faster "
            "or a wider discriminator.",
        )
    if share is not None and share > BLIND_SHARE and _blind(sensors):
        return (
            "D too weak",
            "The losses look balanced, but the discriminator gives real and generated "
            "pictures the same score: it has learnt nothing yet.",
            "Go on for a while; if this stays, use a faster discriminator or less "
            "augmentation.",
        )
    if share is None:
        meaning = "Its losses have no fixed value at a draw; nothing has run away."
    else:
        meaning = "Neither network has run away from the other, and both are learning."
    return "balanced", meaning, "Go on."


def _diverged(sensors: Sensors) -> bool:
    values = [getattr(sensors, field.name) for field in fields(sensors)]
    known = [value for value in values if value is not None]
    return any(not math.isfinite(each) or abs(each) > HUGE_LOSS for each in known)


def _blind(sensors: Sensors) -> bool:
    real, fake = sensors.real_score, sensors.fake_score
    return real is not None and fake is not None and abs(real - fake) < BLIND_LOGIT


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
