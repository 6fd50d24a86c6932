"""The state of a training: found whole, named alike, and brought back to the bit."""

import keras
import ml_dtypes
import numpy as np
import pytest

from kerasgan import state
from tests.callbacks.foreign_gan import make_gan, scaled_adam, train


@pytest.fixture(scope="module")
def trained():
    gan = make_gan(adam=scaled_adam)
    train(gan, 2)
    return gan


def values(model):
    return state.to_arrays(state.collect_state(model))


def test_every_variable_of_networks_seeds_metrics_and_optimizers_is_found(trained):
    wanted = [*trained.variables, *trained.d_optimizer.variables]
    wanted += [*trained.g_optimizer.variables, trained.seed_generator.state]
    wanted += [each for metric in trained.metrics for each in metric.variables]
    found = state.collect_state(trained)
    assert {id(each) for each in wanted} <= {id(each) for each in found.values()}
    assert len({id(each) for each in found.values()}) == len(found)
    assert trained.generator.variables[0] is found["generator/0000_kernel"]


def test_names_are_the_same_for_a_second_model_whose_layers_keras_counts_on():
    first, second = make_gan(), make_gan()
    assert first.generator.layers[0].name != second.generator.layers[0].name
    assert list(state.collect_state(first)) == list(state.collect_state(second))


def test_a_model_without_attributes_is_found_through_its_variables():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    assert list(state.collect_state(model)) == [
        "variables/0000_kernel",
        "variables/0001_bias",
    ]


def test_optimizers_in_dicts_and_inner_models_are_found_once():
    model, inner = make_gan(), keras.Sequential([keras.Input((2,))])
    inner.compile("sgd")
    model.inner = inner
    model.others = {"b": scaled_adam(0.1), "a": [model.d_optimizer]}
    model.a_twin = model.others["b"].inner_optimizer
    assert sorted(state.optimizers_of(model)) == [
        "d_optimizer",
        "g_optimizer",
        "inner/optimizer",
        "optimizer",
        "others/b",
    ]


def test_state_comes_back_into_a_fresh_model_with_unbuilt_optimizers(trained, tmp_path):
    before = values(trained)
    state.save_state(state.collect_state(trained), tmp_path / "state.npz")
    fresh = make_gan(seed=5, adam=scaled_adam)
    assert not fresh.g_optimizer.built
    state.build_optimizers(fresh, state.built_for(trained))
    state.load_state(state.collect_state(fresh), tmp_path / "state.npz")
    after = values(fresh)
    assert before.keys() == after.keys()
    for name, array in before.items():
        assert array.tobytes() == after[name].tobytes(), name
    assert float(fresh.g_optimizer.dynamic_scale) == 2.0**15
    assert int(fresh.g_optimizer.step_counter) == 2
    assert int(fresh.d_optimizer.inner_optimizer.iterations) == 2


def test_bfloat16_and_integers_keep_their_bits(tmp_path):
    def variables(start):
        return {
            "half": keras.Variable([start, 1 / 3], dtype="bfloat16"),
            "count": keras.Variable(2**40 + int(start), dtype="int64"),
        }

    saved, loaded = variables(3.0), variables(0.0)
    state.save_state(saved, tmp_path / "s.npz")
    state.load_state(loaded, tmp_path / "s.npz")
    half = state.to_arrays(loaded)["half"]
    assert half.dtype == ml_dtypes.bfloat16
    assert half.tolist() == [3.0, 0.333984375]
    assert int(loaded["count"]) == 2**40 + 3


def test_the_same_state_gives_the_same_bytes(trained, tmp_path):
    for name in ("a", "b"):
        state.save_state(state.collect_state(trained), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_each_difference_is_listed_and_nothing_is_loaded(tmp_path):
    saved = {
        "gone": np.ones(2, "float32"),
        "shape": np.ones((2, 3), "float32"),
        "kind": np.ones(2, "float32"),
        "same": np.ones(1, "float32"),
    }
    state.save_state(saved, tmp_path / "s.npz")
    target = {
        "new": keras.Variable([0.0]),
        "shape": keras.Variable([[0.0]]),
        "kind": keras.Variable([0.0, 0.0], dtype="float16"),
        "same": keras.Variable([0.0]),
    }
    with pytest.raises(ValueError, match="Received 4 differences") as caught:
        state.load_state(target, tmp_path / "s.npz")
    for part in (
        "gone: not in the model",
        "new: missing in the file",
        "shape: float32 (2, 3) in the file, float32 (1, 1) in the model",
        "kind: float32 (2,) in the file, float16 (2,) in the model",
    ):
        assert part in str(caught.value)
    assert "same" not in str(caught.value)
    assert float(target["same"][0]) == 0.0


def test_an_optimizer_that_the_model_lacks_is_named(trained):
    targets = state.built_for(trained) | {"e_optimizer": ["generator/0000_kernel"]}
    with pytest.raises(ValueError, match="must have the optimizer e_optimizer"):
        state.build_optimizers(trained, targets)


def test_non_finite_numbers_are_found_in_every_precision():
    good = {"a": np.ones(2, "float32"), "b": np.arange(3)}
    assert state.first_non_finite(good) is None
    bad = np.array([1, np.nan], ml_dtypes.bfloat16)
    assert state.first_non_finite(good | {"c": bad}) == "c"
