"""The requests that a server replays when it loads a version, before any other.

TensorFlow is slow at a first request, as it optimises the graph then. TensorFlow
Serving sends itself what it finds in `assets.extra/tf_serving_warmup_requests`: a
TFRecord of PredictionLog messages. They are written here by their field numbers, so
that an export needs no package but TensorFlow.

Sources: tensorflow_serving/apis/prediction_log.proto, predict.proto and model.proto;
the wire format, protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

FOLDER = "assets.extra"
FILE = "tf_serving_warmup_requests"
BATCHES = (1, 8)  # pictures a request; other sizes are traced no further

# Field numbers in the .proto files above
PREDICTION_LOG_PREDICT_LOG = 6
PREDICT_LOG_REQUEST = 1
REQUEST_MODEL_SPEC, REQUEST_INPUTS = 1, 2
SPEC_NAME, SPEC_SIGNATURE = 1, 3
MAP_KEY, MAP_VALUE = 1, 2


def warmup_inputs(
    signatures: Mapping[str, list[tf.TensorSpec]], picture: bytes
) -> list[tuple[str, dict[str, np.ndarray]]]:
    """A few requests for each signature: its name and its inputs.

    Args:
        signatures: what each takes, by name.
        picture: a picture's file, for those that take such.

    Example:
    >>> specs = {"sample": [tf.TensorSpec([None], tf.int64, name="seeds")]}
    >>> [inputs["seeds"].tolist() for _, inputs in warmup_inputs(specs, b"")]
    [[1], [1, 1, 1, 1, 1, 1, 1, 1]]
    """

    def value(spec: tf.TensorSpec, count: int) -> np.ndarray:
        if spec.dtype == tf.string:
            return np.array([picture] * count, object)
        values = np.ones([count, *spec.shape[1:]], spec.dtype.as_numpy_dtype)
        return values * 0 if spec.name == "labels" else values

    return [
        (name, {spec.name: value(spec, count) for spec in specs})
        for name, specs in signatures.items()
        for count in BATCHES
    ]


def write_warmup(
    version: Path,
    model: str,
    requests: list[tuple[str, dict[str, np.ndarray]]],
) -> None:
    """Put the requests into the folder of a SavedModel.

    Raises:
        OSError: it cannot be written.
    """
    folder = version / FOLDER
    folder.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / FILE)) as file:
        for signature, inputs in requests:
            file.write(prediction_log(model, signature, inputs))


def prediction_log(
    model: str, signature: str, inputs: Mapping[str, np.ndarray]
) -> bytes:
    """One request as a serialised PredictionLog."""
    spec = field(SPEC_NAME, model.encode())
    spec += field(SPEC_SIGNATURE, signature.encode())
    request = field(REQUEST_MODEL_SPEC, spec)
    for name, value in inputs.items():
        tensor = tf.make_tensor_proto(value).SerializeToString()
        entry = field(MAP_KEY, name.encode()) + field(MAP_VALUE, tensor)
        request += field(REQUEST_INPUTS, entry)
    predict_log = field(PREDICT_LOG_REQUEST, request)
    return field(PREDICTION_LOG_PREDICT_LOG, predict_log)


def field(number: int, content: bytes) -> bytes:
    """A message, text or bytes as a field: its number, its length, itself.

    >>> field(2, b"abc")
    b'\\x12\\x03abc'
    """
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    """A whole number in sevens of bits, the lowest first; all but the last marked.

    >>> varint(300)
    b'\\xac\\x02'
    """
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
