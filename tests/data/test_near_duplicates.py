"""Near duplicates: which pictures are told apart, and that none is compared in vain."""

import cv2
import numpy as np
import pytest

from kerasgan.data.near_duplicates import (
    NearDuplicates,
    near_duplicates,
    perceptual_hash,
)
from kerasgan.images import UnreadableImage, write_png


def scene(seed, side=128):
    """A few soft blobs of colour: more like a photograph than noise is."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)


def compressed(picture):
    return cv2.imdecode(
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 75])[1],
        cv2.IMREAD_COLOR,
    )


def bits_apart(a, b):
    return (perceptual_hash(a) ^ perceptual_hash(b)).bit_count()


def test_what_a_copy_goes_through_changes_few_bits():
    for seed in range(20):
        picture = scene(seed)
        smaller = cv2.resize(picture, (50, 40), interpolation=cv2.INTER_AREA)
        assert bits_apart(picture, smaller) <= 4
        assert bits_apart(picture, compressed(picture)) <= 4
        assert bits_apart(picture, (picture * 0.8).astype(np.uint8)) <= 4


def test_other_pictures_and_mirrored_ones_are_far_away():
    for seed in range(20):
        assert bits_apart(scene(seed), scene(seed + 100)) > 10
        assert bits_apart(scene(seed), scene(seed)[:, ::-1]) > 10


def test_the_hash_is_that_of_the_paper():
    """A single wave along each axis: the coefficient (3, 2) alone is above the rest."""
    x = (np.arange(32) + 0.5) * np.pi / 32
    wave = 128 + 100 * np.outer(np.cos(3 * x), np.cos(2 * x))
    hashed = perceptual_hash(np.rint(wave).astype(np.uint8)[..., None])
    first = 63 - (8 * (3 - 1) + (2 - 1))  # bit of row 3, column 2, both from 1
    assert hashed >> first & 1 == 1


def test_alpha_and_grey_have_the_hash_of_their_colours():
    picture = scene(3)
    alpha = np.dstack([picture, np.full(picture.shape[:2], 7, np.uint8)])
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
    assert perceptual_hash(alpha) == perceptual_hash(picture)
    assert perceptual_hash(grey) == perceptual_hash(picture)


@pytest.mark.parametrize("max_bits", [0, 1, 3, 4, 8])
def test_bands_find_what_comparing_all_pairs_finds(max_bits):
    rng = np.random.default_rng(max_bits)
    near = [0]
    for _ in range(400):  # a walk in which each hash is near some others
        flips = rng.integers(0, 64, rng.integers(0, 7))
        near.append(near[-1] ^ int(sum({1 << int(bit) for bit in flips})))
    met, firsts = NearDuplicates(max_bits), []
    for place, hashed in enumerate(near):
        expected = next(
            (p for p in firsts if (near[p] ^ hashed).bit_count() <= max_bits), None
        )
        assert met.add(hashed, place) == expected
        if expected is None:
            firsts.append(place)
    assert 1 <= len(firsts) < len(near)


def test_a_chain_of_small_changes_is_not_one_group():
    met = NearDuplicates(max_bits=2)
    names = [met.add((1 << k) - 1, k) for k in range(7)]
    assert names == [None, 0, 0, None, 3, 3, None]


def test_arrays_and_files_give_the_same_groups(tmp_path):
    pictures = [scene(0), scene(1), compressed(scene(0)), scene(1, side=200)]
    files = []
    for k, picture in enumerate(pictures):
        files.append(tmp_path / f"{k}.png")
        write_png(files[-1], picture)
    assert near_duplicates(pictures).tolist() == [0, 1, 0, 1]
    assert near_duplicates(files).tolist() == [0, 1, 0, 1]
    assert near_duplicates([]).tolist() == []


def test_bad_input_is_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"uint8 \[H, W, C\].*float64"):
        perceptual_hash(np.zeros((4, 4, 3)))
    with pytest.raises(ValueError, match="between 0 and 16. Received 17"):
        NearDuplicates(17)
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(UnreadableImage, match="not a picture"):
        near_duplicates([tmp_path / "a.png"])
