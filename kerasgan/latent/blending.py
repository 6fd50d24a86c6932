"""The seam between what was known of a photo and what a generator added.

`poisson` keeps the known pixels and, in the rest, the generator's differences between
neighbours: it solves the Laplace equation of the difference between the two pictures,
with known pixels as its boundary and no flow over the picture's edge. OpenCV's
seamlessClone solves the same, but shrinks the mask by three pixels first, so that
nothing is left of a scattered one, and wants a hole that keeps off the edges.

Legend: H height, W width, C channels; pictures float [H, W, C], masks [H, W, 1], 1
where a pixel is known.
Source: Pérez et al. 2003.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

BLENDS = ("none", "poisson")


def paste(photo: np.ndarray, drawn: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The photo where it is known, `drawn` elsewhere."""
    return mask * photo + (1 - mask) * drawn


def poisson(photo: np.ndarray, drawn: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The photo where it is known, and `drawn` without a seam elsewhere, [H, W, C].

    Raises:
        ValueError: nothing is known.

    Example:
    >>> photo, mask = np.ones((5, 5, 1)), np.ones((5, 5, 1))
    >>> mask[1:4, 1:4] = 0
    >>> float(np.abs(poisson(photo, 0.25 * photo, mask) - 1).max()) < 1e-6
    True
    """
    missing = mask[..., 0] < 0.5
    if missing.all():
        raise ValueError("A photo must have known pixels to be blended with.")
    if not missing.any():
        return photo.copy()
    offset = photo - drawn  # [H, W, C], smooth inside by what it is at the boundary
    system, boundary = _laplacian(missing)
    inside = splu(system).solve(boundary @ offset[~missing].astype(np.float64))
    result = photo.astype(np.float32).copy()
    result[missing] = drawn[missing] + inside
    return result


def _laplacian(missing: np.ndarray):
    """The equations of the missing pixels, and what known neighbours add to them.

    Returns:
        sparse [M, M] for the M missing pixels, and sparse [M, known pixels].
    """
    number = np.zeros(missing.shape, np.int64)
    number[missing] = np.arange(missing.sum())
    number[~missing] = np.arange((~missing).sum())
    pairs = [  # each pixel and its right and lower neighbour, both ways
        (number[:, :-1], number[:, 1:], missing[:, :-1], missing[:, 1:]),
        (number[:-1], number[1:], missing[:-1], missing[1:]),
    ]
    rows, columns, known_rows, known_columns = [], [], [], []
    for a, b, a_missing, b_missing in pairs:
        for me, other, mine, others in (
            (a, b, a_missing, b_missing),
            (b, a, b_missing, a_missing),
        ):
            both = mine & others
            rows.append(me[both])
            columns.append(other[both])
            edge = mine & ~others
            known_rows.append(me[edge])
            known_columns.append(other[edge])
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    known_rows = np.concatenate(known_rows)
    known_columns = np.concatenate(known_columns)
    count = int(missing.sum())
    neighbours = np.bincount(np.concatenate([rows, known_rows]), minlength=count)
    diagonal = np.arange(count)
    system = coo_matrix(
        (
            np.concatenate([-np.ones(len(rows)), neighbours]),
            (np.concatenate([rows, diagonal]), np.concatenate([columns, diagonal])),
        ),
        shape=(count, count),
    )
    boundary = coo_matrix(
        (np.ones(len(known_rows)), (known_rows, known_columns)),
        shape=(count, int((~missing).sum())),
    )
    return system.tocsc(), boundary.tocsr()
