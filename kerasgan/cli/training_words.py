"""What `train` says before and after a training."""

from __future__ import annotations

import shlex
import sys

import numpy as np

from kerasgan.building import total_steps
from kerasgan.cli.devices import shared_out
from kerasgan.cli.session import Session
from kerasgan.cli.typed import typed
from kerasgan.config import TrainConfig, show
from kerasgan.resolutions import count_resolutions
from kerasgan.runs import RunFolder, read_json
from kerasgan.streams import write_unless_closed
from kerasgan.training import Outcome

FEW = 300  # pictures, below which copies are to be expected
LONG = {"minutes": 60, "kimg": 300}  # from where on FastGAN gets further
LOOKED_AT = 1000  # pictures, of which the different ones are counted


def say(text: str) -> None:
    """A sentence for the user, shown at once even where the output is a file."""
    write_unless_closed(sys.stdout, f"{text}\n")


def tell_start(session: Session, again: str) -> None:
    """What is about to happen, and what to expect of so few pictures."""
    config, run, split, devices = (
        session.config,
        session.run,
        session.split,
        session.devices,
    )
    count = len(split.trained)
    say(
        f"\nTraining {config.model} at {show(config.image_size)} in {session.policy}, "
        f"batches of {config.batch_size}{shared_out(config, devices)}, "
        f"for {how_long(config)}, "
        f"in {run.path}/. Ctrl-C saves and stops; {again} goes on."
    )
    say(f"How it goes: {run.report}, in a browser; load it again for the newest.")
    before = read_json(run.config).get("devices", 1) if run.has_trained() else devices
    if before != devices:
        say(
            f"On {devices} device{'s' * (devices > 1)} now, on {before} before: the "
            "batches are the same, rounding and noise are not."
        )
    if config.flip:
        say("Pictures are also shown mirrored; --noflip for text and the like.")
    if len(split.held):
        say(
            f"{len(split.held):,} of the {count + len(split.held):,} pictures are kept "
            "from the training, to judge it by; --held_out 0 trains on all."
        )
    if count < config.batch_size:
        say(
            f"There are fewer pictures ({count}) than a batch has "
            f"({config.batch_size}): each batch repeats some."
        )
    if config.model == "dcgan" and is_long(config) and not run.has_trained():
        say("So long a training gets further with --model fastgan: better pictures.")
    if config.model == "progan" and not config.init_from:
        say(how_it_grows(config, count))
    different = count_different(session.store.images, split.trained)
    if different < FEW:
        say(what_to_expect(different, count))


def count_different(images: np.ndarray, numbers: np.ndarray) -> int:
    """How many of these pictures [N, H, W, C] differ from each other; as many as there
    are where a thousand of them are too many kinds to matter.

    >>> count_different(np.zeros((5, 1, 1, 1)), np.arange(5))
    1
    """
    count = min(len(numbers), LOOKED_AT)
    chosen = np.linspace(0, len(numbers) - 1, count, dtype=int)
    found = len({images[number].tobytes() for number in numbers[chosen]})
    return found if found < FEW else len(numbers)


def what_to_expect(different: int, count: int) -> str:
    """A sentence on so few pictures, of which so many differ from each other.

    >>> what_to_expect(1, 500)[:46]
    'All 500 pictures are the same. With 1 picture '
    """
    words = ""
    if different == 1 and count > 1:
        words = f"All {count:,} pictures are the same. "
    elif different < count:
        words = f"Only {different} of the {count:,} pictures differ from each other. "
    return words + (
        f"With {different} picture{'s' * (different > 1)} expect copies rather than "
        "new ones: a few hundred are needed for new ones, a few thousand for good ones."
    )


def is_long(config: TrainConfig) -> bool:
    """
    >>> is_long(TrainConfig(minutes=60.0)), is_long(TrainConfig(kimg=60.0))
    (True, False)
    """
    return any((getattr(config, name) or 0) >= least for name, least in LONG.items())


def how_it_grows(config: TrainConfig, count: int) -> str:
    """When a network that grows is whole, and whether that comes too late.

    >>> how_it_grows(TrainConfig(model="progan", kimg=30.0), 500)[-74:]
    'This training ends before: make it longer, or give a lesser --growth_kimg.'
    """
    phases = 2 * (count_resolutions(config.image_size) - 1)
    whole = 1000 * config.growth_kimg * phases
    words = (
        f"It grows from 4x4 on and is whole after {whole:,.0f} pictures; until then "
        "its own are coarse. --growth_kimg sets the pace. "
    )
    if total_steps(config, count) * config.batch_size < whole:
        words += (
            "This training ends before: make it longer, or give a lesser --growth_kimg."
        )
    return words.strip()


def how_long(config: TrainConfig) -> str:
    """`10 minutes`, `5 epochs` and so on.

    >>> how_long(TrainConfig(minutes=10.0))
    '10 minutes'
    """
    for name, unit in (
        ("epochs", "epochs"),
        ("steps", "steps"),
        ("kimg", "thousand pictures"),
        ("minutes", "minutes"),
    ):
        value = getattr(config, name)
        if value is not None:
            return f"{value:g} {unit}"
    return "ever"


def tell_end(outcome: Outcome, config: TrainConfig, run: RunFolder, again: str) -> None:
    """Where everything is, and what to do next."""
    if outcome.failure:
        print(f"kerasgan: {outcome.failure}", file=sys.stderr)
        return
    if outcome.already_done:
        say(
            f"{run.path} has had its {how_long(config)} already "
            f"({outcome.step} steps). Give a longer one, such as --minutes 60, to go "
            "on, or --fresh to start anew."
        )
        return
    if outcome.signal_number:
        say(
            f"\nStopped and saved at step {outcome.step}, with a report in "
            f"{run.report}. Run {again} again to go on from there."
        )
        return
    figures = f"  every figure     {run.log}\n" if run.log.exists() else ""
    say(
        f"\nDone: {outcome.step} steps, {outcome.images_seen / 1000:g} thousand "
        f"pictures seen.\n"
        f"  how it went      {run.report} (in a browser), {run.samples}/\n"
        f"  the generator    {run.generator}\n"
        f"{figures}"
        f"New pictures: {typed()} --TYPE generate --img_num 100 "
        f"--run_dir {shlex.quote(str(run.path))}"
    )
