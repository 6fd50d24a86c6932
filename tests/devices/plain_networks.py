"""A GAN without batch statistics: what D says of a picture is of that alone."""

import math

import keras
import numpy as np

from kerasgan.data.pipeline import make_dataset
from kerasgan.devices.strategy import share_out
from kerasgan.gan import GAN
from kerasgan.optimizers import Adam

SIZE, LATENT_DIM = (16, 16), 6


def plain_gan(**options):
    """Two small networks, from the same weights each time."""
    keras.utils.set_random_seed(3)
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            keras.layers.Dense(16 * 4, activation="tanh"),
            keras.layers.Reshape((4, 4, 4)),
            keras.layers.UpSampling2D(4),
            keras.layers.Conv2D(3, 3, padding="same"),
            keras.layers.Activation("tanh", dtype="float32"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((*SIZE, 3)),
            keras.layers.Conv2D(4, 4, 2, "same", activation="leaky_relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(1, dtype="float32"),
        ]
    )
    gan = GAN(generator, discriminator, latent_dim=LATENT_DIM, flip=True, **options)
    gan.compile(Adam(1e-2, epsilon=1e-3), Adam(1e-2, epsilon=1e-3))
    return gan


def noise(count=24):
    """Pictures: uint8 [count, 16, 16, 3]."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, *SIZE, 3)).astype(np.uint8)


class Curve(keras.callbacks.Callback):
    """The logs of every step."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(dict(logs))


def curve_of(gan, steps=5, batch_size=8, strategy=None, start=0):
    """Train on noise; the logs of each step."""
    curve = Curve()

    def make(shares, here):
        return make_dataset(
            noise(),
            batch_size=batch_size,
            seed=1,
            start_step=start,
            shares=shares,
            here=here,
        )

    gan.fit(
        share_out(strategy, make),
        steps_per_epoch=steps,
        callbacks=[curve],
        verbose=0,
        shuffle=False,
    )
    return curve.steps


def check_balanced(name, logs):
    """Four steps with the rule of this name went well."""
    last = logs[-1]
    assert all(math.isfinite(value) for value in last.values())
    updates = last["d_updates"] + last["g_updates"]
    assert (updates < 8) == (name == "margin")  # some of its steps are one-sided
