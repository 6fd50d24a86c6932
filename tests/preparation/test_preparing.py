"""The loop: what is kept, dropped, gone on with; and that the source stays as it is."""

import hashlib
import os
import re
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from kerasgan.data.doctor import DataError, examine
from kerasgan.decoding import NO_MEMORY
from kerasgan.images import read_image, write_png
from kerasgan.integrity import UnreadableImage
from kerasgan.preparation import preparing, state
from kerasgan.preparation.cutting import Cut, Multiplier, PatchCutter, WholeCutter
from kerasgan.preparation.preparing import prepare
from kerasgan.preparation.quality import Limits
from kerasgan.preparation.record import Record
from kerasgan.preparation.report import write_report
from kerasgan.preparation.shares import Shares
from kerasgan.preparation.sources import find_sources
from kerasgan.preparation.tally import table
from tests.data.test_near_duplicates import scene

WHOLE = WholeCutter((16, 16), Limits(0, 0, 255))


@pytest.fixture
def photos(tmp_path):
    """Two folders of pictures: a copy, a near copy, damage, and something small."""
    folder = tmp_path / "photos"
    (folder / "smile").mkdir(parents=True)
    for k in range(4):
        write_png(folder / f"{k}.png", scene(k))
    write_png(folder / "smile/4.png", scene(4))
    (folder / "copy.png").write_bytes((folder / "1.png").read_bytes())
    write_png(folder / "smile/near.png", cv2.resize(scene(2), (100, 100)))
    (folder / "bad.jpg").write_bytes(b"no picture")
    write_png(folder / "tiny.png", scene(9)[:4, :4])
    (folder / "notes.txt").write_text("")
    return folder


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def begun(out):
    record = Record(out)
    record.begin({"path": "photos"})
    return record


def run(photos, out, cutter=WHOLE, near_bits=4, **more):
    record = Record(out) if Record(out).exists() else begun(out)
    tally = prepare(find_sources(photos), cutter, record, near_bits=near_bits, **more)
    return record, tally


def test_what_is_kept_and_why_the_rest_is_not(photos, tmp_path):
    before = digests(photos)
    record, tally = run(photos, tmp_path / "out")
    kept = {
        line["source"]: line["kept"][0]["picture"]
        for line in record.lines()
        if line["kept"]
    }
    assert kept == {
        "0.png": "000000.png",
        "1.png": "000001.png",
        "2.png": "000002.png",
        "3.png": "000003.png",
        "smile/4.png": "smile/000004.png",
    }
    why = {
        line["source"]: cut["reason"]
        for line in record.lines()
        for cut in line["dropped"]
    }
    assert why == {
        "copy.png": "same as 1.png",
        "smile/near.png": "nearly the same: as 2.png",
        "bad.jpg": "not a picture",
        "tiny.png": "too small: 4x4",
    }
    expected = read_image(photos / "0.png").reshape(16, 8, 16, 8, 3).mean(axis=(1, 3))
    assert np.abs(read_image(record.out / "000000.png") - expected).max() <= 0.5
    assert (tally.sources, tally.giving, tally.pictures) == (9, 5, 5)
    assert digests(photos) == before
    assert len(examine(record.out, image_size=(16, 16)).names) == 5


def test_the_table_has_what_a_user_wants_to_know(photos, tmp_path):
    _, tally = run(photos, tmp_path / "out")
    lines = table(find_sources(photos), tally, "out/").splitlines()
    assert lines[1:] == [
        "written to         out/",
        "looked at          9, of which 5 gave pictures",
        "kept               5",
        "by folder          . 4, smile 1",
        "dropped            4",
        "  not a picture    1, such as bad.jpg (not a picture)",
        "  copy             1, such as copy.png (same as 1.png)",
        "  nearly the same  1, such as smile/near.png (nearly the same: as 2.png)",
        "  too small        1, such as tiny.png (too small: 4x4)",
        "passed over        1 other file (.txt 1)",
    ]


class Killed(BaseException):
    """In place of kill -9: nothing of ours catches it."""


@contextmanager
def killed_in(monkeypatch, method, at):
    """What runs inside is killed in the call of this method of a record after `at`."""
    whole, calls = getattr(Record, method), 0

    def killing(*args):
        nonlocal calls
        calls += 1
        if calls > at:
            raise Killed
        return whole(*args)

    with monkeypatch.context() as patch:
        patch.setattr(Record, method, killing)
        with pytest.raises(Killed):
            yield


@pytest.mark.parametrize("moment", ["stage", "append", "publish"])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_killed_anywhere_the_next_start_ends_with_the_same_files(
    photos, tmp_path, monkeypatch, moment, at
):
    whole, _ = run(photos, tmp_path / "whole")
    with killed_in(monkeypatch, moment, at):
        run(photos, tmp_path / "out")
    named = {
        picture["picture"]
        for line in Record(tmp_path / "out").lines()
        for picture in line["kept"]
    }
    there = {path.name for path in (tmp_path / "out").rglob("*.png")}
    assert there <= {name.rpartition("/")[2] for name in named}
    record, tally = run(photos, tmp_path / "out")
    assert digests(record.out) == digests(whole.out)
    assert tally.pictures == 5


