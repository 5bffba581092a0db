"""Trends of every campaign and the account: moving averages, slope, its significance and strength.

Belongs here: the tables and the words strong, moderate, weak. Does not: the statistics themselves (`rank_trend`,
`weekday_adjustment`), weekdays and months (`patterns`), what a trend means for a campaign (`lifecycle`).

A ratio is always a ratio of sums. Days without a row are unknown; days on which a campaign did not run say nothing of
its trend.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from adtech_assets.insight.arrays import Array, Flags
from adtech_assets.insight.outlook.history import History, dense
from adtech_assets.insight.outlook.rank_trend import rank_trend
from adtech_assets.insight.outlook.weekday_adjustment import Measured, WeekdaySettings, adjusted, measured
from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.metrics.spans import WEEK
from adtech_assets.tables import TRENDS

OK, NOT_ENOUGH = "ok", "not_enough_data"
TREND_METRICS = (*ADDITIVE, "ctr", "cvr", "cpc", "roas")
STRENGTHS = (("strong", 0.6), ("moderate", 0.3), ("weak", 0.0))
"""Class of a significant trend by the share of the variance (R2) its line explains, at least."""

_KEYS = {"level": pl.String, "platform": pl.String, "channel": pl.String, "campaign": pl.String}
TRENDS_SCHEMA = TRENDS.schema
MOVING_AVERAGES_SCHEMA = pl.Schema(
    {**_KEYS, "metric": pl.String, "date": pl.Date, "value": pl.Float64, "average_7": pl.Float64}
)


@dataclass(frozen=True)
class TrendSettings:
    """What is a trend."""

    window_days: int = 28
    least_days: int = 14
    """Known days below which nothing is said."""
    significance: float = 0.01
    """Probability of chance below which an order is a trend. Strict, as hundreds of series are looked at."""
    least_change_per_week: float = 0.01
    """Change a week, as a fraction of the level, below which a trend is not worth a word."""
    least_average_days: int = 4
    """Known days of seven that make a moving average."""
    weekday: WeekdaySettings = field(default_factory=WeekdaySettings)


def trends(daily: pl.DataFrame, on: dt.date | None = None, settings: TrendSettings | None = None) -> pl.DataFrame:
    """TRENDS_SCHEMA: one row a campaign or account and metric, of the window that ends `on` (default: the last day).

    `daily`: date, platform, channel, campaign and additive metrics, null = unknown. Days after `on` are not read.
    """
    settings = settings or TrendSettings()
    history = dense(daily, on)
    if history is None:
        return pl.DataFrame(schema=TRENDS_SCHEMA)
    measures = measured(history, TREND_METRICS, only_delivered=True)
    flat = adjusted(measures, history.days, settings.window_days, settings.weekday)
    metrics, rows, days = flat.shape
    found = rank_trend(flat.reshape(metrics * rows, days))
    told = found.known >= settings.least_days
    change = np.divide(WEEK * found.slope, found.level, out=np.full(len(told), np.nan), where=found.level > 0)
    real = told & (found.p < settings.significance) & (np.abs(np.nan_to_num(change)) >= settings.least_change_per_week)
    real &= ~np.isnan(found.r2)
    averages = moving_average(measured(history, TREND_METRICS, only_delivered=False), settings)
    end = history.date(history.days - 1)
    figures = {
        "average_7": averages[:, :, -1].ravel(),
        "average_7_before": _a_week_before(averages).ravel(),
        "middle": found.level,
        "slope_per_day": found.slope,
        "change_per_week": change,
        "tau": found.tau,
        "p_value": found.p,
        "r2": found.r2,
    }
    statistics = [name for name in figures if not name.startswith("average")]
    frame = labelled(history, TREND_METRICS, 1).with_columns(
        pl.lit(end - dt.timedelta(settings.window_days - 1)).alias("start"),
        pl.lit(end).alias("end"),
        pl.Series("known_days", found.known.astype(np.int64)),
        pl.Series("status", np.where(told, OK, NOT_ENOUGH)),
        *(pl.Series(name, values).fill_nan(None) for name, values in figures.items()),
        pl.Series("direction", np.where(real, np.where(found.slope > 0, "up", "down"), "flat")),
        pl.Series("strength", strengths(real, found.r2)),
    )
    known = pl.col("status") == OK
    return (
        frame.with_columns(pl.when(known).then(pl.col(name)) for name in (*statistics, "direction", "strength"))
        .select(TRENDS_SCHEMA.names())
        .cast(TRENDS_SCHEMA)
    )


def strengths(real: Flags, r2: Array) -> npt.NDArray[np.str_]:
    """Class of each trend by STRENGTHS; none where it is not real."""
    classes = np.select([np.nan_to_num(r2) >= least for _, least in STRENGTHS], [name for name, _ in STRENGTHS], "none")
    return np.where(real, classes, "none")


def moving_averages(daily: pl.DataFrame, settings: TrendSettings | None = None) -> pl.DataFrame:
    """MOVING_AVERAGES_SCHEMA: every day's value and the mean of the 7 days that end on it; unknown days left out."""
    settings = settings or TrendSettings()
    history = dense(daily)
    if history is None:
        return pl.DataFrame(schema=MOVING_AVERAGES_SCHEMA)
    measures = measured(history, TREND_METRICS, only_delivered=False)
    values, averages = measures.values(), moving_average(measures, settings)
    dates = pl.date_range(history.first, history.date(history.days - 1), eager=True)
    frame = labelled(history, TREND_METRICS, history.days).with_columns(
        dates.gather(np.tile(np.arange(history.days), values.shape[0] * values.shape[1])).alias("date"),
        pl.Series("value", values.ravel()).fill_nan(None),
        pl.Series("average_7", averages.ravel()).fill_nan(None),
    )
    frame = frame.filter(pl.col("value").is_not_null() | pl.col("average_7").is_not_null())
    return frame.select(MOVING_AVERAGES_SCHEMA.names()).cast(MOVING_AVERAGES_SCHEMA)


