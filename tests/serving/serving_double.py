"""A double of TensorFlow Serving, for tests: not the server, but its rules.

It loads SavedModels with the session loader, watches their folder for new versions, and
answers REST (JSON as json_tensor.cc reads and writes it) and gRPC (the real stubs,
where tensorflow-serving-api is installed) on free ports of this machine. What it cannot
show is how the C++ server itself behaves: KERASGAN_SERVING_URL lets the tests that use
it ask a real one.
"""

import base64
import json
import re
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import tensorflow as tf

POLL_SECONDS = 0.02


class NotFound(Exception):
    """No such model, version, label or signature."""


class Invalid(Exception):
    """A request that a signature cannot be asked."""


class LoadedVersion:
    """One SavedModel in a session, as the server holds it."""

    def __init__(self, path):
        self.graph = tf.Graph()
        self.session = tf.compat.v1.Session(graph=self.graph)
        with self.graph.as_default():
            meta = tf.compat.v1.saved_model.load(self.session, ["serve"], str(path))
        self.signatures = dict(meta.signature_def)

    def predict(self, name, inputs):
        """{tensor name: array} -> the same of the outputs."""
        if name not in self.signatures:
            raise NotFound(f'Serving signature name: "{name}" not found in signature')
        signature = self.signatures[name]
        wanted, given = set(signature.inputs), set(inputs)
        if wanted != given:
            raise Invalid(f"inputs must be {sorted(wanted)}, received {sorted(given)}")
        feed = {signature.inputs[key].name: value for key, value in inputs.items()}
        fetch = {key: info.name for key, info in signature.outputs.items()}
        try:
            return self.session.run(fetch, feed)
        except (tf.errors.InvalidArgumentError, ValueError, TypeError) as error:
            raise Invalid(without_python(getattr(error, "message", ""))) from error


def without_python(message):
    """An error as the server has it: Python's session puts words before it.

    >>> without_python("Graph execution error:\\n\\nassertion failed")
    'assertion failed'
    """
    return message.removeprefix("Graph execution error:").lstrip()


class TensorFlowServingDouble:
    """Serves the versions in `folder` as the model `name` until `close`.

    `labels` are as in models.config: {"stable": 1}. Without them the newest version is
    served and the one before is kept for requests that came late.
    """

    def __init__(self, folder, name, labels=None):
        self.folder, self.name, self.labels = folder, name, labels or {}
        self.versions, self.closed = {}, threading.Event()
        self.refuse_next = 0  # answers 503 so many times
        self.load_new()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.threads = [
            threading.Thread(target=self.http.serve_forever, daemon=True),
            threading.Thread(target=self.watch, daemon=True),
        ]
        for thread in self.threads:
            thread.start()
        self.grpc_server, self.grpc_address = start_grpc(self)

    def load_new(self):
        """As the server does: every folder whose name is a number is whole."""
        entries = self.folder.iterdir() if self.folder.is_dir() else ()
        for entry in entries:
            if entry.name.isdecimal() and int(entry.name) not in self.versions:
                self.versions[int(entry.name)] = LoadedVersion(entry)

    def watch(self):
        while not self.closed.wait(POLL_SECONDS):
            self.load_new()

    def find(self, name, version=None, label=None):
        if name != self.name or not self.versions:
            raise NotFound(f"Servable not found for request: Latest({name})")
        if label is not None and label not in self.labels:
            raise NotFound(f"Unrecognized servable version label: {label}")
        number = self.labels[label] if label is not None else version
        number = max(self.versions) if number is None else number
        if number not in self.versions:
            raise NotFound(
                f"Servable not found for request: Specific({name}, {number})"
            )
        return number, self.versions[number]

    def close(self):
        self.closed.set()
        self.http.shutdown()
        self.http.server_close()
        if self.grpc_server is not None:
            self.grpc_server.stop(None)


