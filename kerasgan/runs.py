"""The run folder: where everything a training makes lies, and how files get there.

A run is a folder, `runs/<name>/` (see README for what is in it). Every file that
matters is written aside and renamed, so that a reader, or the next start after a
power cut, sees the old file or the new one and never half of one.

Layer 0: the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DEFAULT_ROOT = Path("runs")
UNTRAINED = "step_00000000"  # the checkpoint before the first step
GENERATED_MARK = "generated.json"  # in a folder that `generate` wrote
UNFINISHED = ".unfinished"  # in such a folder: pictures that are not all made yet


class RunError(ValueError):
    """A run folder that is missing, in use, or of other settings."""


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write `data` beside `path`, flush it to the disk, then rename it to `path`.

    Raises:
        OSError: the disk is full or read-only; the old file is untouched and
            nothing is left beside it.

    Example:
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> write_atomically(path, b"hello")
    >>> path.read_bytes()
    b'hello'
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(aside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        if error.filename in (None, str(aside)):  # name what the caller knows
            error.filename = str(path)
        raise


def write_json(path: str | os.PathLike, content: Any) -> None:
    """Write `content` as indented JSON, atomically; names in any script stay."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_atomically(path, (text + "\n").encode("utf-8", "surrogateescape"))


def stays_below(name: str) -> bool:
    """Whether a relative path, as a file of ours has it, cannot lead out of its folder.

    >>> stays_below("a/b.png"), stays_below("a/../../b.png"), stays_below("/b.png")
    (True, False, False)
    """
    path = Path(name)
    return bool(path.parts) and ".." not in path.parts and not path.is_absolute()


