"""Daily rows as dense arrays, series x day: the form in which all campaigns are looked at together.

Belongs here: the way from rows to arrays, and on which days a campaign ran. Does not: what is made of them (`detection`,
`outlook`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Flags
from adtech_assets.metrics.model import ADDITIVE

KEYS = ("platform", "channel", "campaign")


@dataclass(frozen=True)
class Days:
    """All series of a client over all days of the data; unknown is NaN."""

    keys: pl.DataFrame
    """Columns KEYS; row = series."""
    first: dt.date
    values: dict[str, Array]
    """Additive metric -> array [series, day]."""
    present: Flags
    """[series, day]: the data have a row for it."""

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
    def delivered(self) -> Flags:
        """[series, day]: money spent, ads shown or ads clicked; or a row that says nothing of the three."""
        three = [self.values[name] for name in ("spend", "impressions", "clicks")]
        ran = np.any([np.nan_to_num(values) > 0 for values in three], axis=0)
        silent = np.all([np.isnan(values) for values in three], axis=0)
        result: Flags = ran | (silent & self.present)
        return result


def complete(daily: pl.DataFrame) -> pl.DataFrame:
    """Rows with all of KEYS and the additive metrics as floats; what is absent is unknown, a key that is unknown ''."""
    lacking = [pl.lit(None, pl.Float64).alias(name) for name in ADDITIVE if name not in daily.columns]
    lacking += [pl.lit(None, pl.String).alias(name) for name in KEYS if name not in daily.columns]
    return (
        daily.with_columns(lacking)
        .filter(pl.col("date").is_not_null())
        .with_columns(pl.col(ADDITIVE).cast(pl.Float64).fill_nan(None), pl.col(KEYS).cast(pl.String).fill_null(""))
    )


def arrays_of(rows: pl.DataFrame, keys: pl.DataFrame, by: tuple[str, ...]) -> Days:
    """Arrays of `complete` rows, one a series and day, at least one. keys: KEYS of each series, in their order; by: the
    columns of them that tell series apart."""
    rows = rows.select("date", *by, *ADDITIVE).join(keys.select(by).with_row_index("series"), on=by)
    first, last = rows.select(pl.col("date").min().alias("a"), pl.col("date").max().alias("b")).row(0)
    at = rows["series"].to_numpy(), (rows["date"] - first).dt.total_days().to_numpy()
    shape = (keys.height, (last - first).days + 1)
    present = np.zeros(shape, dtype=np.bool_)
    present[at] = True
    values = {}
    for name in ADDITIVE:
        values[name] = np.full(shape, np.nan)
        values[name][at] = rows[name].fill_null(np.nan).to_numpy()
    return Days(keys.select(pl.col(KEYS).replace("", None)), first, values, present)
