"""Lists of names as a flag has them: commas between, a name with one in quotes."""

from __future__ import annotations

import csv
import re

from kerasgan.cli.failures import UsageError


def names_in(flag: str, text: str) -> list[str]:
    """The names in a flag's text: separated by commas, those with commas in double
    quotes.

    Raises:
        UsageError: a quote is not closed, or a line breaks outside of quotes.

    >>> names_in("between", 'me.jpg, "you, there.jpg" , seed:7')
    ['me.jpg', 'you, there.jpg', 'seed:7']
    """
    try:
        tight = re.sub(r'"\s+(?=,|$)', '"', text)  # blanks behind a closing quote
        rows = csv.reader([tight], skipinitialspace=True, strict=True)
        names = [name.strip() for row in rows for name in row]
    except csv.Error as error:
        raise UsageError(
            f"--{flag} must be names separated by commas, those with commas in double "
            f"quotes. Received {text} ({error})."
        ) from None
    return [name for name in names if name]
