"""FID: the Frechet distance of two sets of pictures, in the features of a network.

Both sets are taken for normally distributed: |m - n|^2 + tr(A + B - 2 (A B)^(1/2)) for
means m, n and covariances A, B. It is too high for small sets, the more so the smaller
they are: compare sets of one size only, and trust KID before it.

The trace of the root is the sum of the singular values of X Y^T, where A = X^T X and
B = Y^T Y; unlike a matrix root that needs no invertible covariance.

N real and M generated pictures, F features.
Source: Heusel et al. 2017, GANs trained by a two time-scale update rule.
"""

from __future__ import annotations

import numpy as np

from kerasgan.metrics.distances import check_features


def fid(real_features: np.ndarray, fake_features: np.ndarray) -> float:
    """The Frechet distance of features [N, F] and [M, F].

    Raises:
        ValueError: fewer than two pictures, or features of different networks.

    Example:
    >>> rows = np.array([[0.0], [2.0]])
    >>> round(fid(rows, rows + 3), 6)
    9.0
    """
    check_features(real_features, fake_features, 2)
    reals = np.asarray(real_features, np.float64)
    fakes = np.asarray(fake_features, np.float64)
    real_root, fake_root = _covariance_root(reals), _covariance_root(fakes)
    apart = ((reals.mean(axis=0) - fakes.mean(axis=0)) ** 2).sum()
    variances = (real_root**2).sum() + (fake_root**2).sum()
    common = np.linalg.svd(real_root @ fake_root.T, compute_uv=False).sum()
    return float(max(apart + variances - 2 * common, 0.0))


def _covariance_root(features: np.ndarray) -> np.ndarray:
    """X [at most F rows, F] with X^T X the covariance."""
    centred = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    if len(centred) <= centred.shape[1]:
        return centred
    return np.linalg.qr(centred, mode="r")
