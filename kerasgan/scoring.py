"""What the pictures of a training are judged by while it goes on.

Legend: K pictures, Z latent_dim, L classes, H x W x C pixels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasgan.callbacks.generators import drawn
from kerasgan.callbacks.kid import HELD, KID, TRAIN
from kerasgan.config import TrainConfig
from kerasgan.data.held_out import MOST
from kerasgan.data.picked import Picked
from kerasgan.data.training_set import TrainingSet
from kerasgan.gan import GAN
from kerasgan.images import at_once
from kerasgan.latents import with_classes
from kerasgan.metrics.evaluation import LEAST
from kerasgan.metrics.named_features import open_features
from kerasgan.metrics.sliced_wasserstein import sliced_wasserstein
from kerasgan.shown import with_labels

SCORED = 256  # pictures that a checkpoint is scored on where nothing is evaluated
EVALUATED = (64, 512)  # pictures that are drawn for an evaluation, least and most
SEARCHED = 16_000  # training pictures among which copies are looked for, at most
KIND_OF = 64  # real pictures that tell one set to compare with from another


def make_kid(
    gan: keras.Model,
    config: TrainConfig,
    pictures: TrainingSet,
    path: Path,
    report: Callable[[str], None],
) -> KID | None:
    """The callback that compares with held-out pictures, or, if there are none, with
    those trained on; None where the settings have none or there are too few."""
    held = len(pictures.held) > 0
    trained = pictures.some_places(SEARCHED, config.seed)
    against = pictures.held.places if held else pictures.some_places(MOST, config.seed)
    if not config.evaluate_every or len(against) < LEAST:
        return None
    least, most = EVALUATED
    places = {TRAIN: trained, HELD: against}
    some = against[:: len(against) // KIND_OF + 1]

    def judge(images: np.ndarray, kind: str) -> np.ndarray:
        numbers = np.arange(len(images))
        if kind in places and pictures.labels is not None:
            numbers = pictures.labels[places[kind][: len(images)]]
        return d_logits(gan, images, numbers, len(config.label_names))

    return KID(
        config.evaluate_every,
        reals=Picked(pictures.images, against),
        net=open_features(config.features, config.feature_weights or None),
        latents=sample_latents(config, min(max(2 * len(against), least), most)),
        held=held,
        kind=digest_of_pictures(pictures.images[some]),
        trained=Picked(pictures.images, trained),
        trained_count=len(pictures.trained),
        judge=judge if isinstance(gan, GAN) else None,
        path=path,
        batch_size=config.batch_size,
        report=report,
    )


def d_logits(
    gan: GAN, images: np.ndarray, numbers: np.ndarray, classes: int
) -> np.ndarray:
    """D's logits [K, 1] of uint8 [K, H, W, C] of the classes `numbers` [K], taken
    modulo the L = `classes` that there are, if any."""
    logits = []
    count = at_once(images.shape[1:3])
    for start in range(0, len(images), count):
        part = slice(start, start + count)
        x = tf.constant(images[part] / np.float32(127.5) - 1)
        labels = tf.one_hot(numbers[part] % classes, classes) if classes else None
        shown = with_labels(gan.views(x), labels)
        logits.append(gan.discriminator(shown, training=False).numpy())
    return np.concatenate(logits)


def sliced_score(gan: keras.Model, config: TrainConfig, pictures: TrainingSet) -> float:
    """The sliced Wasserstein distance of the averaged generator's pictures to those
    trained on; lower is better."""
    reals = pictures.some(SCORED, config.seed) / 127.5 - 1.0
    return sliced_wasserstein(reals, some_fakes(gan, config), seed=config.seed)


def some_fakes(gan: keras.Model, config: TrainConfig) -> np.ndarray:
    """The averaged generator's pictures of always the same latents, float32
    [SCORED, H, W, C]."""
    z = tf.random.stateless_normal(
        [SCORED, config.latent_dim], [config.seed, 1], alg="philox"
    )
    z = with_classes(z.numpy(), np.arange(SCORED), len(config.label_names))
    return np.concatenate(list(drawn(gan.averaged_generator, z)))


def sample_latents(config: TrainConfig, count: int) -> np.ndarray:
    """The latents of grids and evaluations, float32 [count, Z + L]; classes take
    turns."""
    random = np.random.default_rng(config.seed)
    z = random.standard_normal((count, config.latent_dim), dtype=np.float32)
    return with_classes(z, np.arange(count), len(config.label_names))


def digest_of_pictures(images: np.ndarray) -> str:
    """Of the contents of pictures uint8 [K, H, W, C]."""
    return hashlib.blake2b(np.ascontiguousarray(images), digest_size=8).hexdigest()
