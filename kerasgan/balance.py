"""Balance: neither network may become too strong. One small class per rule.

A rule is asked before each training step who trains and at what share of D's
learning rate (`decide`), and is told afterwards what was measured on that step's
fresh latents (`observe`). So an "extra step" of the network that falls behind is a
step in which the other one rests: it costs less than a full one, and both losses
are measured anew after it. State lives in the graph and is checkpointed.

Words: the gap is (L_G - L_G*) - (L_D - L_D*), where * marks the value at
equilibrium. It is 0 when the losses are as far from their ideals as each other,
above 0 when D is ahead. All values are float32 scalars, in units of the loss.

Sources: the classic rule, "keep |L_G - L_D| < e", is the project's own; skipping
the stronger side, Larsen et al. 2016 (VAE/GAN, section 4); the gap-aware learning
rate, Hazimeh & Ponomareva, AISTATS 2023.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasgan.ema import moving_average

LN2 = math.log(2)


class Decision(NamedTuple):
    """Who trains in this step: two bool scalars, and the factor on D's rate.

    `d_rate` is None where a rule leaves the rate alone.
    """

    train_d: tf.Tensor
    train_g: tf.Tensor
    d_rate: tf.Tensor | None = None


class Balance(keras.layers.Layer):
    """What every rule shares: the ideals, moving averages of gap and L_D, no action.

    Args:
        d_ideal: L_D at equilibrium (ln 2 for the non-saturating losses).
        g_ideal: L_G at equilibrium.
        decay: of the moving averages, per step.
    """

    def __init__(
        self,
        d_ideal: float = LN2,
        g_ideal: float = LN2,
        decay: float = 0.95,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.d_ideal = d_ideal
        self.g_ideal = g_ideal
        self.decay = decay
        self.gap = self.state("gap", 0.0)
        self.d_loss = self.state("d_loss", d_ideal)
        self.observed = self.state("observed", 0.0)
        self.built = True

    def state(self, name: str, value: float) -> keras.Variable:
        """A float32 scalar that is checkpointed and never trained."""
        return self.add_weight(
            name=name,
            shape=(),
            initializer=keras.initializers.Constant(value),
            trainable=False,
            autocast=False,
        )

    def decide(self) -> Decision:
        """Who trains in the coming step."""
        return Decision(tf.constant(True), tf.constant(True))

    def observe(
        self, d_loss: tf.Tensor, g_loss: tf.Tensor, d_accuracy: tf.Tensor
    ) -> None:
        """Take in what one step measured; what is not finite is left out.

        `d_accuracy` is the share of (real, fake) pairs that D ranks rightly.
        """
        gap = (g_loss - self.g_ideal) - (d_loss - self.d_ideal)
        # A true average of the few values at the start, a moving one later.
        decay = tf.minimum(self.decay, self.observed.value / (1 + self.observed.value))
        moving_average(self.gap, gap, decay)
        moving_average(self.d_loss, d_loss, self.decay)
        self.observed.assign_add(tf.cast(tf.math.is_finite(gap), tf.float32))

    def logs(self) -> dict[str, tf.Tensor]:
        """What the log shows of this rule."""
        return {"gap": tf.identity(self.gap.value)}

    def get_config(self) -> dict:
        return super().get_config() | {
            "d_ideal": self.d_ideal,
            "g_ideal": self.g_ideal,
            "decay": self.decay,
        }


@keras.saving.register_keras_serializable(package="kerasgan")
class NoBalance(Balance):
    """Both networks train in every step; the gap is measured and left alone."""


class OneSidedSteps(Balance):
    """Shared by the margin rules: one network rests, at most `most_extra` in a row."""

    def __init__(self, margin: float, most_extra: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if margin <= 0:
            raise ValueError(f"margin must be above 0. Received {margin}.")
        if most_extra < 1:
            raise ValueError(f"most_extra must be at least 1. Received {most_extra}.")
        self.start_margin = margin
        self.most_extra = most_extra
        self.streak = self.state("streak", 0.0)

    def one_sided(
        self, d_ahead: tf.Tensor, g_ahead: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """(train_d, train_g): the one that is ahead rests, for a bounded time."""
        may_rest = self.streak.value < self.most_extra
        train_d = ~(d_ahead & may_rest)
        train_g = ~(g_ahead & may_rest)
        both = train_d & train_g
        self.streak.assign(tf.where(both, 0.0, self.streak.value + 1))
        return train_d, train_g

    def get_config(self) -> dict:
        return super().get_config() | {
            "margin": self.start_margin,
            "most_extra": self.most_extra,
        }


@keras.saving.register_keras_serializable(package="kerasgan")
class FixedMargin(OneSidedSteps):
    """The classic rule, bounded: the last gap outside +-margin trains the loser alone.

    It has the classic rule's two faults on purpose, for comparison: one batch
    decides, and the margin is centred on zero.
    """

    def __init__(self, margin: float = 0.1, most_extra: int = 5, **kwargs: Any) -> None:
        super().__init__(margin, most_extra, **{"decay": 0.0} | kwargs)

    def decide(self) -> Decision:
        train_d, train_g = self.one_sided(
            self.gap.value > self.start_margin, self.gap.value < -self.start_margin
        )
        return Decision(train_d, train_g)

    def logs(self) -> dict[str, tf.Tensor]:
        return super().logs() | {"margin": tf.constant(self.start_margin)}


@keras.saving.register_keras_serializable(package="kerasgan")
class AdaptiveMargin(OneSidedSteps):
    """The default: D's lead, averaged, is held within a margin that adapts.

    The lead is the logit of the share of (real, fake) pairs that D ranks rightly: 0
    for a D that guesses, `centre` for a healthy one. Unlike the gap between the
    losses, which is logged beside it, it has the same scale at the start and at the
    end of a training and for every loss, and it tells a D that has learnt nothing
    (both losses at their ideals) from a draw.

    D's rate starts at home: what was asked, but at least G's and at most `most_lead`
    times G's, for a slower D never catches up and one that is driven faster
    overshoots. Within `centre` +- margin both train. Outside, the network that is
    ahead rests (fast; G not while D is young, for then every D is behind), and while
    D is ahead its learning rate falls (slow), down to 1 / `most_slowing` of home, so
    that an imbalance that stays is cured for good; it goes back home inside the
    margin, and twice as quickly while D is behind. The margin widens while more than
    `target_share` of the steps are one-sided (holding it would starve a network) and
    tightens again while both learn. A D whose loss is above `unsteady` times its
    ideal overshoots: its rate falls whatever its lead.

    Args:
        margin: half-width at the start, in logits of the lead.
        centre: the share of pairs that a healthy D ranks rightly.
        most_extra: one-sided steps in a row.
        target_share: of one-sided steps, at which the margin stays as it is.
        margin_speed: change of log margin per step and unit of share.
        trim_speed: change of D's log rate per step outside the margin.
        even: the factor on D's rate that makes it G's.
        most_lead: D's rate over G's, at most, at home.
        most_slowing: D's rate at home over the lowest it falls to.
        margin_range: the narrowest and the widest margin.
        drift: share of `trim_speed` at which the rate goes home inside the margin.
        unsteady: averaged d_loss over its ideal, above which D overshoots.
        youth: steps before G rests for the first time.
    """

    def __init__(
        self,
        margin: float = 1.25,
        centre: float = 0.84,
        most_extra: int = 3,
        target_share: float = 0.1,
        margin_speed: float = 0.02,
        trim_speed: float = 0.01,
        even: float = 1.0,
        most_lead: float = 2.0,
        most_slowing: float = 16.0,
        margin_range: tuple[float, float] = (1.25, 4.0),
        drift: float = 0.5,
        unsteady: float = 2.0,
        youth: float = 500,
        **kwargs: Any,
    ) -> None:
        super().__init__(margin, most_extra, **kwargs)
        if not 0 < centre < 1:
            raise ValueError(f"centre must lie between 0 and 1. Received {centre}.")
        self.centre = centre
        self.target_share = target_share
        self.margin_speed = margin_speed
        self.trim_speed = trim_speed
        self.even = even
        self.most_lead = most_lead
        self.most_slowing = most_slowing
        self.margin_range = tuple(margin_range)
        self.drift = drift
        self.unsteady = unsteady
        self.youth = youth
        self.log_margin = self.state("log_margin", math.log(margin))
        self.home = min(max(0.0, math.log(even)), math.log(even * most_lead))
        self.log_rate = self.state("log_rate", self.home)
        self.accuracy = self.state("accuracy", centre)

    def decide(self) -> Decision:
        margin = tf.exp(self.log_margin.value)
        error = self.error()
        grown = self.observed.value >= self.youth
        train_d, train_g = self.one_sided(error > margin, (error < -margin) & grown)
        self._adapt_margin(~(train_d & train_g))
        return Decision(train_d, train_g, tf.exp(self.log_rate.value))

    def observe(
        self, d_loss: tf.Tensor, g_loss: tf.Tensor, d_accuracy: tf.Tensor
    ) -> None:
        super().observe(d_loss, g_loss, d_accuracy)
        moving_average(self.accuracy, d_accuracy, self.decay)
        finite = tf.math.is_finite(d_loss) & tf.math.is_finite(g_loss)
        self._adapt_rate(tf.where(finite, self.trim_speed, 0.0))

    def error(self) -> tf.Tensor:
        """How far D's lead is above that of a healthy D, in logits."""
        share = tf.clip_by_value(self.accuracy.value, 0.001, 0.999)
        healthy = math.log(self.centre / (1 - self.centre))
        return tf.math.log(share / (1 - share)) - healthy

    def logs(self) -> dict[str, tf.Tensor]:
        return super().logs() | {
            "margin": tf.exp(self.log_margin.value),
            "d_rate": tf.exp(self.log_rate.value),
        }

    def _adapt_rate(self, speed: tf.Tensor) -> None:
        margin, error = tf.exp(self.log_margin.value), self.error()
        overshoots = self.d_loss.value > self.unsteady * self.d_ideal
        ahead = (error > margin) | (overshoots & (self.d_ideal > 0))
        behind = error < -margin
        rate = self.log_rate.value
        inside = tf.minimum((self.home - rate) / self.trim_speed, self.drift)
        direction = tf.where(ahead, -1.0, tf.where(behind, 1.0, inside))
        low = self.home - math.log(self.most_slowing)
        self.log_rate.assign(tf.clip_by_value(rate + speed * direction, low, self.home))

    def _adapt_margin(self, one_sided: tf.Tensor) -> None:
        share = tf.cast(one_sided, tf.float32)
        moved = self.log_margin.value + self.margin_speed * (share - self.target_share)
        low, high = (math.log(limit) for limit in self.margin_range)
        self.log_margin.assign(tf.clip_by_value(moved, low, high))

    def get_config(self) -> dict:
        names = ("centre", "target_share", "margin_speed", "trim_speed")
        names += ("even", "most_slowing", "margin_range", "drift", "unsteady")
        names += ("most_lead", "youth")
        return super().get_config() | {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable(package="kerasgan")
class GapAwareRate(Balance):
    """Scales D's learning rate by how far averaged L_D is from its ideal.

    With x = |EMA(L_D) - L*| and x_max = x_min = 0.1 L*: a D that is behind
    (L_D >= L*) gets clip(2^(x / x_max), 1, 2) times its rate, one that is ahead
    clip(0.1^(x / x_min), 0.1, 1) times (Hazimeh & Ponomareva 2023).
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.d_ideal <= 0:
            raise ValueError(
                "GapAwareRate must have a loss whose ideal L_D is above 0. Received "
                f"d_ideal={self.d_ideal}: use another rule or another loss."
            )

    def decide(self) -> Decision:
        rate = self.rate_for(self.d_loss.value)
        return Decision(tf.constant(True), tf.constant(True), rate)

    def rate_for(self, d_loss: tf.Tensor) -> tf.Tensor:
        """The factor on D's rate for an averaged L_D."""
        x = tf.abs(d_loss - self.d_ideal) / (0.1 * self.d_ideal)
        behind = tf.clip_by_value(tf.pow(2.0, x), 1.0, 2.0)
        ahead = tf.clip_by_value(tf.pow(0.1, x), 0.1, 1.0)
        return tf.where(d_loss >= self.d_ideal, behind, ahead)

    def logs(self) -> dict[str, tf.Tensor]:
        return super().logs() | {"d_rate": self.rate_for(self.d_loss.value)}


BALANCES: dict[str, type[Balance]] = {
    "adaptive": AdaptiveMargin,
    "margin": FixedMargin,
    "gap_rate": GapAwareRate,
    "none": NoBalance,
}
