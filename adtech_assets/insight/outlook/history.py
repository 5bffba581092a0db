"""Daily rows as dense arrays, campaign x day, and on which days a campaign ran, rested or is unknown.

Belongs here: what a missing row means, and sums over campaigns. Does not: any statistics (`trends`, `forecast`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from adtech_assets.metrics.model import ADDITIVE, totals

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

KEYS = ("platform", "channel", "campaign")
WEEK = 7


@dataclass(frozen=True)
class History:
    """All campaigns over all days of the data."""

    keys: pl.DataFrame
    """Columns KEYS; row = campaign."""
    first: dt.date
    values: dict[str, Array]
    """Additive metric -> [campaign, day]; NaN = unknown or no row."""
    present: Flags
    """[campaign, day]: the data have a row for it."""

    @property
    def campaigns(self) -> int:
        return len(self.present)

    @property
    def days(self) -> int:
        return int(self.present.shape[1])

    def date(self, day: int) -> dt.date:
        """The date of a day's position."""
        return self.first + dt.timedelta(days=day)

    def until(self, days: int) -> History:
        """What was known after the first `days` days; campaigns without rows by then stay, empty."""
        return History(self.keys, self.first, {k: v[:, :days] for k, v in self.values.items()}, self.present[:, :days])


def dense(daily: pl.DataFrame, until: dt.date | None = None) -> History | None:
    """The history of rows with date, KEYS and additive metrics (columns that are absent are unknown), or None for none.

    Days after `until` are left out. Rows of one campaign and day are summed; a campaign is one platform and name, on
    the channel of its latest row.
    """
    lacking = [pl.lit(None, pl.Float64).alias(name) for name in ADDITIVE if name not in daily.columns]
    lacking += [pl.lit(None, pl.String).alias(name) for name in KEYS if name not in daily.columns]
    rows = (
        daily.with_columns(lacking)
        .filter(pl.col("date").is_not_null() if until is None else pl.col("date") <= until)
        .with_columns(
            pl.col(ADDITIVE).cast(pl.Float64).fill_nan(None),
            pl.col("platform", "campaign").cast(pl.String).fill_null(""),
        )
        .sort("platform", "campaign", "date", "channel", maintain_order=True)
        .group_by("date", "platform", "campaign", maintain_order=True)
        .agg(*totals(), pl.col("channel").last())
    )
    if rows.is_empty():
        return None
    keys = (
        rows.group_by("platform", "campaign").agg(pl.col("channel").sort_by("date").last()).sort("platform", "campaign")
    )
    rows = rows.drop("channel").join(keys.with_row_index("series"), on=["platform", "campaign"])
    first, last = rows.select(pl.col("date").min().alias("a"), pl.col("date").max().alias("b")).row(0)
    at = rows["series"].to_numpy(), (rows["date"] - first).dt.total_days().to_numpy()
    shape = (keys.height, (last - first).days + 1)
    present = np.zeros(shape, dtype=np.bool_)
    present[at] = True
    values = {}
    for name in ADDITIVE:
        values[name] = np.full(shape, np.nan)
        values[name][at] = rows[name].fill_null(np.nan).to_numpy()
    return History(keys.select(pl.col(name).replace("", None) for name in KEYS), first, values, present)


def known_sum(values: Array) -> Array:
    """[day] of [series, day]: the sum of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    return np.where(known.any(axis=0), np.where(known, values, 0.0).sum(axis=0), np.nan)


def delivered(history: History) -> Flags:
    """[campaign, day]: money spent, ads shown or ads clicked; or a row that says nothing of the three."""
    three = [history.values[name] for name in ("spend", "impressions", "clicks")]
    ran = np.any([np.nan_to_num(values) > 0 for values in three], axis=0)
    silent = np.all([np.isnan(values) for values in three], axis=0)
    result: Flags = ran | (silent & history.present)
    return result


def reported(history: History) -> Flags:
    """[campaign, day]: the campaign's platform has a row of any campaign, so that a missing row can mean rest."""
    platforms = history.keys.get_column("platform").fill_null("").to_list()
    result = np.zeros_like(history.present)
    for platform in sorted(set(platforms)):
        members = np.array([name == platform for name in platforms])
        result[members] = history.present[members].any(axis=0)
    return result


def last_true(flags: Flags) -> npt.NDArray[np.int64]:
    """[row]: position of the last True; -1 for none."""
    backwards = np.argmax(flags[:, ::-1], axis=1) if flags.shape[1] else np.zeros(len(flags), dtype=np.int64)
    return np.where(flags.any(axis=1), flags.shape[1] - 1 - backwards, -1)


def first_true(flags: Flags) -> npt.NDArray[np.int64]:
    """[row]: position of the first True; the number of days for none."""
    at = np.argmax(flags, axis=1) if flags.shape[1] else np.zeros(len(flags), dtype=np.int64)
    return np.where(flags.any(axis=1), at, flags.shape[1])
