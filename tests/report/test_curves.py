"""What is drawn: thinned, extremes kept, gaps left open, ideals of the run's loss."""

import numpy as np
import pytest

from kerasgan.ideals import IDEALS
from kerasgan.losses import LOSSES
from kerasgan.report.charts import Chart, evaluation_words
from kerasgan.report.curves import POINTS, curves, drawn, value_range, with_shares
from kerasgan.report.records import Records, columns_of
from tests.report.run_files import evaluation, log_line

LOSS = Chart("loss", "", {"d_loss": "D"})


def records(log=(), evaluations=(), **settings):
    none = columns_of(iter(log)), columns_of(iter(evaluations))
    return Records({"settings": settings}, {}, *none, "a net", [])


def titles(part):
    return [chart["title"] for chart in part["charts"]]


def test_a_single_line_is_a_point():
    found = curves(records([log_line(50)]))["log"]
    assert found["times"] == {"step": [50], "images_seen": [200], "seconds": [25]}
    losses = found["charts"][0]["lines"]
    assert [line["middle"] for line in losses] == [[0.6], [1]]


def test_nothing_logged_is_nothing_drawn():
    found = curves(records())
    assert found["log"] == found["evaluations"] == {"times": {}, "charts": []}


def test_a_single_peak_in_a_long_log_is_kept():
    log = [log_line(step, d_loss=0.5) for step in range(1, 10_001)]
    log[5_003]["d_loss"] = 0.9
    log[7_007]["d_loss"] = 0.1
    line = drawn(columns_of(iter(log)), [LOSS], smooth=True)["charts"][0]["lines"][0]
    assert len(line["low"]) == POINTS
    assert (max(line["high"]), min(line["low"])) == (0.9, 0.1)
    assert max(line["middle"]) < 0.51  # of a mean the peak is little


def test_the_thick_line_is_the_mean_around():
    log = [log_line(step, d_loss=float(step % 2)) for step in range(1, 601)]
    line = drawn(columns_of(iter(log)), [LOSS], smooth=True)["charts"][0]["lines"][0]
    assert np.abs(np.array(line["middle"]) - 0.5).max() < 0.05


def test_what_was_not_finite_is_a_gap_and_is_told():
    log = [log_line(1), log_line(2, d_loss=None, non_finite=["d_loss"]), log_line(3)]
    line = drawn(columns_of(iter(log)), [LOSS], smooth=True)["charts"][0]["lines"][0]
    assert line["low"] == [0.6, None, 0.6]
    assert line["middle"] == [0.6, None, 0.6]
    assert line["nonFinite"] == 1


def test_an_exploding_value_leaves_the_axis_to_the_others():
    low, high = value_range(np.append(np.linspace(0.4, 0.8, 300), 1e8))
    assert low == pytest.approx(0.4, abs=0.01)
    assert 0.8 <= high < 1.0
    assert value_range(np.array([0.0, 1.0, 5.0])) == (0.0, 5.0)  # nothing unusual


def test_updates_are_shares_of_the_steps_since_the_line_before():
    log = [log_line(10, d_updates=10, g_updates=5), log_line(30, d_updates=20)]
    shares = with_shares(columns_of(iter(log))).values
    assert shares["d_share"].tolist() == [1.0, 0.5]
    assert shares["g_share"].tolist() == [0.5, 1.25]
    anew = with_shares(columns_of(iter([log_line(10), log_line(20, d_updates=3)])))
    np.testing.assert_array_equal(anew.values["d_share"], [1.0, np.nan])


@pytest.mark.parametrize("name", LOSSES)
def test_the_ideals_are_those_of_the_runs_loss(name):
    chart = curves(records([log_line(1)], loss=name))["log"]["charts"][0]
    values = {ideal["value"] for ideal in chart["ideals"]}
    assert values == {LOSSES[name].d_ideal, LOSSES[name].g_ideal}
    assert set(IDEALS) == set(LOSSES)


def test_a_training_without_d_has_no_curves_of_it():
    log = [{"step": 1, "images_seen": 4, "seconds": 1, "g_loss": 0.2, "g_updates": 1}]
    found = curves(records(log, loss="non_saturating", model="average"))["log"]
    assert titles(found) == ["Losses", "Updates of D and G"]
    assert [line["name"] for line in found["charts"][0]["lines"]] == ["G"]
    assert found["charts"][0]["ideals"] == []


def test_a_growing_networks_resolution_is_drawn():
    found = curves(records([log_line(1, resolution=4), log_line(2, resolution=8)]))
    chart = next(c for c in found["log"]["charts"] if c["title"] == "Resolution")
    assert (chart["lines"][0]["low"], chart["unit"]) == ([4, 8], "px")


def test_the_log_of_another_gan_gets_a_curve_a_number():
    log = [{"step": 1, "images_seen": None, "seconds": 2.0, "disc_loss": 0.7}]
    found = curves(records(log))["log"]
    assert titles(found) == ["disc_loss"]
    assert found["times"] == {"step": [1], "seconds": [2]}


def test_kid_is_times_1000_with_its_error_and_what_is_null_is_left_out():
    found = curves(records((), [evaluation(10), evaluation(20, kid_error=None)]))
    assert titles(found["evaluations"]) == ["KID", "Fréchet distance"]
    line = found["evaluations"]["charts"][0]["lines"][0]
    assert line["middle"] == [200, 200]
    assert (line["low"], line["high"]) == ([190, 200], [210, 200])


def test_copies_have_their_error():
    line = evaluation(10, copied=0.5, copied_error=0.1)
    charts = curves(records((), [line]))["evaluations"]["charts"]
    found = next(chart for chart in charts if chart["title"] == "Copies")["lines"][0]
    assert (found["low"], found["middle"], found["high"]) == ([40], [50], [60])


def test_among_how_many_copies_are_looked_for_is_said():
    line = evaluation(10, reals=9, held=9, fakes=8, searched=16_000, trained=60_000)
    words = evaluation_words(columns_of([line]), others=3)
    assert "among 16,000 of the 60,000 training pictures" in words
    assert words.endswith(
        "3 in other features, or against other pictures, are left out."
    )
    line |= {"searched": 50, "trained": 50}
    assert "looked for" not in evaluation_words(columns_of([line]))


def test_the_margin_is_explained_by_the_rule_that_it_is_of():
    words = [
        curves(records([log_line(1)], balance=rule))["log"]["charts"][1]["words"]
        for rule in ("margin", "adaptive")
    ]
    assert words[0].endswith("allows that gap.")
    assert "D's lead" in words[1]
