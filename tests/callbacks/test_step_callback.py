"""Steps of the whole training, seen alike by every callback."""

from kerasgan.callbacks import StepCallback, progress_of
from tests.callbacks.foreign_gan import make_gan, train


class Record(StepCallback):
    def __init__(self, every_steps=2):
        super().__init__()
        self.every_steps, self.seen = every_steps, []

    def before_first_step(self, step):
        self.seen.append(f"begin {step}")

    def on_restored(self, step):
        self.seen.append(f"restored {step}")

    def on_step_end(self, step, logs):
        self.seen.append(f"{step} due" if self.due(self.every_steps) else f"{step}")


class GoBackOnce(StepCallback):
    done = False

    def on_step_end(self, step, logs):
        if step == 3 and not self.done:
            self.done = True
            self.progress.restore(1, 0.0)


def test_steps_go_on_over_fits_and_are_due_at_multiples():
    gan, record = make_gan(), Record()
    train(gan, 3, [record])
    train(gan, 2, [record])
    assert record.seen == ["begin 0", "1", "2 due", "3", "begin 3", "4 due", "5"]
    assert progress_of(gan).step == 5


def test_callbacks_before_and_after_a_restore_agree_on_the_steps_that_follow():
    gan, before, after = make_gan(), Record(), Record()
    train(gan, 5, [before, GoBackOnce(), after])
    assert before.seen[3:] == ["3", "restored 1", "2 due", "3"]
    assert after.seen[3:] == ["restored 1", "2 due", "3"]


def test_several_steps_in_one_execution_are_counted_and_none_is_missed():
    gan, record = make_gan(graph=True), Record(every_steps=4)
    gan.steps_per_execution = 3
    train(gan, 9, [record])
    assert record.seen == ["begin 0", "3", "6 due", "9 due"]


def test_the_clock_runs_in_fit_alone():
    gan = make_gan()
    train(gan, 1, [Record()])
    spent = progress_of(gan).elapsed_seconds
    assert spent > 0
    assert progress_of(gan).elapsed_seconds == spent


def test_a_new_fit_has_only_its_own_callbacks():
    gan, first, second = make_gan(), Record(), Record()
    train(gan, 1, [first])
    train(gan, 1, [second])
    assert progress_of(gan).members == [second]
