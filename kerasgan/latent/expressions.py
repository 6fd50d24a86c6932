"""Arithmetic on named things: `smile - neutral + 0.5 * (me.jpg - her.jpg)`.

    sum     = term { ("+" | "-") term }
    term    = factor { ("*" | "/") factor }      at most one of them is not a number
    factor  = ["-"] (number | name | "(" sum ")")

A name is anything without spaces and the characters + * ( ) in it, so that paths with
slashes, dots and hyphens need no quotes; others stand in double quotes. The operators -
and / need a space before them where they follow a name, which may begin with a number,
as 2026-07-14.jpg does. Every error says where it is, by a caret under the place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

NUMBER = r"(?:\d+\.?\d*|\.\d+)"
TOKEN = re.compile(
    rf"\s*(?:(?P<number>{NUMBER})(?=(?:[-/]{NUMBER})*(?:[\s+*()]|[-/][\s(]|$))"
    r'|"(?P<quoted>[^"]*)"'
    r"|(?P<sign>[-+*/()])"
    r'|(?P<name>[^\s+*()"]+))'
)
PATH = re.compile(r'\s*(?P<name>/[^\s+*()"]+)')  # where a name must stand
MOST_DEPTH = 50  # brackets in brackets
MOST_PARTS = 300  # names, numbers and signs


class ExpressionError(ValueError):
    """An expression that cannot be read, or worked out; shows where."""

    def __init__(self, message: str, text: str, place: int) -> None:
        self.place = place
        shown = re.sub(r"\s", " ", text)  # a line, whatever is in it
        super().__init__(f"{message}\n  {shown}\n  {' ' * _width(shown[:place])}^")


def _width(text: str) -> int:
    """The columns of a terminal that a text takes."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


class Token(NamedTuple):
    """A part of an expression: its kind, its text, where it begins."""

    kind: str  # number, name, sign, end
    text: str
    place: int


@dataclass(frozen=True)
class Node:
    """A number, a name, or an operation on others."""

    kind: str  # number, name, + - * / or negative
    place: int
    value: Any = None  # of a number or a name
    parts: tuple[Node, ...] = ()


