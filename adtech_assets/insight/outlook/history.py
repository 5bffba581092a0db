"""The days of all campaigns, one a platform and name, and on which of them a missing row means rest.

Belongs here: what a missing row means. Does not: the way from rows to arrays (`days`), any statistics (`trends`, `forecast`).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Flags
from adtech_assets.insight.days import Days, arrays_of, complete
from adtech_assets.metrics.model import totals


class History(Days):
    """All campaigns over all days of the data."""

    def until(self, days: int) -> History:
        """What was known after the first `days` days; campaigns without rows by then stay, empty."""
        return History(self.keys, self.first, {k: v[:, :days] for k, v in self.values.items()}, self.present[:, :days])


def dense(daily: pl.DataFrame, until: dt.date | None = None) -> History | None:
    """The history of rows with date, KEYS and additive metrics (columns that are absent are unknown), or None for none.

    Days after `until` are left out. Rows of one campaign and day are summed; a campaign is one platform and name, on
    the channel of its latest row.
    """
    named = ("platform", "campaign")
    rows = complete(daily if until is None else daily.filter(pl.col("date") <= until))
    if rows.is_empty():
        return None
    rows = rows.sort(*named, "date", "channel", maintain_order=True)
    keys = rows.group_by(named, maintain_order=True).agg(pl.col("channel").last())
    summed = rows.group_by("date", *named, maintain_order=True).agg(*totals())
    made = arrays_of(summed, keys, named)
    return History(made.keys, made.first, made.values, made.present)


def reported(history: History) -> Flags:
    """[campaign, day]: the campaign's platform has a row of any campaign, so that a missing row can mean rest."""
    platforms = history.keys.get_column("platform").fill_null("").to_list()
    result = np.zeros_like(history.present)
    for platform in sorted(set(platforms)):
        members = np.array([name == platform for name in platforms])
        result[members] = history.present[members].any(axis=0)
    return result
