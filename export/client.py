#!/usr/bin/env python3
"""Ask a served generator for pictures, how real pictures look to it, and their latents.

    python client.py sample --model faces --count 10 --out pictures
    python client.py score --model faces photo.jpg other.png
    python client.py encode --model faces photo.jpg --out latents.json
    python client.py draw --model faces latents.json --out pictures
    python client.py status --model faces

REST needs Python alone: this file can be copied anywhere. `--grpc localhost:8500` needs
tensorflow-serving-api (pip install "kerasgan[serving]"), which needs TensorFlow.

Exit status: 0 done, 1 it could not be done, 2 it was asked wrongly.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CHUNK = 32  # pictures a request
PER_SEED = 2**31  # picture k of `generate --seed s` has the number s * PER_SEED + k
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
            with urllib.request.urlopen(  # noqa: S310 an address that the user gave
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
            wait = FIRST_WAIT_SECONDS * 2 ** (tried - 1) * random.uniform(0.8, 1.2)  # noqa: S311
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


def in_chunks(rows: list) -> Iterator[list]:
    """A few at once, so that an answer does not become too long."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def only(outputs: dict[str, list], name: str) -> list:
    """A tensor by its name; REST leaves out the name where there is one alone."""
    return outputs[name] if name in outputs else outputs[""]


def write_pictures(out: Path, numbers: list[int], files: list[bytes]) -> None:
    """0000.png ... (or .jpg) in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for number, file in zip(numbers, files, strict=True):
        ending = "png" if file.startswith(b"\x89PNG") else "jpg"
        (out / f"{number:04d}.{ending}").write_bytes(file)


def sample(ask: Callable, args: argparse.Namespace) -> None:
    """Pictures by number, as `generate` makes them, into files."""
    out = Path(args.out or "pictures")
    for numbers in in_chunks(list(range(args.first, args.first + args.count))):
        inputs = {
            "seeds": [args.seed * PER_SEED + number for number in numbers],
            "truncation": [args.truncation] * len(numbers),
        }
        if args.class_number is not None:
            inputs["labels"] = [args.class_number] * len(numbers)
        write_pictures(out, numbers, only(ask("sample", inputs), "image_bytes"))
    print(f"{args.count} pictures in {out}/")


def draw(ask: Callable, args: argparse.Namespace) -> None:
    """The pictures of latents from a file that `encode` wrote."""
    out = Path(args.out or "pictures")
    latents = [row for path in args.files for row in json.loads(path.read_text())]
    done = 0
    for rows in in_chunks(latents):
        files = only(ask("generate_png", {"latents": rows}), "image_bytes")
        write_pictures(out, list(range(done, done + len(rows))), files)
        done += len(rows)
    print(f"{done} pictures in {out}/")


def score(ask: Callable, args: argparse.Namespace) -> None:
    """One line a picture: how real it looks to D (above 0: real), and its file."""
    for paths in in_chunks(args.files):
        images = [path.read_bytes() for path in paths]
        scores = ask("score", {"image_bytes": images})["score"]
        for path, value in zip(paths, scores, strict=True):
            print(f"{value:8.3f}  {path}")


def encode(ask: Callable, args: argparse.Namespace) -> None:
    """The latents of pictures, as JSON: a list for each."""
    latents = []
    for paths in in_chunks(args.files):
        images = [path.read_bytes() for path in paths]
        latents += only(ask("encode", {"image_bytes": images}), "latents")
    out = Path(args.out or "latents.json")
    out.write_text(json.dumps(latents))
    print(f"{len(latents)} latents in {out}")


WORDS = {"sample": sample, "draw": draw, "score": score, "encode": encode}


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("word", choices=[*WORDS, "status"])
    parser.add_argument("files", nargs="*", type=Path, help="pictures, or latents")
    parser.add_argument("--model", required=True, help="its name on the server")
    parser.add_argument("--server", default="http://localhost:8501", help="REST")
    parser.add_argument("--grpc", help="ask by gRPC, such as localhost:8500")
    parser.add_argument("--version", type=int, help="of the model")
    parser.add_argument("--label", help="stable or canary, in place of --version")
    parser.add_argument("--out", help="folder of pictures, or file of latents")
    parser.add_argument("--count", type=int, default=10, help="sample: how many")
    parser.add_argument("--first", type=int, default=0, help="sample: from which on")
    parser.add_argument("--seed", type=int, default=0, help="as for generate")
    parser.add_argument("--truncation", type=float, default=1.0, help="sample")
    parser.add_argument("--class_number", type=int, help="sample; -1 for each in turn")
    parser.add_argument("--timeout_seconds", type=float, default=60.0)
    parser.add_argument("--tries", type=int, default=5, help="where none answers")
    args = parser.parse_args(argv)
    if (args.word in ("draw", "score", "encode")) != bool(args.files):
        parser.error(f"{args.word} with {len(args.files)} files: see the examples")
    if args.tries < 1 or args.count < 1 or min(args.seed, args.first) < 0:
        parser.error("--tries and --count must be at least 1, the others 0 or more")
    return args


def main(argv: list[str] | None = None) -> int:
    """Run one command line; the exit status."""
    args = parse(argv)
    kind, server = (Grpc, args.grpc) if args.grpc else (Rest, args.server)
    model = kind(server, args.model, args.version, args.label, args.timeout_seconds)
    try:
        if args.word == "status":
            for version, state in patiently(model.status, args.tries):
                print(f"version {version}  {state}")
            return 0

        def ask(signature: str, inputs: dict[str, list]) -> dict[str, list]:
            return patiently(lambda: model.predict(signature, inputs), args.tries)

        WORDS[args.word](ask, args)
        return 0
    except Unreachable as error:
        told = (
            f"the server at {server} must answer, and does not after {args.tries} "
            f"tries ({error}). Is it running, and is the address right?"
        )
    except Refused as error:
        told = f"the server refuses: {error}"
    except (OSError, ValueError) as error:
        told = str(error)
    print(f"client: {told}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
