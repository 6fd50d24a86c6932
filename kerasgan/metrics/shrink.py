"""Pictures made small by area averaging, for measures that look at the whole only.

Legend: N pictures, H height, W width, C channels.
"""

from __future__ import annotations

import cv2
import numpy as np


def shrink(images: np.ndarray, side: int) -> np.ndarray:
    """[N, H, W, C] -> float64 [N, at most side, at most side, C].

    Example:
    >>> shrink(np.ones([2, 16, 24, 1]), 8).shape
    (2, 8, 8, 1)
    """
    height, width, channels = images.shape[1:]
    size = (min(side, width), min(side, height))
    small = [
        cv2.resize(np.asarray(image, np.float32), size, interpolation=cv2.INTER_AREA)
        for image in images
    ]
    return np.stack(small).reshape(-1, size[1], size[0], channels).astype(np.float64)
