"""Events as TensorBoard reads them, also after a resume; and its projector's files."""

import json
import sys

import numpy as np
import pytest
import tensorflow as tf

from kerasgan import event_file
from kerasgan.callbacks import Checkpoint, SampleGrid, StopOnNonFinite, TensorBoardLog
from kerasgan.images import read_image
from kerasgan.report.grids import small_jpeg
from tests.callbacks.foreign_gan import make_gan, train

accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.plugin_event_accumulator",
    reason="TensorBoard is not installed",
)
projector_plugin = pytest.importorskip("tensorboard.plugins.projector.projector_plugin")
REALS = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype(np.uint8)


def events(folder):
    found = accumulator.EventAccumulator(str(folder), {"tensors": 0})
    return found.Reload()


def scalars(folder, tag):
    """{step: value}, and that no step stands there twice."""
    shown = events(folder).Tensors(tag)
    found = {e.step: float(tf.make_ndarray(e.tensor_proto)) for e in shown}
    assert len(found) == len(shown)
    return found


def grids(folder, tag="samples/averaged"):
    """{step: the picture's bytes}."""
    shown = events(folder).Tensors(tag)
    return {e.step: tf.make_ndarray(e.tensor_proto)[2] for e in shown}


def test_logs_and_grids_are_shown(tmp_path):
    grid = SampleGrid(tmp_path / "s", 2, count=4, reals=REALS)
    log = TensorBoardLog(tmp_path / "t", 1, batch_size=4, sample_grid=grid)
    train(make_gan(), 3, [grid, log])
    tags = events(tmp_path / "t").Tags()["tensors"]
    assert {"log/disc_loss", "log/gen_loss", "speed/images_per_second"} <= set(tags)
    assert list(scalars(tmp_path / "t", "log/disc_loss")) == [1, 2, 3]
    shown = grids(tmp_path / "t")
    assert list(shown) == [0, 2, 3]
    expected = read_image(tmp_path / "s" / "step_00000003.png")
    assert shown[3] == small_jpeg(expected)
    assert list(grids(tmp_path / "t", "samples/reals")) == [0]


def test_known_logs_are_grouped_and_what_is_no_number_is_left_out(tmp_path):
    log = TensorBoardLog(tmp_path, 1)
    gan = make_gan()
    train_step = gan.train_step
    gan.train_step = lambda data: (
        train_step(data) | {"d_loss": 0.25, "odd": tf.zeros(3), "d_updates": 7}
    )
    train(gan, 1, [log])
    assert scalars(tmp_path, "loss/D") == {1: 0.25}
    assert scalars(tmp_path, "updates/D") == {1: 7.0}
    assert "log/odd" not in events(tmp_path).Tags()["tensors"]


def test_a_resumed_training_forgets_what_comes_again(tmp_path):
    def callbacks():
        grid = SampleGrid(tmp_path / "s", 1, count=4)
        checkpoint = Checkpoint(tmp_path / "c", 2)
        log = TensorBoardLog(tmp_path / "t", 1, sample_grid=grid)
        return [checkpoint, grid, log]

    first = callbacks()
    first[0].on_train_end = first[1].on_train_end = lambda logs=None: None
    train(make_gan(), 3, first)  # killed after step 3: the last checkpoint is of 2
    whole = scalars(tmp_path / "t", "log/disc_loss_now")
    assert list(whole) == [1, 2, 3]
    train(make_gan(seed=5), 3, callbacks(), start=2)
    again = scalars(tmp_path / "t", "log/disc_loss_now")
    assert list(again) == [1, 2, 3, 4, 5]
    assert {step: again[step] for step in (1, 2)} == {1: whole[1], 2: whole[2]}
    assert list(grids(tmp_path / "t")) == [0, 1, 2, 3, 4, 5]


def test_a_step_back_to_a_checkpoint_forgets_what_came_after(tmp_path):
    gan = make_gan(nan_at=4)
    checkpoint = Checkpoint(tmp_path / "c", 2)
    log = TensorBoardLog(tmp_path / "t", 1)
    guard = StopOnNonFinite(checkpoint, report=lambda text: None)
    train(gan, 6, [guard, checkpoint, log])
    assert gan.calls.numpy() == 6
    shown = scalars(tmp_path / "t", "log/disc_loss_now")
    assert list(shown) == [1, 2, 3, 4]  # six steps, two of them twice


def test_evaluations_are_shown_as_they_come_each_once(tmp_path):
    file = tmp_path / "evaluations.jsonl"

    class Evaluate(SampleGrid):
        def write(self, name):
            super().write(name)
            if name.startswith("step"):
                line = {"step": int(name[5:]), "kid": 0.5, "recall": None, "held": 3}
                with open(file, "a") as lines:
                    lines.write(json.dumps(line | {"features": "a net"}) + "\n")

    grid = Evaluate(tmp_path / "s", 2, count=2)
    log = TensorBoardLog(tmp_path / "t", 1, sample_grid=grid, evaluations=file)
    train(make_gan(), 5, [grid, log])
    shown = scalars(tmp_path / "t", "evaluation/kid in a net")
    assert shown == {2: 0.5, 4: 0.5, 5: 0.5}
    tags = events(tmp_path / "t").Tags()["tensors"]
    evaluated = [tag for tag in tags if tag.startswith("evaluation")]
    assert evaluated == ["evaluation/kid in a net"]


def test_the_projector_finds_its_pictures(tmp_path):
    log = TensorBoardLog(tmp_path, 1, pictures=lambda: {"training": REALS})
    train(make_gan(), 1, [log])
    from tensorboard.plugins.base_plugin import TBContext

    plugin = projector_plugin.ProjectorPlugin(TBContext(logdir=str(tmp_path)))
    plugin._update_configs()
    config = next(iter(plugin._configs.values()))
    embedding = config.embeddings[0]
    assert list(embedding.sprite.single_image_dim) == [48, 48]
    for name in (embedding.tensor_path, embedding.metadata_path):
        assert (tmp_path / name).is_file()
    assert (tmp_path / embedding.sprite.image_path).is_file()


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path):
    (tmp_path / "t").write_text("a file in the folder's place")
    told, gan = [], make_gan()
    grid = SampleGrid(tmp_path / "s", 1, count=2)
    train(
        gan,
        3,
        [grid, TensorBoardLog(tmp_path / "t", 1, sample_grid=grid, report=told.append)],
    )
    assert gan.calls.numpy() == 3
    assert len(told) == 1
    assert "nothing more is written there (File exists); training goes on" in told[0]


@pytest.mark.parametrize(
    "error", [tf.errors.ResourceExhaustedError(None, None, "full"), OSError(28, "full")]
)
def test_a_disk_that_fills_up_is_told_once(error, tmp_path, monkeypatch):
    def fail(*given):
        raise error

    monkeypatch.setattr(event_file.EventFile, "add_scalars", fail)
    told, gan = [], make_gan()
    train(gan, 3, [TensorBoardLog(tmp_path, 1, report=told.append)])
    assert gan.calls.numpy() == 3
    assert len(told) == 1
    assert "(full); training goes on" in told[0]


def test_without_tensorboard_a_run_that_goes_on_says_so(tmp_path, monkeypatch):
    name = "tensorboard.summary.writer.event_file_writer"
    monkeypatch.setitem(sys.modules, name, None)
    told, gan = [], make_gan()
    train(gan, 2, [TensorBoardLog(tmp_path, 1, report=told.append)])
    assert gan.calls.numpy() == 2
    assert "tensorboard" in told[0]
    assert len(told) == 1
