"""The baseline draws the mean picture of each class."""

import numpy as np
import tensorflow as tf

from kerasgan.building import build_gan
from kerasgan.config import TrainConfig


def test_it_learns_the_mean_of_each_class():
    config = TrainConfig(
        model="average",
        image_size=(16, 16),
        width=4,
        latent_dim=2,
        batch_size=4,
        learning_rate=0.005,
        label_names=("dark", "light"),
        decay_kimg=0,
        ema_kimg=0,
        flip=False,
    )
    model = build_gan(config)
    levels = np.array([0, 100, 155, 255])  # two dark ones, two light ones
    images = np.zeros((4, 16, 16, 3), np.uint8) + levels[:, None, None, None]
    data = (images.astype(np.uint8), np.array([0, 0, 1, 1]))
    dataset = tf.data.Dataset.from_tensors(data).repeat(500)
    model.fit(dataset, verbose=0)
    z = np.array([[3.0, -1.0, 1.0, 0.0], [0.0, 2.0, 0.0, 1.0]], np.float32)
    dark, light = (model(z).numpy() + 1) * 127.5
    np.testing.assert_allclose(dark.mean(), 50, atol=6)
    np.testing.assert_allclose(light.mean(), 205, atol=6)
    other = np.array([[-5.0, 9.0, 1.0, 0.0]], np.float32)  # the latent changes nothing
    np.testing.assert_array_equal(model(other)[0], model(z)[0])
