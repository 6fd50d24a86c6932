"""The word `inpaint`: the missing part of photos, drawn by a trained generator."""

from __future__ import annotations

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

if TYPE_CHECKING:
    import numpy as np

    from kerasgan.latent.inpainting import Completions

HELP = "complete photos of which a part is missing"
MASKS = ("center", "left", "random", "grid", "lowres")
REALISM, FEATURES = 0.003, 0.0  # weights, beside the known pixels


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `inpaint`."""
    flags.DEFINE_string(
        "path", None, "the photos: a folder, or one file", flag_values=values
    )
    flags.DEFINE_string(
        "mask",
        "center",
        "what is missing: center|left|random|grid|lowres, or a picture of the run's "
        "size, black or transparent where something is missing",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "blend",
        "poisson",
        ["none", "poisson"],
        "how the new part is put in: none as it is, poisson without a seam",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "variants", 1, "different completions of each photo", flag_values=values
    )
    define_run_flags(values)
    flags.DEFINE_string(
        "out", None, "where it all goes (inpainted/ in the run)", flag_values=values
    )
    define_search_flags(values)


def run(values: flags.FlagValues) -> int:
    """Complete the photos, write what was drawn; the exit status."""
    check(values)
    trained = open_run(values)
    check_each("variants", values.variants, trained.config)
    out = Path(values.out) if values.out else trained.run.path / "inpainted"
    output = Output(out, "inpaint", bool(values.out))
    if values.out:
        check_apart(Path(values.path), out)
    mask = read_mask(values, trained)
    photos = read_photos(values.path, trained.config)
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    with output:
        complete(trained, photos, mask, values, output)
        output.finish({"run": str(trained.run.path), "mask": values.mask})
    many = len(photos.names)
    print(
        f"{many} photo{'s' * (many > 1)} completed by {trained.origin}.\n"
        f"  original, masked, raw, blended   {out}/sheet.png\n"
        f"  each completed photo             {out}/"
    )
    return 0


def check(values: flags.FlagValues) -> None:
    """Refuse what cannot be.

    Raises:
        UsageError: names the flag.
    """
    if not values.path:
        raise UsageError("inpaint must have photos: add --path FOLDER, or a file.")
    check_search(values)
    if values.mask not in MASKS and not Path(values.mask).is_file():
        raise UsageError(
            f"--mask must be one of {', '.join(MASKS)}, or a picture. Received "
            f"{values.mask}, which is no file."
        )


def read_mask(values: flags.FlagValues, trained: Trained) -> np.ndarray | None:
    """The mask [H, W, 1] that was named; None for lowres.

    Raises:
        UsageError: a picture that is no mask for this run.
    """
    from kerasgan.images import UnreadableImage, read_image
    from kerasgan.latent.masks import make_mask, mask_of_picture

    size = trained.config.image_size
    if values.mask == "lowres":
        return None
    if values.mask in MASKS:
        return make_mask(values.mask, size, values.seed)
    try:
        return mask_of_picture(read_image(values.mask, channels=4), size)
    except UnreadableImage as error:
        raise UsageError(
            f"--mask must be a picture. Received {values.mask}: {error.reason}."
        ) from error
    except ValueError as error:
        raise UsageError(f"--mask {values.mask}: {error}") from error


def complete(
    trained: Trained,
    photos: Photos,
    mask: np.ndarray | None,
    values: flags.FlagValues,
    output: Output,
) -> None:
    """Search a batch at a time, and write each photo's grid and completions aside.
    Batches of a start that was stopped are not repeated."""
    import numpy as np

    from kerasgan.cli.searching import batches, search_key
    from kerasgan.data.latent_files import unique_stems
    from kerasgan.images import grid, to_uint8, write_png
    from kerasgan.latent.inpainting import inpaint

    goal = trained.goal(
        values.distance,
        REALISM if values.realism is None else values.realism,
        FEATURES if values.features is None else values.features,
    )
    endings = ["", *(f"_completed_{v + 1}" for v in range(values.variants))]
    stems = unique_stems(photos.names, ["sheet"], endings)
    hidden = "lowres" if mask is None else mask.tolist()
    settings = (photos.names, values.variants, values.blend, hidden)
    aside = output.begin(search_key(trained, photos, values, settings))
    sheets = []
    for part, options in batches(trained, photos, values, values.variants):
        known = output.read_done(part.start)
        if known is not None:
            sheets.append(known["rows"])
            continue
        some = photos.part(part)
        made = inpaint(
            trained.space,
            some,
            mask,
            goal,
            variants=values.variants,
            blend=values.blend,
            **options,
        )
        rows = np.stack([rows_of(some[k], mask, made, k) for k in range(len(some))])
        rows = to_uint8(rows)  # [N, V, H, 4 W, C]
        for k, stem in enumerate(stems[part]):
            write_png(aside / f"{stem}.png", grid(rows[k], columns=1))
            for ending, finished in zip(endings[1:], made.blended[k], strict=True):
                write_png(aside / f"{stem}{ending}.png", to_uint8(finished))
        sheets.append(rows[: max(0, ON_SHEET - part.start), 0])
        output.write_done(part.start, {"rows": sheets[-1]})
    write_png(aside / "sheet.png", grid(np.concatenate(sheets)))


def rows_of(
    photo: np.ndarray, mask: np.ndarray | None, made: Completions, k: int
) -> np.ndarray:
    """original | masked | raw | blended, a row a variant: [V, H, 4 W, C]."""
    import numpy as np
    import tensorflow as tf

    from kerasgan.latent.inpainting import larger, smaller

    if mask is None:
        small = smaller(tf.constant(photo[None]))[0].numpy()
        masked = larger(small, photo.shape[:2])
    else:
        masked = photo * mask + (1 - mask)  # white where nothing is known
    return np.stack(
        [
            np.concatenate([photo, masked, raw, blended], axis=1)
            for raw, blended in zip(made.raw[k], made.blended[k], strict=True)
        ]
    )
