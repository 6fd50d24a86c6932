"""The word `report`: a run's page written anew, of what the run's folder holds now."""

from __future__ import annotations

from pathlib import Path

from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.pictures import folder_of, open_packed, split_of
from kerasgan.cli.run_flags import find_run
from kerasgan.config import TrainConfig
from kerasgan.data.picked import Picked
from kerasgan.report import write_report
from kerasgan.report.page import MARK
from kerasgan.runs import RunFolder

HELP = "write a run's report.html anew"
SEARCHED = 16_000  # training pictures among which the nearest are looked for


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `report`."""
    flags.DEFINE_string(
        "run_dir", None, "the run's folder (the newest in runs/)", flag_values=values
    )
    flags.DEFINE_string(
        "out", None, "the page (report.html in the run)", flag_values=values
    )
    flags.DEFINE_string("cache_dir", None, "as for train", flag_values=values)


def run(values: flags.FlagValues) -> int:
    """Write the page; the exit status."""
    run_folder = find_run(values.run_dir)
    out = run_folder.report if values.out is None else Path(values.out)
    check_report_place(out)
    images = training_pictures(run_folder, values.cache_dir)
    write_report(run_folder, out, images=images, searched=SEARCHED)
    print(f"{out}: open it in a browser")
    return 0


def check_report_place(out: Path) -> None:
    """Refuse to write over anything but a report.

    Raises:
        UsageError: it is a folder, or a file of something else.
    """
    if out.is_dir():
        raise UsageError(f"--out must be a file. Received {out}, which is a folder.")
    if out.exists() and MARK.encode() not in out.read_bytes()[:2000]:
        raise UsageError(
            "--out must be a new file, or an earlier report. Received "
            f"{out}, which is something else: name another."
        )


def training_pictures(run_folder: RunFolder, cache_dir: str | None) -> Picked | None:
    """The packed pictures [N, H, W, C] that a run was trained on; None, and a sentence,
    where they are no longer there, or nobody knows which they are."""
    try:
        config = TrainConfig.from_json(run_folder.read_settings())
        store = open_packed(folder_of(run_folder, config), config, cache_dir)
        trained = split_of(config, run_folder, store).trained
        return Picked(store.images, trained)
    except (ValueError, TypeError) as error:  # no pictures, or a damaged file
        print(f"Without the nearest training pictures of {run_folder.path}: {error}")
        return None
