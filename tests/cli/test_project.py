"""`project`, typed as a user would."""

import csv
import json

import numpy as np
import pytest

from kerasgan.cli.main import main
from kerasgan.data.latent_files import read_latents
from tests.cli.conftest import QUICK, sheet


def test_project_writes_strips_latents_losses_and_videos(trained, capsys):
    assert main(["project", "--path", "faces", *QUICK, "--videos", "2"]) == 0
    out = trained / "projected"
    latents = read_latents(out / "latents.npz")
    assert len(latents.names) == 12 and latents.points.shape == (12, 4)
    assert sheet(out / "0.png") == (16, 48)
    assert len(list(out.glob("*.mp4"))) == 2
    rows = list(csv.reader((out / "losses.csv").open()))
    assert rows[0] == ["step", *latents.names]
    assert [row[0] for row in rows[1:]] == ["0", "1", "2", "3", "4"]
    losses = json.loads((out / "project.json").read_text())["losses"]
    smallest = np.array(rows[1:], float).min(axis=0)[1:]
    assert list(losses.values()) == pytest.approx(smallest, rel=1e-3)
    assert "12 photos projected into z" in capsys.readouterr().out


def test_a_photo_is_projected_alone_as_in_company(trained):
    assert main(["project", "--path", "faces", *QUICK]) == 0
    every = read_latents(trained / "projected" / "latents.npz")
    assert main(["project", "--path", "faces/7.png", *QUICK, "--out", "one"]) == 0
    one = read_latents("one/latents.npz")
    assert one.names == ["7.png"]
    expected = every.points[every.names.index("7.png")]
    assert one.points[0] == pytest.approx(expected, abs=1e-3)


def test_the_small_picture_may_be_compared_in_features(trained):
    typed = ["inpaint", "--path", "faces/1.png", "--mask", "lowres", *QUICK]
    assert main([*typed, "--features", "0.05"]) == 0
