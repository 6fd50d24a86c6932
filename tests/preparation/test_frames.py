"""Frames of videos that OpenCV itself writes: a frame's grey level is its number."""

import cv2
import numpy as np
import pytest

from kerasgan.integrity import UnreadableImage
from kerasgan.preparation.frames import clock, count_frames, frames, parse_seconds


def write(path, count=20, rate=10.0, side=32):
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*"MJPG"), rate, (side, side)
    )
    for k in range(count):
        writer.write(np.full((side, side, 3), 10 * (k % 25), np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (0.5, [0, 5, 10, 15]),
        (0.1, list(range(20))),
        (0.25, [0, 3, 5, 8, 10, 13, 15, 18]),
    ],
)
def test_the_first_frame_of_each_span(tmp_path, every, expected):
    video = write(tmp_path / "a.avi")
    found = list(frames(video, every))
    assert [round(image.mean() / 10) for _, image in found] == expected
    assert [round(seconds * 10) for seconds, _ in found] == expected
    assert count_frames(video, every) == len(expected)


def test_no_more_frames_than_the_video_has(tmp_path):
    assert len(list(frames(write(tmp_path / "a.avi", count=7), 0.001))) == 7


def test_colours_are_red_green_blue(tmp_path):
    writer = cv2.VideoWriter(
        str(tmp_path / "a.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 5, (32, 32)
    )
    writer.write(np.full((32, 32, 3), (0, 0, 255), np.uint8))  # red, as OpenCV has it
    writer.release()
    ((_, image),) = frames(tmp_path / "a.avi", 1)
    assert image[16, 16, 0] > 200 and image[16, 16, 2] < 60


def test_what_is_no_video_is_unreadable_and_counts_one(tmp_path, capfd):
    (tmp_path / "a.mp4").write_bytes(b"no video at all" * 100)
    (tmp_path / "empty.mp4").write_bytes(b"")
    for name in ("a.mp4", "empty.mp4", "absent.mp4"):
        with pytest.raises(UnreadableImage):
            list(frames(tmp_path / name, 1))
        assert count_frames(tmp_path / name, 1) == 1
    assert capfd.readouterr().err == ""


def test_a_cut_video_gives_the_frames_that_are_there(tmp_path):
    data = write(tmp_path / "a.avi", count=40).read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) // 2])
    assert 0 < len(list(frames(tmp_path / "cut.avi", 0.1))) < 40


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("1.5", 1.5), (".5S", 0.5), ("250 ms", 0.25)]
)
def test_times_as_one_types_them(text, seconds):
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["0s", "-1s", "1h30", "soon", "", "inf", "1 1"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="--every must be a time above 0"):
        parse_seconds(text)


def test_clock_carries():
    assert clock(3599.9996) == "1:00:00.000" and clock(0) == "0:00:00.000"
