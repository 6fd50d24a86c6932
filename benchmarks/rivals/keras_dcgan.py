"""Rival: the DCGAN of the Keras documentation, its networks and settings written anew.

Source: keras-team/keras-io, examples/generative/dcgan_overriding_train_step.py ("DCGAN
to generate face images", version of 2023/12/21), https://keras.io/examples/generative/
dcgan_overriding_train_step/. From there: every layer, latent 128, batch 32, images in
[0, 1], sigmoids at both ends, binary cross-entropy on probabilities, label 1 for fake
and 0 for real with up to 0.05 of uniform noise added, fakes and reals in one batch of
D, fresh latents for G, Adam at 1e-4 for both with Keras' other defaults, float32,
`fit()`. As there, the networks are called without `training=`, so that in Keras 3 the
dropout of D rests. Different from there, in the rival's favour: the pictures are
decoded beforehand, shrunk by area averaging, and XLA is off unless --xla is given
(Keras would turn it on, which on a CPU is slower).

    python benchmarks/rivals/keras_dcgan.py --path faces/ --minutes 10 --out keras_out/
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from folder import TrainingClock, arguments, load_pictures, save_pictures
from keras import layers

LATENT_DIM = 128
BATCH_SIZE = 32
LEARNING_RATE = 1e-4
LABEL_NOISE = 0.05


def build_generator() -> keras.Model:
    """[N, 128] -> [N, 64, 64, 3] in [0, 1]; no normalisation anywhere."""
    z = keras.Input((LATENT_DIM,))
    x = layers.Reshape((8, 8, 128))(layers.Dense(8 * 8 * 128)(z))
    for channels in (128, 256, 512):  # to 16, 32 and 64 px
        x = layers.Conv2DTranspose(channels, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    images = layers.Conv2D(3, 5, padding="same", activation="sigmoid")(x)
    return keras.Model(z, images, name="generator")


def build_discriminator() -> keras.Model:
    """[N, 64, 64, 3] -> [N, 1], the probability of being fake."""
    images = x = keras.Input((64, 64, 3))
    for channels in (64, 128, 128):  # to 32, 16 and 8 px
        x = layers.Conv2D(channels, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    fake = layers.Dense(1, activation="sigmoid")(x)
    return keras.Model(images, fake, name="discriminator")


class DocumentationGAN(keras.Model):
    """The two networks and the example's step: one update of D, one of G."""

    def __init__(self):
        super().__init__()
        self.generator = build_generator()
        self.discriminator = build_discriminator()
        self.built = True

    def compile(self, xla: bool = False):
        super().compile(jit_compile=xla)
        self.g_optimizer = keras.optimizers.Adam(LEARNING_RATE)
        self.d_optimizer = keras.optimizers.Adam(LEARNING_RATE)
        self.cross_entropy = keras.losses.BinaryCrossentropy()

    def minimise(self, loss_of, network, optimizer):
        with tf.GradientTape() as tape:
            loss = loss_of()
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return loss

    def train_step(self, real_images):
        n = tf.shape(real_images)[0]
        fake_images = self.generator(tf.random.normal((n, LATENT_DIM)))
        images = tf.concat([fake_images, real_images], axis=0)  # [2N, H, W, C]
        labels = tf.concat([tf.ones((n, 1)), tf.zeros((n, 1))], axis=0)
        labels += LABEL_NOISE * tf.random.uniform((2 * n, 1))
        d_loss = self.minimise(
            lambda: self.cross_entropy(labels, self.discriminator(images)),
            self.discriminator,
            self.d_optimizer,
        )
        z = tf.random.normal((n, LATENT_DIM))
        g_loss = self.minimise(
            lambda: self.cross_entropy(
                tf.zeros((n, 1)), self.discriminator(self.generator(z))
            ),
            self.generator,
            self.g_optimizer,
        )
        return {"d_loss": d_loss, "g_loss": g_loss}


class StopAfterMinutes(keras.callbacks.Callback):
    """Ends fit() in the middle of an epoch when the clock says so."""

    def __init__(self, clock: TrainingClock, batch_sizes: list[int]):
        super().__init__()
        self.clock, self.batch_sizes = clock, batch_sizes

    def on_train_batch_end(self, batch, logs=None):
        if self.clock.step_done(self.batch_sizes[batch], **(logs or {})):
            self.model.stop_training = True


def dataset_of(pictures: np.ndarray, seed: int) -> tf.data.Dataset:
    """Batches float32 in [0, 1], a new order every epoch, the last one shorter."""
    data = tf.data.Dataset.from_tensor_slices(pictures)
    data = data.shuffle(len(pictures), seed=seed).batch(BATCH_SIZE)
    data = data.map(lambda x: tf.cast(x, tf.float32) / 255.0)
    return data.prefetch(tf.data.AUTOTUNE)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--xla", action="store_true", help="as Keras would choose")
    flags = parser.parse_args()
    keras.utils.set_random_seed(flags.seed)
    pictures = load_pictures(flags.path)
    gan = DocumentationGAN()

    def save(folder: str) -> None:
        z = np.random.default_rng(flags.seed).normal(size=(flags.img_num, LATENT_DIM))
        images = gan.generator.predict(z.astype("float32"), batch_size=100, verbose=0)
        save_pictures(np.rint(images * 255).astype(np.uint8), folder)

    clock = TrainingClock(flags.minutes, lambda at: save(f"{flags.out}_at_{at}"))
    gan.compile(xla=flags.xla)
    starts = range(0, len(pictures), BATCH_SIZE)
    sizes = [len(pictures[start : start + BATCH_SIZE]) for start in starts]
    gan.fit(
        dataset_of(pictures, flags.seed),
        epochs=1_000_000,
        shuffle=False,  # the dataset does it
        callbacks=[StopAfterMinutes(clock, sizes)],
        verbose=0,
    )
    print(clock.summary(), flush=True)
    save(flags.out)


if __name__ == "__main__":
    main()
