"""Weights to begin with: those of another run, or of a saved generator.

What is taken over are the networks, not the optimizers: a training that starts from
another's pictures is a new one. Freezing the lower layers of D, which look at edges and
colours, keeps what they know: Mo et al. 2020 (FreezeD).
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import keras

from kerasgan import checkpoints
from kerasgan.config import BEFORE, SOFT_COLOURED
from kerasgan.generator_training import GeneratorTraining
from kerasgan.growing import Growing, coarse_side
from kerasgan.layers import BatchNorm, SoftColour
from kerasgan.runs import RunFolder

NETWORKS = ("generator", "averaged_generator", "discriminator", "encoder", "decoders")


class StartError(ValueError):
    """A starting point that is none, or of other networks."""


def start_from(model: GeneratorTraining, source: str | os.PathLike) -> list[str]:
    """Put the weights of a run, or of a generator's file, into a new training.

    Args:
        model: the new training; must have the same networks, and grown ones.
        source: a run folder, whose newest checkpoint is taken, or a .keras file, which
            holds a generator alone.

    Returns:
        The names of the networks that were taken over.

    Raises:
        StartError: there is no such thing, or its networks differ; says how.
        CheckpointError: the run has no checkpoint that can be read.
    """
    source = Path(source)
    if source.is_dir() and RunFolder(source).exists():
        taken = _from_run(model, RunFolder(source))
    elif source.is_file():
        taken = _from_file(model, source)
    else:
        raise StartError(
            f"--init_from must be the folder of a run, or a generator.keras. Received "
            f"{source}, which is neither."
        )
    side = coarse_side(model.generator)
    if side is not None:
        raise StartError(
            "--init_from must have networks that have grown. Received "
            f"{source}, which is at {side} pixels: train it to the end first."
        )
    return taken


def freeze_lowest(discriminator: keras.Model, count: int) -> list[str]:
    """Stop the `count` convolutions of D that lie nearest to the picture from learning,
    and the normalisations behind them; the names of all of these.

    Raises:
        StartError: D has no more than so many.
    """
    layers = _from_below(discriminator)
    convolutions = [layer for layer in layers if _convolves(layer)]
    if count >= len(convolutions):
        raise StartError(
            f"--freeze_d must be less than {len(convolutions)}, the number of this "
            f"discriminator's convolutions. Received {count}."
        )
    lowest = convolutions[:count]
    maps = [layer.output for layer in lowest if layer in discriminator.layers]
    frozen = [
        layer
        for layer in layers
        if layer in lowest
        or isinstance(layer, BatchNorm)
        and any(layer.input is each for each in maps)
    ]
    for layer in frozen:
        layer.trainable = False
    return [layer.name for layer in frozen]


def frozen_layers(discriminator: keras.Model) -> list[str]:
    """The names of the layers that do not learn."""
    return [layer.name for layer in _from_below(discriminator) if not layer.trainable]


def _from_below(discriminator: keras.Model) -> list[keras.layers.Layer]:
    """Its layers, from the picture on, those inside of a growing one too."""
    return [
        part
        for layer in discriminator.layers
        for part in (layer.from_below() if isinstance(layer, Growing) else [layer])
    ]


def _convolves(layer: keras.layers.Layer) -> bool:
    return any(len(weight.shape) == 4 for weight in layer.trainable_weights)


def _from_run(model: GeneratorTraining, run: RunFolder) -> list[str]:
    taken = []
    for part in NETWORKS:
        network = getattr(model, part, None)
        if network is None:
            continue
        try:
            checkpoints.load_part(network, part, run.checkpoints)
        except ValueError as error:
            raise _unlike(run.path, error) from error
        taken.append(part)
    settings = BEFORE | run.read_settings()
    if settings.get("model") in SOFT_COLOURED and settings.get("channels") != 1:
        theirs = settings["colour_detail"]
        _check_colour_detail(run.path, _colour_detail(model.generator), theirs)
    return taken


def _from_file(model: GeneratorTraining, path: Path) -> list[str]:
    try:
        generator = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise StartError(
            f"--init_from must be a generator that Keras can read. Received {path}: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from error
    ours = [tuple(weight.shape) for weight in model.generator.weights]
    theirs = [tuple(weight.shape) for weight in generator.weights]
    if ours != theirs:
        raise _unlike(path, _first_difference(ours, theirs))
    details = (_colour_detail(model.generator), _colour_detail(generator))
    _check_colour_detail(path, *details)
    discriminator = getattr(model, "discriminator", None)
    if discriminator and frozen_layers(discriminator):
        raise StartError(
            f"--freeze_d must go with the folder of a run. Received {path}, which "
            "holds no discriminator: its layers would be frozen as they are drawn."
        )
    for network in (model.generator, model.averaged_generator):
        network.set_weights(generator.get_weights())
    return ["generator", "averaged_generator"]


def _colour_detail(generator: keras.Model) -> float:
    """How loud fine detail is in its colours; the one setting without a weight."""
    shares = [each.share for each in generator.layers if isinstance(each, SoftColour)]
    return shares[0] if shares else 1.0


def _check_colour_detail(source: Path, ours: float, theirs: float) -> None:
    if ours != theirs:
        raise _unlike(
            source, f"its --colour_detail is {theirs:g}, and here it is {ours:g}"
        )


def _first_difference(ours: list[tuple], theirs: list[tuple]) -> str:
    if len(ours) != len(theirs):
        return f"it has {len(theirs)} weights, and these networks {len(ours)}"
    pairs = enumerate(zip(ours, theirs, strict=True))
    k = next(k for k, (mine, other) in pairs if mine != other)
    return f"its weight {k} is {theirs[k]}, and here it is {ours[k]}"


def _unlike(source: Path, why: object) -> StartError:
    return StartError(
        f"--init_from must have the same networks (--model, --image_size, --channels, "
        f"--width, --latent_dim, --labels, --d_batch_norm, --spectral_norm). {source} "
        f"differs: {why}"
    )
