"""What D of FastGAN must draw: the picture and a quarter of it, made small."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.building import build_gan
from kerasgan.config import TrainConfig
from kerasgan.gans.fastgan import CROP
from kerasgan.growing import reduce

TINY = TrainConfig(
    model="fastgan", image_size=(64, 64), width=2, latent_dim=6, batch_size=4
)


def test_a_drawing_is_compared_with_the_picture_and_with_its_quarter(monkeypatch):
    gan = build_gan(TINY)
    images = tf.random.stateless_uniform([4, 64, 64, 3], [1, 2], -1, 1)
    with_features = gan._with_features(images, training=True)
    corners = tf.random.stateless_uniform(
        [2], gan.stream(CROP), maxval=2, dtype=tf.int32
    )
    top, left = (int(corner) * 32 for corner in corners)
    right = [reduce(images, 2), images[:, top : top + 32, left : left + 32]]
    drawings = [right[0] + 0.5, right[1] - 0.25]
    shown = []

    def draw(maps, training):
        shown.extend(maps)
        return drawings

    monkeypatch.setattr(gan, "decoders", draw)
    loss = gan.drawing_loss(images, with_features[1:])
    assert float(loss) == pytest.approx(0.5 + 0.25, rel=1e-4)
    half = with_features[2].shape[1] // 2
    rows, columns = (slice(int(c) * half, int(c) * half + half) for c in corners)
    np.testing.assert_array_equal(shown[1], with_features[2][:, rows, columns])
