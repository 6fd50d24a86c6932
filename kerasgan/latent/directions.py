"""Directions in a space along which one property of the pictures changes.

With labels: the difference of the two means, or the normal of a linear support vector
machine's plane. Without: the main axes of the points (of styles), or of activations
that they cause (PCA), or the directions that G's first weights stretch most (closed
form; of styles, the weights of all layers that take one).

A direction is as long as the way from the average point without the property to the
average point with it, so that `strength` 1 adds as much of it as the examples had;
unsupervised ones have the length of one deviation.

Legend: N points, Z numbers in a point, A activations.
Sources: Shen et al. 2020 (InterFaceGAN); Härkönen et al. 2020 (GANSpace); Shen & Zhou
2021 (closed-form factorisation).
"""

from __future__ import annotations

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.svm import LinearSVC

METHODS = ("mean", "svm")


def labelled_direction(
    points: np.ndarray, has_it: np.ndarray, method: str = "mean"
) -> np.ndarray:
    """From the points without a property to those with it, [Z].

    Args:
        points: [N, ...]; the direction has the shape of one.
        has_it: bool [N].
        method: mean (difference of means), svm (normal of the plane between them).

    Raises:
        ValueError: one side is empty; another method.

    Example:
    >>> points = np.array([[0.0, 1.0], [0.0, 3.0], [2.0, 1.0], [2.0, 3.0]])
    >>> labelled_direction(points, np.array([0, 0, 1, 1], bool)).tolist()
    [2.0, 0.0]
    """
    has_it = np.asarray(has_it, bool)
    if method not in METHODS:
        raise ValueError(
            f"method must be one of {', '.join(METHODS)}. Received {method}."
        )
    if len(has_it) != len(points) or has_it.all() or not has_it.any():
        raise ValueError(
            "A direction must have points with the property and without it. Received "
            f"{int(has_it.sum())} with it among {len(points)}."
        )
    flat = points.reshape(len(points), -1)
    difference = flat[has_it].mean(axis=0) - flat[~has_it].mean(axis=0)
    if method == "svm":
        machine = LinearSVC(
            class_weight="balanced", dual="auto", max_iter=20_000, random_state=0
        )
        normal = machine.fit(flat, has_it).coef_[0]
        normal = normal / np.linalg.norm(normal)
        difference = normal * (difference @ normal)
    return difference.reshape(points.shape[1:]).astype(np.float32)


def score_direction(points: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The direction along which a number changes fastest, one deviation of it long.

    Linear regression with a little shrinkage of the scores [N] on the points [N, ...].
    """
    flat = points.reshape(len(points), -1)
    slope = Ridge(alpha=1e-3 * len(points)).fit(flat, scores).coef_
    square = float(slope @ slope)
    direction = slope * (np.std(scores) / square) if square else slope
    return direction.reshape(points.shape[1:]).astype(np.float32)


def independent_of(direction: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """What is left of a direction that changes none of `others` (to first order).

    >>> independent_of(np.array([1.0, 1.0]), [np.array([0.0, 2.0])]).tolist()
    [1.0, 0.0]
    """
    if not others:
        return direction
    flat = direction.ravel().astype(np.float64)
    basis = np.stack([other.ravel() for other in others], axis=1).astype(np.float64)
    along = basis @ np.linalg.lstsq(basis, flat, rcond=None)[0]
    return (flat - along).reshape(direction.shape).astype(direction.dtype)


def main_directions(points: np.ndarray, count: int) -> np.ndarray:
    """The axes along which points [N, ...] differ most, one deviation long each.

    >>> points = np.random.default_rng(0).normal(size=(500, 3)) * [5, 1, 1]
    >>> np.abs(main_directions(points, 1)).round().tolist()
    [[5.0, 0.0, 0.0]]
    """
    flat = points.reshape(len(points), -1)
    found = PCA(count, random_state=0).fit(flat)
    axes = found.components_ * np.sqrt(found.explained_variance_)[:, None]
    return axes.reshape(count, *points.shape[1:]).astype(np.float32)


def activation_directions(
    points: np.ndarray, activations: np.ndarray, count: int
) -> np.ndarray:
    """The ways in a space that move activations along their main axes.

    Args:
        points: [N, Z], random ones.
        activations: [N, A], what they cause: in G, or in D through their pictures.
        count: how many.
    """
    coordinates = PCA(count, random_state=0).fit_transform(activations)
    return np.stack([score_direction(points, column) for column in coordinates.T])


def stretched_directions(weights: np.ndarray, count: int) -> np.ndarray:
    """The unit directions [count, Z] that a first layer [Z, A] stretches most.

    >>> stretched_directions(np.diag([1.0, 3.0]), 1).tolist()
    [[0.0, 1.0]]
    """
    left, _, _ = np.linalg.svd(np.asarray(weights, np.float64), full_matrices=False)
    found = left.T[:count]
    largest = np.take_along_axis(found, np.abs(found).argmax(1)[:, None], axis=1)
    return (found * np.sign(largest)).astype(np.float32)


def style_weights(generator: keras.Model) -> np.ndarray:
    """The weights [D, A] of all layers that take a style, side by side.

    Args:
        generator: a style-based one, with the layer `synthesis`.
    """
    synthesis = generator.get_layer("synthesis")
    layers = [each.style for each in (*synthesis.convolutions, *synthesis.to_image)]
    return np.concatenate([each.scaled_kernel().numpy() for each in layers], axis=1)


def first_weights(generator: keras.Model, latent_dim: int) -> np.ndarray:
    """The weights [Z, A] of the layer that takes the latent.

    Raises:
        ValueError: none of its weights has latent_dim rows.
    """
    for weight in generator.trainable_variables:
        if len(weight.shape) == 2 and weight.shape[0] >= latent_dim:
            return np.asarray(weight)[:latent_dim]
    raise ValueError(
        f"A generator must begin with a dense layer of {latent_dim} inputs for its "
        f"directions to be read off. {generator.name} does not: use PCA."
    )
