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
