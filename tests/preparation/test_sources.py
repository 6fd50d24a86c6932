"""What pictures are taken from."""

import pytest

from kerasgan.data.doctor import DataError
from kerasgan.preparation.sources import find_sources, is_video
from tests.conftest import draw_noise
from tests.preparation.test_frames import write


def test_pictures_come_first_each_kind_by_name(tmp_path):
    draw_noise(tmp_path / "b")
    write(tmp_path / "a.avi", count=3, rate=1)
    write(tmp_path / "b/c.avi", count=2, rate=1)
    sources = find_sources(tmp_path, every_seconds=1)
    found = list(sources.walk())
    assert sources.total == len(found) == 12 + 5
    assert [source.place for source in found] == list(range(17))
    assert found[0].name == "b/0.png" and found[0].image is None
    names = [source.name for source in found[12:15]]
    assert names == [f"a.avi at 0:00:0{k}.000" for k in range(3)]
    assert found[12].subfolder == "." and found[16].subfolder == "b"
    assert found[12].file == "a.avi" and found[12].image.shape == (32, 32, 3)


def test_what_is_done_is_left_out_and_places_stay(tmp_path):
    draw_noise(tmp_path)
    write(tmp_path / "a.avi", count=3, rate=1)
    sources = find_sources(tmp_path, every_seconds=1)
    left = list(sources.walk({"0.png", "a.avi at 0:00:01.000"}))
    assert [source.place for source in left] == [*range(1, 12), 12, 14]


def test_videos_are_passed_over_where_no_frames_are_asked_for(tmp_path):
    draw_noise(tmp_path)
    write(tmp_path / "a.avi")
    sources = find_sources(tmp_path)
    assert sources.total == 12 and sources.videos_passed_over() == 1


def test_a_video_that_cannot_be_read_is_a_source_with_a_reason(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"x" * 1000)
    (source,) = find_sources(tmp_path, every_seconds=1).walk()
    assert source.name == "a.mp4" and source.reason.startswith("unreadable video")
    assert list(find_sources(tmp_path, every_seconds=1).walk({"a.mp4"})) == []


def test_a_single_picture_or_video(tmp_path):
    draw_noise(tmp_path)
    write(tmp_path / "a.avi", count=3, rate=1)
    sources = find_sources(tmp_path / "3.png")
    assert [source.name for source in sources.walk()] == ["3.png"]
    assert sources.path == tmp_path / "3.png" and sources.folder == tmp_path
    assert len(list(find_sources(tmp_path / "a.avi", 1).walk())) == 3


def test_bad_places_are_sentences(tmp_path):
    (tmp_path / "videos").mkdir()
    write(tmp_path / "videos/a.avi")
    (tmp_path / "text").mkdir()
    (tmp_path / "text/a.txt").write_text("")
    (tmp_path / "empty").mkdir()
    for path, sentence in (
        ("absent", "must exist"),
        ("empty", "is empty"),
        ("text", r"holds none, only 1 other file \(.txt 1\)"),
        ("text/a.txt", "a folder, a picture or a video"),
        ("videos", "holds videos only: add --every 1s"),
        ("videos/a.avi", "add --every 1s"),
    ):
        with pytest.raises(DataError, match=sentence):
            find_sources(tmp_path / path)


def test_endings_in_any_case():
    assert is_video("A.MOV") and is_video("x/y.webm") and not is_video("mov")
