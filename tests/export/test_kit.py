"""The server's configuration files say what the server can read."""

import re
from pathlib import Path

import pytest

from kerasgan.serving.signatures import MOST

KIT = Path(__file__).resolve().parents[2] / "export"


def test_models_config_is_what_the_server_parses():
    config = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2",
        reason="tensorflow-serving-api is not installed",
    )
    from google.protobuf import text_format

    text = (KIT / "models.config").read_text()
    parsed = text_format.Parse(text, config.ModelServerConfig())
    (model,) = parsed.model_config_list.config
    assert model.base_path == f"/models/{model.name}"
    assert dict(model.version_labels) == {"stable": 1, "canary": 2}
    assert model.model_version_policy.HasField("all")


def test_a_batch_is_no_larger_than_a_request_may_be():
    text = (KIT / "batching.config").read_text()
    most = int(re.search(r"max_batch_size \{ value: (\d+) \}", text)[1])
    sizes = [int(size) for size in re.findall(r"allowed_batch_sizes: (\d+)", text)]
    assert sizes == sorted(sizes)
    assert sizes[-1] == most <= MOST


@pytest.mark.parametrize("name", ["docker-compose.yml", "kubernetes.yml"])
def test_files_that_are_named_to_the_server_are_in_the_kit(name):
    named = re.findall(r"/kit/([\w.]+)", (KIT / name).read_text())
    assert {"models.config", "monitoring.config"} <= set(named)
    assert all((KIT / each).is_file() for each in named)
