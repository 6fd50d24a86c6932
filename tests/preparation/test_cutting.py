"""What each way of cutting makes of a photograph; faces by a detector that is told."""

import dataclasses

import numpy as np
import pytest

from kerasgan.images import write_png
from kerasgan.preparation.alignment import SHAPE, targets
from kerasgan.preparation.cutting import (
    FaceCutter,
    Multiplier,
    PatchCutter,
    WholeCutter,
    smallest_face,
    usable_places,
)
from kerasgan.preparation.faces import Face
from kerasgan.preparation.quality import Limits
from kerasgan.preparation.sources import Source, find_sources
from tests.preparation.test_frames import write as write_video

SOURCE = Source("a.png", "a.png", (0, 0), 0)
ALL = Limits(0, 0, 255)


class Told:
    """A detector that finds what it is told."""

    def __init__(self, *faces):
        self.faces = list(faces)

    def find(self, image):
        return self.faces


def face(x, y, eye_distance, nose=0.0):
    """A face whose eyes have (x, y) between them."""
    landmarks = SHAPE * eye_distance + (x, y)
    landmarks[2, 0] += nose * eye_distance
    height = 2.8 * eye_distance
    box = (x - height / 2, y - height / 4, height, height)
    return Face(box, landmarks, 0.9)


def photo(height=200, width=300, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, 3)).astype(np.uint8)


def reasons(cutter, image=None):
    image = photo() if image is None else image
    return [cut.reason for cut in cutter.cut(image, SOURCE)]


def test_the_eyes_of_a_face_come_to_their_target():
    image = np.zeros((200, 300, 3), np.uint8)
    found = face(150, 90, 40)
    for x, y in found.landmarks[:2]:
        image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = 255
    cutter = FaceCutter(Told(found), (64, 64), limits=ALL)
    (cut,) = cutter.cut(image, SOURCE)
    assert cut.reason == "" and cut.note == {"box": [94, 62, 112, 112], "score": 0.9}
    for x, y in targets((64, 64), 0.2)[:2]:
        assert cut.picture[round(y), round(x)].min() > 50
    assert (cut.picture > 50).any(axis=-1).sum() < 20


def test_each_reason_against_a_face():
    big, small = face(150, 90, 30), face(60, 60, 5)
    edge, aside = face(5, 90, 30), face(150, 90, 30, nose=0.4)

    def of(*faces, **settings):
        settings = {"limits": ALL} | settings
        return reasons(FaceCutter(Told(*faces), (64, 64), **settings))

    assert of() == ["no face"]
    assert of(big, small) == ["", "small face: 14 pixels high"]
    assert of(big, small, min_size=10) == ["", ""]
    assert of(big, big, biggest_only=True) == ["", "not the biggest face"]
    assert of(edge) == ["at the edge: 45% lies beyond"]
    assert of(edge, max_outside=0.5) == [""]
    assert of(aside) == [""]
    assert of(aside, front_only=True) == ["turned aside: 0.40"]
    assert of(big, limits=Limits(brightest=100))[0].startswith("too bright")


def test_margin_shows_more_around_the_face():
    """Twice the margin's frame, so half the distance between the eyes."""
    image = np.zeros((400, 400, 3), np.uint8)
    image[190:211] = 255  # a bar as high as a third of the face
    heights = []
    for margin in (0.0, 0.5):
        cutter = FaceCutter(Told(face(200, 170, 22.5)), (64, 64), margin=margin)
        (cut,) = cutter.cut(image, SOURCE)
        heights.append((cut.picture[:, 32, 0] > 128).sum())
    assert heights[0] == pytest.approx(2 * heights[1], abs=2)


def test_the_smallest_face_grows_twice():
    """128 pixels at a margin of 0.2: the face has 128 / 1.4 = 91.4 of them."""
    assert smallest_face(0, (128, 128), 0.2) == pytest.approx(45.7)
    assert smallest_face(0, (64, 128), 0.0) == 32
    assert smallest_face(10, (64, 128), 0.0) == 10


def test_a_whole_picture_is_cropped_to_its_middle():
    image = photo(100, 300)
    (cut,) = WholeCutter((50, 50), ALL).cut(image, SOURCE)
    expected = image[:, 100:200].reshape(50, 2, 50, 2, 3).mean(axis=(1, 3))
    assert np.abs(cut.picture - expected).max() <= 0.5
    assert reasons(WholeCutter((201, 64), ALL), image) == ["too small: 100x300"]
    assert reasons(WholeCutter((200, 64), ALL), image) == [""]
    assert reasons(WholeCutter((50, 50)), image // 20)[0].startswith("too dark")


def asked(first=0, share=0):
    return dataclasses.replace(SOURCE, first=first, share=share)


def test_a_picture_gives_its_share_of_patches_or_says_what_is_missing():
    cutter, image = PatchCutter(patch_size=16, seed=5), photo()
    cuts = list(cutter.cut(image, asked(share=4)))
    assert [cut.left for cut in cuts] == [3, 2, 1, 0]
    blank, small = np.zeros((40, 40, 3), np.uint8), photo(10, 10)
    why = [list(cutter.cut(each, asked(share=3))) for each in (blank, small)]
    assert why[0][0].reason == "nearly empty: 3 patches fewer"
    assert why[1][0].reason == "too small: 10x10"
    later = list(cutter.cut(image, asked(first=1, share=3)))
    for cut, again in zip(cuts[1:], later, strict=True):
        assert np.array_equal(cut.picture, again.picture)
    other = dataclasses.replace(asked(share=4), name="b.png")
    assert not np.array_equal(next(cutter.cut(image, other)).picture, cuts[0].picture)


def test_usable_places_leave_out_what_gives_nothing(tmp_path):
    write_png(tmp_path / "0.png", photo(20, 20))
    write_png(tmp_path / "1.png", photo(20, 15))
    (tmp_path / "2.png").write_bytes((tmp_path / "0.png").read_bytes())
    (tmp_path / "3.png").write_bytes(b"no picture")
    write_png(tmp_path / "4.png", photo(16, 16))
    write_video(tmp_path / "a.avi", count=3, rate=1)
    assert usable_places(find_sources(tmp_path, 1), 16) == [0, 4, 5, 6, 7]


def test_copies_are_the_same_picture_and_other_files():
    image = photo()
    cuts = list(Multiplier(3).cut(image, SOURCE))
    assert all(cut.picture is image for cut in cuts)
    assert [cut.comment for cut in cuts] == ["1 of 3", "2 of 3", "3 of 3"]
    assert [cut.left for cut in cuts] == [2, 1, 0]
    (last,) = Multiplier(3).cut(image, asked(first=2))
    assert last.comment == "3 of 3"
