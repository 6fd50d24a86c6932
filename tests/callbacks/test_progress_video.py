"""The grids as a video, in order, and never a reason to end a training."""

import cv2
import numpy as np

from kerasgan import images
from kerasgan.callbacks import ProgressVideo, SampleGrid
from kerasgan.callbacks.progress_video import MOST_FRAMES, grid_files
from tests.callbacks.foreign_gan import make_gan, train


def test_a_training_ends_in_a_video_of_its_grids(tmp_path):
    told = []
    grid = SampleGrid(tmp_path, 1, count=4)
    train(make_gan(), 3, [grid, ProgressVideo(tmp_path, report=told.append)])
    capture = cv2.VideoCapture(str(tmp_path / "progress.mp4"))
    # init, three steps, and the last one for a second more at two frames a second
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 4 + 2
    assert len(told) <= 1


def test_the_grids_are_those_of_the_averaged_generator_from_the_first_on(tmp_path):
    for name in ("step_00000010", "init", "step_00000010_raw", "step_00000002"):
        images.write_png(tmp_path / f"{name}.png", np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "reals.png").write_bytes(b"")
    names = [path.stem for path in grid_files(tmp_path)]
    assert names == ["init", "step_00000002", "step_00000010"]


def test_a_long_training_has_a_bounded_number_of_frames(tmp_path):
    for step in range(2 * MOST_FRAMES):
        (tmp_path / f"step_{step:08d}.png").touch()
    grids = grid_files(tmp_path)
    assert len(grids) == MOST_FRAMES
    assert grids[-1].stem == f"step_{2 * MOST_FRAMES - 1:08d}"


def test_a_damaged_grid_is_told(tmp_path):
    for step in (1, 2):
        (tmp_path / f"step_{step:08d}.png").write_bytes(b"no picture")
    told = []
    train(make_gan(), 1, [ProgressVideo(tmp_path, report=told.append)])
    assert "was not written" in told[0]
