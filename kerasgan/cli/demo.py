"""The word `demo`: draw faces, train on them, make new ones; end to end."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from absl import flags

from kerasgan.cli.counter import counter
from kerasgan.cli.failures import UsageError
from kerasgan.cli.generate import make_pictures
from kerasgan.cli.typed import typed
from kerasgan.config import TrainConfig
from kerasgan.runs import GENERATED_MARK, RunFolder, numbered_run_dir

HELP = "draw cartoon faces, train on them, make new ones: all in a few minutes"
PICTURES = 2000
GENERATED = 100


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `demo`."""
    flags.DEFINE_float("minutes", 6.5, "minutes of training", flag_values=values)
    flags.DEFINE_string("run_dir", "runs/demo", "the run's folder", flag_values=values)
    flags.DEFINE_string("cache_dir", None, "as for train", flag_values=values)


def run(values: flags.FlagValues) -> int:
    """Draw, train, generate, and say where everything is; the exit status."""
    if not values.minutes > 0:
        raise UsageError(f"--minutes must be above 0. Received {values.minutes}.")
    run_folder = RunFolder(values.run_dir)
    theirs = interrupted_demo(run_folder)
    if run_folder.exists() and theirs is None:
        run_folder = RunFolder(numbered_run_dir(run_folder.path))
    faces = run_folder.path / "drawn_faces"
    print(f"1. Drawing {PICTURES} cartoon faces in {faces}/")
    from kerasgan.data.sketch_faces import draw_faces

    draw_faces(faces, PICTURES, seed=0, progress=counter("drawing"))

    print(f"2. Training on them for {values.minutes:g} minutes")
    from kerasgan.cli.pictures import examine
    from kerasgan.cli.quiet import import_tensorflow

    config = TrainConfig.for_model(path=str(faces), minutes=values.minutes)
    if theirs is not None:
        config = dataclasses.replace(theirs, minutes=values.minutes)
    store = examine(config, values.cache_dir)
    import_tensorflow()
    from kerasgan.cli.training_session import train_and_tell

    status = train_and_tell(config, run_folder, store)
    if status:
        return status

    print(f"\n3. Making {GENERATED} new faces")
    sheet = make_pictures(run_folder, run_folder.generated, count=GENERATED)
    print(closing_words(run_folder, sheet))
    return 0


def interrupted_demo(run_folder: RunFolder) -> TrainConfig | None:
    """The settings of a demo that did not come to its end: it goes on."""
    if not run_folder.exists() or (run_folder.generated / GENERATED_MARK).exists():
        return None
    theirs = TrainConfig.from_json(run_folder.read_settings())
    return theirs if theirs.path == str(run_folder.path / "drawn_faces") else None


def closing_words(run_folder: RunFolder, sheet: Path) -> str:
    """Where everything is."""
    return (
        f"\nAll done.\n"
        f"  the drawn faces       {run_folder.path / 'drawn_faces'}/\n"
        f"  how training went     {run_folder.report} (in a browser)\n"
        f"  {GENERATED} new faces         {run_folder.generated}/\n"
        f"  all of them at once   {sheet}\n"
        f"  the generator         {run_folder.generator}\n"
        f"Now with your own pictures: {typed()} --path FOLDER"
    )
