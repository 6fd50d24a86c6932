"""Completion: the hidden part comes from the generator, the rest stays."""

import numpy as np
import pytest

from kerasgan.latent.distances import Goal
from kerasgan.latent.inpainting import inpaint, larger, smaller
from kerasgan.latent.masks import make_mask
from kerasgan.latent.spaces import z_space
from tests.latent.test_search import MIX


def paint(z):
    """[N, 6] -> [N, 8, 8, 3]: 2x2 blocks of 4 pixels."""
    import tensorflow as tf

    small = tf.reshape(tf.tanh(z @ MIX / 3), [-1, 2, 2, 3])
    return tf.repeat(tf.repeat(small, 4, axis=1), 4, axis=2)


@pytest.fixture
def space():
    return z_space(paint, 6)


def test_the_hidden_half_is_found_again(space):
    photos = space.pictures(space.draw(1, 0, 3))
    mask = make_mask("left", (8, 8))
    made = inpaint(space, photos, mask, Goal(), blend="none", steps=200, variants=2)
    assert made.raw.shape == made.blended.shape == (3, 2, 8, 8, 3)
    assert np.array_equal(made.blended[:, 0, :, 4:], photos[:, :, 4:])
    assert np.abs(made.raw[:, 0, :, 4:] - photos[:, :, 4:]).max() < 0.1
    assert (np.diff(made.losses, axis=1) >= 0).all()


def test_what_the_mask_hides_is_never_looked_at(space):
    photos = space.pictures(space.draw(1, 0, 2))
    mask = make_mask("left", (8, 8))
    spoilt = photos.copy()
    spoilt[:, :, :4] = 1
    one, other = (
        inpaint(space, each, mask, Goal(), blend="none", steps=10).blended
        for each in (photos, spoilt)
    )
    assert np.array_equal(one, other)


def test_variants_differ(space):
    photos = space.pictures(space.draw(1, 0, 1))
    mask = make_mask("left", (8, 8))
    made = inpaint(space, photos, mask, Goal(), steps=30, variants=3)
    apart = np.abs(made.raw[0, :1, :, :4] - made.raw[0, 1:, :, :4]).max(axis=(1, 2, 3))
    assert (apart > 0.01).all()


def test_of_a_small_picture_the_small_picture_stays(space):
    photos = space.pictures(space.draw(1, 0, 2))
    made = inpaint(space, photos, None, Goal(), steps=100)
    kept = smaller(made.blended[:, 0]).numpy()
    assert kept == pytest.approx(smaller(photos).numpy(), abs=0.05)
    assert larger(kept[0], (8, 8)).shape == (8, 8, 3)


def test_an_encoder_sees_no_more_than_the_small_picture(space):
    photos = space.pictures(space.draw(1, 0, 1))
    shown = []

    def encode(images):
        shown.append(images)
        return np.zeros((1, 6), np.float32)

    for detail in (0.0, 0.3):
        fine = photos + detail * np.tile([1, -1], 32).reshape(1, 8, 8, 1)
        inpaint(space, fine.astype(np.float32), None, Goal(), steps=1, encode=encode)
    assert shown[0] == pytest.approx(shown[1], abs=1e-6)


def test_a_small_picture_without_blending_leaves_what_was_drawn(space):
    photos = space.pictures(space.draw(2, 0, 1))
    made = inpaint(space, photos, None, Goal(), blend="none", steps=2)
    assert np.array_equal(made.blended, made.raw)
    blended = inpaint(space, photos, None, Goal(), steps=2).blended
    assert np.abs(blended - made.blended).max() > 0.01


def test_another_blend_is_refused(space):
    with pytest.raises(ValueError, match="blend must be one of none, poisson"):
        inpaint(space, np.zeros((1, 8, 8, 3)), None, Goal(), blend="x")


def test_masks_and_options_that_cannot_be_are_sentences(space):
    photos = space.pictures(space.draw(1, 0, 2))
    for shape in ((8, 8), (4, 4, 1), (3, 8, 8, 1)):
        with pytest.raises(ValueError, match=r"mask must be of the shape \[8, 8, 1\]"):
            inpaint(space, photos, np.ones(shape), Goal(), steps=1)
    with pytest.raises(ValueError, match="variants must say how often"):
        inpaint(space, photos, np.ones((8, 8, 1)), Goal(), restarts=2)