def tokens(text: str) -> list[Token]:
    """The parts of an expression, an `end` behind them.

    >>> [token.text for token in tokens("smile - me.jpg*0.5")]
    ['smile', '-', 'me.jpg', '*', '0.5', '']

    Raises:
        ExpressionError: a quote that is not closed; too many parts.
    """
    found, place = [], 0
    while text[place:].strip():
        behind_sign = not found or (found[-1].kind == "sign" and found[-1].text != ")")
        match = (behind_sign and PATH.match(text, place)) or TOKEN.match(text, place)
        start = place + len(text[place:]) - len(text[place:].lstrip())
        if match is None:
            raise ExpressionError('A quote must be closed by another ".', text, start)
        if len(found) == MOST_PARTS:
            message = f"An expression must have at most {MOST_PARTS} parts."
            raise ExpressionError(message, text, start)
        kind = match.lastgroup or ""
        word = match.group(kind)
        found.append(Token("name" if kind == "quoted" else kind, word, start))
        place = match.end()
    return [*found, Token("end", "", len(text.rstrip()))]


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: it cannot be read; shows where.

    Example:
    >>> tree = parse("a - 2 * b")
    >>> tree.kind, [part.kind for part in tree.parts]
    ('-', ['name', '*'])
    """
    reader = _Reader(text)
    tree = reader.sum(0)
    left = reader.now
    if left.kind != "end":
        raise reader.error(
            f"Between two names there must be one of + - * /. Received {left.text!r}: "
            'a name with spaces or signs in it stands in double quotes, "my face.jpg"'
            if left.text != ")"
            else "There is no ( to this )"
        )
    return tree


class _Reader:
    """Goes through the tokens once, from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.position = text, tokens(text), 0

    @property
    def now(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def error(self, message: str) -> ExpressionError:
        return ExpressionError(f"{message}.", self.text, self.now.place)

    def sum(self, depth: int) -> Node:
        left = self.term(depth)
        while self.now.kind == "sign" and self.now.text in "+-":
            sign = self.take()
            left = Node(sign.text, sign.place, parts=(left, self.term(depth)))
        return left

    def term(self, depth: int) -> Node:
        left = self.factor(depth)
        while self.now.kind == "sign" and self.now.text in "*/":
            sign = self.take()
            left = Node(sign.text, sign.place, parts=(left, self.factor(depth)))
        return left

    def factor(self, depth: int) -> Node:
        if depth > MOST_DEPTH:
            raise self.error(f"There must be at most {MOST_DEPTH} brackets in brackets")
        if self.now.kind == "end":
            raise self.error("A name or a number must follow here")
        token = self.now
        if token.kind == "number":
            return Node("number", self.take().place, float(token.text))
        if token.kind == "name":
            return Node("name", self.take().place, token.text)
        if token.text == "-":
            self.take()
            inside = self.factor(depth + 1)
            return Node("negative", token.place, parts=(inside,))
        if token.text == "(":
            self.take()
            inside = self.sum(depth + 1)
            if self.now.text != ")":
                raise self.error("A ) must stand here, for the ( before")
            self.take()
            return inside
        raise self.error(f"A name or a number must stand here. Received {token.text!r}")


def names_in(tree: Node) -> list[Node]:
    """Every name of an expression, from left to right."""
    if tree.kind == "name":
        return [tree]
    return [name for part in tree.parts for name in names_in(part)]


def evaluate(text: str, look_up: Callable[[str], Any]) -> Any:
    """What an expression comes to.

    Args:
        look_up: a name's value, an array; KeyError with a sentence where there is none.

    Raises:
        ExpressionError: it cannot be read; a name that is unknown; two names
            multiplied; a division by a name or by 0; a number alone in a sum.

    Example:
    >>> evaluate("(a + b) / 2", {"a": 1.0, "b": 3.0}.__getitem__)
    2.0
    """
    return _Worker(text, look_up).value(parse(text))


class _Worker:
    """Works a tree out, from the leaves up."""

    def __init__(self, text: str, look_up: Callable[[str], Any]) -> None:
        self.text, self.look_up = text, look_up

    def value(self, tree: Node) -> Any:
        """The value of a whole expression, which must not be a bare number."""
        if self.is_number(tree):
            message = "An expression must name a picture, a folder or a direction."
            raise ExpressionError(message, self.text, tree.place)
        return self.work(tree)

    def is_number(self, tree: Node) -> bool:
        return tree.kind == "number" or (
            bool(tree.parts) and all(map(self.is_number, tree.parts))
        )

    def work(self, tree: Node) -> Any:
        if tree.kind == "number":
            return tree.value
        if tree.kind == "name":
            try:
                return self.look_up(tree.value)
            except KeyError as error:
                message = str(error.args[0])
                raise ExpressionError(message, self.text, tree.place) from None
        if tree.kind == "negative":
            return -self.work(tree.parts[0])
        self.check(tree)
        left, right = (self.work(part) for part in tree.parts)
        if tree.kind == "+":
            return left + right
        if tree.kind == "-":
            return left - right
        if tree.kind == "*":
            return left * right
        if right == 0:
            raise ExpressionError("There is no division by 0.", self.text, tree.place)
        return left / right

    def check(self, tree: Node) -> None:
        """Whether an operation has a meaning for what stands beside it."""
        numbers = [self.is_number(part) for part in tree.parts]
        message = None
        if tree.kind in "+-" and numbers[0] != numbers[1]:
            message = "A number must not be added to a picture: multiply by it."
        elif tree.kind == "*" and not any(numbers):
            message = "Two pictures cannot be multiplied: one side must be a number."
        elif tree.kind == "/" and not numbers[1]:
            message = "A picture cannot divide: a number must stand behind the /."
        if message:
            raise ExpressionError(message, self.text, tree.place)
