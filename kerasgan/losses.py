"""The losses of the game, one pair of small functions each.

N batch. Logits are what D says, [N, 1], before any sigmoid: positive means "real".
Everything is computed in float32 whatever the precision policy, and every loss is
a mean over its own batch, so that real and fake batches of different sizes weigh
the same. `d_ideal` and `g_ideal` are the values where D cannot tell the two apart;
the balance rules measure their gap from there. Minding the factor of two: D's
non-saturating loss is the *mean* of its two halves, hence ln 2 and not ln 4.

Sources: Goodfellow et al. 2014 (non-saturating); Lim & Ye 2017 and Miyato et al.
2018 (hinge); Mao et al. 2017 (least squares); Arjovsky et al. 2017 (Wasserstein);
Jolicoeur-Martineau 2019 and Huang et al. 2024, "R3GAN" (relativistic, in pairs).
"""

import dataclasses
import difflib
from collections.abc import Callable

import keras
from keras import ops

from kerasgan.ideals import IDEALS

LossFunction = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]


@dataclasses.dataclass(frozen=True)
class Loss:
    """One way to score the game.

    Attributes:
        name: The word for it on the command line.
        discriminator: (real_logits [N, 1], fake_logits [M, 1]) -> float32 scalar.
        generator: (real_logits [N, 1], fake_logits [M, 1]) -> float32 scalar. Some
            generators ignore the real logits, the relativistic one needs them.
        d_ideal: The discriminator's loss at equilibrium, None where there is none.
        g_ideal: The generator's loss at equilibrium, None where there is none.
        generator_needs_reals: Whether the generator's loss has a gradient that
            depends on the real logits.
        undecided: The logit of a D that cannot tell; None where only differences of
            logits mean anything.

    >>> loss = get_loss("non_saturating")
    >>> logits = ops.zeros((4, 1))  # D has no idea
    >>> round(float(loss.discriminator(logits, logits)), 4), round(loss.d_ideal, 4)
    (0.6931, 0.6931)
    """

    name: str
    discriminator: LossFunction
    generator: LossFunction
    d_ideal: float | None
    g_ideal: float | None
    generator_needs_reals: bool = False
    undecided: float | None = 0.0


def _mean(values):
    return ops.mean(ops.cast(values, "float32"))


def _mean_softplus(logits):
    return ops.mean(ops.softplus(ops.cast(logits, "float32")))


def _mean_square(logits, label):
    return ops.mean(ops.square(ops.cast(logits, "float32") - label))


def _non_saturating_d(real_logits, fake_logits):
    return (_mean_softplus(-real_logits) + _mean_softplus(fake_logits)) / 2.0


def _non_saturating_g(real_logits, fake_logits):
    del real_logits
    return _mean_softplus(-fake_logits)


def _hinge_d(real_logits, fake_logits):
    real_logits = ops.cast(real_logits, "float32")
    fake_logits = ops.cast(fake_logits, "float32")
    real = ops.mean(ops.relu(1.0 - real_logits))
    return (real + ops.mean(ops.relu(1.0 + fake_logits))) / 2.0


def _hinge_g(real_logits, fake_logits):
    del real_logits
    return -_mean(fake_logits)


def _least_squares_d(real_logits, fake_logits):
    return (_mean_square(real_logits, 1.0) + _mean_square(fake_logits, 0.0)) / 2.0


def _least_squares_g(real_logits, fake_logits):
    del real_logits
    return _mean_square(fake_logits, 1.0)


def _wasserstein_d(real_logits, fake_logits):
    return _mean(fake_logits) - _mean(real_logits)


def _wasserstein_g(real_logits, fake_logits):
    # E D(x) adds no gradient for G; it makes the loss 0 at equilibrium.
    return _mean(real_logits) - _mean(fake_logits)


def _paired_difference(real_logits, fake_logits):
    if tuple(real_logits.shape) != tuple(fake_logits.shape):
        raise ValueError(
            "The relativistic loss compares the pictures in pairs: real_logits and "
            "fake_logits must have the same shape. Received "
            f"{tuple(real_logits.shape)} and {tuple(fake_logits.shape)}: "
            "use as many fake pictures as real ones."
        )
    return ops.cast(real_logits, "float32") - ops.cast(fake_logits, "float32")


def _relativistic_d(real_logits, fake_logits):
    return _mean_softplus(-_paired_difference(real_logits, fake_logits))


def _relativistic_g(real_logits, fake_logits):
    return _mean_softplus(_paired_difference(real_logits, fake_logits))


def _loss(name: str, d: LossFunction, g: LossFunction, **more) -> Loss:
    return Loss(name, d, g, *IDEALS[name], **more)


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        _loss("non_saturating", _non_saturating_d, _non_saturating_g),
        _loss("hinge", _hinge_d, _hinge_g),
        _loss("least_squares", _least_squares_d, _least_squares_g, undecided=0.5),
        _loss("wasserstein", _wasserstein_d, _wasserstein_g, undecided=None),
        _loss(
            "relativistic",
            _relativistic_d,
            _relativistic_g,
            generator_needs_reals=True,
            undecided=None,
        ),
    )
}


def get_loss(name: str) -> Loss:
    """The loss of that name.

    Args:
        name: One of `LOSSES`.

    Raises:
        ValueError: If there is none, naming the nearest that there is.

    >>> get_loss("hinge").d_ideal
    1.0
    """
    if name in LOSSES:
        return LOSSES[name]
    nearest = difflib.get_close_matches(str(name), LOSSES, n=1, cutoff=0.0)[0]
    raise ValueError(
        f"loss must be one of {', '.join(LOSSES)}. Received {name!r}: "
        f"the nearest is {nearest!r}."
    )
