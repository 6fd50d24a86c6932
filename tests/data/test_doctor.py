"""What the dataset doctor uses, skips and says."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kerasgan.data.doctor import DataError, examine, find_files
from kerasgan.images import encode_png, write_png


def picture(seed: int = 0, height: int = 40, width: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path: Path, seed: int = 0, height: int = 40, width: int = 40) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, picture(seed, height, width))


def look_at(folder, **settings):
    return examine(folder, **{"image_size": (16, 16), **settings})


def test_pictures_are_found_in_any_depth_and_letter_case(tmp_path):
    for seed, name in enumerate(["b.PNG", "deep/er/c.Jpeg", "a.TIF", "z.webp"]):
        save(tmp_path / name, seed)  # PNG inside, whatever the ending says
    found = look_at(tmp_path)
    assert found.names == ["a.TIF", "b.PNG", "deep/er/c.Jpeg", "z.webp"]
    assert found.used[2] == tmp_path / "deep/er/c.Jpeg"
    assert found.subfolders == {".": 3, "deep/er": 1}


def test_hidden_files_are_passed_over_and_other_files_counted(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / ".thumbnails/b.png", 1)
    save(tmp_path / "._a.png", 2)
    for name in ("notes.TXT", "list.txt", "photo.heic", "README"):
        (tmp_path / name).write_text("x")
    found = look_at(tmp_path)
    assert found.names == ["a.png"] and found.skipped == []
    assert found.other_files == {".txt": 2, ".heic": 1, "no ending": 1}
    assert "4 other files (.txt 2, " in found.table()


def test_each_unusable_file_has_its_reason(tmp_path):
    save(tmp_path / "good.png")
    whole = cv2.imencode(".jpg", picture(1))[1].tobytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "letter.jpg").write_text("Dear Sir or Madam")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    save(tmp_path / "tiny.png", 2, 7, 40)
    save(tmp_path / "twin.png")  # the same as good.png
    assert look_at(tmp_path).skipped == [
        ("cut.jpg", "truncated"),
        ("empty.png", "empty file"),
        ("gone.png", "cannot be read: No such file or directory"),
        ("letter.jpg", "not a picture"),
        ("tiny.png", "too small: 7x40"),
        ("twin.png", "same as good.png"),
    ]


def test_a_picture_may_be_enlarged_twice_and_no_more(tmp_path):
    save(tmp_path / "just.png", 0, 8, 8)
    save(tmp_path / "under.png", 1, 8, 7)
    assert look_at(tmp_path).skipped == [("under.png", "too small: 8x7")]
    assert look_at(tmp_path, fit="pad").skipped == []


def test_copies_are_counted_and_the_first_is_kept(tmp_path):
    for name in ("c.png", "a.png", "b/a.png"):
        save(tmp_path / name)
    found = look_at(tmp_path)
    assert found.names == ["a.png"] and found.duplicates == 2
    assert ("c.png", "same as a.png") in found.skipped


def test_copies_are_used_too_where_that_is_wished(tmp_path):
    for name in ("c.png", "a.png"):
        save(tmp_path / name)
    found = look_at(tmp_path, copies=True)
    assert (found.names, found.duplicates) == (["a.png", "c.png"], 0)


def test_two_damaged_copies_both_keep_the_real_reason(tmp_path):
    save(tmp_path / "good.png")
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_text("not at all")
    found = look_at(tmp_path)
    assert [reason for _, reason in found.skipped] == ["not a picture"] * 2
    assert found.duplicates == 0


def test_links_to_folders_are_followed_once_and_loops_end(tmp_path):
    save(tmp_path / "photos/real/a.png")
    save(tmp_path / "elsewhere/b.png", 1)
    (tmp_path / "photos/real/loop").symlink_to(tmp_path / "photos")
    (tmp_path / "photos/again").symlink_to(tmp_path / "photos/real")
    (tmp_path / "photos/more").symlink_to(tmp_path / "elsewhere")
    found = look_at(tmp_path / "photos")
    assert found.names == ["more/b.png", "real/a.png"] and found.skipped == []


def test_names_in_any_script_and_in_no_encoding(tmp_path):
    names = ["лицо.png", "顔 1.png", "👩‍🎨.png", "a\nb.png"]
    for seed, name in enumerate(names):
        save(tmp_path / name, seed)
    raw = os.fsencode(tmp_path) + b"/caf\xe9.png"
    try:
        Path(os.fsdecode(raw)).write_bytes(encode_png(picture(9)))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (tmp_path / os.fsdecode(b"\xff.png")).write_bytes(b"")
    found = look_at(tmp_path)
    assert len(found.names) == 5 and found.used[-1].is_file()
    assert found.skipped_lines() == ["\ufffd.png\tempty file"]
    assert found.table().encode("utf-8")  # any terminal can show it


def test_a_pipe_is_not_waited_for(tmp_path):
    save(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert look_at(tmp_path).skipped == [("pipe.png", "not a file")]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_what_may_not_be_read_is_skipped(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "mine.png", 1)
    save(tmp_path / "private/b.png", 2)
    (tmp_path / "mine.png").chmod(0)
    (tmp_path / "private").chmod(0)
    try:
        found = look_at(tmp_path)
    finally:
        (tmp_path / "private").chmod(0o755)
    denied = "cannot be read: Permission denied"
    assert found.skipped == [("mine.png", denied), ("private/", denied)]


def test_a_file_that_fails_while_it_is_read_is_skipped(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png", 1)
    read_bytes = Path.read_bytes

    def fail(path):
        if path.name == "b.png":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", fail)
    assert look_at(tmp_path).skipped == [("b.png", "cannot be read: Permission denied")]


def test_kept_pictures_are_fitted_and_in_the_order_of_their_names(tmp_path):
    kept = []
    for value in range(40):
        write_png(tmp_path / f"{value:02d}.png", np.full((32, 32), value, np.uint8))
    found = look_at(tmp_path, channels=1, keep=kept.append)
    assert [image.shape for image in kept] == [(16, 16, 1)] * 40
    assert [image[0, 0, 0] for image in kept] == list(range(40))
    assert len(found.names) == 40


def test_progress_counts_every_file(tmp_path):
    seen = []
    save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    look_at(tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_the_table_says_used_skipped_and_why(tmp_path):
    save(tmp_path / "smile/a.png", 0, 40, 50)
    save(tmp_path / "smile/b.png", 1, 60, 50)
    save(tmp_path / "neutral/c.png", 2, 100, 80)
    save(tmp_path / "neutral/copy.png", 2, 100, 80)
    (tmp_path / "x.jpg").write_bytes(b"")
    assert look_at(tmp_path, image_size=(32, 16)).table().splitlines()[1:] == [
        "used          3 as 32x16, colour, cropped",
        "came as HxW   smallest 40x50, median 60x50, largest 100x80",
        "by folder     neutral 1, smile 2",
        "skipped       2",
        "  copy        1, such as neutral/copy.png (same as neutral/c.png)",
        "  empty file  1, such as x.jpg (empty file)",
    ]


def test_json_has_the_counts_and_each_skipped_file(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png")
    report = look_at(tmp_path).to_json()
    assert report["used"] == 1 and report["duplicates"] == 1
    assert report["skipped"] == [["b.png", "same as a.png"]]
    assert report["sizes"]["median"] == [40, 40]


def test_a_folder_that_cannot_be_trained_on_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"must exist.*Check the spelling"):
        look_at(tmp_path / "none")
    save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a file\. Give the folder it lies in"):
        look_at(tmp_path / "a.png")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="is empty"):
        look_at(empty)
    (empty / "photo.heic").write_bytes(b"x")
    with pytest.raises(DataError, match=r"only 1 other file \(\.heic 1\)"):
        look_at(empty)
    (empty / "a.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"(?s)one usable picture.*empty file +1"):
        look_at(empty)


def test_an_unknown_fit_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(ValueError, match="fit must be one of"):
        look_at(tmp_path / "none", fit="squash")


def test_find_files_opens_nothing(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    monkeypatch.setattr(Path, "read_bytes", None)
    (file,) = find_files(tmp_path).files
    assert file.size == (tmp_path / "a.png").stat().st_size


def test_every_real_photo_is_usable(shared_dir):
    found = look_at(shared_dir / "data/messy_photos", image_size=(64, 64), channels=4)
    assert len(found.names) == 199 and found.skipped == []


def test_runs_below_the_pictures_are_passed_over(tmp_path):
    save(tmp_path / "a.png")
    run = tmp_path / "runs" / "x"
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.json").write_text("{}")
    save(run / "samples" / "init.png")
    listing = find_files(tmp_path)
    assert [file.name for file in listing.files] == ["a.png"]
    assert listing.other_files == {"runs of kerasgan": 1}
    # Pictures drawn into a run, as the demo does, are found where they are named.
    assert [file.name for file in find_files(run / "samples").files] == ["init.png"]
