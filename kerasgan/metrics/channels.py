"""Pictures with as many channels as a measure wants.

N pictures, H height, W width, C channels.
"""

from __future__ import annotations

import cv2
import numpy as np


def with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """uint8 [N, H, W, C] -> uint8 [N, H, W, channels]; alpha is laid on white.

    >>> with_channels(np.zeros((1, 2, 2, 4), np.uint8), 3).max()
    np.uint8(255)
    """
    have = images.shape[-1]
    if have == channels:
        return images
    if have == 4:
        alpha = images[..., 3:] / np.float32(255)
        images = np.rint(images[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
        return with_channels(images, channels)
    if channels == 4:
        opaque = np.full((*images.shape[:-1], 1), 255, np.uint8)
        return np.concatenate([with_channels(images, 3), opaque], axis=-1)
    if have == 1:
        return np.repeat(images, 3, axis=-1)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    return np.stack(grey)[..., None]