def test_a_second_start_does_nothing_and_tells_the_same(photos, tmp_path, monkeypatch):
    record, first = run(photos, tmp_path / "out")
    before = digests(record.out)
    monkeypatch.setattr(preparing, "decode_image", None)
    _, second = run(photos, tmp_path / "out")
    assert digests(record.out) == before
    assert second.rows() == first.rows()


def test_new_pictures_are_added_and_old_ones_known(photos, tmp_path):
    record, _ = run(photos, tmp_path / "out")
    write_png(photos / "new.png", scene(20))
    write_png(photos / "again.png", cv2.resize(scene(3), (90, 90)))
    (photos / "same.png").write_bytes((photos / "0.png").read_bytes())
    _, tally = run(photos, tmp_path / "out")
    last = list(record.lines())[-3:]
    assert [line["source"] for line in last] == ["again.png", "new.png", "same.png"]
    assert last[0]["dropped"][0]["reason"] == "nearly the same: as 3.png"
    assert last[1]["kept"][0]["picture"] == "000005.png"
    assert last[2]["dropped"][0]["reason"] == "same as 0.png"
    assert tally.pictures == 6


def test_a_source_that_changed_is_refused_and_one_that_is_gone_is_not(photos, tmp_path):
    run(photos, tmp_path / "out")
    (photos / "3.png").unlink()
    assert run(photos, tmp_path / "out")[1].pictures == 5
    os.utime(photos / "0.png", ns=(1, 1))  # with the same content
    os.utime(photos / "bad.jpg", ns=(1, 1))
    assert run(photos, tmp_path / "out")[1].pictures == 5
    data = (photos / "0.png").read_bytes()
    (photos / "0.png").write_bytes(data[:-1] + b"?")
    with pytest.raises(DataError, match=r"0.png must be as it was.*--fresh"):
        run(photos, tmp_path / "out")


def test_a_photograph_that_gave_nothing_does_not_stand_for_a_better_one(tmp_path):
    """A thumbnail is met first and too small; the same photograph in full is kept."""
    (tmp_path / "photos").mkdir()
    small = cv2.resize(scene(0), (7, 7), interpolation=cv2.INTER_AREA)
    write_png(tmp_path / "photos/a.png", small)
    write_png(tmp_path / "photos/b.png", cv2.resize(small, (64, 64)))
    record, _ = run(tmp_path / "photos", tmp_path / "out", near_bits=16)
    assert [len(line["kept"]) for line in record.lines()] == [0, 1]


class Middle:
    """Cuts the same picture out of every source."""

    in_order = False

    def cut(self, image, source):
        yield Cut(scene(7))


def test_pictures_cut_out_alike_are_near_duplicates_too(photos, tmp_path):
    record, tally = run(photos, tmp_path / "out", Middle())
    assert tally.pictures == 1
    reasons = [cut["reason"] for line in record.lines() for cut in line["dropped"]]
    assert reasons.count("nearly the same: as 000000.png") == 6


def test_near_duplicates_stay_where_they_are_wished(photos, tmp_path):
    assert run(photos, tmp_path / "out", near_bits=None)[1].pictures == 6


def test_copies_are_files_of_their_own_that_the_doctor_takes(tmp_path):
    (tmp_path / "photos").mkdir()
    write_png(tmp_path / "photos/a.png", scene(0))
    record, tally = run(
        tmp_path / "photos", tmp_path / "out", Multiplier(5), None, copies=True
    )
    assert tally.pictures == 5
    pictures = [read_image(path) for path in sorted(record.out.glob("*.png"))]
    assert all(np.array_equal(picture, scene(0)) for picture in pictures)
    assert len(examine(record.out, image_size=(64, 64)).names) == 5


BLANK = np.full((64, 64, 3), 200, np.uint8)


def draw_sheets(folder, *sheets):
    folder.mkdir()
    for k, sheet in enumerate(sheets):
        write_png(folder / f"{k}.png", sheet)
    return folder


def patches(photos, out, wanted=9, **more):
    usable = list(range(len(find_sources(photos).files)))
    cutter, shares = PatchCutter(patch_size=16, seed=3), Shares(wanted, usable)
    return run(photos, out, cutter, None, shares=shares, planned=wanted, **more)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_a_blank_sheet_lacks_the_good_ones_give(tmp_path, order):
    """Whatever their names: those that gave all of their share are asked again."""
    sheets = [scene(0), BLANK]
    photos = draw_sheets(tmp_path / "photos", *(sheets[k] for k in order))
    record, tally = patches(photos, tmp_path / "out", wanted=11)
    assert (tally.pictures, tally.sources, tally.giving) == (11, 2, 1)
    made = sorted(record.out.glob("*.png"))
    assert len({path.read_bytes() for path in made}) == 11


def test_sheets_that_are_all_blank_end_with_none(tmp_path):
    photos = draw_sheets(tmp_path / "photos", BLANK, BLANK[:-1])
    assert patches(photos, tmp_path / "out")[1].pictures == 0


