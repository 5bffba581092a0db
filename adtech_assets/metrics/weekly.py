"""Cleaned rows -> week x dimension with the week before beside it, days x campaign for the statistics, and the
fingerprint of what a week's report prints.

Belongs here: sums over time. Does not: what is unusual about them (`insight`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import polars as pl

from adtech_assets.metrics.model import ADDITIVE, RATIOS, ratio, totals
from adtech_assets.metrics.spans import DAY
from adtech_assets.tables import WEEK_DIGESTS, WEEKLY

LEVELS = ("platform", "channel", "campaign", "adset", "creative_type", "audience", "country", "location", "device")


def _bit(day: pl.Expr) -> pl.Expr:
    return pl.lit(2, pl.Int64).pow(day.dt.weekday()).cast(pl.Int64)


# One bit a weekday from a row's first to its last day: days of a week are counted through any number of sums without
# looking at rows again.
_DAY_BITS = 2 * _bit(pl.col("last_day")) - _bit(pl.col("date"))


def monday(day: pl.Expr) -> pl.Expr:
    """The Monday of a day's ISO week."""
    return day.dt.truncate("1w")


def aggregate(cleaned: pl.DataFrame) -> pl.DataFrame:
    """Table weekly_aggregates of table cleaned_metrics: of its days and of its week rows, whose seven days all have
    data. Ratios are ratios of sums. A level whose dimension no file states is left out.

    A week is compared with the week before only where the account has data on as many days of both: half a week is
    no drop of half.
    """
    if cleaned.is_empty():
        return WEEKLY.empty()
    levels = [level for level in LEVELS if cleaned.get_column(level).count()]
    rows = cleaned.group_by(monday(pl.col("date")).alias("week"), *levels).agg(
        *totals(cleaned), _DAY_BITS.bitwise_or().alias("days")
    )
    rows = rows.with_columns(main_channel(rows))
    frames = [_level(rows, "account", pl.lit("")), *(_level(rows, level, pl.col(level)) for level in levels)]
    weekly = pl.concat(frames, how="diagonal").with_columns(ratio(name) for name in RATIOS)
    last = cleaned.get_column("last_day").max()
    assert isinstance(last, dt.date)  # noqa: S101 - cleaned rows always have days
    weekly = weekly.with_columns((pl.col("week").dt.offset_by("6d") <= last).alias("complete"))
    return WEEKLY.conform(_beside_previous(weekly))


def main_channel(rows: pl.DataFrame) -> pl.Expr:
    """The channel on which a campaign spends most: campaigns that run on several are one campaign."""
    on_channels = rows.group_by("platform", "campaign", "channel").agg(pl.col("spend").sum())
    most = on_channels.sort("spend", "channel", descending=[True, False], nulls_last=True).unique(
        ["platform", "campaign"], keep="first", maintain_order=True
    )
    if most.height == on_channels.height:
        return pl.col("channel").alias("main_channel")
    keys = most.select(pl.struct("platform", "campaign").alias("key"), "channel")
    return pl.struct("platform", "campaign").replace_strict(keys["key"], keys["channel"]).alias("main_channel")


def _level(rows: pl.DataFrame, level: str, member: pl.Expr) -> pl.DataFrame:
    by_campaign = level == "campaign"
    keys = ["week", *(["platform"] if by_campaign else []), member.alias("member")]
    grouped = rows.group_by(keys).agg(
        *totals(rows),
        pl.col("days").bitwise_or().bitwise_count_ones().cast(pl.Int64),
        *([pl.col("main_channel").first().alias("channel")] if by_campaign else []),
    )
    return grouped.with_columns(pl.lit(level).alias("level"))


def _beside_previous(weekly: pl.DataFrame) -> pl.DataFrame:
    metrics = [*ADDITIVE, *RATIOS]
    account = weekly.filter(pl.col("level") == "account").select("week", "days")
    before = account.select(pl.col("week").dt.offset_by("7d"), pl.col("days").alias("days_before"))
    comparable = account.join(before, on="week").filter(pl.col("days") == pl.col("days_before")).get_column("week")
    weekly = weekly.sort("level", "member", "platform", "week", nulls_last=True)
    key = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("level", "member", "platform")]
    follows = pl.all_horizontal(
        *key, pl.col("week") == pl.col("week").shift().dt.offset_by("7d"), pl.col("week").is_in(comparable.to_list())
    )
    joined = weekly.with_columns(follows.alias("_follows")).with_columns(
        pl.when("_follows").then(pl.col(name).shift()).alias(f"{name}_previous") for name in metrics
    )
    return joined.with_columns(
        pl.when(pl.col(f"{name}_previous") != 0)
        .then(pl.col(name) / pl.col(f"{name}_previous") - 1)
        .alias(f"{name}_change")
        for name in metrics
    )


def daily(cleaned: pl.DataFrame) -> pl.DataFrame:
    """One row a day and campaign: date, platform, channel, campaign and the additive metrics. Without week rows: nobody
    knows how they fall on days."""
    rows = cleaned.filter(pl.col("days") == DAY)
    rows = rows.with_columns(main_channel(rows)) if rows.height else rows.with_columns(main_channel="channel")
    return (
        rows.group_by("date", "platform", "campaign")
        .agg(*totals(rows), pl.col("main_channel").first().alias("channel"))
        .select("date", "platform", "channel", "campaign", *ADDITIVE)
        .sort("platform", "campaign", "date")
    )


def short_platforms(cleaned: pl.LazyFrame, week: dt.date) -> tuple[tuple[str, dt.date | None], ...]:
    """Platforms that have figures up to the Sunday before `week` and none up to the week's own Sunday, though another
    platform has: with the last day they have figures of in the week, None for none."""
    sunday = week + dt.timedelta(days=6)
    before = pl.col("last_day").filter(pl.col("last_day") < week).max()
    now = pl.col("last_day").filter(pl.col("last_day").is_between(week, sunday)).max()
    near = cleaned.filter(pl.col("last_day").is_between(week - dt.timedelta(days=1), sunday))
    ends = near.group_by("platform").agg(before.alias("before"), now.alias("now")).sort("platform").collect()
    if ends.get_column("now").max() != sunday:
        return ()
    short = ends.filter(
        pl.col("before") == week - dt.timedelta(days=1), (pl.col("now") != sunday) | pl.col("now").is_null()
    )
    return tuple((platform, now) for platform, _, now in short.iter_rows())


def latest_complete_week(weekly: pl.DataFrame) -> dt.date | None:
    """The Monday of the last week whose Sunday the data reach."""
    week = weekly.filter(pl.col("complete")).get_column("week").max()
    return week if isinstance(week, dt.date) else None


def digests(weekly: pl.DataFrame, looks_back: int) -> pl.DataFrame:
    """Table week_digests: changes with a figure of the week or of the `looks_back` weeks before it.

    Everything else a report says follows from figures up to its Sunday, so that no later day can change it.
    """
    rows = []
    columns = ["week", "level", "member", "platform", "channel", *ADDITIVE]
    printed = weekly.select(columns)
    for week, complete in weekly.select("week", "complete").unique().sort("week").iter_rows():
        figures = printed.filter(pl.col("week").is_between(week - dt.timedelta(weeks=looks_back), week)).rows()
        digest = hashlib.sha256(json.dumps(figures, default=str).encode()).hexdigest()[:16]
        rows.append((week, complete, digest))
    return pl.DataFrame(rows, schema=WEEK_DIGESTS.schema, orient="row")