def read_json(path: str | os.PathLike) -> Any:
    """The content of a JSON file.

    Raises:
        RunError: the file is not JSON.
    """
    try:
        return json.loads(Path(path).read_bytes().decode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise RunError(
            f"{path} must be a JSON file and is damaged ({error}). "
            "Start a new run with --fresh."
        ) from error


def read_object(path: str | os.PathLike) -> dict[str, Any]:
    """The object that a JSON file holds.

    Raises:
        RunError: the file is not JSON, or holds something else.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise RunError(
            f"{path} must hold a JSON object and holds something else. Start a new "
            "run with --fresh."
        )
    return content


class RunFolder:
    """The paths inside one run folder; makes nothing until `create` is called."""

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.dataset = self.path / "dataset.json"
        self.skipped = self.path / "skipped.txt"
        self.log = self.path / "log.jsonl"
        self.evaluations = self.path / "evaluations.jsonl"
        self.verdicts = self.path / "verdicts.jsonl"
        self.report = self.path / "report.html"
        self.samples = self.path / "samples"
        self.checkpoints = self.path / "checkpoints"
        self.generated = self.path / "generated"
        self.generator = self.path / "generator.keras"
        self.encoder = self.path / "encoder.keras"  # of a model that has one

    def create(self) -> None:
        """Make the folder and what it always has.

        Raises:
            OSError: the place cannot be written to.
        """
        for folder in (self.path, self.samples, self.checkpoints):
            folder.mkdir(parents=True, exist_ok=True)

    def remove_leftovers(self) -> None:
        """What a process killed in the middle of a write left; hold the lock."""
        for folder in (self.path, self.samples):
            for part in folder.glob(".*.part*"):
                part.unlink(missing_ok=True)

    def exists(self) -> bool:
        """Whether a training was started here."""
        return self.config.is_file()

    def check_free(self) -> None:
        """Refuse a folder that holds what a run would write and is no run's.

        Raises:
            RunError: something in it would be lost.
        """
        if self.exists():
            self.read_settings()
            return
        own = (self.dataset, self.skipped, self.log, self.samples, self.checkpoints)
        own += (self.generated, self.generator, self.encoder)
        own += (self.evaluations, self.verdicts, self.report)
        there = [path for path in own if path.is_file() or _holds_files(path)]
        if there:
            raise RunError(
                f"{self.path} must be a run's folder, or hold nothing that a run "
                f"writes. It has {there[0].name} and no config.json of a run: name "
                "another folder by --run_dir."
            )

    def has_trained(self) -> bool:
        """Whether there is a checkpoint to go on from, after at least one step."""
        if not self.exists():
            return False
        return any(each.name != UNTRAINED for each in self.checkpoints.glob("step_*"))

    def forget_untrained(self) -> None:
        """Remove the checkpoint of step 0 where nothing was trained: settings may have
        changed since. Hold the lock."""
        if self.has_trained():
            return
        shutil.rmtree(self.checkpoints / UNTRAINED, ignore_errors=True)
        for name in ("latest", "best"):
            (self.checkpoints / name).unlink(missing_ok=True)

    def is_ours(self) -> bool:
        """Whether it looks like a run, and not only has a config.json."""
        return self.config.is_file() and self.checkpoints.is_dir()

    def read_settings(self) -> dict[str, Any]:
        """The settings that the run was started with.

        Raises:
            RunError: config.json is damaged, or not a run's.
        """
        content = read_json(self.config)
        settings = content.get("settings") if isinstance(content, dict) else None
        if not isinstance(settings, dict):
            raise RunError(
                f"{self.config} must hold the settings of a run and holds something "
                "else. Name another folder by --run_dir."
            )
        return settings

    def lock(self) -> RunLock:
        """Hold the folder for one training, until the process ends."""
        return RunLock(self.path / ".lock")


def _holds_files(folder: Path) -> bool:
    """Whether it is a folder with anything in it but what a killed write left."""
    if not folder.is_dir():
        return False
    return any(not entry.name.startswith(".") for entry in folder.iterdir())


class RunLock:
    """One training a folder: an advisory lock that a killed process cannot leave.

    What it does leave is the mark in the file, which `release` takes away.

    Attributes:
        was_killed: the last training here ended without releasing its lock.

    Raises:
        RunError: another process trains in this folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 held on purpose
        self._hold()
        self.was_killed = path.stat().st_size > 0
        self._mark("training")

    def release(self) -> None:
        """Let the next training in."""
        self._mark("")
        self._file.close()

    def _hold(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows: no advisory lock there
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise RunError(
                f"{self.path.parent} must not be in use: another training is writing "
                "there. Wait for it, stop it, or name another folder by --run_dir."
            ) from error
        except OSError:  # a file system without locks
            return

    def _mark(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a full disk must not hide what filled it
            self._file.truncate(0)
            self._file.write(text)
            self._file.flush()


def sheet_of(out: str | os.PathLike) -> Path:
    """The contact sheet of a folder of pictures: beside it, by its name.

    >>> sheet_of("runs/faces/generated").as_posix()
    'runs/faces/generated.png'
    """
    out = Path(out)
    if out.name in ("", ".."):  # "." and the like have no name of their own
        out = out.resolve()
    return out.with_name(f"{out.name}.png")


def runs_in(root: str | os.PathLike = DEFAULT_ROOT) -> Iterator[RunFolder]:
    """Every run folder directly below `root`."""
    root = Path(root)
    if root.is_dir():
        for path in sorted(root.iterdir()):
            run = RunFolder(path)
            if run.exists():
                yield run


def newest_run(root: str | os.PathLike = DEFAULT_ROOT) -> RunFolder:
    """The run that was trained last: by its newest checkpoint, or by its config if none
    has trained at all.

    Raises:
        RunError: there is no run below `root`.
    """

    def last_change(run: RunFolder) -> tuple[bool, float]:
        latest = run.checkpoints / "latest"
        file = latest if latest.exists() else run.config
        return run.has_trained(), file.stat().st_mtime

    runs = list(runs_in(root))
    if not runs:
        raise RunError(
            f"{Path(root)}/ must hold a run and holds none. Train one first, with "
            "--path FOLDER_OF_PICTURES, or name one by --run_dir."
        )
    return max(runs, key=last_change)


def run_of(source: str | os.PathLike) -> RunFolder | None:
    """The run that a folder is, or that a generator's file lies in; None of neither."""
    source = Path(source)
    run = RunFolder(source if source.is_dir() else source.parent)
    is_of_it = source.is_dir() or source.name == run.generator.name
    return run if is_of_it and run.exists() else None


def default_run_dir(path: str | os.PathLike) -> Path:
    """`runs/<name of the picture folder>`.

    >>> default_run_dir("pictures/faces/").as_posix()
    'runs/faces'
    """
    return DEFAULT_ROOT / (Path(path).resolve().name or "run")


def default_cache_dir() -> Path:
    """Where packed pictures lie: `$KERASGAN_CACHE`, else the user's cache folder."""
    if os.environ.get("KERASGAN_CACHE"):
        return Path(os.environ["KERASGAN_CACHE"])
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(caches):  # nobody's home
        caches = tempfile.gettempdir()
    return Path(caches) / "kerasgan"


def numbered_run_dir(run_dir: str | os.PathLike) -> Path:
    """The first of `faces-2`, `faces-3`, ... that does not exist yet."""
    run_dir = Path(run_dir)
    stem = re.sub(r"-\d{1,3}$", "", run_dir.name)  # a year stays
    number = 2
    while run_dir.with_name(f"{stem}-{number}").exists():
        number += 1
    return run_dir.with_name(f"{stem}-{number}")
