"""Words to a stream whose reader may have gone."""

from __future__ import annotations

import os
from typing import TextIO


def write_unless_closed(stream: TextIO | None, text: str) -> None:
    """Write at once; a reader that has gone must not end a training.

    Ctrl-C at `python train.py ... | tee log` ends `tee` too, and what the training
    then says while it saves has nowhere to go.
    """
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
