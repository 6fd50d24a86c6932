"""A SavedModel for TensorFlow Serving: written, loaded again, compared.

    saved_model.pb, variables/                 the graph and the weights
    assets.extra/tf_serving_warmup_requests    what the server replays at its start
    assets.extra/metadata.json                 what the model is

Legend: N pictures, Z latent_dim, K classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasgan.growing import one_resolution
from kerasgan.runs import write_json
from kerasgan.serving.comparison import (
    ExportError,
    check_alike,
    compared_latents,
    pictures_of,
)
from kerasgan.serving.signatures import Served, Signature
from kerasgan.serving.warmup import FOLDER, warmup_inputs, write_warmup

METADATA = "metadata.json"


def write_saved_model(
    served: Served, folder: Path, *, name: str, metadata: dict[str, Any]
) -> float:
    """Write all signatures into `folder`, load them, and compare with the networks.

    Args:
        folder: empty, or where nothing is yet.
        name: the model's, as the server will know it.
        metadata: what metadata.json will say, beside the signatures.

    Returns:
        The mean difference of pictures from the generator's, in grey levels.

    Raises:
        ExportError: a signature fails, or the pictures are others.
        OSError: the disk is full, or the folder cannot be written to.
    """
    signatures = served.signatures()
    specs = {key: takes for key, (_, takes) in signatures.items()}
    write_archive(networks_of(served), signatures, folder)
    picture = np.zeros(served.image_shape, np.uint8)
    requests = warmup_inputs(specs, tf.io.encode_png(picture).numpy())
    with written(folder):
        write_warmup(folder, name, requests)
    inputs = {key: [spec.name for spec in takes] for key, takes in specs.items()}
    write_json(folder / FOLDER / METADATA, metadata | {"signatures": inputs})
    return check_saved_model(served, folder, requests)


def write_archive(
    networks: list[keras.Model], signatures: dict[str, Signature], folder: Path
) -> None:
    """Trace `signatures` of these networks and save them.

    Raises:
        ExportError: the disk is full, or the folder cannot be written to.
    """
    archive = keras.export.ExportArchive()
    for network in networks:
        archive.track(network)
    for key, (serve, takes) in signatures.items():
        archive.add_endpoint(key, serve, input_signature=takes)
    with written(folder), one_resolution(*networks):  # it is now that they are traced
        archive.write_out(str(folder), verbose=False)


@contextmanager
def written(folder: Path) -> Iterator[None]:
    """What TensorFlow says of its own files, as a sentence.

    Raises:
        ExportError: the disk is full, or the folder cannot be written to.
    """
    try:
        yield
    except tf.errors.OpError as error:
        raise ExportError(
            f"The SavedModel must fit into {folder.parent}, and cannot be written: "
            f"{error.message}. Free some space, or name another folder by --out."
        ) from error


def check_saved_model(
    served: Served, folder: Path, requests: list[tuple[str, dict[str, np.ndarray]]]
) -> float:
    """Load it, replay `requests`, and compare its pictures with the generator's.

    Raises:
        ExportError: a request fails, or the pictures are others.
    """
    loaded = tf.saved_model.load(str(folder)).signatures
    try:
        for key, inputs in requests:
            loaded[key](**{k: tf.constant(value) for k, value in inputs.items()})
    except tf.errors.OpError as error:
        raise ExportError(
            f"The exported model must answer {key}, and says: {error.message}"
        ) from error
    z = compared_latents(served.latent_dim, served.classes)
    theirs = loaded["serving_default"](latents=tf.constant(z))["images"].numpy()
    return check_alike(pictures_of(served.generator, z), theirs, "float32")


def networks_of(served: Served) -> list[keras.Model]:
    """Those that there are."""
    found = (served.generator, served.discriminator, served.encoder)
    return [network for network in found if network is not None]
