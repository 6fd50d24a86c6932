"""One live line on a terminal, plain ones elsewhere."""

import io
import os
import re

import pytest

from kerasgan.callbacks import ProgressLine
from kerasgan.callbacks.progress_line import fitted
from tests.callbacks.foreign_gan import make_gan, train

NAMES = ("disc_loss", "gen_loss", "margin")


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def fileno(self):
        return 99


def test_plain_lines_where_there_is_no_terminal():
    out = io.StringIO()
    line = ProgressLine(
        total_steps=3, batch_size=4, names=NAMES, stream=out, plain_every_seconds=0
    )
    train(make_gan(), 3, [line])
    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert "\r" not in out.getvalue()
    assert re.fullmatch(
        r"step 3/3 · 0\.0 kimg · \d+ images/s · disc_loss 0\.\d+ · gen_loss 0\.\d+"
        r" · 0:00 left",
        lines[-1],
    )


def test_few_plain_lines_but_always_the_last():
    out = io.StringIO()
    train(make_gan(), 3, [ProgressLine(stream=out, plain_every_seconds=999)])
    assert out.getvalue() == "step 3\n"


def test_a_terminal_has_one_line_trimmed_to_its_width(monkeypatch):
    monkeypatch.setattr(
        os, "get_terminal_size", lambda descriptor: os.terminal_size((21, 24))
    )
    out = Terminal()
    line = ProgressLine(names=NAMES, batch_size=4, stream=out, every_seconds=0)
    train(make_gan(), 2, [line])
    text = out.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\n")
    shown = text[:-1].split("\r")[1:]
    assert [each.startswith("step ") for each in shown] == [True, True]
    assert [len(each.removesuffix("\x1b[K")) for each in shown] == [20, 20]


def test_eighty_columns_have_the_losses_the_margin_and_the_time_left():
    logs = {"d_loss": 0.512, "g_loss": 1.23, "margin": 1.25}
    parts = ProgressLine(total_seconds=600, batch_size=32)._parts(
        12_500, logs, rate=10.4, seconds=300.0
    )
    text = fitted(parts, 79)
    assert len(text) <= 79
    for part in ("step 12,500", "333 images/s", "d_loss 0.512", "margin 1.25"):
        assert part in text
    assert text.endswith("5:00 left")


def test_a_sentence_of_another_callback_gets_its_own_line():
    out = Terminal()
    line = ProgressLine(stream=out)
    line._line_open = True
    out.write("\rstep 1")
    line.report("step 1: balanced.")
    assert out.getvalue() == "\rstep 1\nstep 1: balanced.\n"


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"total_steps": 300}, " · 0:50 left"),
        ({"total_seconds": 100}, " · 0:40 left"),
        ({}, ""),
    ],
)
def test_time_left(options, left):
    line = ProgressLine(stream=io.StringIO(), **options)
    text = line.text(100, {"margin": 0.25}, rate=4.0, seconds=60.0)
    total = "/300" if "total_steps" in options else ""
    assert text == f"step 100{total} · margin 0.250{left}"


def test_a_reader_that_has_gone_does_not_end_the_training():
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as gone:
        line = ProgressLine(total_steps=3, stream=gone, plain_every_seconds=0)
        gan = make_gan()
        train(gan, 3, [line])
        assert line.progress.step == 3
