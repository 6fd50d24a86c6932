"""Everything a training continues from, as one dictionary of named variables.

For any Keras model: the weights of all its layers, its metrics, its seed generators,
and every optimizer it holds (Keras itself saves only `model.optimizer`, and no seeds).
Names are the attribute path and the position (`generator/0003_kernel`,
`g_optimizer/0005`), never Keras' counted layer names, which differ from one process
to the next. What no attribute of the model leads to cannot be found: noise drawn
without a `keras.random.SeedGenerator` of the model's own is not part of its state.

A state file is an uncompressed .npz. numpy has no bfloat16, so that such an array is
stored as its bits, under `name@bfloat16`.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import ml_dtypes
import numpy as np

State = dict[str, keras.Variable]
LISTED = 5  # differences, in an error

_PARTS = (
    keras.Variable,
    keras.Layer,
    keras.metrics.Metric,
    keras.random.SeedGenerator,
    keras.optimizers.Optimizer,
)


def collect_state(model: keras.Model) -> State:
    """Every variable that a training of `model` continues from, by a stable name.

    Args:
        model: any Keras model; layers and optimizers as far as they are built.

    Returns:
        name -> variable, each variable once, the same names in every process.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd")
    >>> list(collect_state(model))[:2]
    ['variables/0000_kernel', 'variables/0001_bias']
    """
    state, seen = {}, set()

    def add(name: str, variable: keras.Variable) -> None:
        if id(variable) not in seen:
            seen.add(id(variable))
            state[name] = variable

    for path, part in _parts(model):
        if not isinstance(part, keras.optimizers.Optimizer):
            for name, variable in _named_variables(path, part):
                add(name, variable)
    for position, variable in enumerate(model.variables):
        add(f"variables/{position:04d}{_suffix(variable)}", variable)
    for position, metric in enumerate(model.metrics):
        for name, variable in _named_variables(f"metrics/{position:04d}", metric):
            add(name, variable)
    for path, optimizer in optimizers_of(model).items():
        for name, variable in _optimizer_variables(path, optimizer):
            add(name, variable)
    return state


def metric_names(model: keras.Model, state: State) -> set[str]:
    """The names in `state` that belong to metrics, which `fit` resets every epoch."""
    ids = {id(variable) for metric in model.metrics for variable in metric.variables}
    return {name for name, variable in state.items() if id(variable) in ids}


def optimizers_of(model: keras.Model) -> dict[str, keras.optimizers.Optimizer]:
    """Every Keras optimizer the model, or a model in it, holds, by attribute path.

    A LossScaleOptimizer stands for the optimizer inside it.
    """
    found, seen = {}, set()

    def search(owner: keras.Model, prefix: str) -> None:
        models = []
        for path, part in _parts(owner):
            if id(part) in seen:
                continue
            if isinstance(part, keras.optimizers.Optimizer):
                inner = getattr(part, "inner_optimizer", None)
                seen.update((id(part), id(inner)))
                found[prefix + path] = part
            elif isinstance(part, keras.Model):
                seen.add(id(part))
                models.append((path, part))
        for path, part in models:
            search(part, f"{prefix}{path}/")

    seen.add(id(model))
    search(model, "")
    inner = {id(getattr(each, "inner_optimizer", None)) for each in found.values()}
    return {path: each for path, each in found.items() if id(each) not in inner}


def built_for(model: keras.Model) -> dict[str, list[str] | None]:
    """For each optimizer the names of the variables it trains; None if not built."""
    names = {id(variable): name for name, variable in collect_state(model).items()}
    return {
        path: [names[id(each)] for each in optimizer._trainable_variables]
        if optimizer.built
        else None
        for path, optimizer in optimizers_of(model).items()
    }


def build_optimizers(
    model: keras.Model, targets: Mapping[str, list[str] | None]
) -> None:
    """Build each optimizer that is not built yet for the variables `targets` names.

    Keras builds an optimizer in its first step only, and has nothing to restore into
    before that. `targets` is what `built_for` returned when the state was saved.

    Raises:
        ValueError: the model lacks an optimizer or a variable that `targets` names.
    """
    optimizers, state = optimizers_of(model), collect_state(model)
    for path, names in targets.items():
        lacking = [name for name in names or () if name not in state]
        if names is not None and (path not in optimizers or lacking):
            what = lacking if path in optimizers else "the optimizer itself"
            raise ValueError(
                f"The model must have the optimizer {path} as it was saved. "
                f"Lacking: {what}. Build the model as for the saved training."
            )
        if names is not None and not optimizers[path].built:
            optimizers[path].build([state[name] for name in names])


def first_non_finite(arrays: Mapping[str, np.ndarray]) -> str | None:
    """The name of the first array with a nan or an infinity in it, None if none has.

    >>> first_non_finite({"a": np.ones(2), "b": np.array([0.0, np.inf])})
    'b'
    """
    for name, array in arrays.items():
        if array.dtype.kind in "fV" and not np.isfinite(array).all():
            return name
    return None


def to_arrays(state: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The values of a state as numpy arrays, in the variables' own precision."""
    return {
        name: value.value.numpy() if isinstance(value, keras.Variable) else value
        for name, value in state.items()
    }


