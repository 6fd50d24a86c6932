"""A comparison from the command line: both sides, all numbers, what they mean.

N pictures, F features.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from absl import flags

from kerasgan.cli.copying import tell_copies
from kerasgan.cli.failures import UsageError
from kerasgan.cli.pictures import Shape, split_of
from kerasgan.cli.quiet import import_tensorflow
from kerasgan.cli.run_flags import find_run
from kerasgan.cli.sides import (
    WHOLE,
    Side,
    check_same_size,
    folder_side,
    open_folder,
    open_own,
    own_side,
    run_side,
)
from kerasgan.config import MOST_SEED, TrainConfig, parse_image_size, show
from kerasgan.data.doctor import check_folder
from kerasgan.data.store import ImageStore
from kerasgan.metrics.evaluation import compare_features, compare_pictures
from kerasgan.metrics.named_features import FeatureNet, open_features
from kerasgan.runs import RunError, RunFolder, default_cache_dir, write_json

EVALUATION, PAIRS = "evaluation.json", "_nearest.png"
ENOUGH = 2048  # pictures from which on FID can be compared with others'
LEGEND = {  # title, factor, digits, meaning
    "kid": ("KID x 1000", 1000, 1, "distance; 0 for pictures of the same kind"),
    "fid": ("FID", 1, 1, "distance; the fewer pictures, the more it is too high"),
    "precision": ("precision", 1, 3, "share of these that look like the others"),
    "recall": ("recall", 1, 3, "share of the others that these reach: variety"),
    "density": ("density", 1, 3, "as precision, less moved by odd ones; about 1"),
    "coverage": ("coverage", 1, 3, "as recall, less moved by odd ones"),
    "sliced_wasserstein": ("sliced Wasserstein", 1, 3, "distance of small pictures"),
    "diversity": ("diversity", 1, 3, "how unlike each other, over the others'"),
}


@dataclass(frozen=True)
class Comparison:
    """What is compared with what, before anything is drawn.

    Attributes:
        run: whose pictures are judged; None: those of a folder.
        other: a run that they are compared with; None: a folder, or the run's own.
        folder, against: packed pictures of the one and the other, where they are none
            that a run draws.
        is_own: a run is compared with its own pictures.
        shape: how all pictures are made.
    """

    run: RunFolder | None
    other: RunFolder | None
    folder: ImageStore | None
    against: ImageStore | None
    is_own: bool
    shape: Shape


def resolve(values: flags.FlagValues, cache_dir: Path) -> Comparison:
    """Find the runs and pack the folders; imports no TensorFlow.

    Raises:
        RunError: there is no such run.
        UsageError: what cannot be compared.
        DataError: a folder without pictures.
    """
    run = None if values.path else find_trained(values.run_dir)
    other = None
    if values.against and RunFolder(values.against).is_ours():
        other = find_trained(values.against)
    check_sides(values, run, other)
    configs = [config_of(each) for each in (run, other) if each is not None]
    if len(configs) == 2:
        check_same_size(*configs)
    shape = Shape(parse_image_size(values.image_size or TrainConfig.image_size))
    if configs:
        config = configs[0]
        shape = Shape(config.image_size, config.channels, config.fit)
    folder = against = None
    if values.path:
        folder = open_folder(Path(values.path), shape, cache_dir, **WHOLE)
    is_own = run is not None and not values.against
    if is_own:
        against = open_own(run, configs[0], cache_dir)
    elif other is None:
        against = open_folder(Path(values.against), shape, cache_dir)
    return Comparison(run, other, folder, against, is_own, shape)


def find_trained(run_dir: str | None) -> RunFolder:
    """A run that can draw.

    Raises:
        RunError: there is none, or it was never trained.
    """
    run = find_run(run_dir)
    if not run.has_trained():
        raise RunError(
            f"{run.path} must have trained before it can be judged, and has no "
            "checkpoint. Train first, or name another run by --run_dir."
        )
    return run


def check_sides(
    values: flags.FlagValues, run: RunFolder | None, other: RunFolder | None
) -> None:
    """Refuse folders that are none, and flags that would mean nothing.

    Raises:
        UsageError: names the flag.
        DataError: no such folder.
    """
    if values.path and RunFolder(values.path).is_ours():
        raise UsageError(
            f"--path must be a folder of pictures. Received {values.path}, which is a "
            "run: name it by --run_dir."
        )
    for path in filter(None, (values.path, None if other else values.against)):
        check_folder(path)
    if values.image_size and (run or other):
        raise UsageError(
            "--image_size must go with two folders: a run's pictures have their own."
        )
    for name in ("img_num", "which", "seed"):
        if values[name].present and not (run or other):
            raise UsageError(f"--{name} must go with a run, and both are folders.")


def config_of(run: RunFolder) -> TrainConfig:
    """A run's settings."""
    return TrainConfig.from_json(run.read_settings())