@pytest.mark.parametrize("method", ["append", "publish"])
@pytest.mark.parametrize("at", [0, 1, 2, 4, 5])
def test_patches_killed_anywhere_lose_a_part_at_most(tmp_path, monkeypatch, at, method):
    """Of one doodle and a blank sheet: parts of two, and a second go."""
    monkeypatch.setattr(state, "PART", 2)
    photos = draw_sheets(tmp_path / "photos", scene(0), BLANK)
    whole, _ = patches(photos, tmp_path / "whole")
    assert [len(line["kept"]) for line in whole.lines()] == [2, 2, 1, 0, 2, 2]
    with killed_in(monkeypatch, method, at):
        patches(photos, tmp_path / "out")
    assert len(list(Record(tmp_path / "out").lines())) == at + (method == "publish")
    record, tally = patches(photos, tmp_path / "out")
    assert digests(record.out) == digests(whole.out)
    assert (tally.pictures, tally.sources, tally.giving) == (9, 2, 1)


def test_copies_killed_in_the_middle_of_a_picture_go_on_there(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "PART", 3)
    photos = draw_sheets(tmp_path / "photos", scene(0), scene(1))

    def copy(out):
        return run(photos, out, Multiplier(8), None, copies=True, planned=16)

    whole, _ = copy(tmp_path / "whole")
    stage = Record.stage

    def fail(record, name, data):
        if name == "000007.png":
            raise Killed
        stage(record, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(Record, "stage", fail)
        with pytest.raises(Killed):
            copy(tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*.png"))) == 6
    assert digests(copy(tmp_path / "out")[0].out) == digests(whole.out)


def test_progress_counts_the_pictures_where_they_are_planned(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "PART", 2)
    seen = []
    photos = draw_sheets(tmp_path / "photos", scene(0))
    patches(photos, tmp_path / "out", 5, progress=lambda *now: seen.append(now))
    assert seen == [(0, 5), (2, 5), (4, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize(
    "reason", ["cannot be read: Permission denied", NO_MEMORY], ids=str.split
)
def test_a_passing_reason_is_not_for_ever(photos, tmp_path, monkeypatch, reason):
    read = preparing.read_bytes

    def refuse(path):
        if path.name == "2.png":
            raise UnreadableImage(reason)
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(preparing, "read_bytes", refuse)
        record, tally = run(photos, tmp_path / "out")
        assert tally.reasons[reason.split(":")[0]] == 1
        page = write_report(record, tally, {"path": "photos"}).read_text()
        assert "The next start tries again." in page
    assert "2.png" not in {line["source"] for line in record.lines()}
    _, tally = run(photos, tmp_path / "out")
    assert reason.split(":")[0] not in tally.reasons
    assert list(record.lines())[-1]["source"] == "2.png" and tally.sources == 9


def test_pictures_that_were_removed_are_made_again(tmp_path, monkeypatch):
    """Near duplicates beside them, and parts: each comes back as it was."""
    photos = draw_sheets(tmp_path / "photos", scene(0), scene(1))

    class Several:
        in_order = False

        def cut(self, image, source):
            for k in (0, 0, 1):  # the second is dropped
                yield Cut(np.ascontiguousarray(np.rot90(image, k)))
            yield Cut(image, "too dark: 1")

    monkeypatch.setattr(state, "PART", 2)
    for name, prepared in (
        ("a", lambda: run(photos, tmp_path / "a", Several())),
        ("b", lambda: patches(photos, tmp_path / "b")),
    ):
        record, _ = prepared()
        before = digests(record.out)
        (tmp_path / name / "000001.png").unlink()
        (tmp_path / name / "000003.png").unlink()
        assert digests(prepared()[0].out) == before


def test_a_picture_that_opencv_chokes_on_does_not_end_the_run(photos, tmp_path):
    class Choking:
        in_order = False

        def cut(self, image, source):
            if source.name == "1.png":
                raise cv2.error("out of memory")
            yield Cut(image)

    record, tally = run(photos, tmp_path / "out", Choking())
    assert tally.reasons[NO_MEMORY] == 1 and tally.pictures >= 4


def test_progress_ends_at_the_total(photos, tmp_path):
    seen = []
    run(photos, tmp_path / "out", progress=lambda *now: seen.append(now))
    assert seen[0] == (0, 9) and seen[-1] == (9, 9)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_thumbnails_are_few_however_many_are_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "THUMBNAILS", 3)
    (tmp_path / "photos").mkdir()
    for k in range(10):
        write_png(tmp_path / f"photos/{k}.png", scene(k)[:4, :4])
    record, _ = run(tmp_path / "photos", tmp_path / "out")
    cuts = [cut for line in record.lines() for cut in line["dropped"]]
    assert [("thumbnail" in cut) for cut in cuts] == [True] * 3 + [False] * 7
    page = write_report(record, *run(tmp_path / "photos", record.out)[1:], {"path": ""})
    assert len(re.findall("<img", page.read_text())) == 3
