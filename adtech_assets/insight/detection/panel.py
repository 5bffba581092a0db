"""Daily rows as dense arrays, series x day: the form in which all series are scored at once.

Belongs here: which metrics are scored and what each is measured against, and the way from rows to arrays and back.
Does not: any statistics.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from adtech_assets.metrics.model import ADDITIVE, totals

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]

KEYS = ("platform", "channel", "campaign")


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


@dataclass(frozen=True)
class Panel:
    """All series (one a platform, channel and campaign) of a client over all its days; unknown is NaN."""

    keys: pl.DataFrame
    """Columns KEYS; row = series."""
    first: dt.date
    values: dict[str, Array]
    """Additive metric -> array [series, day]."""
    present: Flags
    """[series, day]: the file has a row for it."""

    @property
    def series(self) -> int:
        return len(self.present)

    @property
    def days(self) -> int:
        return int(self.present.shape[1])

    def date(self, day: int) -> dt.date:
        """The date of a day's position."""
        return self.first + dt.timedelta(days=day)

    @cached_property
    def weekdays(self) -> npt.NDArray[np.int64]:
        """[day]: 0 = Monday."""
        return (np.arange(self.days) + self.first.weekday()) % 7

    @cached_property
    def delivered(self) -> Flags:
        """[series, day]: the campaign ran: money spent, ads shown or ads clicked."""
        ran = np.zeros_like(self.present)
        for name in ("spend", "impressions", "clicks"):
            ran |= np.nan_to_num(self.values[name]) > 0
        unknowable = np.all([np.isnan(self.values[name]) for name in ("spend", "impressions", "clicks")], axis=0)
        result: Flags = ran | (unknowable & self.present)
        return result

    @cached_property
    def channels(self) -> npt.NDArray[np.int64]:
        """[series]: a number for the series' channel (within its platform)."""
        return (
            self.keys.select(pl.struct("platform", "channel").rank("dense") - 1).to_series().to_numpy().astype(np.int64)
        )


def build(daily: pl.DataFrame) -> Panel:
    """The panel of rows with date, KEYS and additive metrics, at least one; rows of one key and day are summed."""
    lacking = [pl.lit(None, pl.Float64).alias(name) for name in ADDITIVE if name not in daily.columns]
    lacking += [pl.lit(None, pl.String).alias(name) for name in KEYS if name not in daily.columns]
    rows = (
        daily.with_columns(lacking)
        .with_columns(pl.col(ADDITIVE).cast(pl.Float64), pl.col(KEYS).fill_null(""))
        .filter(pl.col("date").is_not_null())
        .group_by("date", *KEYS)
        .agg(totals())
    )
    keys = rows.select(KEYS).unique().sort(KEYS)
    rows = rows.join(keys.with_row_index("series"), on=KEYS)
    first, last = rows.select(pl.col("date").min().alias("a"), pl.col("date").max().alias("b")).row(0)
    at = rows["series"].to_numpy(), (rows["date"] - first).dt.total_days().to_numpy()
    shape = (keys.height, (last - first).days + 1)
    present = np.zeros(shape, dtype=np.bool_)
    present[at] = True
    values = {}
    for name in ADDITIVE:
        values[name] = np.full(shape, np.nan)
        values[name][at] = rows[name].to_numpy()
    keys = keys.with_columns(pl.col(KEYS).replace("", None))
    return Panel(keys, first, values, present)


def stack(panel: Panel) -> tuple[Array, Array]:
    """Amounts and what they are measured against, [measure, series, day]; NaN where a measure has no value.

    The second is 1 for a measure by itself.
    """
    amounts = np.stack([panel.values[m.amount] for m in MEASURES])
    per = np.stack([panel.values[m.per] if m.per else np.ones(panel.present.shape) for m in MEASURES])
    per = np.where(per > 0, per, np.nan)
    return np.where(np.isnan(per), np.nan, amounts), np.where(np.isnan(amounts), np.nan, per)


def quotient(numerator: Array, denominator: Array, missing: float = np.nan) -> Array:
    """numerator / denominator; `missing` where the denominator is not above 0 or unknown."""
    result: Array = np.divide(
        numerator, denominator, out=np.full(np.shape(denominator), missing), where=denominator > 0
    )
    return result
