"""TF_CONFIG: what it says, and what is said of one that cannot be."""

import json

import pytest

from kerasgan.devices.cluster import read_cluster


def environ(cluster, kind="worker", index=0):
    task = {"type": kind, "index": index}
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


def test_a_chief_comes_before_the_workers():
    both = {"chief": ["a:1"], "worker": ["b:1"]}
    assert read_cluster(environ(both, "chief")).is_chief
    worker = read_cluster(environ(both, "worker"))
    assert (worker.index, worker.workers) == (1, ("a:1", "b:1"))


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, "is not set"),
        ({"TF_CONFIG": "{"}, "cannot be read"),
        ({"TF_CONFIG": "[]"}, "cannot be read"),
        ({"TF_CONFIG": '{"cluster": {"worker": 3}}'}, "cannot be read"),
        (environ({"worker": ["a:1"]}, index=1), "has no worker 1"),
        (environ({"worker": [1]}), "has no worker 0"),
        (environ({"worker": ["a:1"], "ps": ["b:1"]}), "names ps"),
        (environ({"worker": ["a:1"]}, "evaluator"), "names evaluator"),
    ],
)
def test_what_cannot_be_is_told(variables, why):
    with pytest.raises(ValueError, match=f"TF_CONFIG.*{why}"):
        read_cluster(variables)
