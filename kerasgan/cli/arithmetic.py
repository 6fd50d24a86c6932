"""The word `arithmetic`: sums of photos, folders and directions, as pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.names import Names
from kerasgan.cli.outputs import Output
from kerasgan.cli.run_flags import define_latents_flag, define_run_flags
from kerasgan.cli.trained import Trained, check_search, define_search_flags, open_run
from kerasgan.latent.arithmetic import Sum, split, strip
from kerasgan.latent.expressions import ExpressionError, evaluate

HELP = "a - b + c on faces: mean faces, attributes, strips of them"
LEARNERS = ("learn", "attributes", "discover")
COLUMNS = 9  # pictures of a strip
FARTHEST = 1e6  # of a number in a latent; random ones have a deviation of 1


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `arithmetic`."""
    flags.DEFINE_string(
        "expr",
        None,
        'such as "smile - neutral + me.jpg": photos, folders (their mean), saved '
        "latents, directions, seed:7, mean; + - * / and brackets",
        flag_values=values,
    )
    flags.DEFINE_string(
        "strength",
        None,
        "how much of the directions: a number (1), or FROM..TO for a strip",
        flag_values=values,
    )
    flags.DEFINE_string(
        "path",
        None,
        "the folder in which names are looked up (this one)",
        flag_values=values,
    )
    flags.DEFINE_string(
        "learn",
        None,
        "learn a direction: NAME=FOLDER_WITH,FOLDER_WITHOUT",
        flag_values=values,
    )
    flags.DEFINE_string(
        "attributes",
        None,
        "learn one for each column of a CSV of the photos in --path: FILE.csv or "
        "FILE.csv:COLUMN,COLUMN",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "discover", None, "find so many directions without labels", flag_values=values
    )
    flags.DEFINE_string(
        "method",
        None,
        "how: samples|apart|steered|mean|svm with --learn and --attributes (samples), "
        "pca|activations|weights with --discover (activations)",
        flag_values=values,
    )
    define_run_flags(values)
    flags.DEFINE_string(
        "out", None, "where it all goes (arithmetic/ in the run)", flag_values=values
    )
    define_latents_flag(values)
    define_search_flags(values)


def run(values: flags.FlagValues) -> int:
    """Learn directions, or work an expression out; the exit status."""
    strengths = check(values)
    trained = open_run(values)
    if values.expr is None:
        from kerasgan.cli import attributes

        return attributes.learn(trained, values)
    names = Names(trained, values)
    total = worked_out(values.expr, named(names))
    start, way = split(total, names.kind)
    if values.strength is not None and not way.parts:
        raise UsageError(
            "--strength must go with an expression that has a way to go, such as "
            f'"smile - neutral + me.jpg". Received "{values.expr}", which is one place.'
        )
    out = Path(values.out) if values.out else trained.run.path / "arithmetic"
    output = Output(out, "arithmetic", bool(values.out))
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    names.search([*start.parts, *way.parts])
    points = strip(start, way, strengths, names.point, trained.space.centre)
    if not (np.abs(points) < FARTHEST).all():  # also where they are no numbers
        raise UsageError(
            "--expr and --strength must not lead farther than any latent lies: some "
            "number of the result is above a million. Choose smaller factors."
        )
    with output:
        aside = output.begin()
        write_strip(trained, points.astype(np.float32), strengths, values.expr, aside)
        output.finish({"run": str(trained.run.path), "expr": values.expr})
    print(f"{values.expr}\n  {out}/strip.png\n  its latents: {out}/latents.npz")
    return 0


def check(values: flags.FlagValues) -> np.ndarray:
    """Refuse what cannot be; the strengths.

    Raises:
        UsageError: names the flag, or shows the place in the expression.
    """
    check_search(values)
    asked = [n for n in ("expr", *LEARNERS) if values[n].value is not None]
    if len(asked) != 1:
        raise UsageError(
            "arithmetic must have exactly one of --expr, --learn, --attributes, "
            f"--discover. Received {' and '.join('--' + n for n in asked) or 'none'}."
        )
    if values.path is not None and not Path(values.path).is_dir():
        raise UsageError(
            f"--path must be a folder. Received {values.path}, which is none."
        )
    if values.expr is not None:
        worked_out(values.expr, Sum.of)  # its syntax, before anything is looked up
    if values.method is not None and values.expr is not None:
        raise UsageError("--method must go with --learn, --attributes or --discover.")
    for name in ("out", "strength", "latents"):
        if values[name].value is not None and values.expr is None:
            raise UsageError(
                f"--{name} must go with --expr: what --{asked[0]} finds is kept in the "
                "run."
            )
    return strengths_of(values.strength)


def worked_out(text: str, look_up: Callable[[str], Sum]) -> Sum:
    """What an expression comes to.

    Raises:
        UsageError: it cannot be read or worked out; shows where.
    """
    try:
        return evaluate(text, look_up)
    except ExpressionError as error:
        raise UsageError(str(error)) from None


def named(names: Names) -> Callable[[str], Sum]:
    """What an expression's names stand for: themselves, if they mean anything."""

    def look_up(name: str) -> Sum:
        names.kind(name)
        return Sum.of(name)

    return look_up


def strengths_of(text: str | None) -> np.ndarray:
    """A number, or evenly spaced ones.

    >>> strengths_of("-2..2").tolist()
    [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]

    Raises:
        UsageError: it is neither.
    """
    number = r"[-+]?(?:\d+\.?\d*|\.\d+)"
    found = re.fullmatch(rf"({number})(?:\.\.({number}))?", (text or "1").strip())
    if found is None:
        raise UsageError(
            "--strength must be a number, or two with two dots between them such as "
            f"-2..2. Received {text}."
        )
    low, high = found.groups()
    if high is None:
        return np.array([float(low)])
    return np.linspace(float(low), float(high), COLUMNS)


def write_strip(
    trained: Trained,
    points: np.ndarray,
    strengths: np.ndarray,
    title: str,
    aside: Path,
) -> None:
    """The pictures side by side, each by itself, and their latents."""
    from kerasgan.cli.searching import as_latents
    from kerasgan.data.latent_files import write_latents
    from kerasgan.images import grid, to_uint8, write_png

    pictures = to_uint8(trained.space.pictures(points))
    for k, picture in enumerate(pictures):
        write_png(aside / f"{k:02d}.png", picture)
    write_png(aside / "strip.png", grid(pictures, columns=len(pictures)))
    names = [f"{title} @ {strength:g}" for strength in strengths]
    write_latents(aside / "latents.npz", as_latents(trained, names, points))
