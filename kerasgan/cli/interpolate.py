"""The word `interpolate`: pictures and a video on the way between latents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.name_lists import names_in
from kerasgan.cli.outputs import Output
from kerasgan.cli.run_flags import define_latents_flag, define_run_flags
from kerasgan.cli.trained import Trained, check_search, define_search_flags, open_run

if TYPE_CHECKING:
    import numpy as np

HELP = "walk between photos, seeds or latents: frames, a sheet and a video"
SHEET = 64  # frames on the contact sheet
VIDEO_SIDE = 256  # pixels that a side is enlarged to, at least


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `interpolate`."""
    flags.DEFINE_string(
        "between",
        None,
        "the corners, separated by commas: photos, names in latents.npz, or seed:7 for "
        "picture 7 of generate (6 random ones)",
        flag_values=values,
    )
    flags.DEFINE_integer("frames", 120, "pictures on the way", flag_values=values)
    flags.DEFINE_float(
        "fps", 24.0, "pictures a second in the video", flag_values=values
    )
    flags.DEFINE_enum(
        "way",
        "spherical",
        ["spherical", "linear"],
        "along the sphere of the latents or straight: spherical|linear",
        flag_values=values,
    )
    flags.DEFINE_bool("loop", True, "end where it began", flag_values=values)
    flags.DEFINE_bool("easing", True, "slow down at each corner", flag_values=values)
    define_run_flags(values)
    flags.DEFINE_string(
        "out", None, "where it all goes (walk/ in the run)", flag_values=values
    )
    define_latents_flag(values)
    define_search_flags(values)


def run(values: flags.FlagValues) -> int:
    """Make the frames, the sheet and the video; the exit status."""
    check(values)
    trained = open_run(values)
    out = Path(values.out) if values.out else trained.run.path / "walk"
    output = Output(out, "interpolate", bool(values.out))
    from kerasgan.cli.names import Names

    names = Names(trained, values)
    corners = corner_names(values)
    names.check_places(corners)
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    names.search(corners)
    points = [names.point(name) for name in corners]
    with output:
        hint = write_walk(trained, points, values, output.begin())
        output.finish({"run": str(trained.run.path), "between": corners})
    print(
        f"{values.frames} pictures on the way through {len(corners)} points of "
        f"{trained.origin}.\n"
        f"  the video       {out}/walk.mp4\n"
        f"  contact sheet   {out}/sheet.png\n"
        f"  the frames      {out}/frames/" + (f"\n{hint}" if hint else "")
    )
    return 0


def check(values: flags.FlagValues) -> None:
    """Refuse what cannot be.

    Raises:
        UsageError: names the flag.
    """
    check_search(values)
    corners = corner_names(values)
    if len(corners) < 2:
        raise UsageError(
            "--between must name two points or more, separated by commas. Received "
            f"{values.between}."
        )
    if values.frames < len(corners):
        raise UsageError(
            f"--frames must be at least the number of corners, {len(corners)}. "
            f"Received {values.frames}."
        )
    if not 0.1 <= values.fps <= 240:
        raise UsageError(f"--fps must be 0.1 to 240. Received {values.fps}.")


def corner_names(values: flags.FlagValues) -> list[str]:
    """What stands between the commas; 6 seeds where nothing was named."""
    if values.between is None:
        return [f"seed:{k}" for k in range(6)]
    return names_in("between", values.between)


def write_walk(
    trained: Trained, points: list[np.ndarray], values: flags.FlagValues, aside: Path
) -> str:
    """Frames, sheet and video into `aside`; a sentence where browsers do not play
    the video."""
    import numpy as np

    from kerasgan.cli.films import codec_hint, write_film
    from kerasgan.images import grid, to_uint8, write_png
    from kerasgan.latent.walks import walk

    centre = trained.space.centre  # the sphere's
    corners = np.stack(points) - centre
    way = walk(
        corners,
        values.frames,
        way=values.way,
        loop=values.loop,
        easing=values.easing,
    )
    shown = np.linspace(0, len(way) - 1, min(SHEET, len(way))).astype(int)
    frames, on_sheet = aside / "frames", []
    frames.mkdir()

    def rows() -> Iterator[list[np.ndarray]]:  # painted as the film takes them
        images = itertools.chain.from_iterable(trained.space.in_batches(way + centre))
        for k, image in enumerate(images):
            picture = to_uint8(image)
            write_png(frames / f"{k:04d}.png", picture)
            if k in shown:
                on_sheet.append(picture)
            yield [image]

    write_film(aside / "walk.mp4", rows(), values.fps, VIDEO_SIDE)
    write_png(aside / "sheet.png", grid(np.stack(on_sheet)))
    return codec_hint()
