"""Grids on the page: which, how small, and back into their pictures."""

import base64
import os

import cv2
import numpy as np
import pytest

from kerasgan.images import grid, with_caption, write_png
from kerasgan.report import grids
from kerasgan.report.grids import (
    MOST,
    Slides,
    cut_grid,
    grid_steps,
    on_page,
    small_jpeg,
    spread,
)
from tests.report.run_files import make_run, pictures


def test_the_averaged_grids_in_order_the_untrained_first(tmp_path):
    run = make_run(tmp_path, steps=(0, 500, 100_000_000))
    (run.samples / "step_x.png").write_bytes(b"?")
    assert [step for step, _ in grid_steps(run.samples)] == [0, 500, 100_000_000]
    assert grid_steps(tmp_path / "none") == []


@pytest.mark.parametrize("count", [0, 1, 2, MOST, MOST + 1, 300, 1001])
def test_of_many_some_are_shown_the_first_and_the_last_among_them(count):
    chosen = spread(list(range(count)))
    assert len(chosen) == count if count <= MOST else MOST / 3 < len(chosen) <= MOST
    assert chosen[:1] == list(range(count))[:1]
    assert chosen[-1:] == list(range(count))[-1:]
    assert len(set(chosen)) == len(chosen)


def test_what_is_once_left_out_does_not_come_back():
    gone = set()
    for count in range(1, 300):
        shown = set(spread(list(range(count)))[:-1])
        assert not shown & gone
        gone |= set(range(count - 1)) - shown


def test_a_grid_is_read_once(tmp_path, monkeypatch):
    run, slides, read = make_run(tmp_path), Slides(), []
    original = grids.read_image
    monkeypatch.setattr(
        grids, "read_image", lambda *given: read.append(given) or original(*given)
    )
    slides.of_folder(run.samples)
    assert len(read) == 3
    slides.of_folder(run.samples)
    assert len(read) == 3
    write_png(run.samples / "init.png", grid(pictures(side=8)))
    found, total = slides.of_folder(run.samples)
    assert (len(read), total, found[0]["width"]) == (4, 3, 18)


def test_grids_that_are_no_longer_shown_are_forgotten(tmp_path):
    run, slides = make_run(tmp_path, steps=()), Slides()
    first = run.samples / "step_00000001.png"
    write_png(first, grid(pictures()))
    for step in range(2, 3 * MOST):
        (run.samples / f"step_{step:08d}.png").hardlink_to(first)
        found, _ = slides.of_folder(run.samples)
        assert len(slides._made) == len(found)


def test_a_damaged_grid_is_left_out(tmp_path):
    run = make_run(tmp_path)
    data = (run.samples / "step_00000010.png").read_bytes()
    (run.samples / "step_00000010.png").write_bytes(data[: len(data) // 2])
    (run.samples / "init.png").unlink()
    os.mkfifo(run.samples / "init.png")  # would wait for ever
    found, total = Slides().of_folder(run.samples)
    assert ([slide["step"] for slide in found], total) == ([20], 3)


@pytest.mark.parametrize("side", [64, 256])
def test_the_hardest_grid_is_small_enough(side):
    noise = grid(pictures(64, side))
    assert len(small_jpeg(noise)) <= grids.MOST_BYTES
    shown = on_page(noise)
    assert (shown["height"], shown["width"]) == noise.shape[:2]


def test_a_long_strip_is_shown_whole():
    shown = on_page(np.zeros((4, 6000, 3), np.uint8))
    assert (shown["height"], shown["width"]) == (4, 6000)
    assert len(shown["uri"]) < 5000


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("caption", ["", "8 px"])
@pytest.mark.parametrize("count", [1, 4, 7])
def test_a_grid_comes_apart_into_its_pictures(count, caption, channels):
    made = pictures(count, 16, channels=channels)
    sheet = grid(made)
    if caption:
        sheet = with_caption(sheet, caption)
    assert np.array_equal(cut_grid(sheet, (16, 16)), made)


def test_a_sheet_of_other_sizes_is_none():
    assert cut_grid(grid(pictures(4, 16)), (15, 16)) is None
    assert cut_grid(np.zeros((5, 5, 3), np.uint8), (16, 16)) is None
    assert cut_grid(np.full((16, 16, 3), 255, np.uint8), (16, 16)) is None


def test_the_picture_on_the_page_is_the_one_in_the_file():
    smooth = cv2.resize(pictures(1, 4)[0], (64, 64), interpolation=cv2.INTER_CUBIC)
    data = base64.b64decode(on_page(smooth)["uri"].partition(",")[2])
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(shown.astype(int) - smooth).mean() < 4
