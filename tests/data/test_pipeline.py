"""The order of the data: shuffled, endless, the same after every restart."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan.data.pipeline import make_dataset


def numbered(count: int) -> np.ndarray:
    """Pictures whose every pixel is their number: uint8 [count, 2, 3, 1]."""
    numbers = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)
    return np.ascontiguousarray(np.broadcast_to(numbers, (count, 2, 3, 1)))


def order(images, batches: int, **settings) -> np.ndarray:
    """The pictures' numbers, [batches, B]."""
    settings = {"batch_size": 4, "seed": 0, **settings}
    dataset = make_dataset(images, **settings).take(batches)
    return np.stack([batch[:, 0, 0, 0] for batch in dataset.as_numpy_iterator()])


def test_batches_are_the_pictures_themselves():
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)
    batch = next(iter(make_dataset(images, batch_size=6, seed=1))).numpy()
    assert sorted(map(bytes, batch)) == sorted(map(bytes, images))


def test_every_epoch_is_another_permutation_and_nothing_is_dropped():
    stream = order(numbered(10), batches=15).ravel()  # 60 pictures: 6 epochs
    epochs = stream.reshape(6, 10)
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 6


@pytest.mark.parametrize("start_step", [1, 7, 1000])
def test_a_start_at_step_k_continues_the_uninterrupted_order(start_step):
    images = numbered(10)
    whole = order(images, batches=start_step + 3)
    resumed = order(images, batches=3, start_step=start_step)
    np.testing.assert_array_equal(resumed, whole[start_step:])


def test_the_order_depends_on_the_seed_alone():
    images = numbered(50)
    np.testing.assert_array_equal(order(images, 5), order(images, 5))
    assert (order(images, 5) != order(images, 5, seed=1)).any()
    assert (order(images, 5, seed=2**32 - 1) != order(images, 5)).any()


def test_the_batch_size_does_not_change_the_stream():
    images = numbered(10)
    small = order(images, 6, batch_size=2).ravel()
    np.testing.assert_array_equal(small, order(images, 2, batch_size=6).ravel())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_fewer_pictures_than_a_batch_are_repeated_within_it(count):
    batch = order(numbered(count), 1, batch_size=6)[0]
    assert np.bincount(batch).tolist() == [6 // count] * count


def test_a_memory_mapped_pack_gives_the_same_batches(tmp_path):
    images = numbered(12)
    images.tofile(tmp_path / "pack.u8")
    mapped = np.memmap(tmp_path / "pack.u8", np.uint8, "r", shape=images.shape)
    np.testing.assert_array_equal(order(mapped, 6), order(images, 6))


def test_shapes_are_static_and_the_stream_has_no_end():
    dataset = make_dataset(numbered(10), batch_size=4, seed=0)
    assert dataset.element_spec == tf.TensorSpec((4, 2, 3, 1), tf.uint8)
    assert dataset.cardinality() == tf.data.INFINITE_CARDINALITY


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1. Received 0"),
        ({"seed": -1}, "seed must be between 0 and 4294967295. Received -1"),
        ({"seed": 2**32}, "seed must be between"),
        ({"start_step": -1}, "start_step must not be negative. Received -1"),
    ],
)
def test_a_number_out_of_range_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        make_dataset(numbered(3), **{"batch_size": 4, "seed": 0, **settings})


def test_pictures_of_another_type_are_refused():
    with pytest.raises(ValueError, match="images must be uint8"):
        make_dataset(numbered(3).astype(np.float32), batch_size=1, seed=0)
    with pytest.raises(ValueError, match="N >= 1"):
        make_dataset(numbered(3)[:0], batch_size=1, seed=0)


def test_each_epoch_is_one_permutation_of_index_shuffle():
    images, seed = numbered(7), 3
    expected = [
        tf.random.experimental.index_shuffle(
            place, tf.constant([seed, epoch], tf.int64), tf.constant(6, tf.int64)
        )
        for epoch in range(4)
        for place in tf.range(7, dtype=tf.int64)
    ]
    got = order(images, 4, batch_size=7, seed=seed).ravel()
    np.testing.assert_array_equal(got, [int(place) for place in expected])


def test_a_batch_may_have_thousands_of_epochs():
    """Each was an operation of the graph once, and such a batch took minutes."""
    batch = order(numbered(3), 1, batch_size=4096)[0]
    assert sorted(np.bincount(batch).tolist()) == [1365, 1365, 1366]
