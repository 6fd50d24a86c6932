"""The report of a run as one HTML page that opens from disk with no network.

N training pictures, H height, W width, C channels.
"""

from __future__ import annotations

import html
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from kerasgan import __version__
from kerasgan.data.examination import printable
from kerasgan.images import UnreadableImage, read_image
from kerasgan.report import tables, timeline
from kerasgan.report.charts import evaluation_words
from kerasgan.report.curves import curves
from kerasgan.report.grids import Slides, on_page
from kerasgan.report.likeness import SEARCHED, find_likeness, newest_samples
from kerasgan.report.records import Records, number, read_records
from kerasgan.runs import RunFolder, write_atomically
from kerasgan.web_page import fill_page

FOLDER = Path(__file__).with_name("page")
MARK = '<meta name="generator" content="kerasgan report">'


def write_report(
    run: RunFolder,
    path: Path | None = None,
    *,
    images: np.ndarray | None = None,
    searched: int = SEARCHED,
    running: bool = False,
    slides: Slides | None = None,
) -> Path:
    """Write a run's page; its path.

    Args:
        run: its folder; any file in it may be missing.
        path: of the page; None takes report.html in the run.
        images: uint8 [N, H, W, C], the training pictures, a np.memmap as a rule; None
            leaves out the nearest ones.
        searched: of how many of them at most the nearest are looked for.
        running: the training goes on, so that the page will be written again.
        slides: those of the page before, so that no grid is made small twice.

    Raises:
        OSError: it cannot be written there; a page that was there is untouched.
    """
    path = path or run.report
    data = page_data(run, images, searched, running, slides or Slides())
    title = html.escape(f"{data['name']}: report")
    write_atomically(path, fill_page(FOLDER, data, title=title, mark=MARK))
    return path


def page_data(
    run: RunFolder,
    images: np.ndarray | None,
    searched: int,
    running: bool,
    slides: Slides,
) -> dict[str, Any]:
    """All that page.js shows."""
    records = read_records(run)
    grids, found = slides.of_folder(run.samples)
    chosen, left = tables.settings_rows(records)
    place = run.path.resolve()
    return {
        "name": printable(place.name or "run"),
        "version": __version__,
        "written": round(time.time()),
        "running": running,
        "left": _seconds_left(records) if running else None,
        "batchSize": number(records.settings.get("batch_size")),
        "grids": grids,
        "gridsFound": found,
        "reals": _reals(run),
        "verdicts": timeline.page_data(records.verdicts),
        **curves(records),
        "evaluationWords": evaluation_words(records.evaluations, records.others),
        "likeness": likeness_data(run, images, searched),
        "chosen": chosen,
        "defaults": left,
        "origin": tables.origin_rows(records),
        "dataset": tables.dataset_rows(records.dataset),
        "command": tables.resume_command(records, place),
        "length": tables.length_flags(records.settings),
    }


def likeness_data(
    run: RunFolder, images: np.ndarray | None, searched: int
) -> dict[str, Any] | None:
    """The newest samples beside the training pictures nearest to them, if both are
    there."""
    if images is None or not len(images):
        return None
    samples = newest_samples(run.samples, images.shape[1:3], images.shape[3])
    if samples is None:
        return None
    return find_likeness(samples, images, searched).page_data()


def _reals(run: RunFolder) -> dict[str, Any] | None:
    try:
        return on_page(read_image(run.samples / "reals.png", 3))
    except UnreadableImage:
        return None


def _seconds_left(records: Records) -> float | None:
    left = records.log.get("eta_seconds")
    return None if left is None or math.isnan(left[-1]) else float(left[-1])
