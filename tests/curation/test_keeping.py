"""Which pictures a choice keeps, and how they get into their new folder."""

import os
from pathlib import Path

import numpy as np
import pytest

from kerasgan.curation import keeping
from kerasgan.curation.keeping import Choice, choose, keep, within
from kerasgan.curation.sorted_pictures import MAP_SIDE, SortedPictures, on_map

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]])


def six_pictures():
    return SortedPictures(
        names=["a.png", "b/ä.png", "c,d.png", "e.png", 'f"g.png', "h.png"],
        clusters=np.array([1, 1, 1, 2, 2, 3]),
        places=np.array([[5, 5], [50, 5], [60, 5], [5, 8], [70, 70], [9, 9]]),
        distances=np.array([0.5, 0.25, 0.75, 1.0, 2.0, 0.0]),
        outliers=np.array([False, True, False, False, False, False]),
        duplicate_of=np.array([0, 1, 0, 3, 4, 5]),
        class_names=("eye", "nose"),
        classes=np.array([0, 0, 1, 1, -1, -1]),
        contents=[str(k) for k in range(6)],
    )


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        (Choice((1,)), [0, 1, 2]),
        (Choice((2, 3)), [3, 4, 5]),
        (Choice((1,), drop=("outliers",)), [0, 2]),
        (Choice((1,), drop=("outliers", "duplicates")), [0]),
        (Choice((1,), outside=(SQUARE,), drop=("duplicates",)), [1, 2]),
        (Choice((1,), inside=(SQUARE,)), [0, 1, 2, 3, 5]),
        (Choice((1, 2), outside=(SQUARE,)), [1, 2, 4]),
        (Choice(inside=(SQUARE,)), [0, 3, 5]),
    ],
)
def test_a_choice_keeps(choice, kept):
    assert np.flatnonzero(choose(six_pictures(), choice)).tolist() == kept


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice((1, 4)), "must name clusters from 1 to 3. Received 4"),
        (Choice((3,), outside=(SQUARE,)), "keeps none of 6"),
    ],
)
def test_a_choice_that_cannot_be_is_told(choice, sentence):
    with pytest.raises(ValueError, match=sentence):
        choose(six_pictures(), choice)


def test_a_lasso_may_cross_itself():
    bow_tie = np.array([[0, 0], [10, 10], [10, 0], [0, 10]])
    places = np.array([[9, 5], [1, 5], [5, 9], [5, 1]])
    assert within(places, bow_tie).tolist() == [True, True, False, False]


def test_a_lasso_agrees_with_areas():
    random = np.random.default_rng(0)
    corners = random.integers(0, MAP_SIDE, (3, 2))
    places = random.integers(0, MAP_SIDE, (20_000, 2))
    (ax, ay), (bx, by) = (corners[1:] - corners[0]).tolist()
    expected = abs(ax * by - ay * bx) / 2 / MAP_SIDE**2
    assert within(places, corners).mean() == pytest.approx(expected, abs=0.01)


def test_the_table_holds_all_of_it(tmp_path):
    before = six_pictures()
    before.write(tmp_path / "pictures.csv")
    after = SortedPictures.read(tmp_path / "pictures.csv")
    for name, value in vars(before).items():
        assert np.array_equal(value, getattr(after, name)), name
    assert after.members(1).tolist() == [1, 0, 2]
    assert after.classes_of(1) == {"eye": 2, "nose": 1}
    assert after.duplicates.tolist() == [False, False, True, False, False, False]


HEAD = "file,cluster,x,y,distance,outlier,duplicate_of,class,content\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD,
        "file,cluster\na,1\n",
        "no\nsense\n",
        f"{HEAD}../../etc/hostname,1,2,3,4,0,,,a\n",
        f"{HEAD}/etc/hostname,1,2,3,4,0,,,a\n",
    ],
)
def test_a_damaged_table_is_told(tmp_path, text):
    (tmp_path / "pictures.csv").write_text(text)
    with pytest.raises(ValueError, match="is damaged"):
        SortedPictures.read(tmp_path / "pictures.csv")


def test_places_on_the_map_keep_their_proportions():
    places = on_map(np.array([[-1.0, 0.0], [3.0, 0.0], [1.0, 1.0]]))
    assert places.tolist() == [[0, 24576], [65535, 24576], [32768, 40959]]
    assert on_map(np.zeros((2, 2))).tolist() == [[32768, 32768]] * 2


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "scrape"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.png").write_bytes(b"one")
    (folder / "deep" / "b.png").write_bytes(b"two")
    return folder


def test_kept_pictures_are_links_in_the_same_sub_folders(source, tmp_path):
    out = tmp_path / "new" / "eyes"
    assert keep(source, ["a.png", "deep/b.png"], out) == 0
    assert (out / "deep" / "b.png").read_bytes() == b"two"
    assert os.path.samefile(out / "a.png", source / "a.png")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["eyes"]


def test_a_link_in_the_source_is_followed(source, tmp_path):
    (source / "c.png").symlink_to(source / "a.png")
    keep(source, ["c.png"], tmp_path / "eyes")
    assert not (tmp_path / "eyes" / "c.png").is_symlink()
    assert (tmp_path / "eyes" / "c.png").read_bytes() == b"one"


def test_where_links_cannot_be_they_are_copies(source, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(keeping.os, "link", refuse)
    assert keep(source, ["a.png", "deep/b.png"], tmp_path / "eyes") == 2
    assert not os.path.samefile(tmp_path / "eyes" / "a.png", source / "a.png")
    monkeypatch.undo()
    assert keep(source, ["a.png"], tmp_path / "more", copy=True) == 1


def test_a_picture_that_is_gone_leaves_nothing_half_done(source, tmp_path):
    with pytest.raises(ValueError, match="gone.png is not"):
        keep(source, ["a.png", "gone.png"], tmp_path / "eyes")
    assert [path.name for path in tmp_path.iterdir()] == ["scrape"]


def test_what_a_killed_start_left_is_replaced(source, tmp_path):
    (tmp_path / ".eyes.part").mkdir()
    (tmp_path / ".eyes.part" / "old.png").write_bytes(b"")
    keep(source, ["a.png"], tmp_path / "eyes")
    assert [path.name for path in (tmp_path / "eyes").iterdir()] == ["a.png"]
