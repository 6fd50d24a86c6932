"""The word `prepare`: a messy folder in, a folder that can be trained on out."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from kerasgan.cli.counter import counter
from kerasgan.cli.failures import Failure, Terminated, UsageError
from kerasgan.cli.outputs import check_apart, hold
from kerasgan.cli.prepare_flags import check, define_flags, settings_of
from kerasgan.cli.typed import typed
from kerasgan.config import parse_image_size
from kerasgan.runs import default_cache_dir

if TYPE_CHECKING:
    from kerasgan.preparation.faces import FaceDetector
    from kerasgan.preparation.preparing import Cutter
    from kerasgan.preparation.record import Record
    from kerasgan.preparation.sources import Sources
    from kerasgan.preparation.tally import Tally

__all__ = ["HELP", "define_flags", "run"]

HELP = "find, align and cut out faces; or cut patches from a few big pictures"


def run(values: flags.FlagValues) -> int:
    """Cut, check, write, and say what came of it; the exit status."""
    mode = check(values)
    check_apart(Path(values.path), Path(values.out))
    from kerasgan.data.doctor import DataError
    from kerasgan.preparation.frames import parse_seconds
    from kerasgan.preparation.record import LOCK, Record
    from kerasgan.preparation.sources import find_sources

    try:
        every_seconds = parse_seconds(values.every) if values.every else 0.0
    except ValueError as error:
        raise UsageError(str(error)) from error
    record = Record(values.out)
    try:
        record.check_free(values.fresh)
    except DataError as error:
        raise UsageError(str(error)) from error
    sources = find_sources(values.path, every_seconds)
    settings = settings_of(values, mode)
    detector = None
    if mode == "faces":
        detector, settings["detector"] = find_detector(values)
    record.out.mkdir(parents=True, exist_ok=True)
    lock = hold(record.out / LOCK, record.out, "prepare")
    try:
        begin_or_go_on(record, settings, values.fresh)
        cutter = cutter_of(values, mode, detector)
        tally = work(values, mode, sources, cutter, record)
    finally:
        lock.release()
    return tell_result(sources, tally, record, settings)


def find_detector(values: flags.FlagValues) -> tuple[FaceDetector, str]:
    """The face detector, and its file's SHA-256.

    Raises:
        DataError: its file is not here and cannot be fetched, or is none.
    """
    from kerasgan.preparation.cutting import smallest_face
    from kerasgan.preparation.detector_model import is_kept, read_model
    from kerasgan.preparation.faces import FaceDetector

    cache_dir = values.cache_dir or default_cache_dir()
    if not values.detector_model and not is_kept(cache_dir):
        from kerasgan.cli.quiet import import_tensorflow

        print("Fetching the face detector, 230 kB, once")
        import_tensorflow()  # of which the Keras that fetches is a part
    model, digest = read_model(values.detector_model, cache_dir)
    image_size = parse_image_size(values.image_size)
    least = smallest_face(values.min_size, image_size, values.margin)
    detector = FaceDetector(model, min_size=least, min_score=values.min_score)
    return detector, digest


def cutter_of(
    values: flags.FlagValues, mode: str, detector: FaceDetector | None
) -> Cutter:
    """What cuts the pictures."""
    from kerasgan.preparation import cutting
    from kerasgan.preparation.quality import Limits

    image_size = parse_image_size(values.image_size)
    limits = Limits(values.min_sharpness, values.darkest, values.brightest)
    if mode == "multiply":
        return cutting.Multiplier(values.multiply)
    if mode == "whole":
        return cutting.WholeCutter(image_size, limits)
    if mode == "patches":
        return cutting.PatchCutter(
            values.patch_size, values.patch_rotation, values.patch_scale, values.seed
        )
    return cutting.FaceCutter(
        detector,
        image_size,
        biggest_only=values.faces == "biggest",
        min_size=values.min_size,
        front_only=values.front_only,
        margin=values.margin,
        border=values.border,
        max_outside=values.max_outside,
        limits=limits,
    )


def begin_or_go_on(record: Record, settings: dict[str, Any], fresh: bool) -> None:
    """Write the settings into a new record, or compare them with those of an old one.

    Raises:
        Failure: it was begun with other settings; lists each difference.
    """
    if record.exists() and fresh:
        record.forget()
    if not record.exists():
        record.begin(settings)
        return
    before = record.settings()
    unlike = [
        f"{'' if name == 'detector' else '--'}{name}: it was begun with "
        f"{before.get(name, 'nothing')}, you asked for {settings.get(name, 'nothing')}"
        for name in dict.fromkeys([*before, *settings])
        if before.get(name) != settings.get(name)
    ]
    if unlike:
        listed = "\n  ".join(unlike)
        raise Failure(
            f"{record.out} must be gone on with under its own settings. These "
            f"differ:\n  {listed}\nType them as they were, name another folder by "
            "--out, or add --fresh to remove what is there and begin anew."
        )
    print(f"Going on in {record.out}/")


def work(
    values: flags.FlagValues,
    mode: str,
    sources: Sources,
    cutter: Cutter,
    record: Record,
) -> Tally:
    """Do what is left to do."""
    from kerasgan.preparation.cutting import usable_places
    from kerasgan.preparation.preparing import prepare
    from kerasgan.preparation.shares import Shares

    near = values.near_bits if mode in ("faces", "whole") else -1
    shares, planned = None, values.multiply * sources.total
    try:
        if mode == "patches":
            look = counter("looking at")
            usable = usable_places(sources, values.patch_size, progress=look)
            shares, planned = Shares(values.patches, usable), values.patches
        return prepare(
            sources,
            cutter,
            record,
            near_bits=None if near < 0 else near,
            copies=mode == "multiply",
            shares=shares,
            planned=planned,
            progress=counter("preparing"),
            remaking=counter("making again what was removed of"),
        )
    except (KeyboardInterrupt, Terminated):
        print(
            f"\nWhat is done is in {record.out}/. To go on, type the same command "
            "again, without --fresh.",
            file=sys.stderr,
        )
        raise


def tell_result(
    sources: Sources, tally: Tally, record: Record, settings: dict[str, Any]
) -> int:
    """The table, the report and the next command; the exit status.

    Raises:
        Failure: no picture was kept.
    """
    from kerasgan.preparation.report import write_report
    from kerasgan.preparation.state import PASSING
    from kerasgan.preparation.tally import table

    report = write_report(record, tally, settings)
    print(table(sources, tally, f"{record.out}/"))
    hidden = sources.videos_passed_over()
    if hidden:
        print(f"{hidden} of those passed over look like videos: --every 1s takes them.")
    wanted = settings.get("patches", 0)
    if tally.pictures < wanted:
        print(f"{tally.pictures:,} patches of {wanted:,}: the pictures are too empty.")
    again = sum(tally.reasons[kind] for kind in PASSING)
    if again:
        print(f"{again:,} could not be read this time: the same command tries again.")
    print(f"What was kept and dropped, with pictures: {report}")
    if not tally.pictures:
        raise Failure(
            f"{record.out}/ must get at least one picture and got none. The table "
            "says why; its reasons have flags that are less strict."
        )
    print(f"Next: {typed()} --path {shlex.quote(str(record.out))}")
    return 0
