"""Projection: the point in a generator's space whose picture is closest to a photo.

Many random points are looked at first; each photo's search starts from those whose
pictures are nearest to it as a whole, and from the encoder's answer where there is an
encoder. Then all searches move together (search.py).

Legend: N photos, R restarts, K candidates, H height, W width, C channels; images
float32 in [-1, 1].
Sources: Zhu et al. 2016 (iGAN), Yeh et al. 2017, Abdal et al. 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from kerasgan.images import in_parts
from kerasgan.latent.distances import Goal
from kerasgan.latent.search import Found, search
from kerasgan.latent.spaces import Space
from kerasgan.metrics.shrink import shrink

CANDIDATES = 512
SMALL = 16  # the side at which candidates are compared
FIRST_SEED = 2**31  # of the candidates: not the pictures that `generate` makes


class Projection(NamedTuple):
    """What was found for N photos, the best of each one's R searches.

    Attributes:
        points: [N, ...].
        images: their pictures [N, H, W, C].
        losses: [N].
        history: every step's losses of those searches, [T, N].
        all_points, all_losses: of every search, [N, R, ...] and [N, R], best first.
        order: the numbers of these searches, [N, R].
    """

    points: np.ndarray
    images: np.ndarray
    losses: np.ndarray
    history: np.ndarray
    all_points: np.ndarray
    all_losses: np.ndarray
    order: np.ndarray


def project(
    space: Space,
    photos: np.ndarray,
    goal: Goal,
    *,
    weights: np.ndarray | None = None,
    encode: Callable[[np.ndarray], np.ndarray] | None = None,
    candidates: int = CANDIDATES,
    restarts: int = 1,
    steps: int = 500,
    rate: float = 0.1,
    prior: str = "norm",
    seed: int = 0,
    names: Sequence[object] | None = None,
    on_step: Callable[[int, np.ndarray], None] = lambda step, images: None,
) -> Projection:
    """The point of `space` whose picture is closest to each photo.

    Args:
        photos: [N, H, W, C] in [-1, 1]; all searched in one batch of N x R.
        weights: of known pixels, [N, H, W, 1], of the size that `goal.observe` gives.
        encode: photos -> points [N, ...], a start of each photo.
        candidates: random points to start from.
        restarts: R, searches for each photo, from its R nearest candidates.
        steps, rate, prior: see `search`.
        seed: of the candidates.
        names: of the photos, for the sentence where one has no loss.
        on_step: gets each step's number and images [N x R, H, W, C], R of a photo
            one after the other.

    Raises:
        ValueError: numbers or photos that cannot be; a loss that was never finite.

    Example:
    >>> from kerasgan.latent.spaces import z_space
    >>> space = z_space(lambda z: tf.reshape(tf.tanh(z), [-1, 2, 2, 1]), 4)
    >>> photos = space.pictures(space.draw(1, 0, 2))
    >>> found = project(space, photos, Goal(), steps=100)
    >>> bool((found.losses < 1e-3).all())
    True
    """
    if min(candidates, restarts, steps) < 1 or candidates < restarts:
        raise ValueError(
            "candidates, restarts and steps must be at least 1, and candidates as many "
            f"as restarts. Received {candidates}, {restarts} and {steps}."
        )
    space.check_photos(photos)
    observed = in_parts(lambda some: goal.observe(tf.constant(some)), photos)
    starts = nearest_candidates(
        space, observed, goal, weights, candidates, restarts, seed
    )
    if encode is not None:
        starts[:, 0] = encode(photos)

    def each_restart(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else np.repeat(array, restarts, axis=0)

    found = search(
        space,
        starts.reshape(-1, *starts.shape[2:]),
        each_restart(observed),
        goal,
        weights=each_restart(weights),
        steps=steps,
        rate=rate,
        prior=prior,
        on_step=on_step,
    )
    return best_first(space, found, names or range(len(photos)))


def best_first(space: Space, found: Found, names: Sequence[object]) -> Projection:
    """The searches of the photos of these names, as many in a row for each, by their
    losses.

    Raises:
        ValueError: of a photo none was ever finite.
    """
    losses = found.losses.reshape(len(names), -1)  # [N, R]
    never = ~np.isfinite(losses).any(axis=1)
    if never.any():
        number = int(np.argmax(never))
        raise ValueError(
            f"A search must have a loss. That of {names[number]} was never a finite "
            "number: is the generator's training healthy (its log.jsonl)?"
        )
    order = np.argsort(losses, axis=1, kind="stable")  # [N, R]
    photos = np.arange(len(names))
    rows = photos[:, None]
    points = found.points.reshape(*losses.shape, *found.points.shape[1:])[rows, order]
    history = found.history.reshape(-1, *losses.shape)[:, photos, order[:, 0]]
    images = space.pictures(points[:, 0])
    losses = losses[rows, order]
    return Projection(
        points[:, 0], images, losses[:, 0], history, points, losses, order
    )


def nearest_candidates(
    space: Space,
    observed: np.ndarray,
    goal: Goal,
    weights: np.ndarray | None,
    candidates: int,
    wanted: int,
    seed: int = 0,
) -> np.ndarray:
    """The `wanted` of many random points whose pictures are nearest, [N, wanted, ...].

    Pictures are compared by what is known of them, made small: as a whole.
    """
    points = space.draw(FIRST_SEED + seed, 0, candidates)
    theirs = np.concatenate(  # [K, h, w, C], never all of them at full size
        [
            shrink(goal.observe(tf.constant(some)).numpy(), SMALL)
            for some in space.in_batches(points)
        ]
    )
    known = np.ones((1, 1, 1, 1)) if weights is None else weights
    known = np.broadcast_to(known, (*observed.shape[:3], 1))
    share = shrink(known, SMALL)
    ours = shrink(observed * known, SMALL)  # [N, h, w, C]
    ours = np.divide(ours, share, out=np.zeros_like(ours), where=share > 0)
    count = len(observed)
    # sum of w (a - b)^2 over the pixels, as sums of w a^2, w a b and w b^2
    share = np.broadcast_to(share, ours.shape).reshape(count, -1)
    ours, theirs = ours.reshape(count, -1), theirs.reshape(candidates, -1)
    apart = (share * ours**2).sum(1)[:, None] + share @ (theirs**2).T
    apart -= 2 * (share * ours) @ theirs.T  # [N, K]
    return points[np.argsort(apart, axis=1, kind="stable")[:, :wanted]]
