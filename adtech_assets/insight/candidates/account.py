"""A client's rows around one week: both periods, only figures that are numbers, and which rows a segment selects.

Belongs here: that frame. Does not: implausible figures (`implausible`), statistics.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Flags, quotient
from adtech_assets.insight.change_evidence import Windows
from adtech_assets.insight.drivers import windows_of
from adtech_assets.metrics.model import ADDITIVE, SUM_DIGITS, semantic_model
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Insight
from adtech_assets.tables import CLEANED

LOOKED_AT = ("platform", "channel", "campaign", "adset", "creative_type", "audience", "country", "location", "device")
"""Dimensions in which insights are looked for."""
Segment = Mapping[str, str]
LARGEST = 1e15
"""Beyond this no amount of any currency is a figure of a day: it is unknown, as is what is not a number."""


@dataclass(frozen=True, eq=False)
class Account:
    """rows: of both periods, additive metrics within LARGEST or null. stated: the same rows before implausible spend was
    replaced. history: all rows up to the week's end."""

    rows: pl.DataFrame
    stated: pl.DataFrame
    history: pl.DataFrame
    windows: Windows

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Of LOOKED_AT those with more than one value."""
        return tuple(name for name in LOOKED_AT if self.rows.get_column(name).drop_nulls().n_unique() > 1)

    @cached_property
    def days(self) -> tuple[dt.date, ...]:
        """Days with rows, of both periods."""
        return tuple(self.rows.get_column("date").unique().sort().to_list())

    @cached_property
    def current(self) -> Flags:
        """[row]: of the current period."""
        return self._inside(self.windows.current)

    @property
    def current_days(self) -> int:
        """Days of the current period with rows."""
        return sum(day >= self.windows.current[0] for day in self.days)

    @property
    def to_a_week(self) -> float:
        """What brings sums of the current period to a week."""
        return WEEK / max(self.current_days, 1)

    def _inside(self, window: tuple[dt.date, dt.date]) -> Flags:
        flags: Flags = self.rows.select(pl.col("date").is_between(*window)).to_series().to_numpy()
        return flags

    def mask(self, segment: Segment) -> Flags:
        """[row]: of the segment."""
        if not segment:
            return np.ones(self.rows.height, dtype=bool)
        matches = pl.all_horizontal(pl.col(name) == value for name, value in segment.items()).fill_null(value=False)
        flags: Flags = self.rows.select(matches).to_series().to_numpy()
        return flags

    @cached_property
    def known(self) -> frozenset[str]:
        """Additive metrics that both periods state, and are not 0 throughout."""
        now = pl.Series(self.current)
        return frozenset(
            name
            for name in ADDITIVE
            if all(self.rows.filter(part).get_column(name).count() for part in (now, ~now))
            and bool((self.rows.get_column(name) != 0).any())
        )

    def has(self, metric: str) -> bool:
        """Whether a metric can be computed in both periods."""
        definition = semantic_model().metric(metric)
        return {definition.numerator or metric, definition.denominator or metric} <= self.known

    def of_week(self, segment: Segment, metric: str) -> tuple[float, float]:
        """(baseline brought to the current period's days, current) sums of an additive metric; unknown is 0."""
        values = self.rows.get_column(metric).fill_null(0.0).to_numpy()
        inside = self.mask(segment)
        now = float(values[inside & self.current].sum())
        before_days = max(len(self.days) - self.current_days, 1)
        before = float(values[inside & ~self.current].sum()) * max(self.current_days, 1) / before_days
        return before, now

    def value(self, segment: Segment, metric: str) -> tuple[float | None, float | None]:
        """(baseline, current) of any metric: `of_week`, or a ratio of sums; None where it has none."""
        definition = semantic_model().metric(metric)
        if definition.numerator is None or definition.denominator is None:
            return self.of_week(segment, metric)
        over, under = self.of_week(segment, definition.numerator), self.of_week(segment, definition.denominator)
        before, now = (definition.scale * n / d if d > 0 else None for n, d in zip(over, under, strict=True))
        return before, now

    def weekly_changes(self, metric: str) -> Array:
        """Relative changes of the account's metric from week to week before the current period, oldest first."""
        definition = semantic_model().metric(metric)
        sides = [definition.numerator or metric, definition.denominator or metric]
        weeks = (
            self.history.filter(pl.col("date") < self.windows.current[0])
            .group_by(pl.col("date").dt.truncate("1w").alias("week"))
            .agg(pl.col(name).sum().round(SUM_DIGITS) for name in dict.fromkeys(sides))
            .sort("week")
        )
        over = weeks.get_column(sides[0]).cast(pl.Float64).to_numpy()
        values = over if definition.numerator is None else quotient(over, weeks.get_column(sides[1]).to_numpy())
        return np.abs(quotient(values[1:] - values[:-1], values[:-1]))

    def share_of_spend(self, segment: Segment) -> float:
        """Of both periods, the baseline at the current length; 0 where spend is unknown."""
        total = sum(self.of_week({}, "spend"))
        return sum(self.of_week(segment, "spend")) / total if total > 0 else 0.0


def account_of(cleaned: pl.DataFrame, week: dt.date, settings: Insight) -> Account:
    """The account around the week that begins on Monday `week`."""
    windows = windows_of(week, settings)
    history = CLEANED.conform(cleaned.filter(pl.col("date") <= windows.current[1]))
    around = history.filter(pl.col("date") >= windows.baseline[0])
    rows = around.with_columns(
        pl.when(pl.col(name).abs() <= LARGEST).then(pl.col(name).round(SUM_DIGITS)) for name in ADDITIVE
    )
    return Account(rows, rows, history, windows)
