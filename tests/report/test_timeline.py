"""Equal words in a row become one stretch."""

from kerasgan.report import timeline
from tests.report.run_files import verdict


def test_equal_words_are_one_with_the_last_sentence():
    words = ["balanced", "balanced", "collapsed", "balanced"]
    lines = [verdict(10 * k, word, f"{k}.") for k, word in enumerate(words, start=1)]
    found = timeline.stretches(lines)
    assert [each["word"] for each in found] == ["balanced", "collapsed", "balanced"]
    assert [each["count"] for each in found] == [2, 1, 1]
    assert found[0]["sentence"] == "2."
    assert (found[0]["from"]["step"], found[0]["to"]["images_seen"]) == (10.0, 80.0)


def test_a_verdict_without_a_place_is_left_out():
    assert timeline.stretches([{"word": "balanced"}]) == []
    found = timeline.stretches([{"word": "odd", "step": 3}])[0]
    assert (found["from"]["seconds"], found["sentence"]) == (None, "")


def test_of_very_many_the_newest_are_shown():
    words = ["balanced", "collapsed"] * 200
    data = timeline.page_data([verdict(k, word) for k, word in enumerate(words)])
    assert (len(data["stretches"]), data["older"]) == (timeline.MOST, 200)
    assert data["stretches"][-1]["to"]["step"] == 399
