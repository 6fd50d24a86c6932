"""Pictures from seeds: each depends on (seed, k) alone."""

import json

import cv2
import numpy as np
import pytest

from kerasgan import generation
from kerasgan.latents import latents
from kerasgan.networks import dcgan, stylegan2


@pytest.fixture(scope="module")
def generator():
    network = dcgan.build_generator((16, 16), latent_dim=4, width=4)
    for weight in network.trainable_weights:  # a DCGAN begins grey
        if "kernel" in weight.path:
            weight.assign(20 * weight)
    return network


def test_latents_are_normal_and_differ():
    z = latents(0, 0, 500, 20)
    assert abs(z.mean()) < 0.05
    assert abs(z.std() - 1) < 0.05
    assert len(np.unique(z)) > 0.99 * z.size


def test_a_latent_does_not_depend_on_where_the_batch_begins():
    np.testing.assert_array_equal(latents(3, 7, 2, 5), latents(3, 0, 20, 5)[7:9])


def test_pictures_are_the_same_whatever_their_number(generator):
    few = list(generation.pictures(generator, 3, seed=1))
    many = list(generation.pictures(generator, generation.CHUNK + 5, seed=1))
    assert len(many) == generation.CHUNK + 5
    for a, b in zip(few, many, strict=False):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(many[0], many[generation.CHUNK])


def test_truncation_brings_pictures_together(generator):
    def variety(truncation):
        made = generation.pictures(generator, 30, truncation=truncation)
        return np.stack(list(made)).astype(float).std(axis=0).mean()

    assert variety(0.1) < variety(1.0)


def test_files_are_numbered_and_the_folder_says_how_they_were_made(generator, tmp_path):
    out = tmp_path / "made"
    told = []
    sheet = generation.write_pictures(
        generator,
        out,
        count=12,
        seed=5,
        truncation=0.5,
        note={"which": "ema"},
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(k, 12) for k in range(1, 13)]
    assert sorted(p.name for p in out.glob("*.png")) == [
        f"{k:04d}.png" for k in range(12)
    ]
    note = json.loads((out / "generated.json").read_text())
    assert note == {"which": "ema", "count": 12, "seed": 5, "truncation": 0.5}
    assert sheet == tmp_path / "made.png"
    assert cv2.imread(str(sheet)).shape[0] >= 3 * 16


def test_truncation_leaves_a_style_generator_as_it_was():
    generator = stylegan2.build_generator((16, 16), latent_dim=4, width=2)
    generator(latents(0, 0, 8, 4), training=True)  # moves the mean style
    full, calm = (
        list(generation.pictures(generator, 2, truncation=share))
        for share in (1.0, 0.0)
    )
    assert np.array_equal(calm[0], calm[1])
    assert not np.array_equal(full[0], full[1])
    assert float(generator.get_layer("truncation").psi) == 1.0
