"""What is advised where the memory is full."""

import pytest
import tensorflow as tf

from kerasgan.cli import memory
from kerasgan.full_memory import ONEDNN
from kerasgan.gan import GAN
from kerasgan.training import Trainer
from tests.cli.conftest import train


@pytest.mark.parametrize(
    ("batch", "advice"),
    [
        ((64,), "--accumulate 2:"),
        ((12, 3), "--accumulate 6:"),
        ((12, 1, 4), "--accumulate 3:"),
        ((6, 1, 2), "--accumulate 3:"),
        ((7, 7), "a smaller --image_size"),
        ((2, 1, 2), "a smaller --image_size"),
    ],
)
def test_advice_is_more_turns_and_smaller_networks_where_there_are_none(batch, advice):
    assert memory.memory_sentence(*batch).partition("Try ")[2].startswith(advice)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"),
        tf.errors.AbortedError(None, None, f"Operation received an {ONEDNN} message"),
    ],
)
@pytest.mark.parametrize(
    ("least", "sentence"),
    [
        (4, "Add --accumulate 4: the same batches in shares of 1."),
        (5, "nor one picture"),
    ],
)
def test_a_full_memory_says_what_was_tried_and_fits(
    error, least, sentence, in_tmp, pictures, monkeypatch, capsys
):
    fit = GAN.fit

    def needs_turns(gan, *args, **options):
        if gan.accumulate < least:
            raise error
        return fit(gan, *args, **options)

    monkeypatch.setattr(GAN, "fit", needs_turns)
    assert train("--steps", "1") == 1
    assert sentence in capsys.readouterr().err
    if least == 4:
        assert train("--steps", "1", "--accumulate", "4") == 0


def test_another_error_is_not_one_of_memory_nor_of_workers(
    in_tmp, pictures, monkeypatch, capsys
):
    def fail(gan, *args, **options):
        raise tf.errors.AbortedError(None, None, "Aborted for another reason.")

    monkeypatch.setattr(GAN, "fit", fail)
    assert train("--steps", "1") == 1
    assert "Aborted for another reason" in capsys.readouterr().err


def test_what_is_beside_the_steps_is_not_blamed_on_the_batch(
    in_tmp, pictures, monkeypatch, capsys
):
    def fail(trainer, callbacks):
        raise MemoryError

    monkeypatch.setattr(Trainer, "fit", fail)
    assert train("--steps", "1") == 1
    assert "a step alone, of a batch of --batch_size 4, was tried and fits" in (
        capsys.readouterr().err
    )
