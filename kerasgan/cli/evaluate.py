"""The word `evaluate`: how good generated pictures are, in numbers."""

from __future__ import annotations

from pathlib import Path

from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.run_flags import define_run_flags
from kerasgan.config import (
    MOST_SEED,
    TrainConfig,
    check_image_size,
    parse_image_size,
    show,
)
from kerasgan.metrics.evaluation import LEAST
from kerasgan.metrics.named_features import PIXELS, check_name
from kerasgan.runs import RunError, read_object

HELP = "how good the pictures are: KID, FID, precision, recall, copies"
OWN = {"kid", "pictures", "against"}  # what a file of ours holds, among others


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `evaluate`."""
    size = show(TrainConfig.image_size)
    define_run_flags(values)
    texts = {
        "path": "a folder of pictures to judge, in place of a run's",
        "against": "pictures to compare with: a folder, or a run (the run's own)",
        "feature_weights": "weights of inception (downloaded)",
        "image_size": f"of two folders: what all is made first ({size})",
        "out": "file for the numbers (evaluation.json in the run)",
        "cache_dir": "where packed pictures and their features are kept",
    }
    for name, text in texts.items():
        flags.DEFINE_string(name, None, text, flag_values=values)
    flags.DEFINE_string(
        "features",
        "plain",
        "what is compared: plain, inception, or a .keras or .tflite file",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "pixels",
        "-1..1",
        PIXELS,
        "what a file of --features wants its pixels as: -1..1|0..1|0..255",
        flag_values=values,
    )
    for name, default, text in (
        ("img_num", 1000, "pictures that a run draws"),
        ("real_num", 10_000, "pictures of a folder that are compared, at most"),
        ("seed", 0, "of the drawn pictures"),
    ):
        flags.DEFINE_integer(name, default, text, flag_values=values)


def run(values: flags.FlagValues) -> int:
    """Compare, tell, and write the numbers; the exit status."""
    check(values)
    from kerasgan.cli.evaluating import evaluate_and_tell

    return evaluate_and_tell(values)


def check(values: flags.FlagValues) -> None:
    """Refuse what cannot be compared.

    Raises:
        UsageError: names the flag.
    """
    for name in ("img_num", "real_num"):
        if values[name].value < LEAST:
            raise UsageError(
                f"--{name} must be at least {LEAST}. Received {values[name].value}: "
                "1000 is a good number."
            )
    if not 0 <= values.seed <= MOST_SEED:
        raise UsageError(
            f"--seed must be between 0 and {MOST_SEED}. Received {values.seed}."
        )
    if values.path and values.run_dir:
        raise UsageError(
            "The pictures must be a folder's (--path) or a run's (--run_dir). "
            "Received both: leave out one; --against names what they are compared with."
        )
    if values.path and not values.against:
        raise UsageError(
            "--path must go with --against FOLDER_OR_RUN: what the pictures are "
            "compared with. Received none."
        )
    if values["pixels"].present and values.features in ("plain", "inception"):
        raise UsageError("--pixels must go with --features FILE.")
    try:
        check_name(values.features, values.feature_weights)
        check_image_size(parse_image_size(values.image_size or TrainConfig.image_size))
    except ValueError as error:
        raise UsageError(str(error)) from error
    check_json_place(values.out)


def check_json_place(out: str | None) -> None:
    """Refuse a file for the numbers that would take another one's place.

    Raises:
        UsageError: it is a folder, no .json, of something else, or its folder is
            missing.
    """
    if out is None:
        return
    path = Path(out)
    if path.suffix != ".json" or path.is_dir() or not path.parent.is_dir():
        raise UsageError(
            "--out must be a .json file in a folder that exists. "
            f"Received {out}: try evaluation.json."
        )
    if path.exists() and not is_evaluation(path):
        raise UsageError(
            "--out must be a new file, or one that an earlier evaluate wrote. Received "
            f"{out}, which is something else: name another."
        )


def is_evaluation(path: Path) -> bool:
    """Whether a file is what `evaluate` writes."""
    try:
        return read_object(path).keys() >= OWN
    except RunError:
        return False
