"""Will the month's budget be met: spend so far, where the month will end, and what to spend a day from here.

Belongs here: months, budgets and bands. Does not: the forecast of spend (`forecast`).
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import known_sum
from adtech_assets.insight.outlook.forecast import NOT_ENOUGH, OK, ForecastSettings, forecast, forecast_rows
from adtech_assets.insight.outlook.history import History, dense, reported
from adtech_assets.tables import EDGES, PACING

Amount = float | Mapping[str, float]
"""A monthly budget, or one a month: keys yyyy-mm, and `default` for the others."""
Budgets = Mapping[str, Amount | Mapping[str, Amount]]
"""account: an amount; platforms and campaigns: amounts by name. All may be absent."""

MONTH_OVER = "month_over"
KEYS = ("level", "platform", "campaign")

PACING_SCHEMA = PACING.schema


@dataclass(frozen=True)
class Band:
    """A colour for projections up to a distance from the budget, as a fraction of it."""

    name: str
    up_to: float


@dataclass(frozen=True)
class PacingSettings:
    """How a projection is judged."""

    bands: tuple[Band, ...] = (Band("green", 0.10), Band("amber", 0.20), Band("red", float("inf")))
    """In order of distance; the last has no end."""
    rounding: float = 1e-9
    """Added to a band's edge: a deviation of 10 % that arithmetic makes 10.0000001 % is within 10 %."""
    forecast: ForecastSettings = field(default_factory=ForecastSettings)


def pacing(
    daily: pl.DataFrame,
    budgets: Budgets | None = None,
    on: dt.date | None = None,
    settings: PacingSettings | None = None,
) -> pl.DataFrame:
    """PACING_SCHEMA of the month of `on`, or of the last day of data before it (default: the last day of data).

    One row for the account and one for each platform and campaign that has spend figures in the month or a budget.
    A campaign's budget holds for every campaign of that name by itself. No budget: a projection without a band.
    `daily`: date, platform, channel, campaign and additive metrics, null = unknown; days after `on` are not read.
    """
    settings, budgets = settings or PacingSettings(), budgets or {}
    history = dense(daily, on)
    if history is None:
        return pl.DataFrame(schema=PACING_SCHEMA)
    last = history.date(history.days - 1)
    days_left = calendar.monthrange(last.year, last.month)[1] - last.day
    rows = _spent(history, last.day)
    rows = rows.join(_ahead(daily, last, days_left, settings), on=KEYS, how="left", nulls_equal=True)
    rows = rows.join(_budgets(budgets, rows, f"{last:%Y-%m}"), on=KEYS, how="full", nulls_equal=True, coalesce=True)
    rows = rows.filter((pl.col("level") == "account") | pl.col("spent").is_not_null() | pl.col("budget").is_not_null())
    edges = ("", *(f"_{edge}" for edge in EDGES))
    rows = rows.with_columns(
        pl.lit(last.replace(day=1)).alias("month"),
        pl.lit(last).alias("on"),
        pl.lit(days_left).alias("days_left"),
        *((pl.col("spent").fill_null(0) + pl.col(f"total{edge}")).alias(f"projected{edge}") for edge in edges),
    )
    if not days_left:
        rows = rows.with_columns(pl.col("spent").alias(f"projected{edge}") for edge in edges)
    order = {"account": 0, "platform": 1, "campaign": 2}
    return (
        _judged(rows, settings)
        .with_columns(pl.Series("used_up_on", [_used_up(*row) for row in _courses(rows)], dtype=pl.Date))
        .select(PACING_SCHEMA.names())
        .cast(PACING_SCHEMA)
        .sort(pl.col("level").replace_strict(order, return_dtype=pl.Int8), "platform", "campaign", maintain_order=True)
    )


def _spent(history: History, days: int) -> pl.DataFrame:
    """KEYS, channel, spent, course (spend up to each day of the month) and unknown_days; the month's days may begin
    before the data."""
    spend = history.values["spend"][:, -days:]
    rest = ~history.present & reported(history)
    filled = np.where(rest[:, -days:], 0.0, spend)
    keys, members = forecast_rows(history)
    rows = [known_sum(filled[of]) for of in members]
    no_row = [not history.present[of][:, -days:].any() for of in members]
    course = np.nancumsum(np.array(rows), axis=1)
    known = ~np.isnan(np.array(rows))
    spent = np.where(known.any(axis=1) & ~np.array(no_row), course[:, -1], np.nan)
    return keys.with_columns(
        pl.Series("spent", spent).fill_nan(None),
        pl.Series("course", course.tolist(), dtype=pl.List(pl.Float64)),
        pl.Series("unknown_days", days - known.sum(axis=1)),
    )