def moving_average(measures: Measured, settings: TrendSettings) -> Array:
    """[metric, row, day]: ratio of the sums of the 7 days that end on the day."""
    above, below = _trailing(np.nan_to_num(measures.numerator)), _trailing(np.nan_to_num(measures.denominator))
    known = _trailing((~np.isnan(measures.numerator)).astype(np.float64))
    usable = (known >= settings.least_average_days) & (below > 0)
    return np.where(usable, measures.scale[:, None, None] * above / np.where(usable, below, 1.0), np.nan)


def labelled(history: History, metrics: tuple[str, ...], repeat: int) -> pl.DataFrame:
    """Key columns and metric for arrays [metric, row, repeat] laid out flat; rows = campaigns, then the account."""
    campaigns = history.keys.select(pl.lit("campaign").alias("level"), pl.all())
    account = pl.DataFrame([("account", None, None, None)], schema=campaigns.schema, orient="row")
    keys = pl.concat([campaigns, account])
    metric, row = np.repeat(np.indices((len(metrics), keys.height)).reshape(2, -1), repeat, axis=1)
    table: pl.DataFrame = keys[row].with_columns(pl.Series("metric", metrics).gather(metric))
    return table


def _trailing(values: Array) -> Array:
    """[..., day]: sum of the 7 days that end on the day, of those there are."""
    padded = np.pad(values, ((0, 0), (0, 0), (WEEK - 1, 0)))
    sums: Array = np.lib.stride_tricks.sliding_window_view(padded, WEEK, axis=2).sum(axis=-1)
    return sums


def _a_week_before(averages: Array) -> Array:
    """[metric, row]: the average as it stood 7 days before the last day."""
    return averages[:, :, -1 - WEEK] if averages.shape[2] > WEEK else np.full(averages.shape[:2], np.nan)
