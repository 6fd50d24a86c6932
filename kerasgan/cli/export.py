"""The word `export`: a trained generator for other programs."""

from __future__ import annotations

import importlib.util
import math
import os
import shlex
from pathlib import Path
from typing import Any

from absl import flags, logging

from kerasgan import __version__
from kerasgan.cli.failures import UsageError
from kerasgan.cli.outputs import check_folder
from kerasgan.cli.run_flags import define_run_flags, find_run
from kerasgan.config import TRUNCATING, TrainConfig
from kerasgan.jsonl import read_lines
from kerasgan.runs import RunFolder, read_json
from kerasgan.serving.versions import new_version, versions_in

HELP = "write the generator for TensorFlow Serving, LiteRT, ONNX or Keras"
DEFAULT_OUT = Path("export") / "models"
FORMATS = ("saved_model", "litert", "onnx", "keras")
QUANTIZED = ("float16", "dynamic")
ONNX_PACKAGES = ("onnx", "onnxruntime", "tf2onnx")
MARK = {  # what a version of each format has in it
    "saved_model": "saved_model.pb",
    "litert": "model.tflite",
    "onnx": "model.onnx",
    "keras": "generator.keras",
}
LONGEST_LICENCE = 2**20  # bytes
TEXTS = (".txt", ".md", ".rst", ".html")  # what ends so is the name of a file


def define_flags(values: flags.FlagValues) -> None:
    """The flags of `export`."""
    define_run_flags(values)
    flags.DEFINE_string(
        "out",
        None,
        "the model's folder, in which versions are numbered (export/models/NAME)",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "format",
        "saved_model",
        FORMATS,
        "for TensorFlow Serving; the last three hold the generator alone",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "quantize",
        None,
        QUANTIZED,
        "smaller weights in a litert file: 16 or 8 bits",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "image_format",
        "png",
        ["png", "jpeg"],
        "of the picture files that a SavedModel answers with",
        flag_values=values,
    )
    flags.DEFINE_float(
        "kid",
        None,
        "KID x 1000 of this generator, to be noted (that of the run's evaluation)",
        flag_values=values,
    )
    flags.DEFINE_string(
        "licence",
        None,
        "licence of the training pictures, to be noted: its text, or a file of it",
        flag_values=values,
    )


def run(values: flags.FlagValues) -> int:
    """Write one more version, check it, and say how to serve it; the exit status."""
    check(values)
    run_folder = find_run(values.run_dir)
    config = TrainConfig.from_json(run_folder.read_settings())
    if values.image_format == "jpeg" and config.channels == 4:
        raise UsageError(
            "--image_format must be png for pictures with alpha. Received jpeg, which "
            f"has no transparency, and {run_folder.path} has 4 channels."
        )
    out = Path(values.out) if values.out else default_out(run_folder, values.format)
    check_versions(out, values.format)
    licence = read_licence(values.licence)
    from kerasgan.cli.quiet import import_tensorflow

    import_tensorflow()
    logging.set_verbosity(logging.ERROR)  # what converters say is for their authors
    from kerasgan.building import load_networks

    networks, checkpoint = load_networks(run_folder, config, values.which)
    metadata = describe(run_folder, config, checkpoint)
    metadata |= quality(run_folder, checkpoint["step"], values)
    metadata |= {"which": values.which, "licence": licence}
    with new_version(out) as version:
        off = write(values, version.path, networks, config, metadata, out)
    print(closing_words(values.format, version.path, off))
    return 0


def check(values: flags.FlagValues) -> None:
    """Refuse flags that do not go together, and packages that are not there.

    Raises:
        UsageError: names the flag.
    """
    if values.quantize and values.format != "litert":
        raise UsageError(
            f"--quantize must go with --format litert. Received {values.format}."
        )
    if values["image_format"].present and values.format != "saved_model":
        raise UsageError(
            "--image_format must go with --format saved_model. Received "
            f"{values.format}, whose generator makes no files."
        )
    if values.kid is not None and not math.isfinite(values.kid):
        raise UsageError(f"--kid must be a finite number. Received {values.kid}.")
    if values.format == "onnx":
        lacking = [n for n in ONNX_PACKAGES if importlib.util.find_spec(n) is None]
        if lacking:
            raise UsageError(
                f"--format onnx must have {', '.join(ONNX_PACKAGES)}. Not installed: "
                f"{', '.join(lacking)}. Type pip install {' '.join(ONNX_PACKAGES)}"
            )


def default_out(run_folder: RunFolder, file_format: str) -> Path:
    """`export/models/faces`, or `export/models/faces-litert`: a server that looks for
    SavedModels in the first must not find other files there."""
    name = run_folder.path.resolve().name
    suffix = "" if file_format == "saved_model" else f"-{file_format}"
    return DEFAULT_OUT / f"{name}{suffix}"


