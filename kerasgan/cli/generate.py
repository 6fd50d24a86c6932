"""The word `generate`: new pictures from a trained generator."""

from __future__ import annotations

from pathlib import Path

from absl import flags

from kerasgan.cli.counter import counter
from kerasgan.cli.failures import UsageError
from kerasgan.cli.outputs import check_folder, check_not_others
from kerasgan.cli.run_flags import class_number, define_run_flags, find_run
from kerasgan.config import MOST_SEED, TRUNCATING, TrainConfig
from kerasgan.runs import GENERATED_MARK, RunFolder, sheet_of

HELP = "make new pictures with a trained generator"


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `generate`."""
    flags.DEFINE_integer("img_num", 10, "how many pictures", flag_values=values)
    define_run_flags(values)
    flags.DEFINE_string(
        "out", None, "where they go (generated/ in the run)", flag_values=values
    )
    flags.DEFINE_integer(
        "seed", 0, "picture k depends on the seed and k alone", flag_values=values
    )
    flags.DEFINE_float(
        "truncation",
        1.0,
        "above 0: less than 1 is safer and more alike, more than 1 wilder",
        flag_values=values,
    )
    flags.DEFINE_string(
        "label", None, "the class of all pictures (each in turn)", flag_values=values
    )


def run(values: flags.FlagValues) -> int:
    """Write the pictures and their contact sheet; the exit status."""
    check(values)
    run_folder = find_run(values.run_dir)
    out = Path(values.out) if values.out else run_folder.generated
    check_out(out, bool(values.out))
    sheet = make_pictures(
        run_folder,
        out,
        count=values.img_num,
        which=values.which,
        seed=values.seed,
        truncation=values.truncation,
        label=values.label,
    )
    print(f"{values.img_num} pictures in {out}/, together in {sheet}")
    return 0


def make_pictures(
    run_folder: RunFolder,
    out: Path,
    *,
    count: int,
    which: str = "ema",
    seed: int = 0,
    truncation: float = 1.0,
    label: str | None = None,
) -> Path:
    """Fill `out` with a run's pictures, in place of earlier ones; the sheet's path.

    Raises:
        CheckpointError: the run has no checkpoint; earlier pictures stay.
        UsageError: the run has no such class, or its latents cannot be truncated.
    """
    config = TrainConfig.from_json(run_folder.read_settings())
    number = None if label is None else class_number(label, config, run_folder)
    check_truncation(truncation, config)
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    from kerasgan.building import load_generator
    from kerasgan.generation import write_pictures

    generator = load_generator(run_folder, config, which)
    return write_pictures(
        generator,
        out,
        count=count,
        seed=seed,
        truncation=truncation,
        classes=len(config.label_names),
        label=number,
        note={"run": str(run_folder.path), "which": which, "label": label},
        progress=counter("making"),
    )


def check_truncation(truncation: float, config: TrainConfig) -> None:
    """Refuse a truncation that would change nothing.

    Raises:
        UsageError: the model's pictures do not depend on a latent's length.
    """
    if truncation != 1 and config.model not in TRUNCATING:
        raise UsageError(
            f"--truncation must go with a run of {', '.join(TRUNCATING)}. Received "
            f"{truncation} for one of {config.model}, whose pictures do not depend on "
            "the length of a latent: leave it out."
        )


def check(values: flags.FlagValues) -> None:
    """Refuse numbers that cannot be.

    Raises:
        UsageError: names the flag.
    """
    if values.img_num < 1:
        raise UsageError(f"--img_num must be at least 1. Received {values.img_num}.")
    if not 0 < values.truncation < float("inf"):
        raise UsageError(
            f"--truncation must be above 0. Received {values.truncation}: "
            "0.7 is a good try."
        )
    if not 0 <= values.seed <= MOST_SEED:
        raise UsageError(
            f"--seed must be between 0 and {MOST_SEED}. Received {values.seed}."
        )


def check_out(out: Path, named: bool) -> None:
    """Refuse an output folder in which somebody's files could be lost.

    Raises:
        UsageError: it is a folder with other things in it, or a file.
    """
    check_folder(out)
    if not named or (out / GENERATED_MARK).is_file():  # ours
        return
    check_not_others(out, "generate", ours=False)
    if sheet_of(out).exists():
        raise UsageError(
            "--out must be a folder beside which a picture of the same name can be "
            f"written. Received {out}, and {sheet_of(out)} is there: name another."
        )