def _ahead(daily: pl.DataFrame, last: dt.date, days_left: int, settings: PacingSettings) -> pl.DataFrame:
    """KEYS, the expected totals of the days left (null = not enough data), and `ahead`, the total up to each of them."""
    reach = replace(settings.forecast, days_ahead=max(days_left, 1))
    made = forecast(daily.filter(pl.col("date") <= last), reach).filter(pl.col("metric") == "spend")
    totals = [name for name in made.columns if name.startswith("total")]
    return made.group_by(KEYS, maintain_order=True).agg(pl.col(totals).last(), pl.col("total").alias("ahead"))


def _budgets(budgets: Budgets, rows: pl.DataFrame, month: str) -> pl.DataFrame:
    """KEYS and budget of the month; a name that is not in the data gets a row too."""
    found: list[tuple[str, str | None, str | None, float]] = []
    if (amount := _amount(budgets.get("account"), month)) is not None:
        found.append(("account", None, None, amount))
    for level, many in (("platform", "platforms"), ("campaign", "campaigns")):
        named = budgets.get(many, {})
        for name, given in sorted(named.items()) if isinstance(named, Mapping) else ():
            if (amount := _amount(given, month)) is None:
                continue
            same = rows.filter(level=level).filter(pl.col(level) == name).get_column("platform").to_list()
            for platform in same or [name if level == "platform" else None]:
                found.append((level, platform, name if level == "campaign" else None, amount))
    schema = {"level": pl.String, "platform": pl.String, "campaign": pl.String, "budget": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row")


def _amount(given: Amount | Mapping[str, Amount] | None, month: str) -> float | None:
    """The budget of a month, or None; ValueError if it is not a number from 0."""
    value = given.get(month, given.get("default")) if isinstance(given, Mapping) else given
    if value is None:
        return None
    if isinstance(value, Mapping) or not 0 <= float(value) < math.inf:
        raise ValueError(f"a monthly budget must be a number from 0; got {value!r}")
    return float(value)


def _judged(rows: pl.DataFrame, settings: PacingSettings) -> pl.DataFrame:
    """Adds status, deviation, band, side and daily spend."""
    budget, projected, spent = pl.col("budget"), pl.col("projected"), pl.col("spent").fill_null(0)
    # Of a budget of 0 any spend is infinitely far over.
    nothing = pl.when(projected > 0).then(math.inf).when(projected == 0).then(0.0)
    off = pl.when(budget > 0).then(projected / budget - 1).otherwise(pl.when(budget == 0).then(nothing))
    band = pl.lit(None, pl.String)
    for step in reversed(settings.bands):
        band = pl.when(off.abs() <= step.up_to + settings.rounding).then(pl.lit(step.name)).otherwise(band)
    near = off.abs() <= settings.bands[0].up_to + settings.rounding
    side = pl.when(near).then(pl.lit("on")).when(off > 0).then(pl.lit("over")).when(off < 0).then(pl.lit("under"))
    left = pl.when(pl.col("days_left") > 0).then(pl.col("days_left"))
    over = pl.when(pl.col("days_left") == 0).then(pl.lit(MONTH_OVER)).otherwise(pl.lit(OK))
    return rows.with_columns(
        pl.when(off.is_finite()).then(off).alias("deviation"),
        band.alias("band"),
        side.alias("side"),
        ((budget - spent).clip(lower_bound=0) / left).alias("suggested_daily_spend"),
        ((projected - spent) / left).alias("expected_daily_spend"),
        pl.when(projected.is_null()).then(pl.lit(NOT_ENOUGH)).otherwise(over).alias("status"),
    )


def _courses(rows: pl.DataFrame) -> Iterator[tuple[float | None, dt.date, list[float], list[float]]]:
    """Budget, first day and spend up to each day of a row: known days, then expected ones."""
    columns = rows.select("budget", "on", "course", "ahead", "days_left", "spent")
    for budget, on, course, ahead, days_left, spent in columns.iter_rows():
        known = course or []
        later = [(spent or 0.0) + total for total in (ahead or [])[:days_left] if total is not None]
        yield budget, on - dt.timedelta(days=len(known) - 1), known, later


def _used_up(budget: float | None, first: dt.date, known: list[float], later: list[float]) -> dt.date | None:
    """The first day on which spend reaches the budget."""
    if budget is None:
        return None
    reached = (day for day, total in enumerate([*known, *later]) if total >= budget and total > 0)
    day = next(reached, None)
    return None if day is None else first + dt.timedelta(days=day)
