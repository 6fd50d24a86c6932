"""Expressions: what they come to, and where they are wrong."""

import pytest

from kerasgan.latent.expressions import (
    ExpressionError,
    evaluate,
    names_in,
    parse,
    tokens,
)

VALUES = {
    "/home/me.jpg": 4.0,
    "a": 2.0,
    "b": 3.0,
    "me.jpg": 10.0,
    "my-face.png": 7.0,
    "x/y.png": 1.0,
}


def look_up(name):
    if name not in VALUES:
        raise KeyError(f"{name} is not known.")
    return VALUES[name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", 2),
        ("a - b + me.jpg", 9),
        ("a - (b - me.jpg)", 9),
        ("2*a - b / 2", 2.5),
        ("a*.5", 1),
        ("-a + b", 1),
        ("2 * (3 - 1) * a", 8),
        ("my-face.png - x/y.png", 6),
        ('"my-face.png"+a', 9),
        ("  a  ", 2),
        ("/home/me.jpg - a", 2),
        ("(a) /2 - (/home/me.jpg*2)", -7),
    ],
)
def test_what_it_comes_to(text, expected):
    assert evaluate(text, look_up) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("", 0, "A name or a number must follow here"),
        ("a +", 3, "A name or a number must follow here"),
        ("a b", 2, "Between two names"),
        ("(a - b", 6, r"A \) must stand here"),
        ("a)", 1, r"There is no \( to this \)"),
        ("a - + b", 4, "must stand here. Received '\\+'"),
        ("a * b", 2, "Two pictures cannot be multiplied"),
        ("2 / a", 2, "A picture cannot divide"),
        ("a / 0", 2, "no division by 0"),
        ("a + 2", 2, "A number must not be added"),
        ("3", 0, "must name a picture"),
        ("a - nobody", 4, "nobody is not known"),
        ('a + "b', 4, "A quote must be closed"),
    ],
)
def test_errors_show_the_place(text, place, sentence):
    with pytest.raises(ExpressionError, match=sentence) as error:
        evaluate(text, look_up)
    assert error.value.place == place
    _, shown, caret = str(error.value).rsplit("\n", 2)
    assert shown == f"  {text}"
    assert caret == f"  {' ' * place}^"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-14.jpg + a", ["2026-07-14.jpg", "+", "a"]),
        ("a - 001-me.png", ["a", "-", "001-me.png"]),
        ("3/me.jpg", ["3/me.jpg"]),
        ("1/2 * a", ["1", "/", "2", "*", "a"]),
        ("2-1+(3) - 4", ["2", "-", "1", "+", "(", "3", ")", "-", "4"]),
        ("2 -(a)", ["2", "-", "(", "a", ")"]),
    ],
)
def test_names_may_begin_with_numbers(text, expected):
    assert [token.text for token in tokens(text)] == [*expected, ""]


def test_names_come_in_order():
    assert [n.value for n in names_in(parse("b - 2 * (a + me.jpg)"))] == [
        "b", "a", "me.jpg",
    ]  # fmt: skip


def test_brackets_without_end_are_a_sentence():
    with pytest.raises(ExpressionError, match="at most 50 brackets"):
        parse("(" * 100 + "a")


def test_a_sum_without_end_is_a_sentence():
    assert evaluate("+".join(["a"] * 150), look_up) == 300
    with pytest.raises(ExpressionError, match="at most 300 parts"):
        evaluate("+".join(["a"] * 5000), look_up)


@pytest.mark.parametrize(
    ("text", "columns"), [("猫 - 犬", 7), ("u\u0308 - b", 6), ("a\n - b", 7)]
)
def test_the_caret_stands_under_the_name_whatever_is_before(text, columns):
    with pytest.raises(ExpressionError) as error:
        evaluate(text, lambda name: 1.0 if name not in "犬b" else {}[name])
    lines = str(error.value).split("\n")
    assert len(lines) == 3 and lines[-1] == " " * columns + "^"
