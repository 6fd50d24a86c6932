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

SIZE = (16, 16)
TINY = TrainConfig(model="dcgan", width=2, latent_dim=6, batch_size=4)
all_models = pytest.mark.parametrize("name", sorted(GANS))


def tiny(name, **changes):
    return dataclasses.replace(TINY, **{"model": name, "image_size": SIZE} | changes)


def batches(count, start=0, labels=False, size=SIZE):
    rng = np.random.default_rng(5)
    shape = (start + count, 4, *size, 3)
    images = rng.integers(0, 256, shape).astype(np.uint8)
    dataset = tf.data.Dataset.from_tensor_slices(images[start:])
    return dataset.map(lambda x: (x, tf.constant([0, 1, 2, 1]))) if labels else dataset


def train(gan, steps, start=0, labels=False):
    history = gan.fit(batches(steps, start, labels), verbose=0, shuffle=False)
    return {name: values[-1] for name, values in history.history.items()}


def weights(gan):
    return [np.copy(v) for v in gan.variables]


def learnt(gan):
    """What each network of a training has to learn: name -> its trainable weights."""
    names = ("generator", "discriminator", "encoder", "decoders")
    networks = {name: getattr(gan, name) for name in names if hasattr(gan, name)}
    return {
        name: [np.copy(v) for v in network.trainable_variables]
        for name, network in networks.items()
    }


@all_models
def test_two_steps_move_every_network_and_stay_finite(name):
    gan = build_gan(tiny(name, growth_kimg=0.004), "mixed_float16")
    gan.run_eagerly = True
    before = learnt(gan)
    logs = train(gan, 2)
    assert all(np.isfinite(value) for value in logs.values()), logs
    for network, after in learnt(gan).items():
        pairs = zip(before[network], after, strict=True)
        assert any((a != b).any() for a, b in pairs), network


@all_models
def test_a_restored_training_goes_on_with_the_same_bits(name, tmp_path):
    config = tiny(name, growth_kimg=0.008)  # 8x8 begins with the third step
    if name == "progan":  # whose graphs take long to make
        config = dataclasses.replace(config, augment="none")
    elif name != "average":
        config = dataclasses.replace(config, r1=0.1, penalty_every=2)
    gan = build_gan(config, "mixed_bfloat16")
    gan.run_eagerly = name not in ("dcgan", "progan")  # else tests/cli/test_models.py
    train(gan, 2)
    checkpoints.write_checkpoint(gan, tmp_path, step=2)
    logs = train(gan, 2, start=2)
    after = weights(gan)
    # the same model again: what is not in the checkpoint is two steps too far
    checkpoints.load_newest(gan, tmp_path)
    assert train(gan, 2, start=2) == logs
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
    logs = train(gan, 3, labels=True)
    assert np.isfinite(logs["g_loss"])
    z = np.tile(np.ones((1, 6), np.float32), [3, 1])
    latents = np.concatenate([z, np.eye(3, dtype=np.float32)], axis=1)
    # batch norm has hardly seen anything yet: by that of this batch
    images = gan.generator(latents, training=name in ("dcgan", "fastgan")).numpy()
    assert np.abs(images[0] - images[1]).max() > 0
    if isinstance(gan, GAN):
        layer = gan.discriminator.get_layer("projected_logits")
        assert np.abs(layer.directions.numpy()).max() > 0


@pytest.mark.parametrize("name", ["vaegan", "progan", "stylegan2"])
def test_a_batch_of_one_picture(name):
    gan = build_gan(tiny(name, batch_size=1, latent_dim=1))
    gan.run_eagerly = True
    images = np.full((2, 1, *SIZE, 3), 9, np.uint8)
    dataset = tf.data.Dataset.from_tensor_slices(images)
    history = gan.fit(dataset, verbose=0, shuffle=False).history
    assert all(np.isfinite(values[-1]) for values in history.values())


@pytest.mark.parametrize("size", [(32, 48), (64, 64)])
def test_fastgan_draws_from_each_map_that_a_size_has(size):
    gan = build_gan(tiny("fastgan", image_size=size))
    gan.run_eagerly = True
    logs = gan.fit(batches(1, size=size), verbose=0, shuffle=False).history
    assert np.isfinite(logs["d_loss"][-1])
    pictures = [output.shape[1:3] for output in gan.decoders.outputs]
    assert pictures == ([(32, 48)] if size == (32, 48) else [(32, 32), (32, 32)])


def test_progan_grows_in_bfloat16_with_maps_of_many_channels():
    config = tiny("progan", width=32, image_size=(32, 32), growth_kimg=0.002)
    gan = build_gan(config, "mixed_bfloat16")
    gan.run_eagerly = True
    before = gan.generator.get_weights()
    logs = gan.fit(batches(4, size=(32, 32)), verbose=0, shuffle=False).history
    assert logs["resolution"][-1] > 4
    assert np.isfinite(logs["d_loss"][-1])
    assert np.isfinite(logs["g_loss"][-1])
    after = gan.generator.get_weights()
    assert any((a != b).any() for a, b in zip(before, after, strict=True))