def evaluate_and_tell(values: flags.FlagValues) -> int:
    """Compare, tell, and write the numbers; the exit status."""
    cache_dir = Path(values.cache_dir or default_cache_dir())
    asked = resolve(values, cache_dir)
    import_tensorflow()
    net = open_features(values.features, values.feature_weights, values.pixels)
    against, ours = sides(asked, values, net, cache_dir)
    facts = {"image_size": show(asked.shape.image_size), "features": net.name}
    facts |= compare(ours, against)
    tell(ours, against, facts)
    out = Path(values.out) if values.out else asked.run and asked.run.path / EVALUATION
    if asked.is_own:
        split = split_of(config_of(asked.run), asked.run, asked.against)
        sheet = out.with_name(f"{out.stem}{PAIRS}")
        facts |= tell_copies(ours, against, asked.against, split, sheet)
    if out:
        write_json(out, facts)
        print(f"All numbers: {out}")
    return 0


def sides(
    asked: Comparison, values: flags.FlagValues, net: FeatureNet, cache_dir: Path
) -> tuple[Side, Side]:
    """What is compared with, and what is judged. Two runs draw from different latents:
    from the same ones related generators draw pairs, which look too near."""
    most = values.real_num

    def drawn(run: RunFolder, seed: int) -> Side:
        config, which = config_of(run), values.which
        return run_side(run, config, net, which, values.img_num, seed)

    if asked.other is not None:
        against = drawn(asked.other, (values.seed + 1) % (MOST_SEED + 1))
    elif asked.is_own:
        against = own_side(asked.against, asked.run, net, most, cache_dir)
    else:
        against = folder_side(asked.against, values.against, net, most, cache_dir)
    if asked.run is not None:
        return against, drawn(asked.run, values.seed)
    return against, folder_side(asked.folder, values.path, net, most, cache_dir)


def compare(ours: Side, against: Side) -> dict[str, Any]:
    """All numbers, and what they are of."""
    return {
        "pictures": ours.words,
        "step": ours.step,
        "against": against.words,
        **compare_features(against.features, ours.features),
        **compare_pictures(against.images, ours.images),
    }


def tell(ours: Side, against: Side, facts: dict[str, Any]) -> None:
    """The table."""
    print(f"\n{ours.words}\nagainst {against.words}")
    for remark in (*ours.remarks, *against.remarks):
        print(remark)
    print(f"at {facts['image_size']}, in features of: {facts['features']}")
    print("(numbers of other features, sizes or counts do not compare)\n")
    for name, (title, factor, digits, meaning) in LEGEND.items():
        if facts[name] is None:
            continue
        number = f"{factor * facts[name]:.{digits}f}"
        if name == "kid":
            number += f" +- {factor * facts['kid_error']:.{digits}f}"
        print(f"{title:19s} {number:>16s}   {meaning}")
    few = min(len(ours.images), len(against.images))
    if few < ENOUGH:
        print(f"\nFID of {few:,} pictures is too high: trust KID, and mind its error.")
