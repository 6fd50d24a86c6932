"""Penalties that keep the discriminator smooth, or close to its own average.

N batch, H height, W width, C channels; images float32 in [-1, 1], logits [N, 1].
Gradients of gradients go through `discriminator_fn`, which may contain the
augmentation. It is called on the batch as a whole, so with batch normalisation in
D (as FastGAN's has) a picture's gradient also counts its effect on the others.

Sources: Mescheder et al. 2018 (R1, R2), Karras et al. 2020 (R1 only every k-th step,
k times as strong); Gulrajani et al. 2017 (gradient penalty); Tseng et al. 2021, LeCam.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from kerasgan.ema import moving_average

DiscriminatorFunction = Callable[[tf.Tensor], tf.Tensor]


def r1_penalty(discriminator_fn: DiscriminatorFunction, images) -> tf.Tensor:
    """The squared norm of D's gradient at each picture.

    On real images this is R1, on fake ones R2. The paper's term is gamma / 2 times
    the mean of what this returns.

    Args:
        discriminator_fn: images [N, H, W, C] -> logits [N, 1].
        images: [N, H, W, C].

    Returns:
        [N] float32, summed over H, W and C.

    Raises:
        ValueError: If the logits do not depend on the images.

    >>> x = tf.ones((2, 1, 1, 3))
    >>> r1_penalty(lambda x: 2.0 * tf.reduce_sum(x, axis=[1, 2]), x).numpy().tolist()
    [12.0, 12.0]
    """
    images = tf.cast(images, tf.float32)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        total = tf.reduce_sum(tf.cast(discriminator_fn(images), tf.float32))
    gradients = tape.gradient(total, images)
    if gradients is None:
        raise ValueError(
            "discriminator_fn must be differentiable in its images. Received a "
            "function whose logits do not depend on them: use its argument in it."
        )
    return tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3])


def gradient_penalty(
    discriminator_fn: DiscriminatorFunction, real_images, fake_images, seed
) -> tf.Tensor:
    """E (|gradient of D| - 1)^2 at points between real and fake pictures.

    Args:
        discriminator_fn: images [N, H, W, C] -> logits [N, 1].
        real_images: [N, H, W, C].
        fake_images: [N, H, W, C].
        seed: [2] integers; the same seed gives the same points.

    Returns:
        float32 scalar, not yet multiplied by its weight (10 in the paper).

    Raises:
        ValueError: If the two batches differ in shape.

    >>> def critic(x): return 3.0 * tf.reduce_sum(x, axis=[1, 2])
    >>> x = tf.zeros((2, 1, 1, 1))
    >>> float(gradient_penalty(critic, x, x + 1.0, seed=[1, 2]))  # (3 - 1)^2
    4.0
    """
    real_images = tf.cast(real_images, tf.float32)
    fake_images = tf.cast(fake_images, tf.float32)
    if not real_images.shape.is_compatible_with(fake_images.shape):
        raise ValueError(
            "real_images and fake_images must have the same shape. Received "
            f"{real_images.shape} and {fake_images.shape}: make as many fake pictures "
            "as there are real ones, of their size."
        )
    shape = [tf.shape(real_images)[0], 1, 1, 1]
    share = tf.random.stateless_uniform(shape, seed)
    between = real_images + share * (fake_images - real_images)
    # The square root's own gradient is infinite at 0, hence the tiny constant.
    norms = tf.sqrt(r1_penalty(discriminator_fn, between) + 1e-12)  # [N]
    return tf.reduce_mean(tf.square(norms - 1.0))


@keras.saving.register_keras_serializable(package="kerasgan")
class LeCam(keras.layers.Layer):
    """Pulls D's logits towards the moving average of the opposite side's.

    E relu(D(x) - a_F)^2 + E relu(a_R - D(G(z)))^2, with a_R and a_F the averages of
    D(x) and D(G(z)). Helps where there are few pictures, at no second-order cost.
    Both averages are float32 weights, saved with the model, and start at 0.

    Args:
        decay: Of the averages, per call of `update`.

    Raises:
        ValueError: If decay is not in [0, 1).

    >>> lecam = LeCam(decay=0.0)
    >>> real_logits, fake_logits = tf.constant([[2.0]]), tf.constant([[-1.0]])
    >>> lecam.update(real_logits, fake_logits)
    >>> float(lecam.penalty(real_logits, fake_logits))  # (2 + 1)^2 + (2 + 1)^2
    18.0
    """

    def __init__(self, decay: float = 0.99, **kwargs):
        kwargs.setdefault("dtype", "float32")
        super().__init__(autocast=False, **kwargs)
        if not 0.0 <= decay < 1.0:
            raise ValueError(
                "decay must be at least 0 and less than 1. "
                f"Received {decay}: 0.99 is the paper's."
            )
        self.decay = decay
        self.a_R = self._add_average("a_R")
        self.a_F = self._add_average("a_F")
        self.built = True

    def _add_average(self, name: str) -> keras.Variable:
        return self.add_weight(
            name=name,
            shape=(),
            initializer="zeros",
            dtype="float32",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )

    def penalty(self, real_logits, fake_logits) -> tf.Tensor:
        """The penalty for these logits [N, 1] and [M, 1]: a float32 scalar.

        The averages count as constants: no gradient flows into them.
        """
        real_logits = tf.cast(real_logits, tf.float32)
        fake_logits = tf.cast(fake_logits, tf.float32)
        real = tf.reduce_mean(tf.square(tf.nn.relu(real_logits - self.a_F)))
        fake = tf.reduce_mean(tf.square(tf.nn.relu(self.a_R - fake_logits)))
        return real + fake

    def update(self, real_logits, fake_logits) -> None:
        """Takes these logits [N, 1] and [M, 1] into the averages, graph-side."""
        real = tf.reduce_mean(tf.cast(real_logits, tf.float32))
        fake = tf.reduce_mean(tf.cast(fake_logits, tf.float32))
        moving_average(self.a_R, real, self.decay)
        moving_average(self.a_F, fake, self.decay)

    def get_config(self) -> dict:
        return {**super().get_config(), "decay": self.decay}