def save_state(state: Mapping[str, Any], path: str | os.PathLike) -> None:
    """Write variables (or arrays) by name into one uncompressed .npz and flush it.

    The same state always gives the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    arrays = to_arrays(state)
    with open(path, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, array in arrays.items():
                if array.dtype.kind == "V":
                    name += f"@{array.dtype.name}"
                    array = array.view(f"uint{8 * array.dtype.itemsize}")
                entry = zipfile.ZipInfo(f"{name}.npy")
                with archive.open(entry, "w", force_zip64=True) as out:
                    np.lib.format.write_array(out, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def load_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of a state file, by name."""
    arrays = {}
    with np.load(path, allow_pickle=False) as archive:
        for key in archive.files:
            name, _, kind = key.partition("@")
            array = archive[key]
            arrays[name] = array.view(getattr(ml_dtypes, kind)) if kind else array
    return arrays


def state_of_part(part: str, network: keras.Model) -> State:
    """The state of one network under the names it has as an attribute of a model."""
    return dict(_named_variables(part, network))


def load_state(state: State, path: str | os.PathLike, part: str | None = None) -> None:
    """Put the values of a state file into the variables of `state`, all or none.

    With `part` only the arrays below that attribute count.

    Raises:
        ValueError: names are missing from the file or unexpected in it, or shapes or
            precisions differ; lists the first. No variable has been changed then.
    """
    arrays = load_arrays(path)
    if part is not None:
        arrays = {n: a for n, a in arrays.items() if n.startswith(f"{part}/")}
    wrong = [f"{name}: missing in the file" for name in state if name not in arrays]
    wrong += [f"{name}: not in the model" for name in arrays if name not in state]
    for name in state.keys() & arrays.keys():
        here, there = _kind(state[name]), _kind(arrays[name])
        if here != there:
            wrong.append(f"{name}: {there} in the file, {here} in the model")
    if wrong:
        more = "; ..." if len(wrong) > LISTED else ""
        raise ValueError(
            f"The model must have the variables of {path}. Received "
            f"{len(wrong)} differences: {'; '.join(sorted(wrong)[:LISTED])}{more}. "
            "Build and compile the model as for the saved training."
        )
    for name, array in arrays.items():
        state[name].assign(array)


def _kind(value: Any) -> str:
    """Precision and shape in words: `float32 (4, 4)`."""
    return f"{keras.backend.standardize_dtype(value.dtype)} {tuple(value.shape)}"


def _suffix(variable: keras.Variable) -> str:
    """`_kernel`; a number that Keras counted up is cut off."""
    return "_" + re.sub(r"_\d+$", "", variable.name).replace("/", "_")


def _parts(model: keras.Model) -> Iterator[tuple[str, Any]]:
    """(attribute path, part) for every Keras object an attribute of `model` holds.

    Public attributes first, by name; of the others the optimizers alone, as Keras
    keeps its own books there (what they hold is found through `model.variables`).
    """

    def walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, _PARTS):
            yield path, value
        elif isinstance(value, dict):
            for key in sorted(value, key=str):
                yield from walk(f"{path}/{key}", value[key])
        elif isinstance(value, list | tuple):
            for position, each in enumerate(value):
                yield from walk(f"{path}/{position}", each)

    attributes = sorted(vars(model).items())
    for name, value in attributes:
        if not name.startswith("_"):
            yield from walk(name, value)
    for name, value in attributes:
        if name.startswith("_") and isinstance(value, keras.optimizers.Optimizer):
            yield name, value


def _named_variables(path: str, part: Any) -> Iterator[tuple[str, keras.Variable]]:
    if isinstance(part, keras.Variable):
        yield path, part
    elif isinstance(part, keras.random.SeedGenerator):
        yield f"{path}/state", part.state
    else:
        for position, variable in enumerate(part.variables):
            yield f"{path}/{position:04d}{_suffix(variable)}", variable


def _optimizer_variables(
    path: str, optimizer: keras.optimizers.Optimizer
) -> Iterator[tuple[str, keras.Variable]]:
    """By position alone: Keras names them after its counted layer names."""
    inner = getattr(optimizer, "inner_optimizer", None)
    of_inner = inner.variables if inner is not None else []
    ids = {id(variable) for variable in of_inner}
    own = [variable for variable in optimizer.variables if id(variable) not in ids]
    for position, variable in enumerate(own):
        yield f"{path}/{position:04d}", variable
    for position, variable in enumerate(of_inner):
        yield f"{path}/inner/{position:04d}", variable
