"""The count of pictures on a terminal."""

import io
import sys

from kerasgan.cli.counter import counter


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_it_counts_on_one_line_and_ends_it(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    show = counter("making")
    for done in (1, 2, 3000):
        show(done, 3000)
    said = sys.stderr.getvalue()
    assert said.endswith("\rmaking picture 3,000 of 3,000\n")
    assert said.count("\n") == 1


def test_it_is_silent_in_a_file_and_without_a_stderr(monkeypatch):
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        counter("making")(1, 1)
        assert stream is None or stream.getvalue() == ""


def test_it_says_how_long_it_takes_yet(monkeypatch):
    now = iter([100.0, 103.0, 104.0])
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    show = counter("features of")
    show(1000, 1600)  # found there: not of this start
    show(1300, 1600)
    show(1600, 1600)
    said = sys.stderr.getvalue()
    assert "picture 1,300 of 1,600, 0:03 left" in said
    assert said.endswith("picture 1,600 of 1,600\n")
