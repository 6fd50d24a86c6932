"""What a run was made with, in rows of two columns, and the command that goes on."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

from kerasgan.config import LENGTHS, TrainConfig, show
from kerasgan.data.examination import (
    count_reasons,
    other_files_in_words,
    printable,
    subfolders_in_words,
)
from kerasgan.report.records import Records, number

Row = tuple[str, str]
MISSING = "not known"


def settings_rows(records: Records) -> tuple[list[Row], list[Row]]:
    """The model and the settings that differ from its defaults, and all the others."""
    settings = records.settings
    try:
        defaults = TrainConfig.for_model(model=settings.get("model", "")).to_json()
    except TypeError:  # a model of no known kind
        defaults = TrainConfig().to_json()
    del defaults["model"]
    chosen, left = [], []
    for name, value in settings.items():
        row = (printable(f"--{name}"), printable(_shown(value)))
        plain = value in (None, "", []) or value == defaults.get(name)
        (left if plain else chosen).append(row)
    return chosen, left


def origin_rows(records: Records) -> list[Row]:
    """Arithmetic, versions, commit and the command that was typed."""
    config = records.config
    rows = [("precision", _shown(config.get("precision")))]
    versions = config.get("versions")
    if isinstance(versions, dict):
        rows += [(str(name), _shown(value)) for name, value in versions.items()]
    rows.append(("commit", _shown(config.get("git_commit"))))
    command = _words(config.get("command"))
    if command:
        rows.append(("typed", shlex.join(command)))
    return [(printable(left), printable(right)) for left, right in rows if right]


def dataset_rows(dataset: dict[str, Any]) -> list[Row]:
    """What was found in the folder of pictures; empty where that is not known."""
    if not dataset:
        return []
    rows = [("folder", _shown(dataset.get("folder")))]
    rows.append(("pictures used", _count(dataset.get("used"))))
    held = dataset.get("held_out")
    if isinstance(held, list) and held:
        rows.append(("held out of these", f"{len(held):,}"))
    size = dataset.get("image_size")
    rows.append(("made to fit", f"{_size(size)}, {_shown(dataset.get('fit'))}"))
    sizes = dataset.get("sizes")
    if isinstance(sizes, dict):
        came = ", ".join(f"{name} {_size(value)}" for name, value in sizes.items())
        rows.append(("came as (height x width)", came))
    folders = dataset.get("subfolders")
    if isinstance(folders, dict) and len(folders) > 1:
        counts = {str(k): int(number(n) or 0) for k, n in folders.items()}
        rows.append(("by folder", subfolders_in_words(counts)))
    rows += _skipped_rows(dataset.get("skipped"))
    others = dataset.get("other_files")
    if isinstance(others, dict) and others:
        rows.append(("passed over", _others(others)))
    return [(left, printable(right)) for left, right in rows if right]


def resume_command(records: Records, run: Path) -> str:
    """What goes on with the run, for a shell; empty where that is not known.

    The run keeps its settings, so that its folder and that of the pictures say it all.

    >>> records = Records({"command": ["python", "train.py", "--fresh"], "settings":
    ...     {"path": "my faces"}, "directory": "/home/me"}, {}, None, None, "", [])
    >>> resume_command(records, Path("/runs/faces"))
    "cd /home/me && python train.py --path 'my faces' --run_dir /runs/faces"
    """
    program = _words(records.config.get("command"))[:2]
    path = records.settings.get("path")
    if len(program) < 2 or not isinstance(path, str) or not path:
        return ""
    words = [*program, "--path", path, "--run_dir", str(run)]
    command = printable(shlex.join(words))
    where = records.config.get("directory")
    if isinstance(where, str) and where:
        command = f"cd {printable(shlex.quote(where))} && {command}"
    return command


def length_flags(settings: dict[str, Any]) -> str:
    """`--minutes 10`, as one would type it; empty where it has none.

    >>> length_flags({"minutes": 10.0})
    '--minutes 10'
    """
    given = {name: number(settings.get(name)) for name in LENGTHS}
    shown = [f"--{name} {value:g}" for name, value in given.items() if value]
    return " ".join(shown)


def _skipped_rows(skipped: Any) -> list[Row]:
    if not isinstance(skipped, list):
        return []
    pairs = [
        (str(pair[0]), str(pair[1]))
        for pair in skipped
        if isinstance(pair, list) and len(pair) == 2
    ]
    rows = [("skipped", f"{len(pairs):,}")]
    for kind, (count, example) in count_reasons(pairs).items():
        rows.append((printable(f"skipped, {kind}"), f"{count:,}, such as {example}"))
    return rows


def _others(others: dict[str, Any]) -> str:
    return other_files_in_words(
        Counter({str(kind): int(number(n) or 0) for kind, n in others.items()})
    )


def _words(command: Any) -> list[str]:
    """The command line's words, none where it is none."""
    return [str(word) for word in command] if isinstance(command, list) else []


def _size(value: Any) -> str:
    """[H, W] as one types it."""
    return show(tuple(value)) if isinstance(value, list) else MISSING


def _count(value: Any) -> str:
    return MISSING if number(value) is None else f"{int(value):,}"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return show(tuple(value)) if isinstance(value, list) else show(value)
