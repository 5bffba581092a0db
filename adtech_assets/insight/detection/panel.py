"""The days of all campaigns with what is scored on them: which metrics, and what each is measured against.

Belongs here: that, and what weekday and channel a place in the arrays is. Does not: the way from rows to arrays (`days`),
any statistics.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Positions
from adtech_assets.insight.days import KEYS, Days, arrays_of, complete
from adtech_assets.metrics.model import ADDITIVE, totals
from adtech_assets.metrics.spans import WEEK


@dataclass(frozen=True)
class Measure:
    """What is scored: an amount, by itself or per unit of another amount. Hidden ones back others up, unreported."""

    name: str
    amount: str
    per: str | None = None
    hidden: bool = False


MEASURES = (
    *(Measure(name, name) for name in ADDITIVE),
    Measure("ctr", "clicks", "impressions"),
    Measure("cvr", "conversions", "clicks"),
    Measure("roas", "revenue", "spend"),
    Measure("conversions_per_spend", "conversions", "spend", hidden=True),
    Measure("aov", "revenue", "conversions", hidden=True),
)
INDEX = {measure.name: position for position, measure in enumerate(MEASURES)}


class Panel(Days):
    """The days of all series, one a platform, channel and campaign."""

    @cached_property
    def weekdays(self) -> Positions:
        """[day]: 0 = Monday."""
        return (np.arange(self.days) + self.first.weekday()) % WEEK

    @cached_property
    def channels(self) -> Positions:
        """[series]: a number for the series' channel (within its platform)."""
        return (
            self.keys.select(pl.struct("platform", "channel").rank("dense") - 1).to_series().to_numpy().astype(np.int64)
        )


def build(daily: pl.DataFrame) -> Panel:
    """The panel of rows with date, KEYS and additive metrics, at least one; rows of one key and day are summed."""
    rows = complete(daily).group_by("date", *KEYS).agg(totals())
    made = arrays_of(rows, rows.select(KEYS).unique().sort(KEYS), KEYS)
    return Panel(made.keys, made.first, made.values, made.present)


def stack(panel: Panel) -> tuple[Array, Array]:
    """Amounts and what they are measured against, [measure, series, day]; NaN where a measure has no value.

    The second is 1 for a measure by itself.
    """
    amounts = np.stack([panel.values[m.amount] for m in MEASURES])
    per = np.stack([panel.values[m.per] if m.per else np.ones(panel.present.shape) for m in MEASURES])
    per = np.where(per > 0, per, np.nan)
    return np.where(np.isnan(per), np.nan, amounts), np.where(np.isnan(amounts), np.nan, per)
