"""Growing: the level, and that only its own layers are at work."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.building import build_gan
from kerasgan.config import TrainConfig
from kerasgan.gans.progan import ProGAN
from kerasgan.growing import enlarge, growing_layers, level_for, one_resolution, reduce
from kerasgan.networks import progan


def test_each_resolution_fades_in_for_a_phase_and_stays_for_one():
    seen = [0, 99, 100, 125, 200, 299, 300, 350, 400, 10_000]
    levels = [float(level_for(tf.constant(k), 100.0, 4)) for k in seen]
    assert levels == pytest.approx([0, 0, 0, 0.25, 1, 1, 1, 1.5, 2, 3])


def test_a_fading_picture_is_a_mixture_of_both_resolutions():
    generator = progan.build_generator((16, 16), 3, 4, 2)
    layer = growing_layers(generator)[0]
    z = tf.random.stateless_normal([2, 4], [0, 1])

    def at(level):
        layer.level.assign(level)
        return np.arctanh(generator(z).numpy())

    below, above, between = at(1.0), at(2.0), at(1.25)
    # at 8x8 each pixel is a square of four
    np.testing.assert_array_equal(below, enlarge(reduce(below)))
    assert np.abs(above - enlarge(reduce(above))).max() > 0
    np.testing.assert_allclose(between, 0.75 * below + 0.25 * above, atol=1e-4)


def test_the_discriminator_sees_no_more_than_its_resolution():
    discriminator = progan.build_discriminator((16, 16), 3, 2)
    images = tf.random.stateless_uniform([2, 16, 16, 3], [0, 2], -1, 1)
    layer = growing_layers(discriminator)[0]
    coarse = enlarge(reduce(images, 4), 4)
    layer.level.assign(0.0)
    np.testing.assert_allclose(discriminator(images), discriminator(coarse), atol=1e-5)
    layer.level.assign(2.0)
    assert np.abs(discriminator(images) - discriminator(coarse)).max() > 1e-6


@pytest.mark.parametrize("alone", [False, True])
def test_real_pictures_fade_in_as_drawn_ones_do(alone):
    gan = build_gan(TrainConfig.for_model(model="progan", image_size=(16, 16), width=2))
    layers = growing_layers(gan.discriminator)
    checks = (np.indices((8, 8)).sum(axis=0) % 2).astype(np.float32) * 2 - 1
    board = np.kron(checks, np.ones((2, 2)))[None, ..., None] * np.ones(3)  # of 8x8
    fine = (np.indices((16, 16)).sum(axis=0) % 2)[None, ..., None] * 2.0 - 1
    images = tf.constant(board + fine, tf.float32)
    for level, expected in ((1.0, board), (0.25, 0.25 * board), (2.0, board + fine)):
        layers[0].level.assign(level)
        if alone:
            with one_resolution(gan.discriminator):
                seen = gan.views(images)
        else:
            seen = gan.views(images)
        np.testing.assert_allclose(seen, expected * np.ones(3), atol=1e-6)


def test_the_training_sets_and_logs_the_level():
    config = TrainConfig(
        model="progan",
        image_size=(16, 16),
        width=2,
        latent_dim=4,
        batch_size=4,
        growth_kimg=0.008,
    )
    gan = build_gan(config)
    gan.run_eagerly = True
    images = np.zeros((6, 4, 16, 16, 3), np.uint8)
    dataset = tf.data.Dataset.from_tensor_slices(images)
    history = gan.fit(dataset, verbose=0).history
    # step 5 began after 20 images: one phase of 8 at 4x4, then 1.5 phases of the next
    assert history["level"][-1] == pytest.approx(1.0)
    assert history["resolution"][-1] == 8
    layers = growing_layers(gan.generator, gan.discriminator)
    assert [float(layer.level) for layer in layers] == [1.0, 1.0]
    assert float(growing_layers(gan.averaged_generator)[0].level) == 1.0
    # 8x8 began with step 4: three updates ago, while D and G have had six
    assert int(gan.g_updates) == 6
    assert int(gan.g_optimizer.iterations) == int(gan.d_optimizer.iterations) == 3


def test_a_graph_of_each_resolution_gives_what_one_of_all_gives(monkeypatch):
    config = TrainConfig(
        model="progan", image_size=(16, 16), width=2, latent_dim=4, batch_size=4
    )
    config = dataclasses.replace(config, growth_kimg=0.004, r1=0.1, penalty_every=2)
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 16, 16, 3), np.uint8)
    dataset = tf.data.Dataset.from_tensor_slices(images)
    logs, numbers = [], []

    def note(gan, iterator):
        numbers.append(number(gan, iterator))
        return numbers[-1] if len(logs) == 0 else None

    number = ProGAN.resolution_of_next
    monkeypatch.setattr(ProGAN, "resolution_of_next", note)
    for _ in range(2):
        gan = build_gan(config)
        gan.run_eagerly = True
        logs.append(gan.fit(dataset, verbose=0, shuffle=False).history)
    assert numbers == 2 * [0, 0, 1, 1, 2]
    for name, values in logs[0].items():
        assert values == pytest.approx(logs[1][name], rel=1e-4)


def test_networks_that_were_taken_over_have_grown():
    config = TrainConfig(
        model="progan", image_size=(16, 16), width=2, latent_dim=4, init_from="a run"
    )
    gan = build_gan(config)
    gan.run_eagerly = True
    dataset = tf.data.Dataset.from_tensors(np.zeros((4, 16, 16, 3), np.uint8))
    assert gan.fit(dataset, verbose=0).history["resolution"] == [16]
