"""Copies found as a training goes on; and honest generators, which make none."""

import cv2
import numpy as np
import pytest

from kerasgan.data.sketch_faces import draw_face, sample_attributes
from kerasgan.metrics.copy_search import CopySearch


def faces(numbers):
    drawn = (draw_face(sample_attributes(0, k), 32) for k in numbers)
    return np.stack(list(drawn))


TRAINED, OTHERS, HELD = (
    faces(range(200)),
    faces(range(200, 300)),
    faces(range(300, 350)),
)


def sure(found):
    """What Verdict goes by."""
    return found.share - 2 * found.error


def altered(images):
    """Other fine detail, a little noise."""
    random = np.random.default_rng(0)
    noise = random.normal(0, 4, images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def blurred(images):
    return np.stack([cv2.GaussianBlur(each, (0, 0), 3) for each in images])


def mixed(images):
    """Each with the next, half and half."""
    return (images // 2 + np.roll(images, 1, axis=0) // 2).astype(np.uint8)


@pytest.mark.parametrize("held", [None, HELD])
def test_copies_are_found(held):
    assert sure(CopySearch(TRAINED, held).look(altered(TRAINED))) > 0.5


@pytest.mark.parametrize("held", [None, HELD])
@pytest.mark.parametrize("change", [altered, blurred, mixed])
def test_new_faces_are_no_copies(change, held):
    assert sure(CopySearch(TRAINED, held).look(change(OTHERS))) < 0.1


def test_pictures_that_are_all_one_are_no_sure_copies():
    grey = np.full((100, 32, 32, 3), 128, np.uint8)
    assert sure(CopySearch(TRAINED).look(grey)) < 0.5


def test_of_many_some_are_searched():
    drawn = np.random.default_rng(0).permutation(200)[:50]
    some = CopySearch(TRAINED[drawn], trained_count=200)
    assert some.look(TRAINED).share == pytest.approx(1, abs=0.1)
    assert some.look(OTHERS).share < 0.2
