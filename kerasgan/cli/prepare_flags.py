"""The flags of `prepare`, and what is wrong with them.

There are four ways of cutting (`MODES`): faces, whole pictures (`--faces none`),
patches (`--patches N`) and copies (`--multiply N`). A flag that means nothing to the
way that was chosen is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.typed import typed
from kerasgan.config import MOST_SEED, parse_image_size, show

MODES = ("faces", "whole", "patches", "multiply")
FACES = ("all", "biggest", "none")
BORDERS = ("reflect", "blur")  # alignment.py has them too, and imports OpenCV
# The flags that belong to one way of cutting alone.
OF_FACES = (
    "detector_model",
    "min_score",
    "min_size",
    "front_only",
    "margin",
    "border",
    "max_outside",
)
OF_PICTURES = ("image_size", "min_sharpness", "darkest", "brightest", "near_bits")
OF_PATCHES = ("patch_size", "patch_rotation", "patch_scale", "seed")
# Flag -> (least, most).
RANGES = {
    "min_score": (0.5, 1),
    "min_size": (0, 10_000),
    "margin": (0, 2),
    "max_outside": (0, 1),
    "min_sharpness": (0, 100_000),
    "darkest": (0, 255),
    "brightest": (0, 255),
    "near_bits": (-1, 16),
    "patches": (0, 10_000_000),
    "patch_size": (8, 4096),
    "patch_rotation": (0, 180),
    "patch_scale": (1, 100),
    "multiply": (0, 1_000_000),
    "seed": (0, MOST_SEED),
}


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `prepare`."""

    def text(name: str, default: str | None, words: str) -> None:
        flags.DEFINE_string(name, default, words, flag_values=values)

    def number(name: str, default: float, words: str) -> None:
        flags.DEFINE_float(name, default, words, flag_values=values)

    def whole(name: str, default: int, words: str) -> None:
        flags.DEFINE_integer(name, default, words, flag_values=values)

    text("path", None, "folder of photographs, or one picture or video; only read")
    text("out", None, "folder for the new pictures: new, empty, or of an earlier start")
    flags.DEFINE_enum(
        "faces",
        "all",
        FACES,
        "of each photograph: all|biggest; none takes whole pictures",
        flag_values=values,
    )
    text("image_size", "128", "of the new pictures, or HEIGHTxWIDTH")
    number("margin", 0.2, "around a face, as a share of its height")
    number("min_size", 0.0, "least height of a face in pixels; 0: half of that written")
    flags.DEFINE_bool(
        "front_only", False, "drop faces that are turned aside", flag_values=values
    )
    flags.DEFINE_enum(
        "border",
        "reflect",
        BORDERS,
        "what is seen beyond a photograph's edge: reflect|blur",
        flag_values=values,
    )
    number("max_outside", 0.4, "share of a picture that may lie beyond the edge")
    number("min_score", 0.8, "how sure the detector must be, 0.5 to 1")
    text("detector_model", None, "YuNet's ONNX file (fetched once from opencv_zoo)")
    number("min_sharpness", 20.0, "variance of the Laplacian at 128 px; 0 keeps all")
    number("darkest", 30.0, "least mean grey level of a picture, 0 to 255")
    number("brightest", 225.0, "highest mean grey level of a picture")
    whole("near_bits", 4, "near duplicates differ in so many of 64 bits; -1 keeps them")
    text("every", None, "take frames of videos too, one in this time: 1s, 500ms, 2min")
    whole("patches", 0, "so many random crops in place of faces")
    whole("patch_size", 128, "height and width of a patch")
    number("patch_rotation", 0.0, "patches are turned by up to so many degrees")
    number("patch_scale", 1.0, "patches show up to so many times more, made smaller")
    whole("multiply", 0, "each picture so many times, unchanged, for experiments")
    whole("seed", 0, "the patches follow from it")
    text("cache_dir", None, "where the detector is kept")
    flags.DEFINE_bool(
        "fresh",
        False,
        "remove what prepare wrote there, and begin anew",
        flag_values=values,
    )


def check(values: flags.FlagValues) -> str:
    """Refuse what cannot be; the one of MODES that is meant.

    Raises:
        UsageError: names the flag.
    """
    for name, what in (("path", "a folder of photographs"), ("out", "a folder")):
        if not values[name].value:
            raise UsageError(
                f"--{name} must name {what}. Received none: {typed()} --TYPE prepare "
                "--path PHOTOS --out FACES"
            )
    for name, (least, most) in RANGES.items():
        if not least <= values[name].value <= most:
            raise UsageError(
                f"--{name} must be between {least} and {most}. "
                f"Received {values[name].value}."
            )
    if values.darkest >= values.brightest:
        raise UsageError(
            "--darkest must be below --brightest. "
            f"Received {values.darkest} and {values.brightest}."
        )
    if values.patches and values.multiply:
        raise UsageError(
            "There must be one of --patches and --multiply. Received both."
        )
    mode = "faces" if values.faces != "none" else "whole"
    mode = "patches" if values.patches else "multiply" if values.multiply else mode
    check_meant(values, mode)
    check_size(values)
    return mode


def check_meant(values: flags.FlagValues, mode: str) -> None:
    """Refuse flags that mean nothing to the way of cutting.

    Raises:
        UsageError: names the flag.
    """
    idle = {
        "faces": OF_PATCHES,
        "whole": OF_FACES + OF_PATCHES,
        "patches": (*OF_FACES, *OF_PICTURES, "faces"),
        "multiply": (*OF_FACES, *OF_PICTURES, *OF_PATCHES, "faces"),
    }[mode]
    belongs = {name: "faces" for name in OF_FACES} | {
        name: "--patches" for name in OF_PATCHES
    }
    belongs |= {name: "faces and whole pictures" for name in (*OF_PICTURES, "faces")}
    for name in idle:
        if values[name].present and values[name].value != values[name].default:
            words = {"whole": "--faces none"}.get(mode, f"--{mode}")
            what = "faces" if mode == "faces" else words
            raise UsageError(
                f"--{name} must go with {belongs[name]}, and means nothing to {what}: "
                "leave it out."
            )


def check_size(values: flags.FlagValues) -> None:
    """Refuse sizes of pictures that cannot be.

    Raises:
        UsageError: says which can.
    """
    try:
        image_size = parse_image_size(values.image_size)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not all(8 <= side <= 4096 for side in image_size):
        raise UsageError(
            "--image_size must be between 8 and 4096. "
            f"Received {show(image_size)}: 128 is a good size to train on 64 or 128."
        )


def settings_of(values: flags.FlagValues, mode: str) -> dict[str, Any]:
    """What the pictures follow from, as the record has it.

    >>> values = flags.FlagValues()
    >>> define_flags(values)
    >>> values(["prepare", "--path", "a", "--patches", "5"])
    ['prepare']
    >>> list(settings_of(values, "patches").items())[1:4]
    [('every', ''), ('patches', 5), ('patch_size', 128)]
    """
    names = ["every"]
    if mode in ("faces", "whole"):
        names += ["faces", *OF_PICTURES]
    if mode == "faces":
        names += [name for name in OF_FACES if name != "detector_model"]
    if mode == "patches":
        names += ["patches", *OF_PATCHES]
    if mode == "multiply":
        names += ["multiply"]
    settings: dict[str, Any] = {"path": str(Path(values.path).resolve())}
    for name in names:
        value = values[name].value
        settings[name] = "" if value is None else value
    return settings
