"""A nan is named, undone, and retried more slowly; and in the end explained."""

import keras
import numpy as np
import pytest

from kerasgan.callbacks import Checkpoint, StepCallback, StopOnNonFinite, progress_of
from kerasgan.callbacks.stop_on_non_finite import first_non_finite_log
from tests.callbacks.foreign_gan import make_gan, train


def rates(gan):
    optimizers = (gan.d_optimizer, gan.g_optimizer)
    return [float(optimizer.learning_rate) for optimizer in optimizers]


def guard(tmp_path, every_steps=2, **kwargs):
    said = []
    checkpoint = Checkpoint(tmp_path / "checkpoints", every_steps, report=said.append)
    return StopOnNonFinite(checkpoint, report=said.append, **kwargs), checkpoint, said


def test_a_nan_is_named_undone_and_retried_with_half_the_rates(tmp_path):
    stop, checkpoint, said = guard(tmp_path)
    gan = make_gan(nan_at=5)
    train(gan, 9, [stop, checkpoint])
    assert said == [
        "disc_loss is nan at step 5: going back to step 4 with all learning rates "
        "times 0.5 (try 1 of 3)."
    ]
    assert rates(gan) == pytest.approx([5e-4, 1e-3], rel=1e-6)
    assert stop.failure is None
    assert progress_of(gan).step == 8
    assert all(np.isfinite(each.numpy()).all() for each in gan.variables)


class SpoilLogs(StepCallback):
    """Stands before StopOnNonFinite and spoils the logs of some batches."""

    def __init__(self, *batches):
        super().__init__()
        self.batches = batches

    def on_train_batch_end(self, batch, logs=None):
        if batch in self.batches:
            logs["disc_loss"] = float("inf")
        super().on_train_batch_end(batch, logs)


def test_the_second_time_in_a_row_the_rates_are_a_quarter(tmp_path):
    stop, checkpoint, _ = guard(tmp_path)
    gan = make_gan()
    train(gan, 5, [SpoilLogs(2, 3), stop, checkpoint])
    assert (stop.retry, rates(gan)[0]) == (2, pytest.approx(2.5e-4))


def test_rates_lowered_in_the_checkpoint_are_not_lowered_twice(tmp_path):
    stop, checkpoint, _ = guard(tmp_path, every_steps=1)
    gan = make_gan()
    train(gan, 6, [SpoilLogs(2, 4), stop, checkpoint])
    assert (stop.retry, rates(gan)[0]) == (2, pytest.approx(2.5e-4))


def test_a_checkpoint_made_without_it_counts_as_of_full_rates(tmp_path):
    stop, checkpoint, _ = guard(tmp_path, every_steps=100)
    train(make_gan(), 2, [checkpoint])
    gan = make_gan()
    stop, checkpoint, _ = guard(tmp_path, every_steps=100)
    train(gan, 3, [SpoilLogs(0, 1), stop, checkpoint], start=2)
    assert (stop.retry, rates(gan)[0]) == (2, pytest.approx(2.5e-4))


def test_the_lower_rates_and_the_count_survive_the_process(tmp_path):
    stop, checkpoint, _ = guard(tmp_path)
    train(make_gan(), 5, [SpoilLogs(2), stop, checkpoint])
    stop, checkpoint, _ = guard(tmp_path)
    fresh = make_gan(seed=3)
    train(fresh, 1, [stop, checkpoint])
    assert (stop.retry, rates(fresh)[0]) == (1, pytest.approx(5e-4))


def test_after_all_retries_it_stops_at_the_last_good_step_and_explains(tmp_path):
    stop, checkpoint, _ = guard(tmp_path, retries=2)
    gan = make_gan()
    train(gan, 9, [SpoilLogs(*range(3, 9)), stop, checkpoint])
    assert "disc_loss is inf at step 3, and 2 retries" in stop.failure
    assert "back at step 2" in stop.failure
    assert progress_of(gan).step == 2
    assert int(gan.d_optimizer.iterations) == 2


def test_before_the_first_checkpoint_it_says_that_there_is_none(tmp_path):
    stop, checkpoint, _ = guard(tmp_path, every_steps=100)
    train(make_gan(nan_at=1), 9, [stop, checkpoint])
    assert "at step 1, before the first checkpoint" in stop.failure
    assert checkpoint.folder.exists() is False


def test_restart_fit_hands_the_restored_step_to_the_caller(tmp_path):
    stop, checkpoint, _ = guard(tmp_path, restart_fit=True)
    gan = make_gan(nan_at=5)
    starts = []
    while not starts or stop.wants_restart:
        starts.append(progress_of(gan).step)
        train(gan, 8 - starts[-1], [stop, checkpoint], start=starts[-1])
    assert starts == [0, 4]
    assert (stop.retry, rates(gan)[0]) == (1, pytest.approx(5e-4))
    assert progress_of(gan).step == 8
    whole = make_gan()
    train(whole, 4)
    for optimizer in (whole.d_optimizer, whole.g_optimizer):
        optimizer.learning_rate = float(optimizer.learning_rate) * 0.5
    train(whole, 4, start=4)
    for one, two in zip(
        whole.trainable_variables, gan.trainable_variables, strict=True
    ):
        assert np.array_equal(one.numpy(), two.numpy())


def test_weights_are_looked_at_as_well(tmp_path):
    class SpoilWeight(StepCallback):
        def on_step_end(self, step, logs):
            if step == 3:
                self.model.generator.variables[0].assign(
                    np.full(self.model.generator.variables[0].shape, np.nan)
                )

    stop, checkpoint, said = guard(tmp_path, check_weights_steps=1)
    train(make_gan(), 3, [SpoilWeight(), stop, checkpoint])
    assert said[0].startswith(
        "The weight generator/0000_kernel has a nan or an infinity at step 3: going"
    )


def test_a_schedule_is_left_alone_and_told(tmp_path):
    stop, checkpoint, said = guard(tmp_path)
    gan = make_gan()
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.5)
    gan.g_optimizer = keras.optimizers.Adam(schedule)
    train(gan, 4, [SpoilLogs(2), stop, checkpoint])
    assert "g_optimizer follows a schedule: its rate stays as it is." in said
    assert float(gan.d_optimizer.learning_rate) == pytest.approx(5e-4)


def test_every_value_of_the_logs_counts():
    assert first_non_finite_log({"a": 1.0, "b": np.array([0.0, np.nan])}) == (
        "b has a nan or an infinity"
    )
    assert first_non_finite_log({"a": 1.0, "b": -float("inf")}) == "b is -inf"
    assert first_non_finite_log({"a": 1e38, "name": "x"}) is None


def test_a_factor_that_slows_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="rate_factor must be"):
        guard(tmp_path, rate_factor=1.0)
