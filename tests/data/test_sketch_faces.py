"""The built-in pictures: drawn from a seed, each with its attributes."""

import csv

import numpy as np
import pytest

from kerasgan.data.sketch_brush import Brush
from kerasgan.data.sketch_faces import (
    ATTRIBUTES,
    RANGES,
    SHARES,
    draw_face,
    draw_faces,
    sample_attributes,
)
from kerasgan.images import read_image

PLAIN = {name: 0 for name in SHARES} | {
    name: (low + high) / 2 for name, (low, high) in RANGES.items()
}


def changed(size: int = 32, **attributes: float) -> np.ndarray:
    """Where the plain face changes with these attributes: bool [size, size]."""
    before = draw_face(PLAIN, size).astype(int)
    after = draw_face(PLAIN | attributes, size).astype(int)
    return np.abs(after - before).max(axis=-1) > 12


def test_attributes_depend_on_seed_and_number_alone():
    assert sample_attributes(3, 5) == sample_attributes(3, 5)
    assert sample_attributes(3, 5) != sample_attributes(3, 6)
    assert sample_attributes(3, 5) != sample_attributes(4, 5)


def test_attributes_stay_in_their_ranges_and_vary():
    drawn = [sample_attributes(0, k) for k in range(300)]
    for name, (low, high) in RANGES.items():
        values = np.array([attributes[name] for attributes in drawn])
        assert low <= values.min() and values.max() <= high
        assert values.std() > 0.12 * (high - low), name
    for name, share in SHARES.items():
        values = [attributes[name] for attributes in drawn]
        assert set(values) == {0, 1}, name
        if not name.endswith("_glasses"):
            assert abs(np.mean(values) - share) < 0.09, name


def test_styles_of_glasses_come_with_glasses():
    drawn = [sample_attributes(1, k) for k in range(100)]
    bare = [attributes for attributes in drawn if not attributes["glasses"]]
    assert not any(a["dark_glasses"] or a["square_glasses"] for a in bare)


@pytest.mark.parametrize("name", sorted(set(ATTRIBUTES)))
def test_every_attribute_can_be_seen(name):
    needs = {"glasses": 1} if name.endswith("_glasses") else {}
    low, high = RANGES.get(name, (0, 1))
    faces = [
        draw_face(PLAIN | needs | {name: value}, 64).astype(int)
        for value in (low, (low + high) / 2 if name in RANGES else low, high)
    ]  # the middle too: a hue of 0 is a hue of 1
    visible = np.ptp(faces, axis=0).max(axis=-1) > 8
    assert visible.sum() >= 4


def test_glasses_change_the_eyes_and_a_hat_the_top():
    glasses, hat = changed(glasses=1), changed(hat=1)
    assert glasses[10:22].sum() > 30 and glasses[24:].sum() == 0
    assert hat[:14].sum() > 40 and hat[16:].sum() == 0


def test_a_face_that_looks_ahead_is_symmetric():
    ahead = PLAIN | {"light": 0, "bald": 1}
    picture = draw_face(ahead, 64).astype(int)
    differs = np.abs(picture - picture[:, ::-1]).max(axis=-1) > 40
    assert differs.mean() < 0.02  # the shadow of the nose, the shine in the eyes


def test_pictures_of_any_size_show_the_same_face():
    large = draw_face(sample_attributes(0, 1), 64)
    small = draw_face(sample_attributes(0, 1), 16)
    averaged = large.reshape(16, 4, 16, 4, 3).mean(axis=(1, 3))
    assert np.abs(averaged - small).mean() < 6
    assert draw_face(PLAIN, (48, 32)).shape == (48, 32, 3)


def test_many_faces_are_all_different():
    faces = {draw_face(sample_attributes(0, k), 16).tobytes() for k in range(60)}
    assert len(faces) == 60


def test_draw_faces_writes_pictures_and_their_table(tmp_path):
    seen = []
    draw_faces(tmp_path, 3, 16, seed=2, progress=lambda *pair: seen.append(pair))
    with open(tmp_path / "attributes.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row.pop("file") for row in rows] == ["0000.png", "0001.png", "0002.png"]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    for k, row in enumerate(rows):
        attributes = {name: float(value) for name, value in row.items()}
        assert attributes == sample_attributes(2, k)
        np.testing.assert_array_equal(
            read_image(tmp_path / f"{k:04d}.png"), draw_face(attributes, 16)
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "count must be at least 1. Received 0"),
        ({"count": 1, "image_size": 4}, "image_size must be at least 8. Received 4"),
        ({"count": 1, "seed": -1}, "seed must be at least 0. Received -1"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        draw_faces(tmp_path / "new", **settings)
    assert not (tmp_path / "new").exists()


def test_the_brush_tilts_and_turns():
    canvas = np.zeros((64, 64, 3), np.uint8)
    quarter = Brush(canvas, unit=10, tilt=np.pi / 2, yaw=0)
    # One unit right of the middle (32, 32) becomes ten pixels below it.
    assert quarter.place([(1, 0)]).tolist() == [[32 * 16, 42 * 16]]
    turned = Brush(canvas, unit=10, tilt=0, yaw=0.3)
    (x, y) = turned.place([(0, 0)], on_face=True)[0] / 16
    assert x > 33 and y == 32


def test_a_glaze_lets_through_what_is_below_and_may_leave_the_canvas():
    canvas = np.full((20, 20, 3), 100, np.uint8)
    brush = Brush(canvas, unit=10, tilt=0, yaw=0)
    brush.glaze(np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5)]), (200, 0, 100), 0.5)
    assert canvas[6, 13].tolist() == [150, 50, 100]
    brush.glaze(np.array([(-9, -9), (-8, -9), (-8, -8)]), (0, 0, 0), 1.0)
    assert canvas.min() == 50
