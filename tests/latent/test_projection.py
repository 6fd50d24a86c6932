"""Projection: starts that are near, restarts that help, an encoder that is asked."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.latent.distances import Goal
from kerasgan.latent.masks import importance, make_mask
from kerasgan.latent.projection import nearest_candidates, project
from kerasgan.latent.spaces import z_space
from kerasgan.networks import dcgan
from tests.latent.test_search import paint


@pytest.fixture
def space():
    return z_space(paint, 6)


def test_candidates_are_the_nearest_of_those_drawn(space):
    photos = space.pictures(space.draw(1, 0, 3))
    starts = nearest_candidates(space, photos, Goal(), None, 40, 2)
    drawn = space.draw(2**31, 0, 40)
    apart = (space.pictures(drawn)[None] - photos[:, None]) ** 2
    order = np.argsort(apart.sum(axis=(2, 3, 4)), axis=1)[:, :2]
    assert np.array_equal(starts, drawn[order])


def test_what_is_hidden_does_not_choose_the_candidates(space):
    photos = space.pictures(space.draw(1, 0, 2))
    weights = np.ones((2, 2, 2, 1), np.float32)
    weights[:, 0] = 0
    other = photos.copy()
    other[:, 0] = 0.9
    both = [
        nearest_candidates(space, each, Goal(), weights, 40, 1)
        for each in (photos, other)
    ]
    assert np.array_equal(*both)


@pytest.mark.parametrize("mask", ["grid", "random"])
def test_scattered_known_pixels_choose_the_nearest_candidate(mask):
    def large(z):
        return tf.repeat(tf.repeat(paint(z), 32, axis=1), 32, axis=2)

    space = z_space(large, 6)
    known = make_mask(mask, (64, 64))
    photo = space.pictures(space.draw(2**31, 0, 40))[7:8] * known
    weights = importance(known)[None]
    starts = nearest_candidates(space, photo, Goal(), weights, 40, 1)
    assert np.array_equal(starts[0, 0], space.draw(2**31, 0, 40)[7])


def test_one_search_without_a_loss_spoils_no_other():
    def sometimes(z):
        return tf.where(z[:, :1, None, None] > 0, np.nan, paint(z))

    space = z_space(sometimes, 6)
    photos = z_space(paint, 6).pictures(space.draw(1, 0, 2))
    found = project(space, photos, Goal(), restarts=8, steps=2, candidates=8)
    assert np.isfinite(found.losses).all() and np.isinf(found.all_losses[:, -1]).all()
    never = z_space(lambda z: paint(z) * np.float32(np.nan), 6)
    with pytest.raises(ValueError, match="That of 0 was never a finite number"):
        project(never, photos, Goal(), restarts=2, steps=2, candidates=2)
    with pytest.raises(ValueError, match=r"That of me\.jpg was never"):
        names = ["me.jpg", "you.jpg"]
        project(never, photos, Goal(), steps=2, candidates=2, names=names)


def test_the_best_of_several_searches_comes_first(space):
    photos = space.pictures(space.draw(1, 0, 4))
    found = project(space, photos, Goal(), restarts=3, steps=20, candidates=10)
    assert found.all_points.shape == (4, 3, 6)
    assert (np.diff(found.all_losses, axis=1) >= 0).all()
    assert np.array_equal(found.points, found.all_points[:, 0])
    assert found.history.shape == (21, 4)
    assert found.history.min(axis=0) == pytest.approx(found.losses)
    assert np.sort(found.order, axis=1).tolist() == [[0, 1, 2]] * 4
    once = project(space, photos, Goal(), restarts=1, steps=20, candidates=10)
    assert (found.losses <= once.losses + 1e-6).all()


def test_an_encoder_that_knows_the_answer_is_believed(space):
    known = space.draw(1, 0, 3)
    photos = space.pictures(known)
    found = project(
        space, photos, Goal(), encode=lambda images: known, steps=1, candidates=4
    )
    assert found.points == pytest.approx(known, abs=1e-5)


def test_a_small_dcgan_is_searched_with_features_and_realism():
    keras.utils.set_random_seed(3)
    generator = dcgan.build_generator((16, 16), latent_dim=4, width=2)
    for weight in generator.trainable_variables:
        if weight.path.endswith("kernel"):
            weight.assign(weight * 20.0)
    judge = dcgan.build_discriminator((16, 16), width=2)
    from kerasgan.feature_maps import feature_maps

    space = z_space(generator, 4)
    photos = space.pictures(space.draw(1, 0, 2))
    goal = Goal("l1", judge, 0.01, feature_maps(judge), 0.1)
    found = project(space, photos, goal, steps=60, candidates=32)
    assert (found.losses < found.history[0]).all()
    assert found.images.shape == photos.shape


def test_a_loaded_saved_model_is_searched_too(tmp_path):
    class Painter(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 6])])
        def __call__(self, z):
            return paint(z)

    tf.saved_model.save(Painter(), str(tmp_path))
    space = z_space(tf.saved_model.load(str(tmp_path)), 6)
    photos = space.pictures(space.draw(1, 0, 2))
    assert project(space, photos, Goal(), steps=200).losses.max() < 1e-2


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"restarts": 0}, {"candidates": 2, "restarts": 3}]
)
def test_numbers_that_cannot_be_are_refused(space, wrong):
    with pytest.raises(ValueError, match="must be at least 1"):
        project(space, np.zeros((1, 2, 2, 3), np.float32), Goal(), **wrong)


@pytest.mark.parametrize(
    ("photos", "came"),
    [
        (np.zeros((2, 2, 3, 3), np.float32), r"float32 of \[2, 2, 3, 3\]"),
        (np.zeros((2, 2, 2, 3), np.uint8), r"uint8 of \[2, 2, 2, 3\]"),
        (np.zeros((2, 2, 3), np.float32), r"float32 of \[2, 2, 3\]"),
        (np.zeros((0, 2, 2, 3), np.float32), r"float32 of \[0, 2, 2, 3\]"),
    ],
)
def test_photos_must_be_as_the_generators_pictures(space, photos, came):
    with pytest.raises(ValueError, match=rf"shape \[N, 2, 2, 3\].*Received {came}"):
        project(space, photos, Goal(), steps=1)


def test_a_generator_that_cannot_be_searched_is_told_in_one_line():
    still = z_space(lambda z: tf.stop_gradient(paint(z)), 6)
    whole = z_space(lambda z: tf.cast(paint(z), tf.uint8), 6)
    photos = np.zeros((1, 2, 2, 3), np.float32)
    for space, sentence in (
        (still, "A generator must be diff"),
        (whole, "A generator must give"),
    ):
        with pytest.raises(ValueError, match=f"^{sentence}"):
            project(space, photos, Goal(), steps=1)
