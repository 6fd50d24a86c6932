"""The judge of attributes: what it learns, and from what."""

import numpy as np
import tensorflow as tf

from kerasgan.latent.judging import Judge, pooled

RNG = np.random.default_rng(0)
PHOTOS = RNG.uniform(-1, 1, (300, 16, 16, 1)).astype(np.float32)
CORNERS = PHOTOS[:, :4, :4].mean(axis=(1, 2)), PHOTOS[:, 12:, 12:].mean(axis=(1, 2))


def judged(photos, labels, pictures):
    return Judge(maps).fit(photos, labels).predict(pictures)


def maps(images):
    return [images, images**2]


def test_each_attribute_is_learnt_where_it_shows():
    labels = np.concatenate([CORNERS[0], 10 * CORNERS[1]], axis=1)
    said = judged(PHOTOS[:200], labels[:200], PHOTOS[200:])
    for k in range(2):
        assert np.corrcoef(said[:, k], labels[200:, k])[0, 1] > 0.9
    assert 5 < said[:, 1].std() / said[:, 0].std() < 20  # in the labels' units


def test_pictures_may_come_a_few_at_a_time():
    labels = CORNERS[0]
    whole = judged(PHOTOS[:200], labels[:200], PHOTOS[200:])
    photos = (PHOTOS[k : k + 40] for k in range(0, 200, 40))
    parts = judged(photos, labels[:200], iter([PHOTOS[200:201], PHOTOS[201:]]))
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-5)


def test_labels_without_a_pattern_are_not_learnt():
    labels = RNG.normal(size=(300, 1))
    said = judged(PHOTOS[:200], labels[:200], PHOTOS[200:])
    assert abs(np.corrcoef(said[:, 0], labels[200:, 0])[0, 1]) < 0.3


def test_maps_are_averaged_and_flat_features_taken_as_they_are():
    found = pooled(lambda x: [x, x[:, 0, :3, 0]], PHOTOS[:70])
    assert found.shape == (70, 8 * 8 + 3)
    np.testing.assert_allclose(found[:, 0], PHOTOS[:70, :2, :2, 0].mean((1, 2)), 1e-5)
    assert np.array_equal(found[:, -3:], PHOTOS[:70, 0, :3, 0])


def test_the_deepest_maps_are_looked_at():
    many = [tf.zeros([5, 4, 4, 1]), *(tf.ones([5, 1, 1, 1]),) * 3]
    assert pooled(lambda x: many, PHOTOS[:5]).shape == (5, 3)
