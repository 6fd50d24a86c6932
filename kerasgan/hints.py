"""What a word that is not known may have meant. Imports no TensorFlow."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest_hint(word: str, known: Iterable[str]) -> str:
    """` Did you mean X?`, or nothing where no known word is near; one that holds the
    whole word is nearest.

    >>> nearest_hint("adpative", ("adaptive", "margin"))
    ' Did you mean adaptive?'
    >>> nearest_hint("float16", ("float32", "mixed_float16"))
    ' Did you mean mixed_float16?'
    """
    known = list(known)
    whole = [each for each in known if len(word) > 2 and word in each]
    near = whole or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""
