"""Beginning with another training's weights."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from kerasgan import checkpoints
from kerasgan.building import build_gan
from kerasgan.config import ADVERSARIAL, TrainConfig
from kerasgan.runs import RunFolder, write_json
from kerasgan.starting_points import StartError, freeze_lowest, start_from

TINY = TrainConfig(
    model="dcgan", image_size=(16, 16), width=2, latent_dim=4, batch_size=2
)


@pytest.fixture
def trained(tmp_path):
    """A run with one checkpoint, and the GAN that is in it."""
    gan = build_gan(dataclasses.replace(TINY, seed=7))
    run = RunFolder(tmp_path / "run")
    run.create()
    write_json(run.config, {"settings": TINY.to_json()})
    checkpoints.write_checkpoint(gan, run.checkpoints, step=5)
    gan.generator.save(tmp_path / "generator.keras")
    return run, gan


def same(a, b):
    return all(
        np.array_equal(x, y)
        for x, y in zip(a.get_weights(), b.get_weights(), strict=True)
    )


def test_a_run_gives_all_networks_and_no_step(trained):
    run, old = trained
    new = build_gan(TINY)
    assert not same(new.generator, old.generator)
    taken = start_from(new, run.path)
    assert taken == ["generator", "averaged_generator", "discriminator"]
    assert same(new.generator, old.generator)
    assert same(new.discriminator, old.discriminator)
    assert int(new.step) == 0


def test_grey_networks_have_no_colours_to_compare(tmp_path):
    grey = dataclasses.replace(TINY, channels=1)
    run = RunFolder(tmp_path / "run")
    run.create()
    write_json(run.config, {"settings": grey.to_json()})
    old = build_gan(dataclasses.replace(grey, seed=7))
    checkpoints.write_checkpoint(old, run.checkpoints, step=5)
    new = build_gan(grey)
    start_from(new, run.path)
    assert same(new.generator, old.generator)


def test_a_file_gives_the_generator_and_its_average(trained, tmp_path):
    _, old = trained
    new = build_gan(TINY)
    start_from(new, tmp_path / "generator.keras")
    assert same(new.generator, old.generator)
    assert same(new.averaged_generator, old.generator)
    assert not same(new.discriminator, old.discriminator)


@pytest.mark.parametrize("changes", [{"width": 4}, {"image_size": (32, 32)}])
def test_other_networks_are_told_apart(trained, tmp_path, changes):
    run, _ = trained
    other = build_gan(dataclasses.replace(TINY, **changes))
    for source in (run.path, tmp_path / "generator.keras"):
        with pytest.raises(StartError, match="must have the same networks"):
            start_from(other, source)


def test_colours_of_another_detail_are_told_apart(trained, tmp_path):
    run, _ = trained
    other = build_gan(dataclasses.replace(TINY, colour_detail=0.5))
    for source in (run.path, tmp_path / "generator.keras"):
        with pytest.raises(StartError, match="its --colour_detail is 0.1, and here"):
            start_from(other, source)


@pytest.mark.parametrize("model", ADVERSARIAL)
def test_frozen_layers_want_a_discriminator_that_knows_something(model, tmp_path):
    config = dataclasses.replace(
        TINY, model=model, freeze_d=1, init_from="generator.keras"
    )
    gan = build_gan(config)
    gan.generator.save(tmp_path / "generator.keras")
    with pytest.raises(StartError, match="--freeze_d must go with the folder of a run"):
        start_from(gan, tmp_path / "generator.keras")


def test_freezing_layers_needs_a_training_to_begin_with():
    with pytest.raises(ValueError, match="--freeze_d must go with --init_from"):
        dataclasses.replace(TINY, freeze_d=1).validate()


def test_what_is_no_starting_point(tmp_path):
    (tmp_path / "text.keras").write_text("no model")
    for source, words in ((tmp_path, "neither"), (tmp_path / "text.keras", "can read")):
        with pytest.raises(StartError, match=words):
            start_from(build_gan(TINY), source)


def test_the_average_that_was_taken_over_is_not_forgotten(trained):
    run, old = trained
    gan = build_gan(dataclasses.replace(TINY, init_from=str(run.path)))
    start_from(gan, run.path)
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 16, 16, 3))
    gan.fit(tf.data.Dataset.from_tensor_slices(images.astype(np.uint8)), verbose=0)
    kernels = [
        model.get_layer("up_8x8").kernel.numpy()
        for model in (old.generator, gan.averaged_generator, gan.generator)
    ]
    moved, learnt = (np.abs(kernel - kernels[0]).max() for kernel in kernels[1:])
    # six pictures of a half-life of 10,000
    assert 0 < moved < 0.001 * learnt


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("dcgan", ["from_image", "down_16x16"]),
        ("progan", ["image_32", "conv_32_0"]),
        ("stylegan2", ["from_image", "conv_32"]),
        ("fastgan", ["down_16x16", "down_8x8", "norm_down_8x8"]),
    ],
)
def test_the_convolutions_nearest_to_the_picture_are_frozen(model, names):
    config = dataclasses.replace(TINY, model=model, image_size=(32, 32))
    discriminator = build_gan(config).discriminator
    before = len(discriminator.trainable_variables)
    assert freeze_lowest(discriminator, 2) == names
    assert len(discriminator.trainable_variables) < before


def test_the_norms_of_frozen_convolutions_are_frozen_and_no_others():
    config = dataclasses.replace(TINY, model="fastgan", image_size=(64, 64))
    frozen = freeze_lowest(build_gan(config).discriminator, 3)
    convolutions = [name for name in frozen if not name.startswith("norm_")]
    norms = [name.removeprefix("norm_") for name in frozen if name.startswith("norm_")]
    assert convolutions[:2] == ["down_32x32", "down_16x16"]
    assert len(convolutions) == 3
    assert sorted(norms) == sorted(convolutions[1:])  # the first one has none


def test_frozen_layers_do_not_learn():
    gan = build_gan(dataclasses.replace(TINY, freeze_d=1))
    frozen = [layer.name for layer in gan.discriminator.layers if not layer.trainable]
    assert frozen == ["from_image"]
    assert len(gan.d_optimizer._trainable_variables) == len(
        gan.discriminator.trainable_variables
    )
    with pytest.raises(StartError, match="--freeze_d must be less than"):
        freeze_lowest(build_gan(TINY).discriminator, 99)
