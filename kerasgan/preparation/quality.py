"""Is a picture sharp and well lit? Two numbers, and the reason against one.

Sharpness is the variance of the Laplacian (Pech-Pacheco et al. 2000, "Diatom
autofocusing in brightfield microscopy"), in squared grey levels, of the picture
shrunk to 128 pixels: so that numbers of large and small pictures compare. Aligned
photographs of faces have some 200; blurred by 2 pixels (standard deviation) some 18.

Legend: H height, W width; pictures uint8 [H, W, 3].
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

LOOKED_AT = 128  # pixels, the shorter side


def sharpness(picture: np.ndarray) -> float:
    """The variance of the Laplacian of a picture, uint8 [H, W, 3]; 0 where it is flat.

    >>> sharpness(np.full((64, 64, 3), 9, np.uint8))
    0.0
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    scale = LOOKED_AT / min(grey.shape)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in (grey.shape[1], grey.shape[0])]
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def brightness(picture: np.ndarray) -> float:
    """The mean grey level of a picture, uint8 [H, W, 3]: 0 to 255.

    >>> brightness(np.full((8, 8, 3), 9, np.uint8))
    9.0
    """
    return float(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).mean())


@dataclass(frozen=True)
class Limits:
    """What a picture must have to be kept.

    Attributes:
        min_sharpness: see `sharpness`; 0 keeps all.
        darkest, brightest: mean grey levels, 0 to 255.
    """

    min_sharpness: float = 20.0
    darkest: float = 30.0
    brightest: float = 225.0

    def reason_against(self, picture: np.ndarray) -> str:
        """Why a picture is not to be kept; empty where it is.

        >>> Limits().reason_against(np.full((8, 8, 3), 9, np.uint8))
        'too dark: 9 of 255'
        """
        light = brightness(picture)
        if light < self.darkest:
            return f"too dark: {light:.0f} of 255"
        if light > self.brightest:
            return f"too bright: {light:.0f} of 255"
        detail = sharpness(picture)
        if detail < self.min_sharpness:
            return f"blurred: sharpness {detail:.1f}"
        return ""