def check_versions(out: Path, file_format: str) -> None:
    """Refuse a folder whose versions are of another format.

    Raises:
        UsageError: they are, or it is a file.
    """
    check_folder(out)
    for number in versions_in(out):
        if not (out / str(number) / MARK[file_format]).is_file():
            raise UsageError(
                f"--out must be a new folder, or one whose versions are of --format "
                f"{file_format}. Received {out}, whose {number}/ has no "
                f"{MARK[file_format]}: name another."
            )


def read_licence(licence: str | None) -> str | None:
    """The text, from a file if it names one.

    Raises:
        UsageError: the file is no text, or seems to be one and is not there.
    """
    if licence is None:
        return None
    if os.path.isdir(licence) or (
        Path(licence).suffix in TEXTS and not os.path.isfile(licence)
    ):
        raise UsageError(
            "--licence must be a text or the name of a text file. Received "
            f"{licence}, which is no file."
        )
    if not os.path.isfile(licence):
        return licence
    try:
        with open(licence, encoding="utf-8") as file:
            return file.read(LONGEST_LICENCE)
    except ValueError as error:
        raise UsageError(
            f"--licence must be a text or the name of a text file. Received {licence}, "
            "which is not UTF-8."
        ) from error


def describe(
    run_folder: RunFolder, config: TrainConfig, checkpoint: dict[str, Any]
) -> dict[str, Any]:
    """What one should know of a model: pictures, latents, classes, training, data."""
    data = read_json(run_folder.dataset) if run_folder.dataset.exists() else {}
    summary = ("used", "duplicates", "sizes", "subfolders", "fingerprint")
    height, width = config.image_size
    return {
        "model": config.model,
        "image_size": [height, width],
        "channels": config.channels,
        "latent_dim": config.latent_dim,
        "labels": list(config.label_names),
        "truncates": config.model in TRUNCATING,
        "step": checkpoint["step"],
        "images_seen": checkpoint["step"] * config.batch_size,
        "data": {name: data[name] for name in summary if name in data},
        "kerasgan": __version__,
    }


def quality(
    run_folder: RunFolder, step: int, values: flags.FlagValues
) -> dict[str, Any]:
    """How good the pictures are: as --kid says, else as the run's evaluation of this
    step found them, in which features and against how many pictures."""
    if values.kid is not None:
        return {"kid_x_1000": values.kid}
    lines = read_lines(run_folder.evaluations)
    found = next((line for line in lines if line["step"] == step), {})
    if values.which == "raw" or found.get("kid") is None:  # the averaged one's alone
        return {"kid_x_1000": None}
    return {
        "kid_x_1000": 1000 * found["kid"],
        "kid_features": found.get("features"),
        "kid_reals": found.get("reals"),
        "kid_held_out": bool(found.get("held")),
        "sliced_wasserstein": found.get("sliced_wasserstein"),
    }


def write(
    values: flags.FlagValues,
    folder: Path,
    networks: dict[str, Any],
    config: TrainConfig,
    metadata: dict[str, Any],
    out: Path,
) -> float:
    """Write and check one version in `folder`; how far off its pictures are."""
    classes = len(config.label_names)
    if values.format != "saved_model":
        from kerasgan.runs import write_json
        from kerasgan.serving.comparison import compared_latents
        from kerasgan.serving.formats import write_file

        z = compared_latents(config.latent_dim, classes)
        generator = networks["generator"]
        off = write_file(generator, folder, values.format, z, values.quantize)
        write_json(folder / "metadata.json", metadata | {"quantize": values.quantize})
        return off
    from kerasgan.serving.saved_model import write_saved_model
    from kerasgan.serving.signatures import Served

    served = Served(
        latent_dim=config.latent_dim,
        classes=classes,
        truncates=config.model in TRUNCATING,
        image_format=values.image_format,
        fit=config.fit,
        **networks,
    )
    more = {"image_format": values.image_format}
    name = out.resolve().name
    return write_saved_model(served, folder, name=name, metadata=metadata | more)


def closing_words(file_format: str, path: Path, off: float) -> str:
    """Where it is, how good, and what to do with it."""
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    told = (
        f"{file_format} in {path}/, {size / 1e6:.1f} MB: loaded again, its pictures "
        f"are the generator's to {off:.2g} grey levels."
    )
    if file_format != "saved_model":
        return told
    model = path.parent.resolve()
    mount = f"type=bind,source={model},target=/models/{model.name},readonly"
    name = shlex.quote(model.name)
    return (
        f"{told}\nServe it:\n"
        f"  docker run --rm -p 8500:8500 -p 8501:8501 --mount {shlex.quote(mount)} "
        f"-e MODEL_NAME={name} tensorflow/serving\n"
        f"and ask it: python export/client.py sample --model {name} --count 10"
    )