def handler_of(double):
    """The REST interface."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def do_GET(self):
            self.answer(lambda name, number: status(double, name, number))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(lambda name, chosen: predict(double, name, chosen, body))

        def answer(self, respond):
            path = r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/(\w+))?(:predict)?"
            found = re.fullmatch(path, self.path)
            code, content = 200, None
            try:
                if double.refuse_next:
                    double.refuse_next -= 1
                    code, content = 503, {"error": "busy"}
                elif not found:
                    raise NotFound(f"Malformed request: {self.path}")
                else:
                    version, label = found[2] and int(found[2]), found[3]
                    content = respond(found[1], (version, label))
            except NotFound as error:
                code, content = 404, {"error": str(error)}
            except Invalid as error:
                code, content = 400, {"error": str(error)}
            data = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


def status(double, name, chosen):
    double.find(name, *chosen)
    return {
        "model_version_status": [
            {
                "version": str(number),
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
            for number in sorted(double.versions, reverse=True)
        ]
    }


def predict(double, name, chosen, body):
    try:
        request = json.loads(body)
    except ValueError as error:
        raise Invalid(f"JSON Parse error: {error}") from error
    if not isinstance(request, dict) or ("inputs" in request) == (
        "instances" in request
    ):
        raise Invalid("the body must be an object with either inputs or instances")
    _, loaded = double.find(name, *chosen)
    key = request.get("signature_name", "serving_default")
    if key not in loaded.signatures:
        raise NotFound(f'Serving signature name: "{key}" not found in signature def')
    inputs = loaded.signatures[key].inputs
    rows = "instances" in request
    columns = by_rows(request["instances"], inputs) if rows else request["inputs"]
    if not isinstance(columns, dict):
        columns = {only(inputs): columns}
    tensors = {
        each: to_tensor(value, inputs[each].dtype, each)
        for each, value in columns.items()
        if each in inputs
    }
    unknown = sorted(set(columns) - set(inputs))
    if unknown:
        raise Invalid(f"unknown inputs: {unknown}")
    outputs = loaded.predict(key, tensors)
    columns = {each: to_json(value, each) for each, value in outputs.items()}
    if not rows:
        return {"outputs": columns if len(columns) > 1 else columns[only(columns)]}
    if len({len(value) for value in columns.values()}) != 1:
        raise Invalid("the row form needs outputs that share dimension 0")
    names = list(columns)
    zipped = zip(*columns.values(), strict=True)
    if len(names) == 1:
        return {"predictions": columns[names[0]]}
    return {"predictions": [dict(zip(names, row, strict=True)) for row in zipped]}


def by_rows(instances, inputs):
    """[{name: value}, ...], or plain values of a single input, as columns."""
    if not isinstance(instances, list) or not instances:
        raise Invalid('"instances" must be a list that is not empty')
    if isinstance(instances[0], dict) and set(instances[0]) != {"b64"}:
        return {name: [row.get(name) for row in instances] for name in instances[0]}
    return {only(inputs): instances}


def only(names):
    if len(names) != 1:
        raise Invalid(f"inputs must be named: {sorted(names)}")
    return next(iter(names))


def to_tensor(value, dtype, name):
    """JSON as json_tensor.cc takes it: whole numbers for int64, any for floats, text or
    {"b64": ...} for strings."""
    kind = tf.dtypes.as_dtype(dtype)

    def check(item):
        if isinstance(item, list):
            return [check(each) for each in item]
        if kind == tf.string and isinstance(item, dict) and set(item) == {"b64"}:
            return base64.b64decode(item["b64"])
        if kind == tf.string and isinstance(item, str):
            return item.encode()
        number = isinstance(item, (int, float)) and not isinstance(item, bool)
        whole = kind.is_floating or isinstance(item, int)
        if kind == tf.string or not number or not whole:
            raise Invalid(f"JSON Value: {item} is not of expected type: {kind.name}")
        return item

    try:
        return np.array(check(value), object if kind == tf.string else kind.name)
    except ValueError as error:
        raise Invalid(f"Encountered list of unequal sizes for {name}") from error


def to_json(value, name):
    """Strings are base64 if the tensor's name ends in _bytes, else text."""
    if value.dtype != object:
        return value.tolist()
    if name.endswith("_bytes"):
        return [{"b64": base64.b64encode(each).decode()} for each in value]
    return [each.decode() for each in value]


def start_grpc(double):
    """The gRPC interface and its address; (None, None) without the stubs."""
    try:
        import grpc
        from tensorflow_serving.apis import (
            get_model_status_pb2,
            model_service_pb2_grpc,
            predict_pb2,
            prediction_service_pb2_grpc,
        )
    except ImportError:
        return None, None

    def chosen(spec):
        label = spec.version_label or None
        version = spec.version.value if spec.HasField("version") else None
        return double.find(spec.name, version, label)

    def answer(context, respond):
        try:
            return respond()
        except NotFound as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        except Invalid as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))

    class Prediction(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            def respond():
                spec = request.model_spec
                inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
                name = spec.signature_name or "serving_default"
                outputs = chosen(spec)[1].predict(name, inputs)
                response = predict_pb2.PredictResponse()
                for key, value in outputs.items():
                    tensor = tf.make_tensor_proto(value)
                    response.outputs[key].CopyFrom(tensor)
                return response

            return answer(context, respond)

    class Models(model_service_pb2_grpc.ModelServiceServicer):
        def GetModelStatus(self, request, context):
            def respond():
                chosen(request.model_spec)
                response = get_model_status_pb2.GetModelStatusResponse()
                for number in sorted(double.versions, reverse=True):
                    each = response.model_version_status.add(version=number)
                    each.state = each.AVAILABLE
                return response

            return answer(context, respond)

    server = grpc.server(futures.ThreadPoolExecutor(4))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Prediction(), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(Models(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"
