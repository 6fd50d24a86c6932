"""Videos: what was written can be read again, and nothing half-written stays."""

import cv2
import numpy as np
import pytest

from kerasgan import video
from kerasgan.video import write_video


def frames_of(path):
    capture = cv2.VideoCapture(str(path))
    frames = []
    while True:
        read, frame = capture.read()
        if not read:
            return frames
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


@pytest.mark.parametrize("side", [32, 33])
def test_frames_come_back_in_order_and_colour(tmp_path, side):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    frames = [np.full((side, 48, 3), colour, np.uint8) for colour in colours]
    write_video(tmp_path / "a.mp4", frames, 5)
    read = frames_of(tmp_path / "a.mp4")
    assert [frame.shape for frame in read] == [(side + side % 2, 48, 3)] * 3
    assert [int(frame.mean((0, 1)).argmax()) for frame in read] == [0, 1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_no_frame_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one frame"):
        write_video(tmp_path / "a.mp4", [], 5)


def test_a_folder_that_is_not_there_is_an_error_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "has_h264", lambda: False)
    frame = np.zeros((16, 16, 3), np.uint8)
    with pytest.raises(OSError, match="could not be written"):
        write_video(tmp_path / "none" / "a.mp4", [frame], 5)


def test_a_failing_encoder_is_an_error_of_the_file(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("no ffmpeg here\nmore lines")

    monkeypatch.setattr(video, "has_h264", lambda: False)
    monkeypatch.setattr(video, "_write_mp4v", fail)
    with pytest.raises(OSError, match="could not be written: no ffmpeg here$"):
        write_video(tmp_path / "a.mp4", [np.zeros((16, 16, 3), np.uint8)], 5)
    assert list(tmp_path.iterdir()) == []
