"""A served model behind TensorFlow Serving's two interfaces, REST and gRPC.

Both have `predict(signature, inputs)`, which takes and gives lists of rows by tensor
name, and `status()`. REST needs Python alone; gRPC tensorflow-serving-api.
"""

from __future__ import annotations

import base64
import http.client
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

FIRST_WAIT_SECONDS = 0.2  # before the second try; doubled before each further one
TRY_AGAIN = {429, 502, 503, 504}  # HTTP status of a server that is busy or starting
DTYPES = {
    "latents": "float32",
    "truncation": "float32",
    "seeds": "int64",
    "labels": "int64",
    "image_bytes": "string",
}


class Refused(Exception):
    """The server answered, and said no."""


class Unreachable(Exception):
    """No server answered, or it was too busy: worth another try."""


class Rest:
    """A model behind TensorFlow Serving's REST interface.

    Args:
        server: such as `http://localhost:8501`.
        model: its name.
        version: a number; None for the newest.
        label: such as `stable`, in place of a version.
        timeout_seconds: for one answer.
    """

    def __init__(
        self,
        server: str,
        model: str,
        version: int | None = None,
        label: str | None = None,
        timeout_seconds: float = 60.0,
    ) -> None:
        self.url = f"{server.rstrip('/')}/v1/models/{urllib.parse.quote(model)}"
        if version is not None:
            self.url += f"/versions/{version}"
        elif label is not None:
            self.url += f"/labels/{urllib.parse.quote(label)}"
        self.timeout_seconds = timeout_seconds

    def predict(self, signature: str, inputs: dict[str, list]) -> dict[str, list]:
        """What a signature answers, each tensor as a list of its rows.

        Raises:
            Refused: the request is wrong, or there is no such model.
            Unreachable: there was no answer.
        """
        body = {"signature_name": signature, "inputs": to_json(inputs)}
        outputs = self.ask(f"{self.url}:predict", body)["outputs"]
        if not isinstance(outputs, dict):  # of a single tensor without its name
            outputs = {"": outputs}
        return {name: from_json(rows) for name, rows in outputs.items()}

    def status(self) -> list[tuple[int, str]]:
        """Each version with its state: AVAILABLE, LOADING ..."""
        states = self.ask(self.url)["model_version_status"]
        return [(int(each["version"]), each["state"]) for each in states]

    def ask(self, url: str, body: dict | None = None) -> Any:
        """GET, or POST of a body; the answer's JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data)
        try:
            with urllib.request.urlopen(
                request, timeout=self.timeout_seconds
            ) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            sentence = error_in(error.read()) or f"HTTP status {error.code}"
            raise (Unreachable if error.code in TRY_AGAIN else Refused)(
                sentence
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(str(getattr(error, "reason", error))) from error
        except ValueError as error:
            raise Refused(f"{url} answered with something else than JSON") from error


class Grpc:
    """The same model behind the gRPC interface; `server` such as `localhost:8500`."""

    def __init__(
        self,
        server: str,
        model: str,
        version: int | None = None,
        label: str | None = None,
        timeout_seconds: float = 60.0,
    ) -> None:
        try:
            import grpc
            from tensorflow_serving.apis import (
                get_model_status_pb2,
                model_service_pb2_grpc,
                predict_pb2,
                prediction_service_pb2_grpc,
            )
        except ImportError as error:
            raise SystemExit(
                "client: --grpc must have tensorflow-serving-api, and it is not "
                'installed. Type pip install "kerasgan[serving]", or leave out --grpc.'
            ) from error
        self.failure = grpc.RpcError
        unlimited = [("grpc.max_receive_message_length", -1)]
        channel = grpc.insecure_channel(server, unlimited)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(channel)
        self.requests = (
            predict_pb2.PredictRequest,
            get_model_status_pb2.GetModelStatusRequest,
        )
        self.model, self.version, self.label = model, version, label
        self.timeout_seconds = timeout_seconds

    def predict(self, signature: str, inputs: dict[str, list]) -> dict[str, list]:
        """As `Rest.predict`."""
        import tensorflow as tf

        request = self.about_model(self.requests[0]())
        request.model_spec.signature_name = signature
        for name, rows in inputs.items():
            tensor = tf.make_tensor_proto(rows, DTYPES[name])
            request.inputs[name].CopyFrom(tensor)
        outputs = self.ask(self.prediction.Predict, request).outputs
        return {name: tf.make_ndarray(each).tolist() for name, each in outputs.items()}

    def status(self) -> list[tuple[int, str]]:
        """As `Rest.status`."""
        request = self.about_model(self.requests[1]())
        states = self.ask(self.models.GetModelStatus, request).model_version_status
        name = type(states[0]).State.Name if states else str
        return [(each.version, name(each.state)) for each in states]

    def about_model(self, request: Any) -> Any:
        """The request, with the model it is for."""
        request.model_spec.name = self.model
        if self.version is not None:
            request.model_spec.version.value = self.version
        elif self.label is not None:
            request.model_spec.version_label = self.label
        return request

    def ask(self, call: Callable, request: Any) -> Any:
        """Call, with errors as `Rest` has them."""
        try:
            return call(request, timeout=self.timeout_seconds)
        except self.failure as error:
            busy = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}
            kind = Unreachable if error.code().name in busy else Refused
            raise kind(error.details()) from error


def patiently(ask: Callable[[], Any], tries: int) -> Any:
    """Ask again while there is no answer, after longer and longer waits."""
    for tried in range(1, tries + 1):
        try:
            return ask()
        except Unreachable:
            if tried == tries:
                raise
            # a little at random, so that many clients do not come back together
            wait = FIRST_WAIT_SECONDS * 2 ** (tried - 1) * random.uniform(0.8, 1.2)
            time.sleep(wait)
    raise ValueError(f"tries must be at least 1. Received {tries}.")


def to_json(inputs: dict[str, list]) -> dict[str, list]:
    """Bytes as TensorFlow Serving wants them in JSON; numbers as they are.

    >>> to_json({"image_bytes": [b"abc"], "seeds": [1]})
    {'image_bytes': [{'b64': 'YWJj'}], 'seeds': [1]}
    """

    def value(row: Any) -> Any:
        if isinstance(row, bytes):
            return {"b64": base64.b64encode(row).decode()}
        return row

    return {name: [value(row) for row in rows] for name, rows in inputs.items()}


def from_json(rows: list) -> list:
    """The way back."""
    return [
        base64.b64decode(row["b64"]) if isinstance(row, dict) else row for row in rows
    ]


def error_in(answer: bytes) -> str | None:
    """The server's own sentence, None where it has none."""
    try:
        return str(json.loads(answer)["error"])
    except (ValueError, KeyError, TypeError):
        return None
