"""The search: every picture by itself, bounded by its prior, the best point kept."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.latent.distances import Goal
from kerasgan.latent.search import keep, schedule, search
from kerasgan.latent.spaces import z_space

MIX = tf.constant(np.random.default_rng(0).normal(size=(6, 12)), tf.float32)


def paint(z):
    """[N, 6] -> [N, 2, 2, 3]"""
    return tf.reshape(tf.tanh(z @ MIX / 3), [-1, 2, 2, 3])


@pytest.fixture
def space():
    return z_space(paint, 6)


def test_it_finds_the_pictures_of_known_latents(space):
    photos = space.pictures(space.draw(1, 0, 5))
    found = search(space, space.draw(2, 0, 5), photos, Goal(), steps=300)
    assert found.losses.max() < 1e-3
    assert np.allclose(space.pictures(found.points), photos, atol=0.2)


def test_pictures_of_a_batch_do_not_disturb_each_other(space):
    photos = space.pictures(space.draw(1, 0, 4))
    starts = space.draw(2, 0, 4)
    together = search(space, starts, photos, Goal(), steps=30)
    alone = search(space, starts[2:3], photos[2:3], Goal(), steps=30)
    assert np.allclose(together.points[2], alone.points[0], atol=1e-4)
    assert np.allclose(together.history[:, 2], alone.history[:, 0], rtol=1e-3)


def test_the_best_point_is_kept_and_its_loss_is_its_own(space):
    photos = space.pictures(space.draw(1, 0, 3))
    wild = search(space, space.draw(2, 0, 3), photos, Goal(), steps=40, rate=3.0)
    assert wild.losses == pytest.approx(wild.history.min(axis=0))
    again = ((space.pictures(wild.points) - photos) ** 2).mean(axis=(1, 2, 3))
    assert again == pytest.approx(wild.losses, rel=1e-4)


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        ("none", [[6.0, 8.0], [0.3, 0.4]]),
        ("clip", [[3.0, 3.0], [0.3, 0.4]]),
        ("norm", [[1.2, 1.6], [0.6, 0.8]]),  # lengths 10 and 0.5, into 1 to 2
    ],
)
def test_priors_bring_points_back(prior, expected):
    u = tf.constant([[6.0, 8.0], [0.3, 0.4]])
    assert keep(u, prior, (1.0, 2.0)).numpy() == pytest.approx(np.array(expected))


def test_found_points_obey_the_prior(space):
    photos = np.ones((2, 2, 2, 3), np.float32)  # out of reach
    found = search(space, space.draw(2, 0, 2), photos, Goal(), steps=50, rate=0.5)
    lengths = np.linalg.norm(found.points, axis=1)
    assert (lengths <= space.lengths[1] + 1e-3).all()
    free = search(
        space, space.draw(2, 0, 2), photos, Goal(), steps=50, rate=0.5, prior="none"
    )
    assert np.linalg.norm(free.points, axis=1).max() > space.lengths[1] + 1


def test_the_schedule_rises_and_ends_at_zero():
    rates = [schedule(k / 100) for k in range(101)]
    assert max(rates) == 1 and rates[0] == 0 and rates[100] == pytest.approx(0)
    assert rates[2] == pytest.approx(0.4)


def test_each_step_is_shown(space):
    seen = []
    photos = space.pictures(space.draw(1, 0, 2))
    search(
        space,
        space.draw(2, 0, 2),
        photos,
        Goal(),
        steps=3,
        on_step=lambda step, images: seen.append((step, images.shape)),
    )
    assert seen == [(k, (2, 2, 2, 3)) for k in range(4)]


def test_a_loss_that_is_never_finite_leaves_the_others_alone(space):
    photos = space.pictures(space.draw(1, 0, 2))
    broken = z_space(lambda z: paint(z) * tf.constant([[[[np.nan]]], [[[1.0]]]]), 6)
    starts = space.draw(2, 0, 2)
    found = search(broken, starts, photos, Goal(), steps=2)
    assert np.isfinite(found.losses).tolist() == [False, True]
    assert found.points[0] == pytest.approx(starts[0])


def test_an_unknown_prior_is_refused(space):
    with pytest.raises(ValueError, match="prior must be one of norm, clip, none"):
        search(space, space.draw(2, 0, 1), np.zeros((1, 2, 2, 3)), Goal(), prior="x")


def test_a_generator_without_gradients_is_refused():
    steps = z_space(lambda z: tf.round(tf.reshape(z, [-1, 2, 2, 1])), 4)
    starts = steps.draw(0, 0, 2)
    with pytest.raises(ValueError, match="must be differentiable"):
        search(steps, starts, steps.pictures(starts), Goal(), steps=1)
