"""Counts and money as what they are: amounts whose variance grows with them, u * x + (noise * x)^2.

Belongs here: the scale on which such amounts have variance 1, the way back, and the exact tail of small counts. Does
not: what the expectation is.
"""

from __future__ import annotations

import numpy as np

from adtech_assets.insight.arrays import Array

LARGEST = 300.0
"""Beyond, an amount is larger than any number a computer holds."""


def stable(amount: Array, unit: Array, noise: Array | float) -> Array:
    """Scale on which an amount of variance unit * x + (noise * x)^2 has variance 1 whatever its size (Anscombe 1948)."""
    return 2 / noise * np.arcsinh(noise * np.sqrt((amount + 3 / 8 * unit) / unit))


def amount_of(level: Array, unit: Array, noise: Array | float) -> Array:
    """The way back from `stable`; not below 0."""
    root = np.sinh(np.clip(noise * level / 2, 0.0, LARGEST)) / noise
    return np.maximum(unit * root**2 - 3 / 8 * unit, 0.0)


def low_count_score(count: Array, expected: Array, variance: Array) -> Array:
    """How surprising so few are: the normal score of P(count or fewer), mid-point, for a negative binomial with mean
    `expected` and variance expected + variance * expected^2. 20 instead of 40 is something, 2 instead of 4 is not."""
    from scipy.special import betainc, ndtri

    variance = np.clip(np.nan_to_num(variance, nan=1.0), 1e-4, None)
    expected = np.maximum(np.nan_to_num(expected), 1e-9)
    size = 1 / variance
    chance = size / (size + expected)
    whole = np.floor(np.nan_to_num(count))
    up_to = betainc(size, whole + 1, chance)
    below = np.where(whole > 0, betainc(size, np.maximum(whole, 1.0), chance), 0.0)
    middle = (up_to + below) / 2
    score: Array = -ndtri(np.clip(middle, 1e-12, 1 - 1e-12))
    return score
