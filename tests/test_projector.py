"""What the projector gets: a row, a line and a thumbnail a picture."""

import numpy as np

from kerasgan import projector
from kerasgan.images import read_image
from kerasgan.projector import SIDE, write_projector


def black_to_white(count):
    levels = np.linspace(0, 255, count).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (count, 16, 16, 3)).copy()


def test_each_picture_has_its_row_its_kind_and_its_thumbnail(tmp_path):
    kinds = {"training": black_to_white(3), "generated": black_to_white(2)}
    write_projector(tmp_path, kinds, lambda images: images.mean((1, 2)))
    rows = np.loadtxt(tmp_path / "pictures.tsv", delimiter="\t")
    assert rows[:, 0].tolist() == [0, 127, 255, 0, 255]
    lines = (tmp_path / "metadata.tsv").read_text().splitlines()
    assert lines[0] == "kind\tnumber"
    assert lines[3:5] == ["training\t2", "generated\t0"]
    sheet = read_image(tmp_path / "sprite.png")
    middles = sheet[SIDE // 2 :: SIDE, SIDE // 2 :: SIDE, 0]
    assert middles.ravel().tolist() == [0, 127, 255, 0, 255, 255, 255, 255, 255]


def test_without_features_the_pictures_themselves_are_compared(tmp_path):
    write_projector(tmp_path, {"training": black_to_white(2)})
    rows = np.loadtxt(tmp_path / "pictures.tsv", delimiter="\t")
    assert rows.shape == (2, 16 * 16 * 3)
    assert np.unique(rows).tolist() == [0.0, 1.0]


def test_features_are_taken_in_batches_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(projector, "BATCH", 2)
    sizes = []

    def features(images):
        sizes.append(len(images))
        return images[:, 0, 0]

    write_projector(tmp_path, {"training": black_to_white(5)}, features)
    assert sizes == [2, 2, 1]
    assert len(np.loadtxt(tmp_path / "pictures.tsv", delimiter="\t")) == 5
