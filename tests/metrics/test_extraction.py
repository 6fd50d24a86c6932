"""Features batch by batch into a file, and what a killed start leaves."""

import numpy as np
import pytest

from kerasgan.metrics.extraction import extract

IMAGES = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)


class Doubling:
    """Gives [value, 2 value] of each picture, and keeps the batches it was given."""

    def __init__(self, fail_at=None):
        self.batches, self.fail_at = [], fail_at

    def __call__(self, images):
        self.batches.append(images.ravel().tolist())
        if len(self.batches) == self.fail_at:
            raise KeyboardInterrupt
        values = images.reshape(len(images), 1).astype(np.float64)
        return np.concatenate([values, 2 * values], axis=1)


def test_every_batch_is_full_and_every_picture_has_its_row(tmp_path):
    network = Doubling()
    found = extract(IMAGES, network, tmp_path / "f.f32", batch_size=4)
    assert found.tolist() == [[k, 2 * k] for k in range(10)]
    assert found.dtype == np.float32
    assert network.batches[-1] == [8, 9, 9, 9]


def test_what_is_there_is_not_computed_again(tmp_path):
    extract(IMAGES, Doubling(), tmp_path / "f.f32", batch_size=4)
    network = Doubling()
    extract(IMAGES, network, tmp_path / "f.f32", batch_size=4)
    assert network.batches == []


@pytest.mark.parametrize("torn_bytes", [0, 5])
def test_a_killed_start_goes_on_after_its_last_whole_batch(tmp_path, torn_bytes):
    with pytest.raises(KeyboardInterrupt):  # the first call finds the width
        extract(IMAGES, Doubling(fail_at=4), tmp_path / "f.f32", batch_size=4)
    with open(tmp_path / "f.f32.part", "ab") as file:
        file.write(b"x" * torn_bytes)
    told, network = [], Doubling()
    found = extract(
        IMAGES,
        network,
        tmp_path / "f.f32",
        batch_size=4,
        progress=lambda *done: told.append(done),
    )
    assert network.batches[1:] == [[8, 9, 9, 9]]
    assert found.tolist() == [[k, 2 * k] for k in range(10)]
    assert told == [(10, 10)]


def test_a_start_that_was_killed_before_the_renaming_goes_on(tmp_path):
    extract(IMAGES, Doubling(), tmp_path / "f.f32", batch_size=4)
    (tmp_path / "f.f32").rename(tmp_path / "f.f32.part")
    found = extract(IMAGES, Doubling(), tmp_path / "f.f32", batch_size=4)
    assert found.tolist() == [[k, 2 * k] for k in range(10)]


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        (lambda x: x, r"features must give \[4, F\]"),
        (lambda x: np.full((4, 2), np.nan), "features must be finite"),
    ],
)
def test_features_that_are_none_are_refused(tmp_path, features, sentence):
    with pytest.raises(ValueError, match=sentence):
        extract(IMAGES, features, tmp_path / "f.f32", batch_size=4)
    with pytest.raises(ValueError, match="at least one picture"):
        extract(IMAGES[:0], features, tmp_path / "f.f32")
