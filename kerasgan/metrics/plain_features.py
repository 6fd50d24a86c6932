"""Features of pictures by plain image processing: no network, nothing to download.

    layout  8 x 8 cells of each channel: where it is bright, and in which colour
    edges   how steep the brightness is, in 8 directions, 3 sizes and 4 x 4 places
    detail  how much of each channel is of one of 4 sizes, in 4 x 4 places

All 768 as logarithms, then whitened: in pictures of a random world ("dead leaves",
discs that hide each other, with noise), which have the statistics of photographs, they
are nearly uncorrelated and of like size. The file of that, `plain_whitening.npz`, is
made by benchmarks/plain_whitening.py. They see noise, blur, wrong colours and missing
variety; they do not know what a face is. How far the KID in these agrees with the KID
in a network's: benchmarks/README.md.

B batch, H height, W width, C channels, F features.
Sources: edges, Dalal & Triggs 2005, Histograms of oriented gradients; dead leaves, Lee,
Mumford & Huang 2001, Occlusion models for natural images.
"""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import numpy as np

from kerasgan.images import fit_image
from kerasgan.metrics.channels import with_channels

NAME, VERSION = "plain", 1
SIDE = 64  # pictures are looked at in this size
CELLS, PLACES, DIRECTIONS = 8, 4, 8
EDGE_SIDES = (64, 32, 16)
DETAIL_SIZES = 4
SMALL = 0.01  # added before a logarithm is taken
WHITENING = Path(__file__).with_name("plain_whitening.npz")


def plain_features(images: np.ndarray) -> np.ndarray:
    """uint8 [B, H, W, C] -> float32 [B, F]; alpha is laid on white.

    Example:
    >>> plain_features(np.zeros((2, 16, 24, 3), np.uint8)).shape
    (2, 768)
    """
    mean, deviation, matrix = whitening()
    return (raw_features(images) - mean) / deviation @ matrix


@functools.cache
def whitening() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The raw features' mean and deviation [F], and what makes them white, symmetric
    [F, F]; float32."""
    with np.load(WHITENING, allow_pickle=False) as file:
        mean, deviation, triangle = file["mean"], file["deviation"], file["triangle"]
    upper = np.zeros((len(mean), len(mean)), np.float32)
    upper[np.triu_indices(len(mean))] = triangle
    return mean, deviation, upper + np.triu(upper, 1).T


def raw_features(images: np.ndarray) -> np.ndarray:
    """The features before they are whitened: uint8 [B, H, W, C] -> float32 [B, F]."""
    return np.stack([_of_one(image) for image in with_channels(images, 3)])


def _of_one(image: np.ndarray) -> np.ndarray:
    """[H, W, 3] -> [F]."""
    x = fit_image(image, (SIDE, SIDE), "stretch").astype(np.float32) / 255
    brightness = x.mean(axis=2)
    groups = [_resized(x, CELLS).ravel()]
    groups += [_edges(_resized(brightness, side)) for side in EDGE_SIDES]
    return np.log(np.concatenate([*groups, _detail(x)]) + SMALL)


def _resized(x: np.ndarray, side: int) -> np.ndarray:
    """[H, W(, C)] -> [side, side(, C)], by area averaging, or linear to make larger."""
    larger = side > min(x.shape[:2])
    how = cv2.INTER_LINEAR if larger else cv2.INTER_AREA
    return cv2.resize(x, (side, side), interpolation=how)


def _edges(brightness: np.ndarray) -> np.ndarray:
    """[H, W] -> [DIRECTIONS * PLACES * PLACES]."""
    across = cv2.Sobel(brightness, cv2.CV_32F, 1, 0) / 8
    down = cv2.Sobel(brightness, cv2.CV_32F, 0, 1) / 8
    steepness = np.hypot(across, down)
    turn = (np.arctan2(down, across) / np.pi + 1) / 2  # 0 to 1
    direction = (turn * DIRECTIONS).astype(int) % DIRECTIONS
    one_of = direction[..., None] == np.arange(DIRECTIONS)  # [H, W, DIRECTIONS]
    return _resized(np.where(one_of, steepness[..., None], 0), PLACES).ravel()


def _detail(x: np.ndarray) -> np.ndarray:
    """[SIDE, SIDE, 3] -> [DETAIL_SIZES * PLACES * PLACES * 3]."""
    found = []
    for _ in range(DETAIL_SIZES):
        side = len(x)
        half = _resized(x, side // 2)
        found.append(_resized(np.abs(x - _resized(half, side)), PLACES).ravel())
        x = half
    return np.concatenate(found)
