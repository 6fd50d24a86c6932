"""The word `project`: for each photo the latent whose picture is closest."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.outputs import ON_SHEET, Output, check_apart
from kerasgan.cli.photos import Photos, read_photos
from kerasgan.cli.run_flags import define_run_flags
from kerasgan.cli.trained import (
    Trained,
    check_each,
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
    check_each("restarts", values.restarts, trained.config)
    out = Path(values.out) if values.out else trained.run.path / "projected"
    output = Output(out, "project", bool(values.out))
    if values.out:
        check_apart(Path(values.path), out)
    photos = read_photos(values.path, trained.config)
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    with output:
        losses, error = project_photos(trained, photos, values, output)
        output.finish({"run": str(trained.run.path), "photos": photos.names} | losses)
    many = len(photos.names)
    from kerasgan.cli.films import codec_hint

    print(
        f"{many} photo{'s' * (many > 1)} projected into {trained.space_name} of "
        f"{trained.origin}: pixels are off by {error:.0f} grey levels (root mean "
        f"square, median).\n"
        f"  photo, projection, difference   {out}/sheet.png\n"
        f"  the latents                     {out}/latents.npz"
    )
    if 0 < values.videos < many:
        print(f"  {values.videos} of the searches are videos: --videos {many} for all.")
    if values.videos and (hint := codec_hint()):
        print(hint)
    return 0


def check(values: flags.FlagValues) -> None:
    """Refuse what cannot be.

    Raises:
        UsageError: names the flag.
    """
    if not values.path:
        raise UsageError("project must have photos: add --path FOLDER, or a file.")
    check_search(values)
    if values.videos < 0:
        raise UsageError(f"--videos must be 0 or more. Received {values.videos}.")


def project_photos(
    trained: Trained, photos: Photos, values: flags.FlagValues, output: Output
) -> tuple[dict, float]:
    """Search, and write everything aside, a batch at a time; the losses, and how far
    pixels are off in the median. Batches of a start that was stopped are not repeated.
    """
    import numpy as np

    from kerasgan.cli.searching import as_latents, projections, search_key
    from kerasgan.data.latent_files import unique_stems, write_latents
    from kerasgan.images import grid, write_png

    settings = (photos.names, values.restarts, values.videos)
    aside = output.begin(search_key(trained, photos, values, settings))
    stems = unique_stems(photos.names, reserved=["sheet"])
    when = moments(values.steps, FRAMES)
    frames: list[np.ndarray] = []
    wanted = values.videos

    def keep(step: int, images) -> None:
        if step in when and wanted:
            frames.append(np.asarray(images[: wanted * values.restarts]))

    batches = []
    for part, search in projections(trained, photos, values, values.restarts, keep):
        known = output.read_done(part.start)
        if known is None:
            found, some = search(), photos.part(part)
            strips = write_batch(aside, stems[part], some, found, frames)
            on_sheet = strips[: max(0, ON_SHEET - part.start)]
            known = kept_of(found, some) | {"strips": on_sheet}
            output.write_done(part.start, known)
        batches.append(known)
        wanted = max(0, wanted - len(stems[part]))
        frames.clear()
    every = {
        name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]
    }
    latents = as_latents(trained, photos.names, every["points"])
    write_latents(aside / "latents.npz", latents)
    write_losses(aside / "losses.csv", photos.names, every["history"])
    write_png(aside / "sheet.png", grid(every["strips"]))
    losses = every["losses"].round(6).tolist()
    by_name = dict(zip(photos.names, losses, strict=True))
    return {"losses": by_name}, float(np.median(every["off"]))


def write_batch(
    aside: Path,
    stems: list[str],
    photos: np.ndarray,
    found: Projection,
    frames: list[np.ndarray],
) -> np.ndarray:
    """Write the strip of each photo [N, H, W, C], and the films of those in `frames`, R
    searches a photo; the strips, uint8 [N, H, 3 W, C]."""
    import numpy as np

    from kerasgan.images import write_png

    restarts = found.order.shape[1]
    filmed = len(frames[0]) // restarts if frames else 0
    strips = np.stack(list(map(side_by_side, photos, found.images)))
    for k, stem in enumerate(stems):
        write_png(aside / f"{stem}.png", strips[k])
        if k < filmed:
            winner = k * restarts + found.order[k, 0]
            search = [frame[winner] for frame in frames]
            write_search(aside / f"{stem}.mp4", photos[k], search)
    return strips


def kept_of(found: Projection, photos: np.ndarray) -> dict[str, np.ndarray]:
    """What is kept of a batch of N photos, beside its pictures: points, losses, their
    history [N, T], and how far pixels are off in grey levels [N]."""
    import numpy as np

    squares = ((found.images - photos) ** 2).mean(axis=(1, 2, 3))
    return {
        "points": found.points,
        "losses": found.losses,
        "history": found.history.T,
        "off": 127.5 * np.sqrt(squares),
    }


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


def write_losses(path: Path, names: list[str], history: np.ndarray) -> None:
    """One row a step, one column a photo, of their losses [N, T]."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["step", *names])
    for step, losses in enumerate(history.T):
        rows.writerow([step, *(f"{loss:.6g}" for loss in losses)])
    write_atomically(path, table.getvalue().encode("utf-8", "surrogateescape"))
