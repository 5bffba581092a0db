"""What one row covers: a day, an ISO week, or another period.

Belongs here: telling the three apart, and how far a week row's figures reach. Does not: which row wins
(`restatement`), or sums over time (`weekly`).
"""

from __future__ import annotations

import polars as pl

DAY, WEEK = 1, 7


def with_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `days`: 1 where `date` is `last_day`, 7 where they are an ISO week's Monday and Sunday, else null."""
    first, last = pl.col("date"), pl.col("last_day")
    daily = (first == last).fill_null(False)
    if rows.select(daily.all()).item():
        return rows.with_columns(pl.lit(DAY, pl.Int64).alias("days"))
    week = (first.dt.weekday() == 1) & (last == first.dt.offset_by("6d"))
    days = pl.when(daily).then(pl.lit(DAY, pl.Int64)).when(week).then(pl.lit(WEEK, pl.Int64))
    return rows.with_columns(days.alias("days"))


def reached(rows: pl.DataFrame, taken: pl.Expr) -> pl.DataFrame:
    """`last_day` of week rows no later than the day their file was `taken`: a running week is not over yet."""
    if not rows.select((pl.col("days") == WEEK).any()).item():
        return rows
    until = pl.max_horizontal("date", pl.min_horizontal("last_day", taken))
    return rows.with_columns(pl.when(pl.col("days") == WEEK).then(until).otherwise("last_day").alias("last_day"))
