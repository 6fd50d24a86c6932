"""Completion: the rest of a photo, drawn by a generator that learnt from its like.

The search is the projection's, with a loss on what is known of the photo, D's opinion
of the whole, and pixels near the hole counting more.

Legend: N photos, V variants, H height, W width, C channels; images float32 in [-1, 1];
masks [H, W, 1], 1 where a pixel is known.
Source: Yeh et al. 2017.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
import tensorflow as tf

from kerasgan.growing import enlarge, reduce
from kerasgan.latent.blending import BLENDS, paste, poisson
from kerasgan.latent.distances import Goal
from kerasgan.latent.masks import SHRINK, importance
from kerasgan.latent.projection import project
from kerasgan.latent.spaces import Space


class Completions(NamedTuple):
    """What was drawn for N photos, V times each, best first.

    Attributes:
        raw: the generator's pictures, [N, V, H, W, C].
        blended: with the known pixels in them, [N, V, H, W, C].
        points: [N, V, ...].
        losses: [N, V].
    """

    raw: np.ndarray
    blended: np.ndarray
    points: np.ndarray
    losses: np.ndarray


def inpaint(
    space: Space,
    photos: np.ndarray,
    mask: np.ndarray | None,
    goal: Goal,
    *,
    variants: int = 1,
    blend: str = "poisson",
    **options: Any,
) -> Completions:
    """Complete photos of which a mask is known; None means a smaller picture is.

    Args:
        photos: [N, H, W, C] in [-1, 1]; what the mask hides is never looked at.
        mask: [H, W, 1], or [N, H, W, 1] for one of each photo; None for lowres: known
            is each photo at a quarter of its sides.
        goal: without an `observe`.
        variants: V completions of each photo, from V starts.
        blend: none puts the known pixels into the picture, poisson without a seam;
            of lowres, none leaves it as it was drawn, poisson adds what is known.
        options: those of `project`; but `restarts`, which are the variants.

    Raises:
        ValueError: another blend; numbers, photos or a mask that cannot be.

    Example:
    >>> from kerasgan.latent.spaces import z_space
    >>> space = z_space(lambda z: tf.reshape(tf.tanh(z), [-1, 2, 2, 1]), 4)
    >>> photos = space.pictures(space.draw(1, 0, 3))
    >>> mask = np.ones([2, 2, 1])
    >>> mask[0] = 0  # the upper row is hidden
    >>> found = inpaint(space, photos, mask, Goal(), variants=2, blend="none", steps=9)
    >>> found.blended.shape, bool((found.blended[:, 0, 1] == photos[:, 1]).all())
    ((3, 2, 2, 2, 1), True)
    """
    if blend not in BLENDS:
        raise ValueError(f"blend must be one of {', '.join(BLENDS)}. Received {blend}.")
    if "restarts" in options:
        raise ValueError(
            "variants must say how often each photo is searched for. Received restarts="
            f"{options['restarts']}: leave it out."
        )
    space.check_photos(photos)
    known = [(*photos.shape[1:3], 1), (*photos.shape[:3], 1)]
    if mask is not None and np.shape(mask) not in known:
        raise ValueError(
            f"mask must be of the shape {list(known[0])}, or {list(known[1])} for one "
            f"of each photo. Received {list(np.shape(mask))}."
        )
    weights, masks = None, None
    if mask is None:
        goal = dataclasses.replace(goal, observe=smaller)
        shown = enlarge(smaller(tf.constant(photos)), SHRINK).numpy()
    else:
        masks = np.broadcast_to(mask, (len(photos), *photos.shape[1:3], 1))
        weights = np.stack([importance(each) for each in masks])
        shown = photos = photos * masks
    # not even the starts may see what is hidden
    found = project(space, shown, goal, weights=weights, restarts=variants, **options)
    count = len(photos)
    raw = space.pictures(found.all_points.reshape(-1, *found.points.shape[1:]))
    raw = raw.reshape(count, variants, *photos.shape[1:])
    joined = [
        [_joined(photo, each, masks, k, blend) for each in raw[k]]
        for k, photo in enumerate(photos)
    ]
    blended = np.clip(np.stack(joined), -1, 1)
    return Completions(raw, blended, found.all_points, found.all_losses)


def smaller(images: tf.Tensor) -> tf.Tensor:
    """[N, H, W, C] -> [N, H / 4, W / 4, C], by area averaging."""
    return reduce(images, SHRINK)


def larger(images: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """One small picture [h, w, C] -> [H, W, C], by cubic interpolation."""
    size = image_size[::-1]
    enlarged = cv2.resize(images, size, interpolation=cv2.INTER_CUBIC)
    return enlarged.reshape(*image_size, images.shape[-1])


def _joined(
    photo: np.ndarray,
    drawn: np.ndarray,
    masks: np.ndarray | None,
    k: int,
    blend: str,
) -> np.ndarray:
    """What was known of a photo, and what was drawn."""
    if masks is None and blend == "none":
        return drawn
    if masks is None:  # what the small picture says more than the drawn one's
        known = smaller(tf.constant((photo - drawn)[None]))[0].numpy()
        return drawn + larger(known, photo.shape[:2])
    join: Callable[..., np.ndarray] = paste if blend == "none" else poisson
    return join(photo, drawn, masks[k])
