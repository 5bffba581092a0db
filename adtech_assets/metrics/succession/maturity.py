"""How much a week's figures still change after they were first stated: late conversions, refunds, corrections.

Belongs here: weeks as first stated beside what they are now, and the client's usual drift. Does not: the ledger of
single changes (`restatement`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.metrics.spans import DAY
from adtech_assets.metrics.succession.history import TABLE
from adtech_assets.metrics.succession.statements import SLICE
from adtech_assets.metrics.weekly import monday
from adtech_assets.settings import Restatement
from adtech_assets.tables import WEEKS_AS_FIRST_STATED

_FRESH_DAYS = 7
_LIKE_DAYS = 1
_SAME = 0.005  # half a cent: less is the rounding of sums


def weeks_as_first_stated(
    told: pl.DataFrame, covered: pl.DataFrame, newest: pl.DataFrame, uploads: pl.DataFrame
) -> pl.DataFrame:
    """Table weeks_as_first_stated.

    told: statements under the names in use; covered: their `coverage`. newest: (SLICE, sequence) of those that count.
    uploads: `sequence`, `taken`. Only the slices of the first statement are compared, so that a campaign added later is no drift.
    """
    named = told.filter(~pl.col("campaignless")).with_columns(monday(pl.col("date")).alias("week"))
    covered = covered.join(uploads.select("sequence", "taken"), on="sequence", how="left")
    sunday = pl.col("week").dt.offset_by("6d")
    reaches = pl.when(pl.col("days") == DAY).then(sunday).otherwise("week")
    weeks = named.select(*TABLE, "week").unique().join(covered, on=TABLE)
    weeks = weeks.filter(pl.col("first") <= pl.col("week"), pl.col("last") >= reaches, pl.col("taken") >= sunday)
    first = weeks.sort("sequence").unique([*TABLE, "week"], keep="first", maintain_order=True)
    first = first.select(*TABLE, "week", "sequence", pl.col("taken").alias("first_taken"))
    stated = named.join(first, on=[*TABLE, "week", "sequence"])
    counts = newest.select(*SLICE, "sequence").unique().join(uploads.select("sequence", "taken"), on="sequence")
    now = named.join(counts, on=[*SLICE, "sequence"], nulls_equal=True).select(*SLICE, "taken", *ADDITIVE)
    both = stated.join(now, on=SLICE, suffix="_now", nulls_equal=True)
    days = pl.col("first_taken", "taken") - sunday
    both = both.with_columns(days.dt.total_days().name.suffix("_age"))
    long = pl.concat(
        both.select(
            "week", pl.lit(metric).alias("metric"), pl.col(metric).alias("first"), pl.col(f"{metric}_now").alias("now"),
            "first_taken_age", "taken_age",
        )
        for metric in ADDITIVE
    )  # fmt: skip
    weekly = (
        long.drop_nulls(["first", "now"])
        .group_by("week", "metric")
        .agg(
            pl.col("first", "now").sum(),
            pl.col("first_taken_age").max().alias("age_first"),
            pl.col("taken_age").max().alias("age_now"),
        )
    )
    return WEEKS_AS_FIRST_STATED.conform(weekly.sort("week", "metric"))


def at_same_age(weeks: pl.DataFrame, week: dt.date, totals: Mapping[str, float | None]) -> dict[str, float]:
    """The week before `week` as it stood at the age at which `week` is first stated, per metric; without metrics of
    which slices were missing then. weeks: table weeks_as_first_stated. totals: what the week before is now, in all."""
    before = weeks.filter(pl.col("week") == week - dt.timedelta(days=7))
    own = weeks.filter(pl.col("week") == week).select("metric", pl.col("age_first").alias("own_age"))
    both = before.join(own, on="metric").filter((pl.col("age_first") - pl.col("own_age")).abs() <= _LIKE_DAYS)
    return {
        row["metric"]: row["first"]
        for row in both.iter_rows(named=True)
        if (total := totals.get(row["metric"])) is not None and abs(total - row["now"]) < _SAME
    }


@dataclass(frozen=True)
class Drift:
    """By which share a metric of a fresh week usually changed within so many days, over so many weeks."""

    median: float
    low: float
    high: float
    weeks: int
    days: int


def usual_drift(weeks: pl.DataFrame, metric: str, settings: Restatement) -> Drift | None:
    """The client's own drift of a metric as relative change (0.04 = 4 % more); None until enough weeks are old enough.

    weeks: table weeks_as_first_stated. Low and high are the quartiles. Where exports look back less far than
    `mature_days`, what is known is the change until the last look: within three or two weeks.
    """
    known = weeks.filter(pl.col("metric") == metric, pl.col("age_first") <= _FRESH_DAYS, pl.col("first") > 0)
    for days in range(settings.mature_days, 2 * _FRESH_DAYS - 1, -_FRESH_DAYS):
        mature = known.filter(pl.col("age_now") >= days)
        if mature.height >= settings.drift_weeks:
            grown = mature.select(pl.col("now") / pl.col("first") - 1).to_series()
            median, low, high = (float(grown.quantile(share, "linear") or 0) for share in (0.5, 0.25, 0.75))
            return Drift(median, low, high, mature.height, days)
    return None
