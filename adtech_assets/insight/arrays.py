"""Arithmetic on arrays in which NaN is unknown: it is skipped, and makes no warning.

Belongs here: arithmetic without meaning. Does not: anything that knows what the numbers are (`days`: days of campaigns).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


def quotient(numerator: Array, denominator: Array, missing: float = np.nan) -> Array:
    """numerator / denominator; `missing` where the denominator is not above 0 or unknown."""
    result: Array = np.divide(
        numerator, denominator, out=np.full(np.shape(denominator), missing), where=denominator > 0
    )
    return result


def known_sum(values: Array) -> Array:
    """[day] of [series, day]: the sum of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    return np.where(known.any(axis=0), np.where(known, values, 0.0).sum(axis=0), np.nan)


def first_true(flags: Flags) -> Positions:
    """[row]: position of the first True; the number of columns for none."""
    at = np.argmax(flags, axis=1) if flags.shape[1] else np.zeros(len(flags), dtype=np.int64)
    return np.where(flags.any(axis=1), at, flags.shape[1])


def last_true(flags: Flags) -> Positions:
    """[row]: position of the last True; -1 for none."""
    backwards = np.argmax(flags[:, ::-1], axis=1) if flags.shape[1] else np.zeros(len(flags), dtype=np.int64)
    return np.where(flags.any(axis=1), flags.shape[1] - 1 - backwards, -1)


def mean(values: Array, weight: Array | float = 1.0) -> Array:
    """Weighted mean of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    weights = np.where(known, weight, 0.0)
    total = weights.sum(axis=-1)
    summed = (weights * np.where(known, values, 0.0)).sum(axis=-1)
    result: Array = np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
    return result


def median(values: Array) -> Array:
    """Median of what is known; NaN where nothing is."""
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)  # NaN last
    n = (~np.isnan(ordered)).sum(axis=-1, keepdims=True)
    low, high = np.maximum((n - 1) // 2, 0), np.minimum(n // 2, values.shape[-1] - 1)
    middle = (np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, high, -1)) / 2
    result: Array = np.where(n > 0, middle, np.nan)[..., 0]
    return result


def weighted_quantiles(values: Array, weights: Array, shares: Array) -> Array:
    """[row, share] of [row, value]: quantiles of weighted values, straight between the middles of their weights.

    A value of weight 0 or NaN does not count; a row needs at least one that does.
    """
    weights = np.where(np.isnan(values), 0.0, weights)
    order = np.argsort(np.where(weights > 0, values, np.inf), axis=1, kind="stable")
    ordered = np.take_along_axis(np.where(weights > 0, values, np.inf), order, 1)
    w = np.take_along_axis(weights, order, 1)
    upto = np.cumsum(w, axis=1)
    place = np.where(w > 0, (upto - w / 2) / upto[:, -1:], np.inf)
    last = (w > 0).sum(axis=1) - 1
    columns = []
    for share in shares.tolist():
        right = np.minimum((place < share).sum(axis=1), last)[:, None]
        left = np.maximum(right - 1, 0)
        a, b = np.take_along_axis(place, left, 1), np.take_along_axis(place, right, 1)
        lower, upper = np.take_along_axis(ordered, left, 1), np.take_along_axis(ordered, right, 1)
        way = np.clip(np.divide(share - a, b - a, out=np.ones_like(a), where=b > a), 0.0, 1.0)
        columns.append((lower + way * (upper - lower))[:, 0])
    return np.stack(columns, axis=1)
