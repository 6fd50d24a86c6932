"""The word `curate`: sort an unlabelled folder into clusters, then keep some."""

from __future__ import annotations

from pathlib import Path

from absl import flags

from kerasgan.cli.curation_names import KEEPING, LOCK, STEPS
from kerasgan.cli.failures import UsageError
from kerasgan.cli.outputs import check_apart, check_folder, check_not_others
from kerasgan.cli.typed import typed
from kerasgan.config import MOST_SEED, check_image_size
from kerasgan.metrics.named_features import PIXELS

HELP = "sort a folder of pictures into clusters; keep the ones you want"
MOST_CLUSTERS = 99


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `curate`."""
    texts = {
        "path": "the pictures to sort (looked through deeply, never changed)",
        "out": "where the result goes; with --keep: where the kept pictures go",
        "run_dir": "features of this run's D (else a small D is trained first)",
        "features": "features of this model: a .keras or .tflite file",
        "layers": "names of layers, with commas (the last of the two smallest sizes)",
        "truth": "known classes, also of some pictures only: folders or FILE.csv",
        "keep": "numbers of the clusters to keep, such as 3,7",
        "inside": "keep also what lies in these lassos of the page: x,y,x,y,...;...",
        "outside": "leave out what lies in these",
        "drop": "leave out: outliers, duplicates (but for one of each) or both",
        "curation": "the --out of the curation to keep from (the newest one here)",
        "cache_dir": "where packed pictures are kept",
    }
    for name, text in texts.items():
        flags.DEFINE_string(name, None, text, flag_values=values)
    flags.DEFINE_enum(
        "pixels",
        "-1..1",
        PIXELS,
        "what --features wants its pixels as: -1..1|0..1|0..255",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "clusters",
        None,
        "how many (2 to 10 are tried, the best silhouette wins)",
        flag_values=values,
    )
    flags.DEFINE_float(
        "kimg", 60.0, "thousand pictures shown to the small D", flag_values=values
    )
    flags.DEFINE_string("image_size", "32", "of the small D", flag_values=values)
    flags.DEFINE_integer(
        "seed", 0, "all randomness follows from it", flag_values=values
    )
    flags.DEFINE_bool("copy", False, "copy, never link", flag_values=values)


def run(values: flags.FlagValues) -> int:
    """Sort, or keep; the exit status."""
    if any(values[name].present for name in KEEPING):
        from kerasgan.cli.keeping import keep_some

        return keep_some(values)
    check(values)
    from kerasgan.cli.curating import sort_and_tell

    return sort_and_tell(values)


def check(values: flags.FlagValues) -> None:
    """Refuse what cannot be sorted.

    Raises:
        UsageError: names the flag.
    """
    for name in ("drop", "curation", "copy"):
        if values[name].present:
            raise UsageError(f"--{name} must go with --keep, --inside or --outside.")
    if not values.path or not values.out:
        missing = "path" if not values.path else "out"
        raise UsageError(
            "--path must name a folder of pictures and --out one for the result. "
            f"Received no --{missing}: {typed()} --TYPE curate --path FOLDER --out "
            "sorted"
        )
    check_numbers(values)
    check_source(values)
    check_apart(Path(values.path), Path(values.out))
    out = Path(values.out)
    check_folder(out)
    check_not_others(out, "curate", (out / STEPS / LOCK).is_file())


def check_numbers(values: flags.FlagValues) -> None:
    """Refuse numbers that cannot be.

    Raises:
        UsageError: names the flag.
    """
    if values.clusters is not None and not 2 <= values.clusters <= MOST_CLUSTERS:
        raise UsageError(
            f"--clusters must be between 2 and {MOST_CLUSTERS}. Received "
            f"{values.clusters}."
        )
    if not 0 < values.kimg < float("inf"):
        raise UsageError(f"--kimg must be above 0. Received {values.kimg}: try 60.")
    if not 0 <= values.seed <= MOST_SEED:
        raise UsageError(
            f"--seed must be between 0 and {MOST_SEED}. Received {values.seed}."
        )
    if not values.image_size.isdecimal():
        raise UsageError(
            f"--image_size must be one number. Received {values.image_size}: try 32."
        )
    try:
        check_image_size((int(values.image_size),) * 2, most=128)
    except ValueError as error:
        raise UsageError(str(error)) from error


def check_source(values: flags.FlagValues) -> None:
    """Refuse features that come from nowhere, or from two places.

    Raises:
        UsageError: names the flag.
    """
    if values.run_dir and values.features:
        raise UsageError(
            "The features must come from --run_dir or from --features. Received both: "
            "leave out one."
        )
    for name in ("kimg", "image_size"):
        if values[name].present and (values.run_dir or values.features):
            raise UsageError(
                f"--{name} must go without --run_dir and --features: it is of the "
                "small D that is trained where neither is given."
            )
    if values["pixels"].present and not values.features:
        raise UsageError("--pixels must go with --features FILE.")
    if values.features:
        if not values.features.endswith((".keras", ".tflite")):
            raise UsageError(
                "--features must be a .keras or .tflite file. Received "
                f"{values.features}."
            )
        if not Path(values.features).is_file():
            raise UsageError(
                f"--features must be a file. Received {values.features}, which is "
                "none: check the spelling."
            )
