"""Is a series rising or falling, how fast, and is that more than chance: Theil-Sen slope and Mann-Kendall test.

Belongs here: the two statistics on arrays [series, day] with gaps. Does not: weekday adjustment, words for the result
(`trends`).

Sources: Sen 1968 and Theil 1950 for the slope (median of the slopes of all pairs); Mann 1945 and Kendall 1975 for the
test, with the variance corrected for ties and the normal approximation corrected for continuity. Days resemble the day
before, which makes the plain test see trends in noise; the variance is multiplied by n/n* as proposed by Hamed and Rao
1998 ("A modified Mann-Kendall trend test for autocorrelated data"), in the form of Yue and Wang 2004 ("The Mann-Kendall
test modified by effective sample size"): n/n* from the lag-1 autocorrelation of the values without their Theil-Sen
line. That estimate is too low in short series; it is corrected by van Giersbergen 2005, rho = (n r + 2) / (n - 4).
Negative autocorrelation is not used to make a result more certain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, mean, median

LEAST_VALUES = 5
"""Known values below which nothing is said of a trend."""
TIE_DIGITS = 12
"""Digits of the largest value within which two values are the same."""


@dataclass(frozen=True)
class RankTrend:
    """One value a series; NaN where fewer than LEAST_VALUES are known."""

    slope: Array
    """Per day."""
    intercept: Array
    """Median of value - slope * day; the first day is 0."""
    tau: Array
    """Kendall's rank correlation with time, -1 to 1: pairs that rise minus pairs that fall, over all."""
    p: Array
    """Two-sided probability of such an order by chance."""
    r2: Array
    """Share of the variance that the line explains, not below 0; NaN where the values do not vary."""
    level: Array
    """The line in the middle of the known days."""
    known: Array


def rank_trend(values: Array, highest_autocorrelation: float = 0.95) -> RankTrend:
    """Trend of each row of [series, day]; NaN = unknown. Memory grows with the square of the days."""
    series, days = values.shape
    largest = np.nanmax(np.abs(values), axis=1, keepdims=True, initial=0.0)
    unit = np.where(largest > 0, largest, 1.0)
    # What differs by arithmetic only is a tie.
    values = np.round(values / unit, TIE_DIGITS) * unit
    n = (~np.isnan(values)).sum(axis=1).astype(np.float64)
    slope, intercept, line = _line(values)
    residual = values - line
    first, second = np.triu_indices(days, 1)
    s = np.nansum(np.sign(values[:, second] - values[:, first]), axis=1)
    variance = np.maximum(n * (n - 1) * (2 * n + 5) - _ties(values), 0.0) / 18
    variance *= _inflation(values, residual, n, highest_autocorrelation)
    z = np.divide(np.maximum(np.abs(s) - 1, 0.0), np.sqrt(variance), out=np.zeros(series), where=variance > 0)
    spread = np.nansum((values - mean(values)[:, None]) ** 2, axis=1)
    small = spread <= 10.0 ** (-2 * TIE_DIGITS + 2) * np.nansum(values**2, axis=1)
    explained = 1 - np.divide(np.nansum(residual**2, axis=1), spread, out=np.ones(series), where=~small)
    pairs = n * (n - 1) / 2
    enough = n >= LEAST_VALUES
    blank = np.where(enough, 0.0, np.nan)
    return RankTrend(
        slope=slope + blank,
        intercept=intercept + blank,
        tau=np.divide(s, pairs, out=np.zeros(series), where=pairs > 0) + blank,
        p=_two_sided(z) + blank,
        r2=np.where(small, np.nan, np.clip(explained, 0.0, 1.0)) + blank,
        level=mean(np.where(np.isnan(values), np.nan, line)) + blank,
        known=n,
    )


def _ties(values: Array) -> Array:
    """[series]: sum over groups of t equal values of t(t-1)(2t+5), which is the sum over their members of (t-1)(2t+5)."""
    same = (values[:, :, None] == values[:, None, :]).sum(axis=2).astype(np.float64)
    result: Array = np.where(np.isnan(values), 0.0, (same - 1) * (2 * same + 5)).sum(axis=1)
    return result


def _inflation(values: Array, residual: Array, n: Array, highest: float) -> Array:
    """[series]: n/n*, by which autocorrelation widens the variance of the mean and of S.

    The test does not change with the logarithm of its values, a line does: where they are all positive, the residuals
    of whichever scale resemble each other less count, so that a steady decline by a percentage is not taken for noise.
    """
    rho = _autocorrelation(residual, n)
    positive = np.where(np.isnan(values), 1.0, values).min(axis=1, initial=1.0) > 0
    logs = np.log(np.where(positive[:, None] & ~np.isnan(values), values, 1.0))
    logs = np.where(np.isnan(values), np.nan, logs)
    by_log = _autocorrelation(logs - _line(logs)[2], n)
    rho = np.clip(np.where(positive, np.minimum(rho, by_log), rho), 0.0, highest)[:, None]
    lag = np.arange(1, values.shape[1])
    share = np.maximum(1 - lag / np.maximum(n, 1)[:, None], 0.0)
    result: Array = 1 + 2 * (share * rho**lag).sum(axis=1)
    return result


def _autocorrelation(residual: Array, n: Array) -> Array:
    """[series]: lag-1 autocorrelation, corrected for the days and for the line that was taken away."""
    centred = np.nan_to_num(residual - mean(residual)[:, None])
    power = (centred**2).sum(axis=1)
    r = np.divide((centred[:, 1:] * centred[:, :-1]).sum(axis=1), power, out=np.zeros(len(n)), where=power > 0)
    rho = np.divide(n * r + 2, n - 4, out=np.zeros(len(n)), where=n > 4)
    return np.where(power > 0, rho, 0.0)


def _line(values: Array) -> tuple[Array, Array, Array]:
    """Theil-Sen slope and intercept [series], and the line [series, day]."""
    series, days = values.shape
    first, second = np.triu_indices(days, 1)
    slope = median((values[:, second] - values[:, first]) / (second - first)) if days > 1 else np.full(series, np.nan)
    day = np.arange(days)
    intercept = median(values - slope[:, None] * day)
    return slope, intercept, intercept[:, None] + slope[:, None] * day


def _two_sided(z: Array) -> Array:
    return np.array([math.erfc(value) for value in (z / math.sqrt(2)).tolist()], dtype=np.float64)
