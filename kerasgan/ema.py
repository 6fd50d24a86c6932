"""Averages over time: of the generator's weights, and of single numbers.

A generator whose weights are averaged over the last thousands of images gives
better pictures than any of the generators that went into it (Yazici et al. 2019;
half-life in images and warm-up as in Karras et al. 2020). Only what is learnt is
averaged. What else moves (spectral normalisation's vectors, mean styles) is copied,
but for the statistics of batch normalisation: averaged weights make other maps than
those that went into them, of a variance that is 4 to 13 % smaller (benchmarks/README.md
has the figures), so that they are measured instead. States of seed generators are left
alone.
"""

import keras
import tensorflow as tf

STATISTICS = ("moving_mean", "moving_variance")  # of batch normalisation
WARM_UP_SHARE = 0.05  # the half-life is at most this share of the images seen


def copy_of(model: keras.Model) -> keras.Model:
    """A second model with the same layers and an exact copy of the weights.

    Raises:
        ValueError: If `model` is not built, or its class does not come back whole
            from its own config.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> twin = copy_of(model)
    >>> bool((twin.get_weights()[0] == model.get_weights()[0]).all())
    True
    """
    if not model.built:
        raise ValueError(
            "model must be built before it is copied. Received "
            f"{model.name!r}, which is not: call it once on a batch."
        )
    twin = keras.models.clone_model(model)
    _check_same_weights(twin, model)
    twin.set_weights(model.get_weights())
    return twin


def update_average(
    averaged: keras.Model, model: keras.Model, decay, moved: bool | tf.Tensor = True
) -> None:
    """Moves `averaged` one step towards `model`, in place; works inside a graph.

    Trainable weights become decay * averaged + (1 - decay) * model; all others are
    copied, but for `batch_statistics`, which are left alone. With decay 0 the copy is
    exact, and equal weights stay exactly equal.
    A weight counts as trainable when it is so in either model, so that freezing one
    of the two for a while changes nothing.

    Args:
        averaged: What `copy_of(model)` returned.
        model: The model being trained.
        decay: float or float32 scalar tensor in [0, 1], as `decay_for` gives it.
        moved: bool scalar; False, of a step of `model` that float16's loss scaling
            skipped, leaves every weight as it is.

    Raises:
        ValueError: If the two do not have the same weights.

    >>> dense = keras.layers.Dense(1, kernel_initializer="zeros")
    >>> model = keras.Sequential([keras.Input((1,)), dense])
    >>> twin = copy_of(model)
    >>> _ = dense.kernel.assign([[2.0]])
    >>> update_average(twin, model, 0.75)
    >>> float(twin.weights[0][0, 0])  # 0.75 x 0 + 0.25 x 2
    0.5
    """
    _check_same_weights(averaged, model)

    def put(weight: keras.Variable, value: tf.Tensor) -> None:
        weight.assign(value if moved is True else tf.where(moved, value, weight))

    for old, new in zip(averaged.weights, model.weights, strict=True):
        if old.trainable or new.trainable:
            put(old, new + (old - new) * tf.cast(decay, old.dtype))
        elif old.name not in STATISTICS:
            put(old, new)


def batch_statistics(model: keras.Model) -> list[keras.Variable]:
    """The moving means and variances of a model's batch normalisation.

    >>> layers = [keras.Input((2,)), keras.layers.BatchNormalization()]
    >>> [each.name for each in batch_statistics(keras.Sequential(layers))]
    ['moving_mean', 'moving_variance']
    """
    weights = model.non_trainable_weights
    return [weight for weight in weights if weight.name in STATISTICS]


def decay_for(batch_size, halflife_images, images_seen) -> tf.Tensor:
    """The decay of one step, for a half-life counted in images.

    The half-life is never more than 5 % of the images seen, so that the first,
    untrained generators are forgotten quickly; at the start the decay is 0.

    Args:
        batch_size: Images in this step.
        halflife_images: Images after which a generator's share has halved.
        images_seen: Images so far, a number or a scalar tensor.

    Returns:
        float32 scalar in [0, 1).

    >>> float(decay_for(64, 64, images_seen=1_000_000))
    0.5
    >>> float(decay_for(64, 10_000, images_seen=0))
    0.0
    """
    seen = tf.cast(images_seen, tf.float32)
    halflife = tf.minimum(tf.cast(halflife_images, tf.float32), WARM_UP_SHARE * seen)
    return 0.5 ** (tf.cast(batch_size, tf.float32) / tf.maximum(halflife, 1e-6))


def moving_average(variable: keras.Variable, value, decay) -> None:
    """variable = decay * variable + (1 - decay) * value, in place and graph-side.

    A value that is not finite (a step that float16's loss scaling will skip) leaves
    the variable as it was.

    >>> average = keras.Variable(1.0)
    >>> moving_average(average, 3.0, 0.5); moving_average(average, float("nan"), 0.5)
    >>> float(average)
    2.0
    """
    value = tf.cast(value, variable.dtype)
    old = tf.convert_to_tensor(variable)
    new = value + (old - value) * tf.cast(decay, variable.dtype)
    variable.assign(tf.where(tf.math.is_finite(value), new, old))


def _check_same_weights(averaged: keras.Model, model: keras.Model) -> None:
    ours = [tuple(weight.shape) for weight in averaged.weights]
    theirs = [tuple(weight.shape) for weight in model.weights]
    if ours != theirs:
        raise ValueError(
            "The averaged model must have the same weights as the model. Received "
            f"{len(ours)} and {len(theirs)} weights, of shapes {ours} and {theirs}: "
            "make it with copy_of(model), whose get_config must rebuild it whole."
        )
