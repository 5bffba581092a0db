"""Forecast of spend, conversions and revenue for the next 7 to 30 days, and how often its intervals were right.

Belongs here: the tables. Does not: how a day is expected (`expected_path`), how intervals are drawn (`error_bands`),
budgets (`pacing`).

A forecast says what happens if campaigns go on as they are: it knows no launch, no end and no holiday that is not in the
history. Sums are sums of campaigns; a campaign that has ended is forecast 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from adtech_assets.insight.arrays import Array, Flags
from adtech_assets.insight.outlook.error_bands import BandSettings, bands, outlook, record
from adtech_assets.insight.outlook.expected_path import FORECAST_METRICS, PathSettings, expected_path
from adtech_assets.insight.outlook.history import History, dense, reported
from adtech_assets.metrics.spans import WEEK
from adtech_assets.tables import EDGES, FORECAST

OK, ENDED, NOT_ENOUGH = "ok", "ended", "not_enough_data"
_KEYS = {"level": pl.String, "platform": pl.String, "channel": pl.String, "campaign": pl.String}

FORECAST_SCHEMA = FORECAST.schema

BACKTEST_SCHEMA = pl.Schema(
    {
        **_KEYS,
        "metric": pl.String,
        "made_on": pl.Date,
        "days_ahead": pl.Int64,  # days of the total
        "total": pl.Float64,
        **{f"total_{edge}": pl.Float64 for edge in EDGES},
        "actual": pl.Float64,  # days unknown filled by the share they were expected to have
        "last_week": pl.Float64,  # naive: the last 7 days again
        "mean_28": pl.Float64,  # naive: the mean of the last 28 days
        "ran_through": pl.Boolean,  # the campaign did not end meanwhile; always true for sums
    }
)

COVERAGE_SCHEMA = pl.Schema(
    {
        "level": pl.String,
        "metric": pl.String,
        "days_ahead": pl.Int64,
        "forecasts": pl.Int64,
        "coverage_80": pl.Float64,  # share of actual totals inside the interval
        "coverage_95": pl.Float64,
        "wape": pl.Float64,  # sum of absolute errors / sum of actual
        "wape_last_week": pl.Float64,
        "wape_mean_28": pl.Float64,
        "width_80": pl.Float64,  # sum of interval widths / sum of actual
        "bias": pl.Float64,  # sum of forecasts / sum of actual - 1
    }
)


@dataclass(frozen=True)
class ForecastSettings:
    """How far a forecast looks and how it is made."""

    days_ahead: int = 30
    path: PathSettings = field(default_factory=PathSettings)
    bands: BandSettings = field(default_factory=BandSettings)


def forecast(daily: pl.DataFrame, settings: ForecastSettings | None = None) -> pl.DataFrame:
    """FORECAST_SCHEMA: every campaign, platform and the account, per metric and day ahead, from the last day of `daily`.

    `daily`: date, platform, channel, campaign and additive metrics, one row a day and campaign; null = unknown. Any
    column but date may be absent. No rows give no forecast; rows of one key and day are summed.
    """
    settings = settings or ForecastSettings()
    history = dense(daily)
    if history is None:
        return pl.DataFrame(schema=FORECAST_SCHEMA)
    keys, members = forecast_rows(history)
    made = expected_path(history, settings.days_ahead, settings.path)
    now = outlook(made.path, made.noise, members, settings.bands)
    past = record(history, members, settings.days_ahead, settings.path, settings.bands)
    steps = range(1, settings.days_ahead + 1)
    day, total = (
        np.stack([bands(now, past, history.days, step, total=whole, settings=settings.bands) for step in steps], axis=2)
        for whole in (False, True)
    )
    columns = {"expected": now.path, "total": now.total}
    columns |= {edge: day[..., side] for side, edge in enumerate(EDGES)}
    columns |= {f"total_{edge}": total[..., side] for side, edge in enumerate(EDGES)}
    return _table(history, keys, _status(made.ended, made.enough, members), columns, settings.days_ahead)


def backtest(
    daily: pl.DataFrame, horizons: tuple[int, ...] = (7, 14, 30), settings: ForecastSettings | None = None
) -> pl.DataFrame:
    """BACKTEST_SCHEMA: forecasts of totals from earlier days, with intervals from what was known then, and what came.

    Rolling origins, `origin_step` days apart, over the whole history. Left out: rows that had too little history, had
    just launched, rested or had ended on that day, and totals of which too many days are unknown.
    """
    settings = settings or ForecastSettings()
    history = dense(daily)
    if history is None:
        return pl.DataFrame(schema=BACKTEST_SCHEMA)
    keys, members = forecast_rows(history)
    everything = replace(settings.bands, origin_days=history.days)
    past = record(history, members, max(horizons), settings.path, everything)
    rested = ~history.present & reported(history)
    seen = np.stack([np.nan_to_num(np.where(rested, 0.0, history.values[name])) for name in FORECAST_METRICS])
    seen = members @ seen
    frames = []
    for position, known in enumerate(past.origins.tolist()):
        enough = _status(past.ended[position], past.enough[position], members) == OK
        for ahead in horizons:
            actual = past.actual[position, :, :, ahead - 1]
            kept = enough & past.steady[position] & ~np.isnan(actual)
            if not kept.any():
                continue
            then = past.at(position)
            edges = bands(then, past, known, ahead, total=True, settings=settings.bands)
            metric, row = np.nonzero(kept)
            values = {
                "total": then.total[:, :, ahead - 1],
                **{f"total_{edge}": edges[..., side] for side, edge in enumerate(EDGES)},
                "actual": actual,
                "last_week": _naive(seen, known, WEEK) * ahead,
                "mean_28": _naive(seen, known, 4 * WEEK) * ahead,
            }
            frames.append(
                keys[row].with_columns(
                    pl.Series("metric", FORECAST_METRICS).gather(metric),
                    pl.lit(history.date(known - 1)).alias("made_on"),
                    pl.lit(ahead).alias("days_ahead"),
                    *(pl.Series(name, array[kept]) for name, array in values.items()),
                    pl.Series("ran_through", past.ran_through[position, row, ahead - 1]),
                )
            )
    return (
        pl.concat(frames).select(BACKTEST_SCHEMA.names()).cast(BACKTEST_SCHEMA)
        if frames
        else pl.DataFrame(schema=BACKTEST_SCHEMA)
    )


def _naive(seen: Array, known: int, days: int) -> Array:
    """[metric, row]: mean of the last days before position `known`."""
    mean: Array = seen[:, :, max(0, known - days) : known].mean(axis=2)
    return mean


def coverage(backtests: pl.DataFrame) -> pl.DataFrame:
    """COVERAGE_SCHEMA of BACKTEST_SCHEMA rows, of one or many accounts: measured coverage and errors."""
    actual = pl.col("actual")

    def wape(column: str) -> pl.Expr:
        return pl.when(actual.sum() > 0).then((pl.col(column) - actual).abs().sum() / actual.sum())

    def inside(level: int) -> pl.Expr:
        return actual.is_between(pl.col(f"total_low_{level}"), pl.col(f"total_high_{level}")).mean()

    return (
        backtests.group_by("level", "metric", "days_ahead")
        .agg(
            pl.len().alias("forecasts"),
            inside(80).alias("coverage_80"),
            inside(95).alias("coverage_95"),
            wape("total").alias("wape"),
            wape("last_week").alias("wape_last_week"),
            wape("mean_28").alias("wape_mean_28"),
            ((pl.col("total_high_80") - pl.col("total_low_80")).sum() / actual.sum()).alias("width_80"),
            (pl.col("total").sum() / actual.sum() - 1).alias("bias"),
        )
        .sort("level", "metric", "days_ahead")
        .select(COVERAGE_SCHEMA.names())
        .cast(COVERAGE_SCHEMA)
    )


def forecast_rows(history: History) -> tuple[pl.DataFrame, Flags]:
    """Keys of what is forecast: campaigns, the account, its platforms; and the campaigns each sums, [row, campaign]."""
    platforms = history.keys.get_column("platform").to_list()
    names = sorted({name for name in platforms if name is not None})
    upper = [("account", None, None, None), *(("platform", name, None, None) for name in names)]
    campaigns = history.keys.select(pl.lit("campaign").alias("level"), pl.all())
    keys = pl.concat([campaigns, pl.DataFrame(upper, schema=campaigns.schema, orient="row")])
    of_platform = [[platform == name for platform in platforms] for name in names]
    everyone = np.ones((1, history.series), dtype=np.bool_)
    return keys, np.vstack([np.eye(history.series, dtype=np.bool_), everyone, *map(np.atleast_2d, of_platform)])


def _status(ended: Flags, enough: Flags, members: Flags) -> npt.NDArray[np.str_]:
    """[metric, row]: OK, ENDED or NOT_ENOUGH. A sum is known as soon as one of its running campaigns is."""
    going = (enough & ~ended) @ members.T
    over = ~(~ended @ members.T)
    return np.where(going, OK, np.where(over, ENDED, NOT_ENOUGH))


def _table(
    history: History, keys: pl.DataFrame, status: npt.NDArray[np.str_], columns: dict[str, Array], days_ahead: int
) -> pl.DataFrame:
    """The stored form of arrays [metric, row, day ahead]."""
    metrics, rows = status.shape
    made_on = history.date(history.days - 1)
    metric, row, step = (index.ravel() for index in np.indices((metrics, rows, days_ahead)))
    frame = keys[row].with_columns(
        pl.Series("metric", FORECAST_METRICS).gather(metric),
        pl.lit(made_on).alias("made_on"),
        pl.Series("date", np.datetime64(made_on) + (step + 1)).cast(pl.Date),
        pl.Series("days_ahead", step + 1),
        pl.Series("status", np.repeat(status.ravel(), days_ahead)),
        *(pl.Series(name, array.ravel()) for name, array in columns.items()),
    )
    frame = frame.with_columns(
        pl.when(pl.col("status") != NOT_ENOUGH).then(pl.col(name)).alias(name) for name in columns
    )
    order = {"account": 0, "platform": 1, "campaign": 2}
    table: pl.DataFrame = (
        frame.select(FORECAST_SCHEMA.names())
        .cast(FORECAST_SCHEMA)
        .sort(pl.col("level").replace_strict(order), "platform", "campaign", maintain_order=True)
    )
    return table
