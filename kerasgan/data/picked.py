"""Some of many pictures, read only where they are looked at.

N pictures, K of them picked, H height, W width, C channels.
"""

from __future__ import annotations

import numpy as np


class Picked:
    """The pictures [N, H, W, C] at `places` [K], as if an array [K, H, W, C] of them.

    Example:
    >>> picked = Picked(np.arange(8).reshape(8, 1, 1, 1), np.array([1, 5, 7]))
    >>> len(picked), picked[1:].ravel().tolist(), int(picked[0][0, 0, 0])
    (3, [5, 7], 1)
    """

    def __init__(self, images: np.ndarray, places: np.ndarray) -> None:
        self.images, self.places = images, np.asarray(places)
        self.shape = (len(self.places), *images.shape[1:])
        self.dtype = images.dtype

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, key: int | slice | np.ndarray) -> np.ndarray:
        return self.images[self.places[key]]
