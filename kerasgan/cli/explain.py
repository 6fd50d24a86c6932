"""The word `explain`: what the discriminator of a run looks at."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from kerasgan.cli.counter import counter
from kerasgan.cli.failures import UsageError
from kerasgan.cli.name_lists import names_in
from kerasgan.cli.outputs import Output, check_apart
from kerasgan.cli.photos import read_photos
from kerasgan.cli.run_flags import define_photo_label_flag, define_run_flags
from kerasgan.cli.trained import Trained, batch_of, open_run

if TYPE_CHECKING:
    import keras
    import numpy as np

HELP = "what the discriminator looks at: its layers, and what decides in a photo"
REFERENCES = 64  # generated pictures on which channels are chosen
SHEET = 100
OVER_TIME = 4  # channels of each layer that are followed over the checkpoints
GAP = 8  # pixels between layers
LETTER = 9  # pixels of a heading's letter, at most


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `explain`."""
    flags.DEFINE_string(
        "path",
        None,
        "photos of which to show what decides (generated pictures)",
        flag_values=values,
    )
    flags.DEFINE_string(
        "layers", None, "layers by name, separated by commas (all)", flag_values=values
    )
    flags.DEFINE_integer("channels", 16, "channels of each layer", flag_values=values)
    flags.DEFINE_integer(
        "steps", 150, "steps in which a channel's picture is sought", flag_values=values
    )
    flags.DEFINE_bool(
        "over_time",
        True,
        "also the same channels at each checkpoint of the run",
        flag_values=values,
    )
    define_photo_label_flag(values)
    define_run_flags(values)
    flags.DEFINE_string(
        "out", None, "where it all goes (explained/ in the run)", flag_values=values
    )


def run(values: flags.FlagValues) -> int:
    """Draw what each layer and each photo shows; the exit status."""
    for name in ("channels", "steps"):
        if values[name].value < 1:
            raise UsageError(
                f"--{name} must be at least 1. Received {values[name].value}."
            )
    trained = open_run(values)
    out = Path(values.out) if values.out else trained.run.path / "explained"
    if values.out and values.path:
        check_apart(Path(values.path), out)
    output = Output(out, "explain", bool(values.out))
    photos = read_photos(values.path, trained.config, SHEET) if values.path else None
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    references = trained.space.pictures(trained.space.draw(0, 0, REFERENCES))
    layers = chosen_layers(trained, values.layers)
    images = references if photos is None else photos.images
    lines = [f"What the discriminator of {trained.origin} looks at:"]
    with output:
        aside = output.begin()
        channels = draw_layers(trained, layers, references, values, aside)
        draw_deciding(trained, images, aside)
        lines.append(f"  what excites its channels   {out}/LAYER.png")
        lines.append(f"  what decides in a picture   {out}/deciding.png")
        if values.over_time and draw_over_time(trained, channels, values, aside):
            lines.append(
                f"  how it came about           {out}/over_time.png (over the "
                "checkpoints that there are; train --keep 20 keeps more)"
            )
        output.finish({"run": str(trained.run.path), "channels": channels})
    print("\n".join(lines))
    return 0


def chosen_layers(trained: Trained, asked: str | None) -> list[str]:
    """The layers that are shown.

    Raises:
        UsageError: one that there is not.
    """
    from kerasgan.feature_maps import named_maps

    every = list(named_maps(trained.discriminator))
    if asked is None:
        return every
    names = names_in("layers", asked)
    if not names or not set(names) <= set(every):
        raise UsageError(
            f"--layers must name some of {', '.join(every)}. Received {asked}."
        )
    return names


