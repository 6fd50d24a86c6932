"""What processes on several machines tell each other beside a step.

One is the chief: it reads and writes the run folder. What it decides, and what it read,
the others learn from it; where one of them is told to stop, all do after the same step.
Without a multiworker strategy there is one process, and nobody to tell.
"""

from __future__ import annotations

import hashlib

import keras
import numpy as np
import tensorflow as tf

from kerasgan import state
from kerasgan.devices.cluster import read_cluster


class Workers:
    """The processes of a training.

    Args:
        strategy: that of the training; None: one device.

    Attributes:
        count: how many there are.
        index: which of them this is.

    Example:
    >>> workers = Workers()
    >>> workers.is_chief, workers.any(True), workers.any(False)
    (True, True, False)
    """

    def __init__(self, strategy: tf.distribute.Strategy | None = None) -> None:
        several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
        self.strategy = strategy if several else None
        self.count, self.index = 1, 0
        if several:
            cluster = read_cluster()
            self.count, self.index = len(cluster.workers), cluster.index
        self._sum = tf.function(self._summed, autograph=False, reduce_retracing=True)

    @property
    def is_chief(self) -> bool:
        """Whether this one reads and writes the run folder."""
        return self.index == 0

    def any(self, mine: bool) -> bool:
        """Whether it is so for one of them at least; all must ask."""
        if self.strategy is None:
            return mine
        return int(self._all_sums(np.int32(mine))) > 0

    def chief_says(self, mine: bool) -> bool:
        """What the chief answered; all must ask."""
        return self.any(mine and self.is_chief)

    def check_same(self, what: str, content: str) -> None:
        """Refuse to train where `content` is not the same for all; all must ask.

        Raises:
            ValueError: it is not.
        """
        if self.strategy is None:
            return
        digest = hashlib.sha256(content.encode("utf-8", "surrogateescape")).digest()
        mine = np.frombuffer(digest, np.uint8).astype(np.int64)
        ours = self._all_sums(mine)
        copies = self.strategy.num_replicas_in_sync
        squares = self._all_sums(mine**2)
        # all alike: then, and only then, no number differs from their mean
        if (copies * squares != ours**2).any():
            raise ValueError(
                f"All workers must have the same {what}, and they have not. Give each "
                "the same command and the same pictures."
            )

    def take_from_chief(self, model: keras.Model) -> None:
        """Put the chief's whole training into this worker's model; all must ask."""
        if self.strategy is None:
            return
        variables = state.collect_state(model)
        for name in state.metric_names(model, variables):
            del variables[name]

        @tf.function(autograph=False)
        def share() -> None:
            self.strategy.run(_take_from_first, args=(list(variables.values()),))

        share()

    def _all_sums(self, value: np.ndarray) -> np.ndarray:
        return self._sum(tf.constant(value)).numpy()

    def _summed(self, value: tf.Tensor) -> tf.Tensor:
        """Over all devices of all workers."""

        def add(value: tf.Tensor) -> tf.Tensor:
            here = tf.distribute.get_replica_context()
            return here.all_reduce(tf.distribute.ReduceOp.SUM, value)

        sums = self.strategy.run(add, args=(value,))
        return self.strategy.experimental_local_results(sums)[0]


def _take_from_first(variables: list[keras.Variable]) -> None:
    """On each device: what the first one's copy holds."""
    here = tf.distribute.get_replica_context()
    is_first = tf.equal(here.replica_id_in_sync_group, 0)
    for variable in variables:
        value = tf.convert_to_tensor(variable.value)
        value = tf.where(is_first, value, tf.zeros_like(value))
        variable.assign(here.all_reduce(tf.distribute.ReduceOp.SUM, value))
