"""A plain Keras GAN in the style of the Keras documentation's DCGAN example.

It knows nothing of kerasgan: no `step`, its own names for the losses, means over the
epoch as metrics, noise from a SeedGenerator, optimizers that Keras builds in the first
step. 16 x 16 x 3 pictures in [-1, 1], 8 channels, 4 latents.
"""

import keras
import numpy as np
import tensorflow as tf

LATENT_DIM = 4


def build_networks(seed=0):
    keras.utils.set_random_seed(seed)
    discriminator = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Conv2D(8, 4, strides=4, padding="same"),
            keras.layers.LeakyReLU(0.2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1, dtype="float32"),
        ]
    )
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            keras.layers.Dense(4 * 4 * 8),
            keras.layers.Reshape((4, 4, 8)),
            keras.layers.BatchNormalization(),
            keras.layers.Conv2DTranspose(
                3, 4, strides=4, padding="same", activation="tanh", dtype="float32"
            ),
        ]
    )
    return discriminator, generator


class ForeignGAN(keras.Model):
    def __init__(self, seed=0, nan_at=None):
        super().__init__()
        self.discriminator, self.generator = build_networks(seed)
        self.seed_generator = keras.random.SeedGenerator(1337 + seed)
        self.d_loss_metric = keras.metrics.Mean(name="disc_loss")
        self.g_loss_metric = keras.metrics.Mean(name="gen_loss")
        # For the tests alone: how often to spoil a step, and which.
        self.calls = tf.Variable(0, trainable=False)
        self.nan_at = tf.constant(-1 if nan_at is None else nan_at)

    def compile(self, d_optimizer, g_optimizer, **kwargs):
        super().compile(**kwargs)
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)

    @property
    def metrics(self):
        return [self.d_loss_metric, self.g_loss_metric]

    def update(self, optimizer, tape, loss, network):
        gradients = tape.gradient(loss, network.trainable_weights)
        optimizer.apply(gradients, network.trainable_weights)

    def scaled(self, optimizer, loss):
        return optimizer.scale_loss(loss) if optimizer.name == "scaled" else loss

    def train_step(self, real_images):
        self.calls.assign_add(1)
        size = tf.shape(real_images)[0]
        z = keras.random.normal((size, LATENT_DIM), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            fake_images = self.generator(z, training=True)
            both = tf.concat([fake_images, real_images], 0)
            labels = tf.concat([tf.ones((size, 1)), tf.zeros((size, 1))], 0)
            d_loss = self.loss_fn(labels, self.discriminator(both, training=True))
            spoilt = tf.where(tf.equal(self.calls, self.nan_at), float("nan"), 1.0)
            loss = self.scaled(self.d_optimizer, d_loss * spoilt)
        self.update(self.d_optimizer, tape, loss, self.discriminator)
        with tf.GradientTape() as tape:
            fake_logits = self.discriminator(self.generator(z, training=True))
            g_loss = self.loss_fn(tf.zeros((size, 1)), fake_logits)
            loss = self.scaled(self.g_optimizer, g_loss)
        self.update(self.g_optimizer, tape, loss, self.generator)
        self.d_loss_metric.update_state(d_loss * spoilt)
        self.g_loss_metric.update_state(g_loss)
        return {
            "disc_loss": self.d_loss_metric.result(),
            "gen_loss": self.g_loss_metric.result(),
            "disc_loss_now": d_loss,
        }


def scaled_adam(rate):
    return keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Adam(rate), dynamic_growth_steps=3, name="scaled"
    )


def make_gan(seed=0, nan_at=None, adam=keras.optimizers.Adam, graph=False):
    """A fresh one, as in a new process: other weights for another seed.

    A handful of steps is over sooner without a graph.
    """
    gan = ForeignGAN(seed, nan_at)
    gan.compile(d_optimizer=adam(1e-3), g_optimizer=adam(2e-3), run_eagerly=not graph)
    return gan


def real_batch(step, size=4):
    """Pictures float32 [size, 16, 16, 3] of this step: stateless."""
    random = np.random.default_rng([7, step])
    return random.uniform(-1, 1, (size, 16, 16, 3)).astype(np.float32)


def data_from(step, count=64):
    """The batches of the training from after `step` on."""
    batches = np.stack([real_batch(each) for each in range(step, step + count)])
    return tf.data.Dataset.from_tensor_slices(batches)


def train(gan, steps, callbacks=(), start=0):
    """`steps` more steps, the data beginning at step `start`."""
    return gan.fit(
        data_from(start, steps).repeat(),
        steps_per_epoch=steps,
        epochs=1,
        verbose=0,
        callbacks=list(callbacks),
    )