def draw_layers(
    trained: Trained,
    layers: list[str],
    references: np.ndarray,
    values: flags.FlagValues,
    aside: Path,
) -> dict[str, list[int]]:
    """A sheet for each layer; which channels of it were shown."""
    from kerasgan.explanation import exciting_pictures, layer_outputs, most_excited
    from kerasgan.images import grid, in_parts, to_uint8, write_png

    show, channels = counter("layer", "number"), {}
    few = batch_of(trained.config)
    shape = references.shape[1:]
    for done, name in enumerate(layers, start=1):
        features = as_function(trained, layer_outputs(trained.discriminator, name))
        seen = in_parts(features, references, few)
        channels[name] = most_excited(seen, values.channels)
        excite = partial(
            exciting_pictures, features, image_shape=shape, steps=values.steps
        )
        found = in_parts(excite, channels[name], few)
        write_png(aside / f"{name}.png", grid(to_uint8(found)))
        show(done, len(layers))
    return channels


def as_function(trained: Trained, network: keras.Model):
    """A network on what D is shown, as a function of images alone."""
    return lambda images: network(trained.shown(images), training=False)


def draw_deciding(trained: Trained, images: np.ndarray, aside: Path) -> None:
    """photo | what decides, for each picture."""
    import numpy as np

    from kerasgan.explanation import deciding_pixels
    from kerasgan.images import grid, in_parts, to_uint8, write_png

    decide = partial(deciding_pixels, trained.judge)
    shares = in_parts(decide, images, batch_of(trained.config))[..., None]  # [N, H, W]
    lit = (images + 1) * shares - 1  # the picture where it counts, black elsewhere
    if images.shape[-1] == 4:
        lit[..., 3] = 1
    pairs = to_uint8(np.concatenate([images, lit], axis=2))
    write_png(aside / "deciding.png", grid(pairs))


def draw_over_time(
    trained: Trained,
    channels: dict[str, list[int]],
    values: flags.FlagValues,
    aside: Path,
) -> bool:
    """A row for each checkpoint, of the first few channels of each layer; whether
    there were checkpoints to compare."""
    import numpy as np

    from kerasgan import checkpoints
    from kerasgan.building import build_discriminator
    from kerasgan.checkpoint_folder import CheckpointError, list_checkpoints, step_of
    from kerasgan.explanation import exciting_pictures, layer_outputs
    from kerasgan.feature_maps import named_maps
    from kerasgan.images import grid, to_uint8, with_caption, write_png

    folders = list_checkpoints(trained.run.checkpoints)
    if len(folders) < 2:
        return False
    rows = []
    followed = {name: numbers[:OVER_TIME] for name, numbers in channels.items()}
    heads = [f"{name}: {', '.join(map(str, n))}" for name, n in followed.items()]
    shape = (*trained.config.image_size, trained.config.channels)
    for folder in folders:
        network = build_discriminator(trained.config)
        try:
            checkpoints.load_part_of(folder, network, "discriminator")
        except CheckpointError as error:  # or removed by a training that goes on
            print(f"{error} It is left out.")
            continue
        grown = named_maps(network)
        blocks = []
        for head, (name, numbers) in zip(heads, followed.items(), strict=True):
            found = np.zeros((len(numbers), *shape), np.float32)  # it came later
            if name in grown:
                features = as_function(trained, layer_outputs(network, name))
                found = exciting_pictures(features, numbers, shape, steps=values.steps)
            block = grid(to_uint8(found), columns=len(numbers))
            narrow = max(0, LETTER * len(head) - block.shape[1])
            right = ((0, 0), (0, narrow), (0, 0))
            blocks.append(np.pad(block, right, constant_values=255))
        row = in_a_row(blocks)
        rows.append(with_caption(row, f"step {step_of(folder):,}"))
    if len(rows) < 2:
        return False
    named = [with_caption(b[:0], head) for b, head in zip(blocks, heads, strict=True)]
    write_png(aside / "over_time.png", np.concatenate([in_a_row(named), *rows]))
    return True


def in_a_row(blocks: list[np.ndarray]) -> np.ndarray:
    """Pictures [H, w, C] of one height in a row, with white between them."""
    import numpy as np

    height, _, colours = blocks[0].shape
    gap = np.full((height, GAP, colours), 255, np.uint8)
    spaced = [part for block in blocks for part in (block, gap)]
    return np.concatenate(spaced[:-1], axis=1)
