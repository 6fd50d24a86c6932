"""Spaces: z of any callable, w and w+ of a style-based generator."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.latent.spaces import open_space, z_space
from kerasgan.latents import latents
from kerasgan.networks import dcgan, msggan, stylegan2


@pytest.fixture(scope="module")
def styled():
    keras.utils.set_random_seed(0)
    return stylegan2.build_generator((16, 16), latent_dim=8, width=4)


def test_what_is_no_generator_is_told():
    with pytest.raises(ValueError, match='signatures\\["paint"\\]'):
        open_space(object(), "z", 4)
    with pytest.raises(ValueError, match="Received a function: search in z"):
        open_space(lambda z: z, "w", 4)


def test_z_gives_the_pictures_of_generate():
    generator = dcgan.build_generator((16, 16), latent_dim=8, width=2)
    space = open_space(generator, "z", 8)
    expected = generator(latents(5, 3, 2, 8), training=False)
    assert space.pictures(space.draw(5, 3, 2)) == pytest.approx(expected.numpy())


def test_the_whole_picture_is_taken_of_several_sizes():
    generator = msggan.build_generator((16, 16), latent_dim=8, width=4)
    assert z_space(generator, 8).pictures(np.zeros((3, 8), np.float32)).shape == (
        3, 16, 16, 3,
    )  # fmt: skip


def test_a_class_is_put_behind_the_latent():
    seen = []

    def generator(z):
        seen.append(z)
        return tf.zeros([tf.shape(z)[0], 2, 2, 1])

    z_space(generator, 3, np.array([0, 1], np.float32)).paint(tf.zeros([2, 3]))
    assert seen[0].numpy().tolist() == [[0, 0, 0, 0, 1]] * 2


def test_a_generator_of_bytes_is_refused():
    space = z_space(lambda z: tf.zeros([tf.shape(z)[0], 2, 2, 1], tf.uint8), 3)
    with pytest.raises(ValueError, match=r"floats in \[-1, 1\].*Received uint8"):
        space.pictures(np.zeros((1, 3), np.float32))


@pytest.mark.parametrize(("side", "few"), [(64, 64), (128, 16)])
def test_as_many_are_painted_together_as_their_size_lets(side, few):
    space = z_space(lambda z: tf.tile(z[:, None, None], [1, side, side, 1]), 1)
    sizes = [len(some) for some in space.in_batches(np.zeros((70, 1), np.float32))]
    assert sizes[0] == few
    assert sum(sizes) == 70


@pytest.mark.parametrize(("name", "shape"), [("w", (8,)), ("w+", (6, 8))])
def test_styles_give_the_pictures_of_their_latents(styled, name, shape):
    space = open_space(styled, name, 8)
    points = space.draw(0, 0, 3)
    assert points.shape == (3, *shape)
    expected = styled(latents(0, 0, 3, 8), training=False).numpy()
    assert space.pictures(points) == pytest.approx(expected, abs=1e-4)
    u = (space.draw(9, 0, 1000) - space.centre) / space.spread
    lengths = np.linalg.norm(u, axis=-1)
    assert 0.9 < (lengths <= space.lengths[1]).mean() < 1.0


def test_styles_of_a_generator_without_any_are_refused():
    generator = dcgan.build_generator((16, 16), latent_dim=8, width=2)
    with pytest.raises(ValueError, match="search in z"):
        open_space(generator, "w", 8)
    with pytest.raises(ValueError, match="one of z, w, w"):
        open_space(generator, "v", 8)
