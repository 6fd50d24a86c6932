"""What D of MSG-GAN sees of a real picture: every size of it."""

import numpy as np
import tensorflow as tf

from kerasgan.building import build_gan
from kerasgan.config import TrainConfig


def test_d_sees_a_picture_and_its_means_at_every_size():
    config = TrainConfig(
        model="msggan", image_size=(16, 16), width=2, latent_dim=6, augment="none"
    )
    gan = build_gan(config)
    images = tf.random.stateless_uniform([2, 16, 16, 3], [1, 2], -1, 1)
    views = gan.views(images)
    sides = [view.shape[1] for view in views]
    assert sides == [shape[1] for shape in gan.discriminator.input_shape] == [4, 8, 16]
    for side, view in zip(sides, views, strict=True):
        patches = images.numpy().reshape(2, side, 16 // side, side, 16 // side, 3)
        np.testing.assert_allclose(view, patches.mean(axis=(2, 4)), atol=1e-6)
    fakes = gan.paint(tf.zeros([2, 6]), images)
    asked = gan.ask_discriminator(views, fakes)
    smallest = [tf.zeros_like(views[0]), *views[1:]]
    other = gan.ask_discriminator(smallest, fakes)
    assert (asked.real_logits != other.real_logits).numpy().all()
    np.testing.assert_array_equal(asked.fake_logits, other.fake_logits)
