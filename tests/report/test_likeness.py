"""Samples beside the training pictures nearest to them."""

import numpy as np
import pytest

from kerasgan.images import grid, write_png
from kerasgan.report.likeness import find_likeness, newest_samples
from tests.report.run_files import make_run, pictures


def test_copies_come_first_mirrored_ones_as_they_were_found():
    images = pictures(9)
    samples = np.stack([pictures(1, seed=5)[0], images[7][:, ::-1]])
    found = find_likeness(samples, images)
    assert found.distances[0] < 1e-9 < found.distances[1]
    assert np.array_equal(found.pairs[0], np.concatenate([samples[1]] * 2, axis=1))
    assert (found.searched, found.total) == (9, 9)


def test_of_many_some_are_searched_and_the_page_says_how_many():
    images = pictures(50)
    data = find_likeness(images[:5], images, most=20).page_data()
    assert (data["searched"], data["total"]) == (17, 50)  # every third
    assert (data["samples"], data["shown"]) == (5, 5)
    assert data["nearest"] == 0.0
    assert data["uri"].startswith("data:image/jpeg")


def test_how_far_training_pictures_are_apart_gives_the_scale():
    even = np.stack([np.full((16, 16, 3), 10 * k, np.uint8) for k in range(8)])
    found = find_likeness(even[:1], even)
    assert found.between == pytest.approx(10.0)
    assert found.distances.tolist() == [0.0]  # which is no training picture's own
    assert find_likeness(even[:1], even[:1]).between is None


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_transparent_pictures_are_shown_too(channels):
    images = pictures(6, channels=channels)
    assert find_likeness(images[:2], images).page_data()["shown"] == 2


def test_the_newest_samples_are_those_of_the_last_grid_that_can_be_read(tmp_path):
    run = make_run(tmp_path)
    assert np.array_equal(newest_samples(run.samples, (16, 16), 3), pictures(seed=20))
    (run.samples / "step_00000020.png").write_bytes(b"torn")
    assert np.array_equal(newest_samples(run.samples, (16, 16), 3), pictures(seed=10))
    (run.samples / "step_00000010.png").unlink()
    assert newest_samples(run.samples, (16, 16), 3) is None  # not the untrained ones


def test_of_a_generator_of_all_sizes_the_largest_is_taken(tmp_path):
    made = pictures(4, 16)
    wide = np.concatenate([made, made[:, :, :8]], axis=2)
    write_png(tmp_path / "step_00000001.png", grid(wide))
    assert np.array_equal(newest_samples(tmp_path, (16, 16), 3), made)
