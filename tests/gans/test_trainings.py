"""What every registered training must do, written once and applied to all."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from kerasgan import checkpoints
from kerasgan.building import build_gan
from kerasgan.config import CONDITIONAL, TrainConfig
from kerasgan.gan import GAN
from kerasgan.gans import GANS

TINY = TrainConfig(model="dcgan", width=2, latent_dim=6, batch_size=4)
all_models = pytest.mark.parametrize("name", sorted(GANS))


def side(name):
    return 32 if name == "fastgan" else 16


def tiny(name, **changes):
    size = (side(name), side(name))
    return dataclasses.replace(TINY, model=name, image_size=size, **changes)


def batches(name, count, start=0, labels=False):
    rng = np.random.default_rng(5)
    shape = (start + count, 4, side(name), side(name), 3)
    images = rng.integers(0, 256, shape).astype(np.uint8)
    dataset = tf.data.Dataset.from_tensor_slices(images[start:])
    return dataset.map(lambda x: (x, tf.constant([0, 1, 2, 1]))) if labels else dataset


def train(name, gan, steps, start=0, labels=False):
    history = gan.fit(batches(name, steps, start, labels), verbose=0, shuffle=False)
    return {name: values[-1] for name, values in history.history.items()}


def weights(gan):
    return [np.copy(v) for v in gan.variables]


@all_models
def test_two_steps_move_every_network_and_stay_finite(name):
    gan = build_gan(tiny(name, growth_kimg=0.004), "mixed_float16")
    before = gan.generator.get_weights()
    d_before = gan.discriminator.get_weights() if isinstance(gan, GAN) else []
    logs = train(name, gan, 2)
    assert all(np.isfinite(value) for value in logs.values()), logs
    after = gan.generator.get_weights()
    assert any((a != b).any() for a, b in zip(before, after, strict=True))
    if isinstance(gan, GAN):
        d_after = gan.discriminator.get_weights()
        assert any((a != b).any() for a, b in zip(d_before, d_after, strict=True))


@all_models
def test_a_restored_training_goes_on_with_the_same_bits(name, tmp_path):
    config = tiny(name, growth_kimg=0.004)
    if name != "average":
        config = dataclasses.replace(config, r1=0.1, penalty_every=2)
    gan = build_gan(config, "mixed_bfloat16")
    train(name, gan, 2)
    checkpoints.write_checkpoint(gan, tmp_path, step=2)
    logs = train(name, gan, 2, start=2)
    after = weights(gan)
    # the same model again: what is not in the checkpoint is two steps too far
    checkpoints.load_newest(gan, tmp_path)
    assert train(name, gan, 2, start=2) == logs
    for a, b in zip(after, weights(gan), strict=True):
        np.testing.assert_array_equal(a, b)


@all_models
def test_it_comes_back_from_its_config(name):
    gan = build_gan(tiny(name))
    twin = type(gan).from_config(gan.get_config())
    twin.set_weights(gan.get_weights())
    z = tf.ones([2, 6])
    for a, b in zip(tf.nest.flatten(gan(z)), tf.nest.flatten(twin(z)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", CONDITIONAL)
def test_classes_reach_both_networks(name):
    gan = build_gan(tiny(name, label_names=("a", "b", "c")))
    gan.run_eagerly = True
    logs = train(name, gan, 3, labels=True)
    assert np.isfinite(logs["g_loss"])
    z = np.tile(np.ones((1, 6), np.float32), [3, 1])
    latents = np.concatenate([z, np.eye(3, dtype=np.float32)], axis=1)
    # a DCGAN's batch norm has hardly seen anything yet: by that of this batch
    images = gan.generator(latents, training=name == "dcgan").numpy()
    assert np.abs(images[0] - images[1]).max() > 0
    if isinstance(gan, GAN):
        layer = gan.discriminator.get_layer("projected_logits")
        assert np.abs(layer.directions.numpy()).max() > 0


@pytest.mark.parametrize("name", ["vaegan", "progan", "stylegan2"])
def test_a_batch_of_one_picture(name):
    gan = build_gan(tiny(name, batch_size=1, latent_dim=1))
    gan.run_eagerly = True
    images = np.full((2, 1, side(name), side(name), 3), 9, np.uint8)
    dataset = tf.data.Dataset.from_tensor_slices(images)
    history = gan.fit(dataset, verbose=0, shuffle=False).history
    assert all(np.isfinite(values[-1]) for values in history.values())
