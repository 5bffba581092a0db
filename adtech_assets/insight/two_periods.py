"""Two periods of an account side by side, as the leaf table that explanations of a change start from, and metrics of it.

Belongs here: what a sum and a metric are in either period, and when they have no value. Does not: parts of the change
(`decomposition`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from adtech_assets.metrics.model import ADDITIVE, SUM_DIGITS, Metric, semantic_model, total

BEFORE = "_before"
"""Suffix of the baseline's columns."""

Window = tuple[dt.date, dt.date]
"""First and last day of a period."""


class NotEnoughData(Exception):
    """A change cannot be computed. The text says which period lacks what."""


@dataclass(frozen=True)
class Sums:
    """The sums of an additive metric in both periods, the baseline's at the current length; None = unknown."""

    before: float | None
    now: float | None

    @property
    def growth(self) -> float | None:
        """ln(now / before); None where there is none: a sum is unknown, 0, or of the other's opposite sign."""
        if self.before is None or self.now is None or _nothing(self.before) or _nothing(self.now):
            return None
        if (self.before > 0) != (self.now > 0):
            return None
        return math.log(abs(self.now)) - math.log(abs(self.before))


def periods_of(
    cleaned: pl.DataFrame | pl.LazyFrame, baseline: Window, current: Window, dimensions: Sequence[str]
) -> pl.DataFrame:
    """The leaf table: one row a combination of `dimensions`, sorted by them, with two columns an additive metric.

    `<metric>_before`: sum of the baseline x current days / baseline days, where a period's days are its calendar days
    for which any row has data (a day that no row covers does not count). `<metric>`: sum of the current period.
    Null = not known: no row states it. Both ends of a window belong to it; of rows that cover more than a day
    (`last_day`), those count that lie wholly in the window. Columns that `cleaned` lacks are unknown.
    Raises NotEnoughData where a window holds no row.
    """
    columns = cleaned.lazy().collect_schema().names()
    lacking = [pl.lit(None, pl.Float64).alias(name) for name in ADDITIVE if name not in columns]
    lacking += [pl.lit(None, pl.String).alias(name) for name in dimensions if name not in columns]
    last = pl.col("last_day").fill_null(pl.col("date")) if "last_day" in columns else pl.col("date")
    in_baseline, in_current = ((pl.col("date") >= first) & (last <= end) for first, end in (baseline, current))
    rows = (
        cleaned.lazy()
        .filter(in_baseline | in_current)
        .with_columns(*lacking)
        .select(*dimensions, "date", *map(_finite, ADDITIVE), last=last, in_baseline=in_baseline, in_current=in_current)
        .collect()
    )
    days = rows.select("date", "last", "in_baseline", "in_current").unique()
    scale = _days(days.filter("in_current"), "current", current) / _days(
        days.filter("in_baseline"), "baseline", baseline
    )
    sides = rows.select(
        *dimensions,
        *(pl.when("in_baseline").then(pl.col(name)).alias(f"{name}{BEFORE}") for name in ADDITIVE),
        *(pl.when("in_current").then(pl.col(name)).alias(name) for name in ADDITIVE),
    )
    sums = [total(column) for column in _columns(ADDITIVE)]
    leaves = sides.group_by(dimensions).agg(sums).sort(dimensions) if dimensions else sides.select(sums)
    return leaves.with_columns((pl.col(f"{name}{BEFORE}") * scale).round(SUM_DIGITS) for name in ADDITIVE)


def _nothing(amount: float) -> bool:
    """Sums are exact to SUM_DIGITS: what is left below that of amounts that cancel is 0."""
    return round(amount, SUM_DIGITS) == 0


def _finite(name: str) -> pl.Expr:
    """A column as floats; what is no number is unknown."""
    value = pl.col(name).cast(pl.Float64)
    return pl.when(value.is_finite()).then(value).alias(name)


SUM_FIGURES = 12
"""Significant figures of a sum of leaves: fewer than floats keep, so that the order in which threads add does not show."""


def known_sum(name: str, figures: int | None = SUM_FIGURES) -> pl.Expr:
    """The sum of what is known; null where nothing is. figures: None for what is no sum of leaves, as parts of a ratio."""
    added = pl.col(name).sum() if figures is None else pl.col(name).sum().round_sig_figs(figures)
    return pl.when(pl.col(name).count() > 0).then(added).alias(name)


def _days(rows: pl.DataFrame, period: str, window: Window) -> float:
    """Calendar days that rows cover from `date` to `last`."""
    if rows.is_empty():
        first, last = window
        raise NotEnoughData(f"no row lies in the {period} period, {first} to {last}")
    return float(rows.select(pl.date_ranges("date", "last").explode().n_unique()).item())


def _columns(names: Sequence[str]) -> list[str]:
    return [column for name in names for column in (f"{name}{BEFORE}", name)]


def figures_of(periods: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Both columns of each additive metric; all null where `periods` lacks one."""
    lacking = [name for name in _columns(names) if name not in periods.columns]
    stated = periods.with_columns(pl.lit(None, pl.Float64).alias(name) for name in lacking)
    return stated.select(map(_finite, _columns(names)))


def sums_of(figures: pl.DataFrame, names: Sequence[str]) -> dict[str, Sums]:
    """The sums of all rows of `figures_of`, by additive metric."""
    row = figures.select(map(known_sum, figures.columns)).row(0, named=True)
    return {name: Sums(row[f"{name}{BEFORE}"], row[name]) for name in names}


def sides_of(metric: str, definition: Metric) -> tuple[str, ...]:
    """The additive metrics that a metric is made of: itself, or numerator and denominator."""
    if definition.numerator is None or definition.denominator is None:
        return (metric,)
    return definition.numerator, definition.denominator


def values_of(metric: str, definition: Metric, sums: Mapping[str, Sums]) -> tuple[float | None, float | None]:
    """A metric before and now; None where it has no value."""
    before = {name: sums[name].before for name in sides_of(metric, definition)}
    now = {name: sums[name].now for name in sides_of(metric, definition)}
    return value_of(metric, before), value_of(metric, now)


def value_of(metric: str, sums: Mapping[str, float | None]) -> float | None:
    """A metric from sums of the additive ones it is made of; None where it has no value."""
    definition = semantic_model().metric(metric)
    if definition.numerator is None or definition.denominator is None:
        return sums.get(metric)
    over, under = sums.get(definition.numerator), sums.get(definition.denominator)
    if over is None or under is None or _nothing(under):
        return None
    value = definition.scale * over / under
    return value if math.isfinite(value) else None


def whole_of(metric: str, definition: Metric, sums: Mapping[str, Sums]) -> tuple[float, float]:
    """The metric of all rows before and now; NotEnoughData where it has no value."""
    before, now = values_of(metric, definition, sums)
    if before is not None and now is not None:
        return before, now
    period = "baseline" if before is None else "current"
    names = sides_of(metric, definition)
    unknown = [name for name in names if (sums[name].before if before is None else sums[name].now) is None]
    if unknown:
        label = semantic_model().metric(unknown[0]).label
        needed = f", and {definition.label} has no value without" if definition.numerator else ""
        raise NotEnoughData(f"no row of the {period} period states {label}{needed}")
    under = semantic_model().metric(names[-1]).label
    raise NotEnoughData(f"{under} add up to 0 in the {period} period, so {definition.label} has no value there")
