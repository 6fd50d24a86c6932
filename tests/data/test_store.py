"""Packing a folder once and opening it again."""

import errno
import io
import os
from pathlib import Path

import numpy as np
import pytest

from kerasgan.data import store as store_module
from kerasgan.data.doctor import DataError
from kerasgan.data.store import open_store
from kerasgan.images import fit_image, write_png


@pytest.fixture
def folder(tmp_path) -> Path:
    """Five pictures and one that is no picture."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for seed in range(5):
        write_png(folder / f"sub/{seed}.png", picture(seed))
    (folder / "bad.jpg").write_bytes(b"")
    return folder


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (32, 48, 3), dtype=np.uint8)


def opened(folder, **settings):
    cache_dir = settings.pop("cache_dir", folder.parent / "cache")
    return open_store(
        folder, **{"image_size": (16, 16), "cache_dir": cache_dir, **settings}
    )


def files_in(path: Path) -> list[str]:
    return sorted(file.name for file in path.iterdir())


@pytest.fixture
def no_decoding(monkeypatch):
    """From here on a picture that is opened fails the test."""

    def fail(*args, **settings):
        raise AssertionError("a picture was opened")

    return lambda: monkeypatch.setattr(store_module, "examine", fail)


def test_the_pack_holds_the_fitted_pictures_in_order(folder):
    store = opened(folder)
    assert isinstance(store.images, np.memmap) and not store.images.flags.writeable
    assert store.names == [f"sub/{seed}.png" for seed in range(5)]
    expected = np.stack([fit_image(picture(seed), (16, 16)) for seed in range(5)])
    np.testing.assert_array_equal(store.images, expected)
    assert store.report["used"] == 5
    assert store.report["skipped"] == [["bad.jpg", "empty file"]]


def test_a_second_start_opens_no_picture_and_finds_the_same(folder, no_decoding):
    first = opened(folder)
    no_decoding()
    second = opened(folder)
    np.testing.assert_array_equal(first.images, second.images)
    assert second.names == first.names
    assert second.examination == first.examination
    assert second.fingerprint == first.fingerprint


def test_the_users_folder_is_only_read(folder):
    before = sorted(folder.rglob("*")), folder.stat().st_mtime_ns
    opened(folder)
    assert (sorted(folder.rglob("*")), folder.stat().st_mtime_ns) == before


def test_a_new_a_changed_and_a_removed_file_make_a_new_pack(folder):
    packs = [opened(folder)]
    write_png(folder / "new.png", picture(9))
    packs.append(opened(folder))
    write_png(folder / "new.png", picture(10))
    packs.append(opened(folder))
    (folder / "sub/0.png").unlink()
    packs.append(opened(folder))
    assert [len(pack.names) for pack in packs] == [5, 6, 6, 5]
    assert len({pack.fingerprint for pack in packs}) == 4
    np.testing.assert_array_equal(packs[2].images[0], fit_image(picture(10), (16, 16)))


def test_the_old_pack_of_a_changed_folder_is_removed(folder):
    opened(folder)
    write_png(folder / "new.png", picture(9))
    store = opened(folder)
    kinds = [Path(name).suffix for name in files_in(folder.parent / "cache")]
    assert sorted(kinds) == [".json", ".u8"]
    assert store.images.shape[0] == 6


def test_a_touched_file_is_read_again_and_the_contents_found_equal(folder):
    first = opened(folder)
    os.utime(folder / "sub/0.png", (1, 1))
    assert opened(folder).fingerprint == first.fingerprint


def test_other_files_do_not_make_a_new_pack_but_are_counted(folder, no_decoding):
    opened(folder)
    no_decoding()
    (folder / "notes.txt").write_text("x")
    assert opened(folder).examination.other_files == {".txt": 1}


def test_settings_have_packs_of_their_own(folder, no_decoding):
    settings = [{}, {"channels": 1}, {"fit": "pad"}, {"image_size": (16, 32)}]
    first = [opened(folder, **each) for each in settings]
    assert len({store.fingerprint for store in first}) == 4
    no_decoding()
    shapes = [opened(folder, **each).images.shape for each in settings]
    assert shapes == [(5, 16, 16, 3), (5, 16, 16, 1), (5, 16, 16, 3), (5, 16, 32, 3)]


def test_pictures_enlarged_more_have_a_list_of_their_own(folder, no_decoding):
    write_png(folder / "tiny.png", picture(9)[:5, :5])
    assert len(opened(folder).names) == 5
    all_of_them = opened(folder, most_enlarged=4.0)
    no_decoding()
    assert len(opened(folder).names) == 5
    assert opened(folder, most_enlarged=4.0).names == all_of_them.names
    assert len(all_of_them.names) == 6 and "tiny.png" in all_of_them.names


def test_copies_have_a_list_of_their_own(folder, no_decoding):
    write_png(folder / "copy.png", picture(0))
    lengths = [len(opened(folder, copies=each).names) for each in (False, True)]
    no_decoding()
    assert [len(opened(folder, copies=each).names) for each in (False, True)] == lengths
    assert lengths == [5, 6]


def test_the_fingerprint_is_that_of_the_contents_not_of_the_place(folder):
    here = opened(folder)
    moved = folder.rename(folder.with_name("moved"))
    assert opened(moved).fingerprint == here.fingerprint


@pytest.mark.parametrize("damage", ["cut", "shifted", "gone", "index"])
def test_a_damaged_pack_is_made_again(folder, damage):
    expected = np.array(opened(folder).images)
    cache = folder.parent / "cache"
    (pack,), (index,) = cache.glob("*.u8"), cache.glob("*.json")
    if damage == "cut":
        os.truncate(pack, 100)
    elif damage == "shifted":
        pack.write_bytes(b"x" + pack.read_bytes())
    elif damage == "gone":
        pack.unlink()
    else:
        index.write_text('{"manifest": ')
    np.testing.assert_array_equal(opened(folder).images, expected)


class FullDisk(io.FileIO):
    """A file on a disk that is full after the first picture."""

    def write(self, data):
        if self.tell() > 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_a_full_disk_says_so_and_leaves_nothing(folder, monkeypatch):
    monkeypatch.setattr(store_module, "open", FullDisk, raising=False)
    with pytest.raises(DataError, match=r"the disk is full\. Free some"):
        opened(folder)
    assert files_in(folder.parent / "cache") == []


def test_an_interrupt_leaves_nothing_half_written(folder):
    def interrupt(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened(folder, progress=interrupt)
    assert files_in(folder.parent / "cache") == []
    assert len(opened(folder).names) == 5


def test_what_a_killed_start_left_is_removed_when_it_is_old(folder):
    opened(folder)
    cache = folder.parent / "cache"
    (index,) = cache.glob("*.json")
    abandoned = cache / f"{index.stem}.1.partial"
    running = cache / f"{index.stem}.2.partial"
    for path in (abandoned, running):
        path.write_bytes(b"x")
    os.utime(abandoned, (1, 1))
    write_png(folder / "new.png", picture(9))
    opened(folder)
    assert running.exists() and not abandoned.exists()


def test_a_cache_that_cannot_be_written_says_so(folder):
    (folder.parent / "taken").write_text("a file where a folder should be")
    with pytest.raises(DataError, match="must go into a folder that can be written"):
        opened(folder, cache_dir=folder.parent / "taken" / "cache")


def test_a_folder_without_a_usable_picture_leaves_no_pack(folder):
    for path in (folder / "sub").iterdir():
        path.write_bytes(b"")
    with pytest.raises(DataError, match="one usable picture"):
        opened(folder)
    assert files_in(folder.parent / "cache") == []


def test_a_name_in_no_encoding_survives_the_cache(folder, no_decoding):
    name = os.fsdecode(b"caf\xe9.png")
    try:
        write_png(folder / name, picture(9))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    opened(folder)
    no_decoding()
    store = opened(folder)
    assert name in store.names
    assert all(path.is_file() for path in store.examination.used)


def test_real_faces_open_fast_the_second_time(shared_dir, tmp_path, no_decoding):
    folder = shared_dir / "data/faces/smile"
    first = opened(folder, image_size=(64, 64), cache_dir=tmp_path)
    no_decoding()
    second = opened(folder, image_size=(64, 64), cache_dir=tmp_path)
    assert second.images.shape == (1200, 64, 64, 3)
    assert second.fingerprint == first.fingerprint
