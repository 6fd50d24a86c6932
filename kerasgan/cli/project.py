"""The word `project`: for each photo the latent whose picture is closest."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.outputs import Output, check_apart
from kerasgan.cli.photos import Photos, read_photos
from kerasgan.cli.run_flags import define_run_flags
from kerasgan.cli.trained import (
    Trained,
    check_search,
    define_search_flags,
    open_run,
)
from kerasgan.runs import write_atomically

if TYPE_CHECKING:
    import numpy as np

    from kerasgan.latent.projection import Projection

HELP = "find your photos in a trained generator: the latent whose picture is closest"
FRAMES = 48  # of a video of a search
SECONDS = 6
VIDEO_SIDE = 256  # pixels that a side is enlarged to, at least


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `project`."""
    flags.DEFINE_string(
        "path", None, "the photos: a folder, or one file", flag_values=values
    )
    define_run_flags(values)
    flags.DEFINE_string(
        "out", None, "where it all goes (projected/ in the run)", flag_values=values
    )
    define_search_flags(values)
    flags.DEFINE_integer(
        "restarts", 1, "searches for each photo; the best counts", flag_values=values
    )
    flags.DEFINE_integer(
        "videos",
        16,
        "of how many photos the search becomes a video",
        flag_values=values,
    )


def run(values: flags.FlagValues) -> int:
    """Project the photos, write what was found; the exit status."""
    check(values)
    trained = open_run(values)
    out = Path(values.out) if values.out else trained.run.path / "projected"
    output = Output(out, "project", bool(values.out))
    if values.out:
        check_apart(Path(values.path), out)
    photos = read_photos(values.path, trained.config)
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    aside = output.begin()
    losses, error = project_photos(trained, photos, values, aside)
    output.finish({"run": str(trained.run.path), "photos": photos.names} | losses)
    many = len(photos.names)
    print(
        f"{many} photo{'s' * (many > 1)} projected into {trained.space_name} of "
        f"{trained.origin}: pixels are off by {error:.0f} grey levels (root mean "
        f"square, median).\n"
        f"  photo, projection, difference   {out}/sheet.png\n"
        f"  the latents                     {out}/latents.npz"
    )
    return 0


def check(values: flags.FlagValues) -> None:
    """Refuse what cannot be.

    Raises:
        UsageError: names the flag.
    """
    if not values.path:
        raise UsageError("project must have photos: add --path FOLDER, or a file.")
    check_search(values)
    if not 1 <= values.restarts <= 64:
        raise UsageError(f"--restarts must be 1 to 64. Received {values.restarts}.")
    if values.videos < 0:
        raise UsageError(f"--videos must be 0 or more. Received {values.videos}.")


def project_photos(
    trained: Trained, photos: Photos, values: flags.FlagValues, aside: Path
) -> tuple[dict, float]:
    """Search, and write everything into `aside`; the losses, and how far pixels are
    off in the median."""
    import numpy as np

    from kerasgan.cli.searching import as_latents, projections
    from kerasgan.data.latent_files import unique_stems, write_latents
    from kerasgan.images import grid, write_png

    stems = unique_stems(photos.names, reserved=["sheet"])
    when = moments(values.steps, FRAMES)
    frames: list[np.ndarray] = []
    wanted = values.videos

    def keep(step: int, images) -> None:
        if step in when and wanted:
            frames.append(np.asarray(images[: wanted * values.restarts]))

    found: list[Projection] = []
    strips = []
    for part, each in projections(trained, photos, values, values.restarts, keep):
        found.append(each)
        for k, stem in enumerate(stems[part]):
            strip = side_by_side(photos.images[part][k], each.images[k])
            strips.append(strip)
            write_png(aside / f"{stem}.png", strip)
            if k < wanted and frames:
                winner = k * values.restarts + each.order[k, 0]
                search = [frame[winner] for frame in frames]
                write_search(aside / f"{stem}.mp4", photos.images[part][k], search)
        wanted = max(0, wanted - len(stems[part]))
        frames.clear()
    points = np.concatenate([each.points for each in found])
    images = np.concatenate([each.images for each in found])
    write_latents(aside / "latents.npz", as_latents(trained, photos.names, points))
    write_losses(aside / "losses.csv", photos.names, found)
    write_png(aside / "sheet.png", grid(np.stack(strips[:100])))
    off = 127.5 * np.sqrt(((images - photos.images) ** 2).mean(axis=(1, 2, 3)))
    losses = np.concatenate([each.losses for each in found])
    by_name = dict(zip(photos.names, losses.round(6).tolist(), strict=True))
    return {"losses": by_name}, float(np.median(off))


def moments(steps: int, count: int) -> set[int]:
    """The steps that a video shows: close together at first, where much changes.

    >>> sorted(moments(100, 5))
    [0, 6, 25, 56, 100]
    """
    return {round(steps * (k / (count - 1)) ** 2) for k in range(count)}


def side_by_side(photo: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """photo | projection | difference, uint8 [H, 3 W, C]; no difference is grey."""
    import numpy as np

    from kerasgan.images import to_uint8

    difference = (drawn - photo) / 2
    if photo.shape[-1] == 4:
        difference[..., 3] = 1
    return to_uint8(np.concatenate([photo, drawn, difference], axis=1))


def write_search(path: Path, photo: np.ndarray, search: list[np.ndarray]) -> None:
    """A video: the photo on the left, what the search had found so far beside it."""
    from kerasgan.cli.films import write_film

    pairs = [[photo, image] for image in search]
    rest = [pairs[-1]] * (len(pairs) // 4)  # to look at the result
    write_film(path, pairs + rest, len(pairs + rest) / SECONDS, VIDEO_SIDE)


def write_losses(path: Path, names: list[str], found: list[Projection]) -> None:
    """One row a step, one column a photo."""
    import numpy as np

    history = np.concatenate([each.history for each in found], axis=1)  # [T, N]
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["step", *names])
    for step, losses in enumerate(history):
        rows.writerow([step, *(f"{loss:.6g}" for loss in losses)])
    write_atomically(path, table.getvalue().encode("utf-8", "surrogateescape"))
