"""What every campaign and the account usually do on each weekday and in each month.

Belongs here: the table of factors and the pattern of months. Does not: how weekdays are measured
(`weekday_adjustment`), single odd weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from adtech_assets.insight.arrays import Array, mean, quotient
from adtech_assets.insight.outlook.history import History, dense
from adtech_assets.insight.outlook.trends import TREND_METRICS, labelled
from adtech_assets.insight.outlook.weekday_adjustment import Measured, WeekdaySettings, measured, weekday_factors
from adtech_assets.metrics.spans import WEEK
from adtech_assets.tables import PATTERNS

YEAR = 12

PATTERNS_SCHEMA = PATTERNS.schema


@dataclass(frozen=True)
class PatternSettings:
    """How long a history has to be."""

    least_months: int = 36
    """Whole months of data below which there is no pattern of months: each has then been seen twice amid its year."""
    weekday: WeekdaySettings = field(default_factory=WeekdaySettings)


def patterns(daily: pl.DataFrame, settings: PatternSettings | None = None) -> pl.DataFrame:
    """PATTERNS_SCHEMA: factor of each weekday and of each month against the usual; null where history is too short.

    `daily`: date, platform, channel, campaign and additive metrics, null = unknown.
    """
    settings = settings or PatternSettings()
    history = dense(daily)
    if history is None:
        return pl.DataFrame(schema=PATTERNS_SCHEMA)
    measures = measured(history, TREND_METRICS, only_delivered=False)
    by_day, weeks = weekday_factors(measures, history.days, settings.weekday)
    # The seven days before the end begin on the weekday of the day after it.
    turn = (history.first.weekday() + history.days) % WEEK
    by_month, years = _month_factors(measures, history, settings)
    cycles = (("weekday", np.roll(by_day, turn, 2), np.roll(weeks, turn, 2)), ("month", by_month, years))
    frames = [
        labelled(history, TREND_METRICS, factors.shape[2]).with_columns(
            pl.lit(cycle).alias("cycle"),
            pl.Series("position", np.tile(np.arange(1, factors.shape[2] + 1), factors.shape[0] * factors.shape[1])),
            pl.Series("factor", factors.ravel()).fill_nan(None),
            pl.Series("repeats", repeats.ravel().astype(np.int64)),
        )
        for cycle, factors, repeats in cycles
    ]
    return pl.concat(frames).select(PATTERNS_SCHEMA.names()).cast(PATTERNS_SCHEMA)


def _month_factors(measures: Measured, history: History, settings: PatternSettings) -> tuple[Array, Array]:
    """[metric, row, month] and the years each rests on: whole months against the twelve months around them.

    Classical ratio to the centred moving average; a month's value is a mean a day or a ratio of sums.
    """
    shape = (*measures.numerator.shape[:2], YEAR)
    months, cuts = _whole_months(history)
    if len(months) < settings.least_months:
        return np.full(shape, np.nan), np.zeros(shape)
    rate = quotient(_sums(measures.numerator, cuts), _sums(measures.denominator, cuts))
    half = YEAR // 2
    around = np.full_like(rate, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(rate, YEAR + 1, axis=2)
    around[:, :, half:-half] = windows @ (np.array([0.5, *[1.0] * (YEAR - 1), 0.5]) / YEAR)
    relative = quotient(rate, around)
    of_month = [relative[:, :, months == month] for month in range(1, YEAR + 1)]
    factors = np.stack([mean(values) for values in of_month], axis=2)
    years = np.stack([(~np.isnan(values)).sum(axis=2) for values in of_month], axis=2)
    return factors / factors.mean(axis=2, keepdims=True), years.astype(np.float64)


def _whole_months(history: History) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers (1-12) of the months all of whose days lie in the data, and positions of their first days and the end."""
    dates = pl.date_range(history.first, history.date(history.days), eager=True)  # one day more: it may begin a month
    begins = np.flatnonzero((dates.dt.day() == 1).to_numpy())
    return dates.dt.month().to_numpy()[begins[:-1]].astype(np.int64), begins


def _sums(values: Array, cuts: npt.NDArray[np.int64]) -> Array:
    """[metric, row, month]: sums of what is known from cut to cut."""
    return np.add.reduceat(np.nan_to_num(values)[:, :, : cuts[-1]], cuts[:-1], axis=2)
