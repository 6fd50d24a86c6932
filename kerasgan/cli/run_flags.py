"""Which run, which of its generators, which class: the flags, and what they name."""

from __future__ import annotations

from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.config import TrainConfig
from kerasgan.hints import nearest_hint
from kerasgan.runs import RunError, RunFolder, newest_run


def define_run_flags(values: flags.FlagValues) -> None:
    """The flags that say which run, and which of its generators."""
    flags.DEFINE_string(
        "run_dir", None, "the run's folder (the newest in runs/)", flag_values=values
    )
    flags.DEFINE_enum(
        "which",
        "ema",
        ["ema", "raw", "best"],
        "ema averaged, raw as trained, best by score: ema|raw|best",
        flag_values=values,
    )


def define_photo_label_flag(values: flags.FlagValues) -> None:
    """The flag that says of which class photos are."""
    flags.DEFINE_string(
        "label",
        None,
        "the class of the photos, of a run with classes",
        flag_values=values,
    )


def define_latents_flag(values: flags.FlagValues) -> None:
    """The flag that names saved latents."""
    flags.DEFINE_string(
        "latents",
        None,
        "a latents.npz (that of project, in the run)",
        flag_values=values,
    )


def find_run(
    run_dir: str | None, without: str = "leave out --run_dir for the newest run"
) -> RunFolder:
    """The run that was named, or the newest.

    Args:
        run_dir: as it was typed.
        without: what to do in place of naming one.

    Raises:
        RunError: there is none.
    """
    if run_dir is None:
        return newest_run()
    run_folder = RunFolder(run_dir)
    if not run_folder.exists():
        raise RunError(
            f"{run_dir} must be the folder of a run and has no config.json. "
            f"Train first, or {without}."
        )
    return run_folder


def class_number(label: str, config: TrainConfig, run_folder: RunFolder) -> int:
    """The number of a class of a run.

    Raises:
        UsageError: the run has no classes, or not this one.
    """
    if label in config.label_names:
        return config.label_names.index(label)
    if not config.label_names:
        raise UsageError(
            f"--label must go with a run that knows classes, and {run_folder.path} "
            "knows none: train one with --labels."
        )
    names = ", ".join(f'"{n}"' if "," in n else n for n in config.label_names)
    raise UsageError(
        f"--label must be one of {names}. Received {label}."
        f"{nearest_hint(label, config.label_names)}"
    )
