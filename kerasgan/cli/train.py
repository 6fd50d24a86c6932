"""The word `train`: a folder of pictures in, a generator out."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.typed import typed
from kerasgan.config import (
    LENGTHS,
    MODEL_DEFAULTS,
    MODELS,
    TrainConfig,
    parse_image_size,
    show,
)
from kerasgan.config_differences import differences, network_differences
from kerasgan.devices.cluster import read_cluster
from kerasgan.metrics.named_features import check_name
from kerasgan.runs import RunError, RunFolder, default_run_dir, numbered_run_dir, run_of

HELP = "train on a folder of pictures; the same command again goes on"


def define_flags(values: flags.FlagValues) -> None:
    """A flag for each field of `TrainConfig`, and what concerns this start alone."""
    for item in settings_with_flags():
        choices = item.metadata.get("choices")
        text = item.metadata["help"]
        if choices:
            text += f": {'|'.join(map(str, choices))}"
        if "models" in item.metadata:
            text += f" [{models_in_words(item.metadata['models'])}]"
        text += own_defaults(item.name)
        _define(values, item, text)
    flags.DEFINE_string(
        "run_dir",
        None,
        "the run's folder (runs/NAME OF THE FOLDER)",
        flag_values=values,
    )
    flags.DEFINE_string(
        "cache_dir", None, "where packed pictures are kept", flag_values=values
    )
    for name, text in (
        ("fresh", "start anew in a new numbered folder"),
        ("allow_new_data", "go on although the pictures have changed"),
        ("dry_run", "print what was resolved, and stop"),
    ):
        flags.DEFINE_bool(name, False, text, flag_values=values)


def run(values: flags.FlagValues) -> int:
    """Resolve, show, train; the exit status."""
    run_folder, config = resolve(values)
    if values.dry_run:
        from kerasgan.data.doctor import check_folder

        check_folder(config.path)
        print(describe(run_folder, config))
        return 0
    from kerasgan.cli.pictures import check_same_pictures, examine, label

    store = examine(config, values.cache_dir)
    labels = None
    if config.labels:
        labels = label(config, run_folder, store)
        config = dataclasses.replace(config, label_names=labels.names)
    if run_folder.has_trained():
        check_same_pictures(run_folder, store, labels, values.allow_new_data)
    elif config.init_from:
        check_start(config)
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    from kerasgan.cli.training_session import SAME_COMMAND, train_and_tell

    again = SAME_COMMAND
    if values.fresh:
        place = shlex.quote(str(run_folder.path))
        again = f"the same command with --run_dir {place} in place of --fresh"
    return train_and_tell(config, run_folder, store, labels, again)


def resolve(values: flags.FlagValues) -> tuple[RunFolder, TrainConfig]:
    """The run folder and the settings: those of the run where it goes on.

    Raises:
        UsageError: no folder of pictures, or settings that cannot be.
        RunError: the run has other settings; lists each difference.
    """
    given = given_settings(values)
    if not given.get("path"):
        raise UsageError(
            "--path must name a folder of pictures. Received none: "
            f"{typed()} --path FOLDER --TYPE train"
        )
    if given.get("tensorboard") and importlib.util.find_spec("tensorboard") is None:
        raise UsageError(
            "--tensorboard must have TensorBoard installed, and it is not. "
            f"Install it: {sys.executable} -m pip install tensorboard"
        )
    folder = Path(values.run_dir or default_run_dir(given["path"]))
    if folder.resolve() == Path(given["path"]).resolve():
        raise UsageError(
            "--run_dir must be another folder than --path, or the samples would be "
            f"taken for training pictures. Received {given['path']} for both."
        )
    if values.fresh and RunFolder(folder).exists():
        folder = numbered_run_dir(folder)
    run_folder = RunFolder(folder)
    run_folder.check_free()
    if run_folder.has_trained():
        return run_folder, resumed(run_folder, given)
    return run_folder, begun(given)


def begun(given: dict[str, Any]) -> TrainConfig:
    """The settings of a new run: what was typed, and defaults.

    Raises:
        UsageError: settings that cannot be.
    """
    config = checked(TrainConfig.for_model(**given))
    if config.init_from and not Path(config.init_from).exists():
        raise UsageError(
            "--init_from must be the folder of a run, or a generator.keras. "
            f"Received {config.init_from}, which does not exist."
        )
    return config.with_length()


def check_start(config: TrainConfig) -> None:
    """Refuse to begin with a run of other networks, before TensorFlow is imported.

    Raises:
        UsageError: they differ; lists how.
    """
    source = run_of(config.init_from)
    if source is None:  # a generator's file, far from its run: told when it is read
        return
    theirs = TrainConfig.from_json(source.read_settings())
    unlike = network_differences(config, theirs)
    if unlike:
        listed = "\n  ".join(unlike)
        raise UsageError(
            f"--init_from must have the same networks. {config.init_from} has others:"
            f"\n  {listed}\nAsk for what it has, or begin without it."
        )


def checked(config: TrainConfig) -> TrainConfig:
    """The same settings, if they can be.

    Raises:
        UsageError: settings that cannot be.
    """
    try:
        config.validate()
        if config.strategy == "multiworker":
            read_cluster()
        if config.evaluate_every:
            check_name(config.features, config.feature_weights)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return config


def resumed(run_folder: RunFolder, given: dict[str, Any]) -> TrainConfig:
    """The run's own settings, with what was typed and may change.

    Raises:
        RunError: something was typed that may not change.
        UsageError: settings that cannot be.
    """
    theirs = TrainConfig.from_json(run_folder.read_settings())
    if given.keys() & set(LENGTHS):
        theirs = dataclasses.replace(theirs, **dict.fromkeys(LENGTHS))
    ours = dataclasses.replace(theirs, **given)
    unlike = differences(ours, theirs)
    if unlike:
        listed = "\n  ".join(unlike)
        raise RunError(
            f"{run_folder.path} must be gone on with under its own settings. "
            f"These differ:\n  {listed}\nLeave them out to go on, or add --fresh to "
            f"start anew in {numbered_run_dir(run_folder.path)}."
        )
    return checked(ours)


def given_settings(values: flags.FlagValues) -> dict[str, Any]:
    """The settings that were typed, by name; words to choose from in any case.

    Raises:
        UsageError: an image size that is none.
    """
    names = [item.name for item in settings_with_flags()]
    given = {name: values[name].value for name in names if values[name].present}
    for item in settings_with_flags():
        if item.name in given and isinstance(item.default, str):
            choices = item.metadata.get("choices", ())
            lower = given[item.name].lower()
            given[item.name] = lower if lower in choices else given[item.name]
    if "image_size" in given:
        try:
            given["image_size"] = parse_image_size(given["image_size"])
        except ValueError as error:
            raise UsageError(str(error)) from error
    return given


def settings_with_flags() -> list[dataclasses.Field]:
    """The fields of `TrainConfig` that one may type."""
    fields = dataclasses.fields(TrainConfig)
    return [item for item in fields if item.metadata.get("flag", True)]


def models_in_words(models: tuple[str, ...]) -> str:
    """
    >>> models_in_words(("dcgan", "vaegan")), models_in_words(MODELS[:-1])
    ('dcgan, vaegan', 'not average')
    """
    others = [name for name in MODELS if name not in models]
    return f"not {', '.join(others)}" if len(others) < 2 else ", ".join(models)


def own_defaults(name: str) -> str:
    """What a setting is by default with models that have a default of their own.

    >>> own_defaults("beta_1"), own_defaults("seed")
    (' (0.0 for progan, msggan, stylegan2)', '')
    """
    models: dict[str, list[str]] = {}
    for model, defaults in MODEL_DEFAULTS.items():
        if name in defaults:
            models.setdefault(show(defaults[name]), []).append(model)
    return "".join(
        f" ({value} for {', '.join(names)})" for value, names in models.items()
    )


def describe(run_folder: RunFolder, config: TrainConfig) -> str:
    """What `--dry_run` prints: settings that are left to others are left out."""
    state = "goes on in" if run_folder.has_trained() else "starts in"
    known = {
        name: value
        for name, value in config.to_json().items()
        if value not in (None, "", [])
    }
    settings = json.dumps(known, indent=2, ensure_ascii=False)
    return (
        f"This training {state} {run_folder.path}/ with\n{settings}\n"
        "and without what is not listed, or as --help has it."
    )


def _define(values: flags.FlagValues, item: dataclasses.Field, text: str) -> None:
    define = flags.DEFINE_string
    default = item.default
    kind = str(item.type)
    if kind.startswith("bool"):
        define = flags.DEFINE_bool
    elif kind.startswith("int"):
        define = flags.DEFINE_integer
    elif kind.startswith("float"):
        define = flags.DEFINE_float
    elif kind.startswith("tuple"):
        default = show(default)
    define(item.name, default, text, flag_values=values)
