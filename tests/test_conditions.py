"""Each verdict from a training in which it is true: the word, and none of the others.

Pictures are 16 px: a bright square somewhere on a dark ground.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from kerasgan.config import TrainConfig
from kerasgan.data.held_out import Split
from kerasgan.data.training_set import TrainingSet
from kerasgan.images import to_uint8
from kerasgan.jsonl import read_lines
from kerasgan.runs import RunFolder
from kerasgan.training import Trainer

STEPS, SPOKEN = 120, 40
CONFIG = TrainConfig(
    model="dcgan",
    image_size=(16, 16),
    width=4,
    latent_dim=8,
    batch_size=16,
    steps=STEPS,
    checkpoint_every=10_000,
    evaluate_every=SPOKEN,
    sample_every=SPOKEN,
    colour_detail=1.0,
    balance="none",
    augment="none",
)


def squares(count=192):
    random = np.random.default_rng(0)
    images = np.full((count, 16, 16, 3), 40, np.uint8)
    for image in images:
        top, left = random.integers(0, 10, 2)
        image[top : top + 6, left : left + 6] = random.integers(120, 256, 3)
    return images


def words_of(folder, images=None, before=lambda trainer: None, held=64, **changes):
    """Train, and the words of all verdicts but the first, which is of a beginning."""
    run = RunFolder(folder)
    run.create()
    images = squares() if images is None else images
    places = np.arange(len(images))
    split = Split(trained=places[held:], held=places[:held])
    config = dataclasses.replace(CONFIG, **changes)
    pictures = TrainingSet(images, split=split)
    trainer = Trainer(config, pictures, run, report=lambda text: None)
    before(trainer)
    trainer.begin()
    trainer.train()
    lines = read_lines(run.verdicts)
    assert [line["step"] for line in lines] == list(range(SPOKEN, STEPS + 1, SPOKEN))
    return {line["word"] for line in lines[1:]}, lines[-1]["sentence"]


def lively(trainer):
    """A generator that draws something else for each latent from the start."""
    for network in (trainer.gan.generator, trainer.gan.averaged_generator):
        kernel = network.layers[-2].kernel
        kernel.assign(30 * kernel.numpy())


def test_both_learn_at_one_pace(tmp_path):
    words, sentence = words_of(tmp_path, before=lively, learning_rate=1e-3)
    assert words == {"balanced"}
    assert sentence.endswith("Go on.")


def test_a_generator_that_stands_still_makes_d_too_strong(tmp_path):
    words, sentence = words_of(
        tmp_path, before=lively, learning_rate=1e-9, d_learning_rate=2e-3
    )
    assert words == {"D too strong"}
    assert "a slower discriminator" in sentence


def test_a_discriminator_that_stands_still_is_too_weak(tmp_path):
    words, sentence = words_of(tmp_path, learning_rate=1e-3, d_learning_rate=1e-9)
    assert words == {"D too weak"}
    assert "faster" in sentence


def test_a_discriminator_that_knows_its_few_pictures_is_memorising(tmp_path):
    """The generator draws what the pictures are from the start: nothing but learning
    them by heart tells them apart."""
    images = squares(48)  # others take their place once there is a generator

    def drawn_by_itself(trainer):
        lively(trainer)
        generator, averaged = trainer.gan.generator, trainer.gan.averaged_generator
        random = np.random.default_rng(1)
        settle = tf.function(lambda z: generator(z, training=True))
        for _ in range(600):  # batch normalisation's means and deviations
            settle(tf.constant(random.normal(size=(16, 8)), tf.float32))
        averaged.set_weights(generator.get_weights())
        z = random.normal(size=(48, 8))
        images[:] = to_uint8(generator(z, training=False).numpy())
        trainer.kid.reals = images[:32]
        trainer.kid.trained = images[32:]

    words, sentence = words_of(
        tmp_path,
        images,
        drawn_by_itself,
        held=32,
        learning_rate=1e-9,
        d_learning_rate=4e-3,
        width=16,
    )
    assert words == {"memorising"}
    assert "more pictures are the remedy" in sentence


def test_a_generator_that_does_not_look_at_its_latents_has_collapsed(tmp_path):
    def blind(trainer):
        for network in (trainer.gan.generator, trainer.gan.averaged_generator):
            kernel = network.weights[0]
            kernel.assign(np.zeros(kernel.shape))

    words, sentence = words_of(tmp_path, before=blind, learning_rate=1e-9)
    assert words == {"collapsed"}
    assert "0% of the variety" in sentence


def test_numbers_that_run_away_have_diverged(tmp_path):
    words, sentence = words_of(
        tmp_path, loss="hinge", learning_rate=1e-3, d_learning_rate=50.0
    )
    assert words == {"diverged"}
    assert "Do not go on" in sentence
