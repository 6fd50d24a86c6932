"""Faces in real photographs; where they are absent, what needs no photograph."""

import threading
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest

from kerasgan.images import read_image
from kerasgan.preparation.alignment import pose
from kerasgan.preparation.faces import (
    DetectorError,
    FaceDetector,
    look_scales,
    overlap,
    tile_starts,
)


@pytest.fixture(scope="module")
def model(shared_dir):
    return (shared_dir / "models/face_detection_yunet_2023mar.onnx").read_bytes()


@pytest.fixture(scope="module")
def photos(shared_dir):
    return shared_dir / "data/messy_photos"


@pytest.fixture(scope="module")
def three_men(photos):
    return read_image(photos / "dlib_truth/2008_001322.jpg")


def boxes(photos):
    """(file, the boxes drawn by hand) of dlib's example photographs."""
    for part in ("training", "testing"):
        tree = ElementTree.parse(photos / f"dlib_truth/{part}.xml")
        for image in tree.iter("image"):
            names = ("left", "top", "width", "height")
            yield (
                photos / "dlib_truth" / image.get("file"),
                [tuple(int(box.get(n)) for n in names) for box in image.iter("box")],
            )


def test_every_box_of_40_pixels_is_found_and_nothing_else(model, photos):
    detector = FaceDetector(model, min_size=24)
    for file, truth in boxes(photos):
        found = detector.find(read_image(file))
        for box in truth:
            if box[3] >= 40:
                assert max(overlap(face.box, box) for face in found) > 0.3, file
        assert len(found) <= len(truth), file


def test_what_is_no_face_is_none(model, photos):
    detector = FaceDetector(model)
    for file in sorted((photos / "no_face").iterdir()):
        assert detector.find(read_image(file)) == []


def test_small_and_large_faces_of_one_large_photograph(model, three_men):
    large = np.full((2500, 3600, 3), 90, np.uint8)
    large[100:475, 1900:2400] = three_men  # across two tiles
    zoomed = cv2.resize(three_men, (2500, 1875), interpolation=cv2.INTER_CUBIC)
    large[600:2475, 600:3100] = zoomed
    found = FaceDetector(model, min_size=60).find(large)
    assert len(found) == 6
    heights = [face.height for face in found]
    assert heights == sorted(heights, reverse=True)
    assert min(heights[:3]) / max(heights[3:]) > 3


def test_landmarks_turn_with_the_photograph(model, three_men):
    detector = FaceDetector(model)
    upright = detector.find(three_men)[0]
    mirrored = detector.find(np.ascontiguousarray(three_men[:, ::-1]))[0]
    back = mirrored.landmarks[[1, 0, 2, 4, 3]] * (-1, 1)
    back += (three_men.shape[1] - 1, 0)
    eye_distance = np.hypot(*(upright.landmarks[1] - upright.landmarks[0]))
    assert np.abs(back - upright.landmarks).max() < 0.2 * eye_distance
    assert pose(upright.landmarks).turned == pytest.approx(
        -pose(mirrored.landmarks).turned, abs=0.15
    )


def test_faces_on_their_heads_are_turned(model, shared_dir):
    detector = FaceDetector(model)
    files = sorted((shared_dir / "data/faces_original").iterdir())[:30]
    found = [
        face
        for file in files
        for face in detector.find(np.ascontiguousarray(read_image(file)[::-1, ::-1]))
    ]
    assert len(found) > 8
    for face in found:  # the eyes are below the mouth
        assert face.landmarks[:2, 1].mean() > face.landmarks[3:, 1].mean()


def test_threads_find_what_one_finds(model, three_men):
    detector = FaceDetector(model)
    alone = detector.find(three_men)
    results = {}

    def find(k):
        results[k] = detector.find(three_men)

    threads = [threading.Thread(target=find, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for found in results.values():
        assert [face.box for face in found] == [face.box for face in alone]


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (3, 2, 3)])
def test_a_picture_of_hardly_any_pixels_has_no_face(model, shape):
    assert FaceDetector(model).find(np.zeros(shape, np.uint8)) == []


def test_bytes_that_are_no_detector_are_a_sentence():
    for content in (b"no network", b""):
        with pytest.raises(DetectorError, match="must be YuNet's ONNX file"):
            FaceDetector(content)


def test_scales_reach_from_the_smallest_face_to_the_whole_picture():
    """The smallest face is 40 pixels in the largest copy; the last is 320 at most."""
    scales = look_scales((3000, 4000), min_size=80)
    assert scales[0] == 0.5 and 4000 * scales[-1] <= 320
    assert np.allclose(np.divide(scales[:-1], scales[1:]), 3)
    assert look_scales((200, 300), min_size=4) == [1.0]


def test_tiles_cover_a_side_and_share_pixels():
    for length in (1, 2048, 2049, 5000, 12345):
        starts = tile_starts(length)
        assert starts[0] == 0 and starts[-1] + 2048 >= length
        assert all(
            b - a <= 2048 - 256 for a, b in zip(starts, starts[1:], strict=False)
        )
    assert len(tile_starts(2048)) == 1


def test_overlap_by_hand():
    assert overlap((0, 0, 4, 4), (2, 2, 4, 4)) == pytest.approx(4 / 28)
    assert overlap((0, 0, 4, 4), (4, 0, 4, 4)) == 0
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0
