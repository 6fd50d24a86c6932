"""How far pictures are from others, one number a picture.

Each picture's number depends on that picture alone, whatever else is in the batch.

Legend: N pictures, H height, W width, C channels, F channels of a feature map; images
float32 in [-1, 1].
Sources: contextual and perceptual loss, Yeh et al. 2017; normalised features, Zhang et
al. 2018 (LPIPS), here of the run's own D and unweighted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tensorflow as tf

from kerasgan.growing import enlarge

KINDS = ("l1", "l2")
Features = Callable[[tf.Tensor], Sequence[tf.Tensor]]


def contextual(
    images: tf.Tensor,
    targets: tf.Tensor,
    kind: str = "l2",
    weights: tf.Tensor | None = None,
) -> tf.Tensor:
    """The mean difference of each picture from its target, [N].

    Args:
        images, targets: [N, H, W, C].
        kind: l1 absolute, l2 squared.
        weights: of the pixels, [N, H, W, 1]; 0 for what is not known.

    Example:
    >>> contextual(tf.ones([2, 4, 4, 3]), tf.zeros([2, 4, 4, 3]), "l1").numpy().tolist()
    [1.0, 1.0]
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}. Received {kind}.")
    differences = images - targets
    errors = tf.abs(differences) if kind == "l1" else tf.square(differences)
    if weights is None:
        return tf.reduce_mean(errors, axis=[1, 2, 3])
    channels = tf.cast(tf.shape(images)[-1], tf.float32)
    known = tf.reduce_sum(weights, axis=[1, 2, 3]) * channels
    return tf.math.divide_no_nan(tf.reduce_sum(errors * weights, axis=[1, 2, 3]), known)


def unrealism(logits: tf.Tensor) -> tf.Tensor:
    """G's non-saturating loss for each picture, [N], of D's logits [N, 1].

    >>> float(unrealism(tf.zeros([1, 1]))[0])  # ln 2: D cannot tell
    0.6931471824645996
    """
    return tf.nn.softplus(-tf.reshape(logits, [-1]))


def feature_distance(ours: Sequence[tf.Tensor], theirs: Sequence[tf.Tensor]):
    """How far feature maps are apart, [N]: the mean over maps of squared differences.

    Each place's features [F] have length 1, so that every map counts alike.
    """
    total = 0.0
    for a, b in zip(ours, theirs, strict=True):
        squares = tf.square(_unit(a) - _unit(b))
        places = tf.range(1, tf.rank(squares) - 1)
        total += tf.reduce_mean(tf.reduce_sum(squares, axis=-1), axis=places)
    return total / len(ours)


def _unit(features: tf.Tensor) -> tf.Tensor:
    return tf.math.l2_normalize(tf.cast(features, tf.float32), axis=-1, epsilon=1e-8)


@dataclass(frozen=True)
class Goal:
    """What a search makes small: a weighted sum, one number a picture.

    Attributes:
        kind: of the contextual loss.
        judge: images [N, H, W, C] -> D's logits [N, 1]; None leaves realism out.
        realism: weight of what D says.
        features: images -> feature maps; None leaves them out.
        feature_weight: of the distance in them.
        observe: images -> what is known of them, such as a smaller picture.
    """

    kind: str = "l2"
    judge: Callable[[tf.Tensor], tf.Tensor] | None = None
    realism: float = 0.0
    features: Features | None = None
    feature_weight: float = 0.0
    observe: Callable[[tf.Tensor], tf.Tensor] = tf.identity

    def losses(
        self, images: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor | None
    ) -> tf.Tensor:
        """How far each picture is from its goal, [N]; `targets` are observed ones."""
        seen = self.observe(images)
        losses = contextual(seen, targets, self.kind, weights)
        if self.judge is not None and self.realism:
            losses += self.realism * unrealism(self.judge(images))
        if self.features is not None and self.feature_weight:
            if weights is not None:  # what is not known may be anything
                known = tf.cast(weights > 0, tf.float32)
                seen, targets = seen * known, targets * known
            factor = (images.shape[1] or 1) // (seen.shape[1] or 1)
            both = (enlarge(each, factor) for each in (seen, targets))
            apart = feature_distance(*map(self.features, both))
            losses += self.feature_weight * apart
        return losses
