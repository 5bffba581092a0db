"""Signs that a point of one series is odd: by itself, together with the points before it, or as wilder than usual.

Belongs here: statistics of one series' innovations, each measured by that series' own past. Does not: the expectation
(`level_filter`), thresholds and alerts (`scoring`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Positions

MAD_TO_SD = 1.4826


def humbled(score: Array, window: int, rank: int, usual: float) -> Array:
    """Scores, the less the more usual such scores are: divided by the `rank`-th largest of the last `window` scores,
    where that was above `usual`."""
    before = pl.Series(np.concatenate([np.zeros(window), score[:-1]]))
    past = before.rolling_quantile((window - rank) / (window - 1), "nearest", window_size=window).to_numpy()
    result: Array = score / np.maximum(1.0, past[window - 1 :] / usual)
    return result


def against_own_history(statistic: Array, lag: int, window: int, least: int, least_spread: float) -> Array:
    """Absolute robust z of each value by the `window` values that ended `lag` points before, whose spread is taken to
    be `least_spread` at least; 0 where fewer than `least` of them are known."""
    history = pl.Series(statistic).fill_nan(None).shift(lag)
    middle = history.rolling_median(window, min_samples=least)
    spread = MAD_TO_SD * (history - middle).abs().rolling_median(window, min_samples=least).to_numpy()
    away = np.abs(statistic - middle.to_numpy())
    result: Array = np.nan_to_num(away / np.maximum(spread, least_spread))
    return result


def trailing_mean(values: Array, window: int, least: int) -> Array:
    """Mean of what is known of the last `window` points; NaN where that is fewer than `least`."""
    return pl.Series(values).fill_nan(None).rolling_mean(window, min_samples=least).to_numpy().astype(float)


def sum_over(scores: Array, weight: Array, window: int) -> Array:
    """Weighted sum of the known of the last `window` standard scores, itself a standard score if they are independent;
    NaN where fewer than half are known."""
    known = ~np.isnan(scores)
    weights = np.where(known, weight, 0.0)
    total = _trailing_sum(np.where(known, weights * scores, 0.0), window)
    size = np.sqrt(np.maximum(_trailing_sum(weights**2, window), 0.0))
    enough = (_trailing_sum(known.astype(float), window) >= window // 2) & (size > 0)
    result: Array = np.divide(total, size, out=np.full(len(scores), np.nan), where=enough)
    return result


def _trailing_sum(values: Array, window: int) -> Array:
    return pl.Series(values).rolling_sum(window, min_samples=1).to_numpy().astype(float)


def usual_at(sizes: Array, place: Positions, window: int, prior: float) -> Array:
    """Mean of the last `window` known values at the same place, without the point itself, of which `prior` more are
    taken to be 1."""
    seen = pl.DataFrame({"size": sizes, "place": place}).with_columns(pl.col("size").fill_nan(None))
    past = pl.col("size").shift(1)
    total = past.fill_null(0.0).rolling_sum(window, min_samples=1).over("place")
    many = past.is_not_null().cast(pl.Float64).rolling_sum(window, min_samples=1).over("place")
    return seen.select((total.fill_null(0.0) + prior) / (many.fill_null(0.0) + prior)).to_series().to_numpy()
