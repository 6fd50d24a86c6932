"""What is said where the memory does not hold a training."""

from __future__ import annotations

from kerasgan.devices.strategy import possible_turns

SMALLER = "a smaller --image_size or --width (with --fresh)"


def memory_advice(batch_size: int, turns: int = 1, devices: int = 1) -> str:
    """What to try next where a batch is computed in so many turns on so many devices.

    >>> memory_advice(32)
    '--accumulate 2: the same batches in less memory, and the run goes on'
    >>> memory_advice(8, turns=8)
    'a smaller --image_size or --width (with --fresh)'
    """
    more = next(iter(possible_turns(batch_size, devices, 2 * turns)), None)
    if more is None:
        return SMALLER
    return f"--accumulate {more}: the same batches in less memory, and the run goes on"


def memory_sentence(
    batch_size: int | None = None, turns: int = 1, devices: int = 1
) -> str:
    """What to try where a batch, or whatever it is, does not fit.

    >>> memory_sentence()
    'The memory must hold a training step and does not. Try a smaller --image_size or \
--width (with --fresh).'
    """
    if batch_size is None:
        return f"The memory must hold a training step and does not. Try {SMALLER}."
    return (
        f"The memory must hold a batch of {_batch(batch_size, turns)} and does not. "
        f"Try {memory_advice(batch_size, turns, devices)}."
    )


def tried_sentence(
    batch_size: int, turns: int, devices: int, fitting: int | None
) -> str:
    """The same where steps were tried: one in `fitting` turns fits, the fewest.

    >>> tried_sentence(64, 1, 1, 4)
    'The memory must hold a batch of --batch_size 64 and does not. Add --accumulate 4: \
the same batches in shares of 16. A step of these was tried and fits, and the run goes \
on.'
    """
    batch = _batch(batch_size, turns)
    if fitting is None:
        return (
            f"The memory must hold a batch of {batch} and does not, nor one picture at "
            f"a time, which was tried. Try {SMALLER}."
        )
    if fitting == turns:
        return (
            "The memory must hold what is done beside the steps, grids and "
            f"evaluations, and does not; a step alone, of a batch of {batch}, was "
            "tried and fits. Close other programs, or try --evaluate_every 0 if there "
            "are evaluations."
        )
    share = batch_size // (devices * fitting)
    return (
        f"The memory must hold a batch of {batch} and does not. Add --accumulate "
        f"{fitting}: the same batches in shares of {share}. "
        "A step of these was tried and fits, and the run goes on."
    )


def _batch(batch_size: int, turns: int) -> str:
    in_turns = f" in --accumulate {turns} turns" if turns > 1 else ""
    return f"--batch_size {batch_size}{in_turns}"
