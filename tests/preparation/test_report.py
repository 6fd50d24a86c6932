"""The report: self-contained, bounded, and harmless whatever the files are called."""

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np

from kerasgan.images import write_png
from kerasgan.preparation import report
from kerasgan.preparation.record import Record
from kerasgan.preparation.report import write_report
from kerasgan.preparation.state import thumbnail
from kerasgan.preparation.tally import Tally
from tests.data.test_near_duplicates import scene

NASTY = "<script>alert(1)</script> \"'&\udce9.jpg"


def made(folder, sources, kept_each=1, dropped_each=1):
    record = Record(folder)
    record.begin({"path": NASTY})
    tally = Tally()
    for k in range(sources):
        kept = []
        for number in range(k * kept_each, (k + 1) * kept_each):
            name = f"{number:06d}.png"
            if k < 3:
                write_png(record.out / name, scene(k))
            kept.append({"picture": name, "box": [1, 2, 3, 4]})
        cut = {"reason": "too dark: 3 of 255", "thumbnail": thumbnail(scene(k))}
        line = {"source": NASTY, "file": NASTY, "state": [0, 0], "digest": ""}
        line |= {"kept": kept, "dropped": [cut] * dropped_each}
        record.append(line)
        tally.add(line)
    return write_report(record, tally, {"path": NASTY, "margin": 0.2})


class Reader(HTMLParser):
    """Counts tags; fails where they do not close."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.links = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [v for k, v in attributes if k in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_it_is_one_whole_page_without_scripts_and_network(tmp_path):
    page = made(tmp_path / "out", 2).read_text("utf-8")
    reader = Reader()
    reader.feed(page)
    assert reader.open == [] and "script" not in reader.tags
    assert reader.tags.count("img") == 4
    assert all(link.startswith("data:image/jpeg;base64,") for link in reader.links)
    assert "http" not in page and "url(" not in page
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "prefers-color-scheme: dark" in page


def test_thumbnails_are_small_and_of_the_picture(tmp_path):
    data = base64.b64decode(thumbnail(scene(0)))
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (64, 64, 3) and len(data) < 4000
    small = scene(0).reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))[..., ::-1]
    assert np.abs(image - small).mean() < 12


def test_many_pictures_are_spread_and_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "KEPT_SHOWN", 10)
    monkeypatch.setattr(report, "THUMBNAILS", 5)
    page = made(tmp_path / "out", 40, kept_each=7).read_text("utf-8")
    numbers = re.findall(r": (\d{6})\.png</figcaption>", page)
    assert len(numbers) == 10
    gaps = np.diff([int(number) for number in numbers])
    assert set(gaps) == {28}
    assert page.count("too dark: 3 of 255</figcaption>") == 5
    assert "Kept: 280" in page and "Dropped, too dark: 40" in page


def test_a_picture_that_was_removed_since_leaves_a_place(tmp_path):
    page = made(tmp_path / "out", 4).read_text("utf-8")
    assert page.count("no picture") == 1
