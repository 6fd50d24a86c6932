"""Always the same latents, averaged and raw, in a folder one can leaf through."""

import keras
import numpy as np
import pytest

from kerasgan import images
from kerasgan.callbacks import Checkpoint, SampleGrid
from tests.callbacks.foreign_gan import make_gan, train

REALS = np.random.default_rng(0).integers(0, 256, (7, 16, 16, 3), dtype=np.uint8)


def found(folder):
    return sorted(path.name for path in folder.iterdir())


def test_reals_untrained_and_every_few_steps_and_the_last(tmp_path):
    grid = SampleGrid(tmp_path, 2, count=5, reals=REALS)
    train(make_gan(), 5, [grid])
    assert found(tmp_path) == [
        "init.png",
        "reals.png",
        "step_00000002.png",
        "step_00000004.png",
        "step_00000005.png",
    ]
    assert grid.latents.shape == (5, 4)
    picture = images.read_image(tmp_path / "reals.png", 3)
    assert np.array_equal(picture, images.grid(REALS[:5]))


def test_the_grid_is_what_the_generator_draws_without_training(tmp_path):
    latents = np.ones((20, 4), np.float32)
    grid = SampleGrid(tmp_path, 1, latents=latents)
    gan = make_gan()
    train(gan, 1, [grid])
    expected = images.to_uint8(gan.generator(latents, training=False).numpy())
    assert np.abs(grid.pictures.astype(int) - expected).max() <= 1
    assert np.array_equal(
        images.read_image(tmp_path / "step_00000001.png", 3), images.grid(grid.pictures)
    )


def test_latents_depend_on_the_seed_alone(tmp_path):
    drawn = []
    for seed in (3, 3, 4):
        grid = SampleGrid(tmp_path, 9, count=2, seed=seed)
        train(make_gan(seed=len(drawn)), 1, [grid])
        drawn.append(grid.latents)
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_a_picture_does_not_depend_on_how_many_are_drawn(tmp_path):
    gan = make_gan()
    grids = [SampleGrid(tmp_path, 9, count=count, seed=1) for count in (16, 40)]
    train(gan, 1, grids)
    assert np.array_equal(grids[0].pictures, grids[1].pictures[:16])


@pytest.mark.parametrize("same", [True, False])
def test_what_is_the_same_is_drawn_once(tmp_path, monkeypatch, same):
    gan = make_gan()
    gan.smooth = keras.models.clone_model(gan.generator)
    gan.smooth.set_weights(gan.generator.get_weights())
    if not same:  # in the last weight alone
        gan.smooth.weights[-1].assign(gan.smooth.weights[-1] + 0.5)
    drawn, draw = [], SampleGrid.draw
    monkeypatch.setattr(
        SampleGrid, "draw", lambda grid, each: drawn.append(each) or draw(grid, each)
    )
    grid = SampleGrid(tmp_path, 1, count=2, averaged_attribute="smooth")
    grid.set_model(gan)
    grid.before_first_step(0)
    assert drawn == [gan.generator, gan.smooth][: 2 - same]
    files = [(tmp_path / name).read_bytes() for name in ("init.png", "init_raw.png")]
    assert (files[0] == files[1]) == same
    assert np.array_equal(grid.pictures, draw(grid, gan.smooth))


def test_an_averaged_generator_is_drawn_and_the_raw_one_beside_it(tmp_path):
    gan = make_gan()
    gan.smooth = make_gan(seed=8).generator
    grid = SampleGrid(tmp_path, 1, count=2, averaged_attribute="smooth")
    train(gan, 1, [grid])
    assert found(tmp_path) == [
        "init.png",
        "init_raw.png",
        "step_00000001.png",
        "step_00000001_raw.png",
    ]
    assert np.array_equal(grid.pictures, grid.draw(gan.smooth))
    raw = images.read_image(tmp_path / "step_00000001_raw.png", 3)
    assert np.array_equal(raw, images.grid(grid.draw(gan.generator)))


def test_a_resumed_training_has_no_untrained_grid(tmp_path):
    train(make_gan(), 1, [Checkpoint(tmp_path / "c", 1)])
    grid = SampleGrid(tmp_path / "s", 2, count=2, reals=REALS)
    train(make_gan(), 1, [grid, Checkpoint(tmp_path / "c", 1)])
    assert found(tmp_path / "s") == ["step_00000002.png"]


def test_other_ranges_come_through_to_uint8(tmp_path):
    def from_unit(pictures):
        return (pictures * 0 + 7).astype(np.uint8)

    grid = SampleGrid(tmp_path, 1, count=2, to_uint8=from_unit)
    train(make_gan(), 1, [grid])
    assert np.unique(grid.pictures).tolist() == [7]


def test_drawing_changes_nothing_in_the_training(tmp_path):
    plain, drawn = make_gan(), make_gan()
    train(plain, 3)
    train(drawn, 3, [SampleGrid(tmp_path, 1, count=3)])
    for one, two in zip(plain.variables, drawn.variables, strict=True):
        assert np.array_equal(one.numpy(), two.numpy())


def test_a_model_without_a_generator_is_told_what_to_name(tmp_path):
    with pytest.raises(ValueError, match="without a callable 'painter'"):
        train(make_gan(), 1, [SampleGrid(tmp_path, 1, generator_attribute="painter")])


def test_a_generator_that_draws_no_images_is_told(tmp_path):
    gan = make_gan()
    gan.generator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match=r"must return images .* Received \[2, 3\]"):
        train(gan, 1, [SampleGrid(tmp_path, 1, count=2)])


def test_a_grid_that_cannot_be_written_is_told_and_ends_no_training(tmp_path):
    (tmp_path / "samples").write_text("a file in the folder's place")
    told, gan = [], make_gan()
    train(gan, 2, [SampleGrid(tmp_path / "samples", 1, count=2, report=told.append)])
    assert len(told) == 3  # before the first step, and after both
    assert "step_00000002.png was not written" in told[2]
    assert "training goes on" in told[2]


class Painter(keras.Model):
    """A generator that does not say how long its latents are."""

    def __init__(self, inside):
        super().__init__()
        self.inside = inside

    def call(self, z, training=False):
        return self.inside(z, training=training)


def test_a_generator_of_a_class_of_its_own_needs_latents_or_a_latent_dim(tmp_path):
    gan = make_gan()
    gan.generator = Painter(gan.generator)
    with pytest.raises(ValueError, match="by latents"):
        train(gan, 1, [SampleGrid(tmp_path, 1, count=2)])
    gan.latent_dim = 4
    train(gan, 1, [SampleGrid(tmp_path, 1, count=2)])
    assert (tmp_path / "step_00000001.png").is_file()
