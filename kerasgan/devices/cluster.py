"""The machines that train together, as the environment variable TF_CONFIG names them.

Layer 0: the standard library alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

VARIABLE = "TF_CONFIG"
EXAMPLE = (
    '{"cluster": {"worker": ["first:4711", "second:4711"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


@dataclass(frozen=True)
class Cluster:
    """The workers' addresses, and which of them this process is; 0 is the chief.

    >>> Cluster(("a:1", "b:1"), 1).is_chief
    False
    """

    workers: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        """Whether this one writes the run folder."""
        return self.index == 0


def read_cluster(environ: Mapping[str, str] = os.environ) -> Cluster:
    """What TF_CONFIG says.

    Raises:
        ValueError: there is none, or none that several workers can train by.

    >>> read_cluster({"TF_CONFIG": EXAMPLE}).workers
    ('first:4711', 'second:4711')
    """
    text = environ.get(VARIABLE, "")
    if not text:
        raise _unusable("is not set")
    try:
        content = json.loads(text)
        cluster, task = content["cluster"], content["task"]
        kinds, kind, index = dict(cluster), task["type"], int(task["index"])
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable(f"cannot be read ({error!r})") from error
    workers = [*kinds.pop("chief", []), *kinds.pop("worker", [])]
    if kinds or kind not in ("chief", "worker"):
        others = ", ".join(kinds) or kind
        raise _unusable(f"names {others}, and only workers train here")
    if kind == "worker":
        index += len(cluster.get("chief", []))
    if not 0 <= index < len(workers) or not all(
        isinstance(each, str) for each in workers
    ):
        raise _unusable(f"has no worker {index}")
    return Cluster(tuple(workers), index)


def _unusable(why: str) -> ValueError:
    return ValueError(
        f"--strategy multiworker must have {VARIABLE} in the environment of each "
        f"worker, with the same addresses and an index of its own, such as {EXAMPLE}. "
        f"It {why}."
    )
