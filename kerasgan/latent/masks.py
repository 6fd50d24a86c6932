"""Masks: which pixels of a photo are known.

A mask is float32 [H, W, 1], 1 where a pixel is known, 0 where it is to be completed.

Legend: N pictures, H height, W width, C channels.
Source: the kinds are those of Yeh et al. 2017.
"""

from __future__ import annotations

import cv2
import numpy as np

KINDS = ("center", "left", "random", "grid", "lowres")
SHRINK = 4  # lowres: each side is known at a quarter
NEAR = 7  # pixels around an edge of the mask that count more


def make_mask(
    kind: str, image_size: tuple[int, int], seed: int = 0, scale: float = 0.25
) -> np.ndarray:
    """The mask of a kind, [H, W, 1].

    Args:
        kind: center hides the middle, left the left half, random 80 % of the pixels,
            grid all but every fourth row and column. (lowres hides all: what is
            known there is a smaller picture.)
        image_size: (H, W).
        seed: of random.
        scale: of center: the margin on each side, below 0.5.

    Raises:
        ValueError: another word.

    Example:
    >>> int(make_mask("center", (8, 8)).sum())
    48
    """
    height, width = image_size
    mask = np.ones((height, width, 1), np.float32)
    if kind == "center":
        top, left = round(height * scale), round(width * scale)
        mask[top : height - top, left : width - left] = 0
    elif kind == "left":
        mask[:, : width // 2] = 0
    elif kind == "random":
        mask[np.random.default_rng(seed).random((height, width)) < 0.8] = 0
    elif kind == "grid":
        mask[:] = 0
        mask[::4, ::4] = 1
    elif kind == "lowres":
        mask[:] = 0
    else:
        raise ValueError(f"A mask must be one of {', '.join(KINDS)}. Received {kind}.")
    return mask


def mask_of_picture(picture: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """The mask that a picture draws, [H, W, 1]: white is known, black is missing; where
    it has transparent places, these are missing and its colours say nothing.

    Args:
        picture: uint8 [H, W, C], grey, colour, or colour with transparency.

    Raises:
        ValueError: its size is another, it hides nothing, or it hides all.
    """
    if picture.shape[:2] != tuple(image_size):
        size, wanted = ("x".join(map(str, s)) for s in (picture.shape[:2], image_size))
        raise ValueError(
            f"A mask must have the size of the run's pictures, {wanted} (height x "
            f"width). Received one of {size}: make it anew in that size."
        )
    shown = picture[..., :3].mean(axis=-1, keepdims=True)
    if picture.shape[2] == 4 and picture[..., 3].min() < 128:
        shown = picture[..., 3:]
    mask = (shown >= 128).astype(np.float32)
    if mask.min() == mask.max():
        raise ValueError(
            "A mask must hide a part of the picture (black or transparent) and show "
            "the rest (white). Received one that "
            f"{'shows' if mask.max() else 'hides'} everything."
        )
    return mask


def importance(mask: np.ndarray, near: int = NEAR) -> np.ndarray:
    """The weights of known pixels [H, W, 1]: more the more is missing around them.

    W_i = the share of missing pixels in a window around pixel i, plus a floor so that
    every known pixel counts; 0 where i itself is missing (Yeh et al. 2017, eq. 3).
    """
    missing = cv2.blur(1 - mask[..., 0], (near, near), borderType=cv2.BORDER_REPLICATE)
    return (mask[..., 0] * (0.1 + missing))[..., None].astype(np.float32)
