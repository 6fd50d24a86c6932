"""The page, the thumbnails, the PNGs and the steps' files."""

import itertools
import json
import re
import shlex
import shutil
import subprocess

import cv2
import numpy as np
import pytest

from kerasgan.curation import page, thumbnails
from kerasgan.curation.keeping import Choice, choose
from kerasgan.curation.page import page_data, shown_pictures, write_page
from kerasgan.curation.sheets import write_map, write_sheets
from kerasgan.curation.sorted_pictures import SortedPictures
from kerasgan.curation.steps import Steps
from kerasgan.curation.thumbnails import per_row, sprite_sheets, thumbnail
from tests.curation.test_keeping import six_pictures

IMAGES = np.stack([np.full((40, 40, 3), 40 * k, np.uint8) for k in range(6)])


def written(tmp_path, pictures):
    path = tmp_path / "map.html"
    words = {"title": "eyes & ears", "summary": "two", "command": "keep"}
    write_page(path, IMAGES, pictures, **words)
    return path.read_text(encoding="utf-8")


def data_of(text):
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text)
    return json.loads(found[1])


def test_the_page_needs_nothing_but_itself(tmp_path):
    text = written(tmp_path, six_pictures())
    assert "<title>eyes &amp; ears</title>" in text
    assert not re.search(r"https?://|//cdn|@import|url\(", text)
    links = re.findall(r'(?:src|href)="(.{5})', text)
    assert set(links) == {"data:"}
    assert "$" + "data" not in text


def test_the_page_shows_clusters_one_after_the_other_typical_ones_first(tmp_path):
    data = data_of(written(tmp_path, six_pictures()))
    assert data["names"][:3] == ["b/ä.png", "a.png", "c,d.png"]
    assert data["cluster"] == [1, 1, 1, 2, 2, 3]
    assert data["flags"] == [1, 0, 2, 0, 0, 0]
    first = data["clusters"][0]
    assert (first["count"], first["first"], first["shown"]) == (3, 0, 3)
    assert first["tally"] == [3, 2, 2, 1]
    assert data["groups"] == [[1, 2]] and data["spread"] == []
    assert first["words"] == "1 outliers, 1 near duplicates; eye 2, nose 1"
    assert data["clusters"][1]["first"] == 3


def test_a_name_cannot_end_the_script(tmp_path):
    pictures = six_pictures()
    pictures.names[0] = "</script><script>alert(1)</script>.png"
    text = written(tmp_path, pictures)
    assert "alert(1)</script>" not in text
    assert pictures.names[0] in data_of(text)["names"]


def test_of_many_pictures_a_sample_is_shown_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(page, "MOST", 3)
    pictures = six_pictures()
    shown = shown_pictures(pictures)
    data = page_data(pictures, shown)
    assert len(shown) == 3
    assert (np.diff(pictures.clusters[shown]) >= 0).all()
    assert data["total"] == 6
    assert sum(each["count"] for each in data["clusters"]) == 6
    assert sum(each["shown"] for each in data["clusters"]) == 3


