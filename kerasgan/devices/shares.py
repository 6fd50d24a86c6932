"""A step's batch in shares: one for each device, which it takes in one turn or more.

Each device computes on its own rows of the batch, all at once or in turns that follow
each other, so that less of it is in memory together. What D says of pictures is then
put together in the order of the batch, and gradients are averaged: with the same
numbers each device does the same to its own copy of every weight, and that alone is
what keeps the copies equal. On one device, in one turn, nothing is added to a step.

Legend: S shares of a batch, N pictures in a share; S N are the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf


class Shares:
    """Which share of the batch is being computed, and how results become the batch's.

    Inside `Model.fit` under a strategy of `kerasgan.devices.strategy` each device has a
    share of its own; anywhere else there is one device.

    Args:
        turns: so many turns on each device.

    Example:
    >>> Shares().rows(lambda count: tf.range(count), 3).numpy()
    array([0, 1, 2], dtype=int32)
    """

    def __init__(self, turns: int = 1) -> None:
        self.turns = turns
        self._turn: tf.Tensor | None = None

    @property
    def devices(self) -> int:
        """How many compute on a batch together."""
        return tf.distribute.get_strategy().num_replicas_in_sync

    @property
    def count(self) -> int:
        """S: of the devices and, inside a turn, of the turns."""
        return self.devices * (1 if self._turn is None else self.turns)

    def index(self) -> tf.Tensor:
        """The number of this share, from 0."""
        device = tf.distribute.get_replica_context().replica_id_in_sync_group
        device = tf.cast(device, tf.int32)
        return device if self._turn is None else device * self.turns + self._turn

    @contextmanager
    def turn(self, number: tf.Tensor) -> Iterator[None]:
        """What is traced inside is of this turn."""
        self._turn = number
        try:
            yield
        finally:
            self._turn = None

    def rows(self, draw: Callable[[Any], tf.Tensor], count: Any) -> tf.Tensor:
        """This share's `count` rows of what `draw(rows)` gives for the whole batch, so
        that they are the same in however many shares it is taken."""
        if self.count == 1:
            return draw(count)
        start = self.index() * count
        return draw(count * self.count)[start : start + count]

    def seed(self, seed: tf.Tensor) -> tf.Tensor:
        """Another stateless seed [2] for each share."""
        if self.count == 1:
            return seed
        return tf.random.experimental.stateless_fold_in(seed, self.index())

    def together(self, rows: Any) -> Any:
        """The rows [N, ...] of all devices, in their order: [S N, ...]; all tensors of
        a structure."""
        if self.devices == 1:
            return rows

        def in_place(mine: tf.Tensor) -> tf.Tensor:
            count = tf.shape(mine)[0]
            before = self.index() * count
            after = count * self.devices - count - before
            other_axes = [[0, 0]] * (mine.shape.rank - 1)
            return tf.pad(mine, [[before, after], *other_axes])

        placed = [in_place(each) for each in tf.nest.flatten(rows)]
        return tf.nest.pack_sequence_as(rows, _all_reduce("SUM", placed))

    def mean(self, values: Any) -> Any:
        """Means over the devices, of all tensors of a structure; None stays."""
        if self.devices == 1:
            return values
        flat = tf.nest.flatten(values)
        there = [value for value in flat if value is not None]
        means = iter(_all_reduce("MEAN", there))
        flat = [None if value is None else next(means) for value in flat]
        return tf.nest.pack_sequence_as(values, flat)

    def agree(self, variables: list[keras.Variable]) -> None:
        """Give all devices the mean of their copies of such variables as are floats:
        statistics, to which each device has added those of its own share."""
        if self.devices == 1:
            return
        floats = [each for each in variables if each.value.dtype.is_floating]
        means = self.mean([tf.convert_to_tensor(each.value) for each in floats])
        for variable, mean in zip(floats, means, strict=True):
            variable.assign(mean)

    def logs(self, logs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The logs of a step, which are the same on all devices, as `fit` wants them:
        between machines it averages along an axis (keras#20585)."""
        strategy = tf.distribute.get_strategy()
        if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            return logs
        return {name: tf.reshape(value, [1]) for name, value in logs.items()}


class Turns:
    """What is learnt from a device's part of a batch, all at once or turn by turn.

    Args:
        shares: how many turns there are.
        deal: `deal(images, labels)`: what a turn is about, made of its rows [N, ...].
            With a single turn it is called once, else for every `take` again.
        images, labels: of this device; labels may be None.

    Attributes:
        batch: pictures of the whole batch, on all devices.

    Example:
    >>> turns = Turns(Shares(2), lambda x, _: x, tf.constant([1.0, 2.0, 3.0, 6.0]))
    >>> rows, means = turns.take(lambda x: (2 * x, tf.reduce_mean(x)))
    >>> rows.numpy().tolist(), float(means)
    ([2.0, 4.0, 6.0, 12.0], 3.0)
    """

    def __init__(
        self,
        shares: Shares,
        deal: Callable[[tf.Tensor, tf.Tensor | None], Any],
        images: tf.Tensor,
        labels: tf.Tensor | None = None,
    ) -> None:
        self.shares, self.deal = shares, deal
        self.images, self.labels = images, labels
        count = tf.shape(images)[0]
        self.batch = count if shares.devices == 1 else count * shares.devices
        self.dealt = deal(images, labels) if shares.turns == 1 else None

    def take(self, learn: Callable[[Any], tuple[Any, Any]]) -> tuple[Any, Any]:
        """What `learn(dealt)` returns, for the whole batch.

        Args:
            learn: gives two structures of tensors: rows, one for each picture, and
                means over the pictures (or None: no gradient).

        Returns:
            The rows of the whole batch in its order, and means over all of it.
        """
        if self.shares.turns == 1:
            rows, means = learn(self.dealt)
        else:
            rows, means = self._in_turn(learn)
        return self.shares.together(rows), self.shares.mean(means)

    def _in_turn(self, learn: Callable[[Any], tuple[Any, Any]]) -> tuple[Any, Any]:
        turns = self.shares.turns
        count = tf.shape(self.images)[0] // turns

        # traced once, and called as it is: copies of it would keep memory of their own
        @tf.function(autograph=False, experimental_attributes={"_noinline": True})
        def one(number: tf.Tensor) -> tuple[Any, Any]:
            def part(values: tf.Tensor | None) -> tf.Tensor | None:
                if values is None:
                    return None
                fixed = values.shape[0]
                rows = values[number * count : (number + 1) * count]
                shape = [fixed and fixed // turns, *values.shape[1:]]
                return tf.ensure_shape(rows, shape)

            with self.shares.turn(number):
                return learn(self.deal(part(self.images), part(self.labels)))

        rows, sums = one(tf.constant(0))
        all_rows = [rows]
        for number in range(1, turns):
            before = [each for each in tf.nest.flatten(sums) if each is not None]
            with tf.control_dependencies(before):  # one after the other
                rows, more = one(tf.constant(number))
            all_rows.append(rows)
            sums = tf.nest.map_structure(_sum_of, sums, more)
        return (
            tf.nest.map_structure(lambda *each: tf.concat(each, axis=0), *all_rows),
            tf.nest.map_structure(
                lambda each: None if each is None else each / turns, sums
            ),
        )


def _sum_of(one: tf.Tensor | None, other: tf.Tensor | None) -> tf.Tensor | None:
    return None if one is None else one + other


def _all_reduce(how: str, values: list[tf.Tensor]) -> list[tf.Tensor]:
    if not values:
        return []
    reduce_op = tf.distribute.ReduceOp[how]
    return tf.distribute.get_replica_context().all_reduce(reduce_op, values)