# Just enough of a browser for page.js to count in.
COUNTING = r"""
const [script, data, choices] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const traps = {get: () => any, apply: () => any, set: () => true};
const any = new Proxy(function () {}, traps);
const boxes = {data: {textContent: data}};
const document = {getElementById: id => boxes[id] || any, querySelectorAll: () => [],
  createElement: () => any};
const names = ["document", "addEventListener", "boxes", "choices"];
const count = new Function(...names, script + `;
  return choices.map(([numbers, drop]) => {
    chosen.clear();
    numbers.forEach(number => chosen.add(number));
    boxes.drop_outliers = {checked: drop.includes("outliers")};
    boxes.drop_duplicates = {checked: drop.includes("duplicates")};
    return keptInAll()[0];
  });`);
console.log(JSON.stringify(count(document, () => {}, boxes, choices)));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
@pytest.mark.parametrize("most", [20_000, 25])
def test_the_page_counts_what_the_command_keeps(most, monkeypatch):
    """Near duplicates in several clusters too, and with a part of them on the page."""
    monkeypatch.setattr(page, "MOST", most)
    random, count = np.random.default_rng(0), 60
    groups = np.minimum(np.arange(count), random.integers(0, 20, count))
    groups = np.where(groups[groups] == groups, groups, np.arange(count))
    pictures = SortedPictures(
        names=[f"{k}.png" for k in range(count)],
        clusters=random.integers(1, 5, count),
        places=random.integers(0, 100, (count, 2)),
        distances=random.random(count),
        outliers=random.random(count) < 0.3,
        duplicate_of=groups,
        class_names=(),
        classes=np.full(count, -1),
        contents=[""] * count,
    )
    drops = [(), ("outliers",), ("duplicates",), ("outliers", "duplicates")]
    choices = [
        (numbers, drop)
        for size in (1, 2, 4)
        for numbers in itertools.combinations(range(1, 5), size)
        for drop in drops
    ]
    wanted = [
        int(choose(pictures, Choice(numbers, drop=drop)).sum())
        for numbers, drop in choices
    ]
    data = json.dumps(page_data(pictures, shown_pictures(pictures)))
    script = (page.FOLDER / "page.js").read_text()
    done = subprocess.run(
        ["node", "-e", COUNTING],
        input=json.dumps([script, data, choices]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == wanted


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
def test_a_folder_is_quoted_as_a_shell_wants_it():
    """In quotes, ~ would be a folder of that name."""
    script = (page.FOLDER / "page.js").read_text()
    quoted = re.search(r"function quoted.*?\n}\n", script, re.DOTALL)[0]
    names = ["eyes", "my eyes", "~/eyes", "~/my 'own' eyes", "~ann/eyes", "~/", "a~/b"]
    program = f"{quoted} console.log(JSON.stringify({json.dumps(names)}.map(quoted)))"
    done = subprocess.run(
        ["node", "-e", program], capture_output=True, text=True, check=True
    )
    words = json.loads(done.stdout)
    assert [shlex.split(word) for word in words] == [[name] for name in names]
    assert [word.partition("/")[0] for word in words[2:6]] == ["~", "~", "~ann", "~"]


def test_thumbnails_stand_on_the_sheets_in_order(monkeypatch):
    monkeypatch.setattr(thumbnails, "SHEET_SIDE", 64)  # two a row, four a sheet
    told = []
    places = np.array([5, 4, 3, 2, 1])
    sheets = sprite_sheets(IMAGES, places, 32, lambda *now: told.append(now))
    assert len(sheets) == 2 and told == [(4, 5), (5, 5)]
    assert per_row(32) == 2
    import base64

    data = base64.b64decode(sheets[0].removeprefix("data:image/jpeg;base64,"))
    first = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert first.shape == (64, 64, 3)
    corners = [first[y, x, 0] for y, x in ((5, 5), (5, 60), (60, 5), (60, 60))]
    assert np.allclose(corners, [200, 160, 120, 80], atol=2)


def test_transparent_thumbnails_lie_on_white():
    image = np.zeros((16, 16, 4), np.uint8)
    image[..., 3] = 51  # a fifth of black
    assert thumbnail(image, 16)[0, 0].tolist() == [204, 204, 204]
    assert thumbnail(np.full((8, 16, 1), 7, np.uint8), 16)[8, 8].tolist() == [7, 7, 7]


def test_sheets_of_an_earlier_curation_go(tmp_path):
    (tmp_path / "cluster_09.png").write_bytes(b"old")
    told = []
    write_sheets(tmp_path, IMAGES, six_pictures(), lambda *now: told.append(now))
    assert told == [(1, 3), (2, 3), (3, 3)]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["cluster_01.png", "cluster_02.png", "cluster_03.png"]
    sheet = cv2.imread(str(tmp_path / "cluster_01.png"))
    assert sheet[30, 30].tolist() == [40] * 3  # the most typical one first
    assert sheet[30, 96].tolist() == [0] * 3


def test_the_map_draws_each_picture_at_its_place(tmp_path):
    pictures = six_pictures()
    pictures.places[:] = [[0, 65535], [65535, 65535], [0, 0], [65535, 0]] + 2 * [[9, 9]]
    told = []
    path = tmp_path / "map.png"
    write_map(path, IMAGES, pictures, lambda *now: told.append(now))
    assert told == [(done, 6) for done in range(1, 7)]
    drawn = cv2.imread(str(tmp_path / "map.png"))
    assert drawn[14, 14].tolist() == [0] * 3  # picture 0 at the upper left
    assert drawn[14, -14].tolist() == [40] * 3
    assert drawn[-14, -14].tolist() == [120] * 3


def test_a_step_of_another_key_takes_the_place(tmp_path):
    steps = Steps(tmp_path)
    steps.save("map", "aa", x=np.ones(2))
    (tmp_path / "map-cc.npz.part").write_bytes(b"killed")
    steps.save("map", "bb", x=np.zeros(2))
    assert [path.name for path in tmp_path.iterdir()] == ["map-bb.npz"]
    assert steps.load("map", "aa") is None
    assert steps.load("map", "bb")["x"].tolist() == [0, 0]


@pytest.mark.parametrize("length", [0, 1, 50, 200])
def test_a_damaged_step_is_none_and_made_again(tmp_path, length):
    steps = Steps(tmp_path)
    steps.save("map", "aa", x=np.ones(2))
    path = tmp_path / "map-aa.npz"
    path.write_bytes(path.read_bytes()[:length])
    assert steps.load("map", "aa") is None
    path.write_bytes(b"nonsense")
    assert steps.load("map", "aa") is None
    steps.save("map", "aa", x=np.ones(2))
    assert steps.load("map", "aa") is not None


def test_a_step_half_written_is_none(tmp_path):
    (tmp_path / "map-aa.npz.part").write_bytes(b"killed")
    assert Steps(tmp_path).load("map", "aa") is None


@pytest.mark.parametrize(("count", "side"), [(5_859, 64), (5_860, 48), (99_999, 32)])
def test_more_thumbnails_are_smaller(count, side):
    assert thumbnails.thumbnail_side(count) == side
