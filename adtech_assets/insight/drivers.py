"""What moved, and which parts did it: current days against the days before, with contributions that add up.

Belongs here: account changes and their split over members of dimensions. Does not: advice (`recommendations`),
single odd days (`anomalies`).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from adtech_assets.metrics.model import ADDITIVE, RATIOS, ratio, totals
from adtech_assets.settings import Insight
from adtech_assets.tables import DIAGNOSES

DRIVEN = ("revenue", "conversions", "spend")
"""Metrics that are split over members, most important first."""
SPLIT_BY = ("campaign", "channel", "platform", "adset", "audience", "creative_type", "country", "location", "device")
OTHER, UNNAMED = "(other)", "(not stated)"


def diagnose(cleaned: pl.DataFrame, week: dt.date, settings: Insight, members: int = 50) -> pl.DataFrame:
    """Changes and drivers of the week that begins on Monday `week` (table DIAGNOSES, kinds "change" and "driver").

    Current: the `current_days` that end on the week's Sunday; baseline: the `baseline_days` before. Additive baseline
    values are per-day means (over the days the account has data for) x the current period's days with data. Per metric
    and dimension, the contributions of all stored members add up to the account's change; past the `members` largest
    the rest is one member "(other)". A metric unknown in either period, or a dimension with one value, has no rows.
    """
    end = week + dt.timedelta(days=6)
    start = end - dt.timedelta(days=settings.current_days - 1)
    earlier = start - dt.timedelta(days=settings.baseline_days)
    lacking = [pl.lit(None, pl.Float64).alias(name) for name in ADDITIVE if name not in cleaned.columns]
    rows = cleaned.filter(pl.col("date").is_between(earlier, end)).with_columns(
        *lacking, current=pl.col("date") >= start
    )
    days = rows.group_by("current").agg(pl.col("date").n_unique()).sort("current")
    if days.height < 2:
        return DIAGNOSES.empty()
    baseline_days, current_days = days["date"].to_list()
    scale = current_days / baseline_days
    account = _periods(rows, [], scale)
    known = [name for name in ADDITIVE if account[f"{name}_before"][0] is not None and account[name][0] is not None]
    parts = [_changes(account, known)]
    for metric in (name for name in DRIVEN if name in known):
        for dimension in SPLIT_BY:
            if dimension in rows.columns and rows[dimension].drop_nulls().n_unique() > 1:
                parts.append(_drivers(rows, account, metric, dimension, scale, members))
    joined = pl.concat(parts, how="diagonal_relaxed").with_columns(
        start=start, end=end, baseline_start=earlier, baseline_end=start - dt.timedelta(days=1)
    )
    return DIAGNOSES.conform(joined.with_columns(rank=pl.int_range(1, pl.len() + 1).over("kind")))


def _periods(rows: pl.DataFrame, by: list[str], scale: float) -> pl.DataFrame:
    """One row a member: sums of the current period, and `<metric>_before`, the baseline's brought to its length."""
    sums = rows.group_by([*by, "current"]).agg(totals())
    both = [sums.filter(pl.col("current") == now).drop("current") for now in (True, False)]
    before = both[1].select(*by, (pl.col(ADDITIVE) * scale).name.suffix("_before"))
    if not by:
        return pl.concat([both[0], before], how="horizontal")
    return both[0].join(before, on=by, how="full", coalesce=True).sort(by)


def _changes(account: pl.DataFrame, known: list[str]) -> pl.DataFrame:
    """Account-level rows of every metric that both periods have, largest relative change first."""
    frame = account.with_columns(*(ratio(name) for name in RATIOS), *(ratio(name, "_before") for name in RATIOS))
    wide = [(name, frame[f"{name}_before"][0], frame[name][0]) for name in (*known, *RATIOS)]
    return (
        pl.DataFrame(
            wide, schema={"metric": pl.String, "baseline_value": pl.Float64, "current_value": pl.Float64}, orient="row"
        )
        .drop_nulls()
        .with_columns(kind=pl.lit("change"), contribution=pl.col("current_value") - pl.col("baseline_value"))
        .with_columns(share_of_change=pl.when(pl.col("contribution") != 0).then(1.0))
        .with_columns(
            size=pl.when(pl.col("baseline_value") != 0)
            .then((pl.col("contribution") / pl.col("baseline_value")).abs())
            .otherwise(pl.col("contribution").abs())
        )
        .sort("size", "metric", descending=[True, False])
        .drop("size")
    )


def _drivers(
    rows: pl.DataFrame, account: pl.DataFrame, metric: str, dimension: str, scale: float, members: int
) -> pl.DataFrame:
    """Members of one dimension with their part of the account's change of one metric, largest part first."""
    named = rows.with_columns(pl.col(dimension).fill_null(UNNAMED))
    needed = [metric, f"{metric}_before", "spend", "spend_before"]
    table = _periods(named, [dimension], scale).select(pl.col(dimension).alias("member"), *dict.fromkeys(needed))
    size = (pl.col(metric).fill_null(0) - pl.col(f"{metric}_before").fill_null(0)).abs()
    table = table.filter(pl.any_horizontal(pl.col(metric, f"{metric}_before").is_not_null())).sort(
        size, "member", descending=[True, False]
    )
    if table.height > members:
        rest = table.slice(members).select(
            pl.lit(OTHER).alias("member"),
            *(pl.when(pl.col(n).count() > 0).then(pl.col(n).sum()).alias(n) for n in table.columns[1:]),
        )
        table = pl.concat([table.head(members), rest])
    now, before = pl.col(metric).fill_null(0), pl.col(f"{metric}_before").fill_null(0)
    change = account[metric][0] - account[f"{metric}_before"][0]
    return table.select(
        "member",
        kind=pl.lit("driver"),
        metric=pl.lit(metric),
        dimension=pl.lit(dimension),
        baseline_value=before,
        current_value=now,
        contribution=now - before,
        share_of_change=pl.when(pl.lit(change != 0)).then((now - before) / (change or 1.0)),
        effect=_effect(metric, account),
    )


def _effect(metric: str, account: pl.DataFrame) -> pl.Expr:
    """What most of a member's contribution is. Account spend S, the member's share w of it, its yield r = metric / S w:

    S1 w1 r1 - S0 w0 r0 = (S1 - S0) w0 r0 [volume] + S1 (w1 - w0) r0 [mix] + S1 w1 (r1 - r0) [rate].
    A member that is new or gone is mix. Spend itself has volume and mix only. Without spend: volume.
    """
    total, total_before = account["spend"][0], account["spend_before"][0]
    if not total or not total_before:
        return pl.lit("volume")
    spend, spend_before = pl.col("spend"), pl.col("spend_before")
    share, share_before = spend / total, spend_before / total_before
    before = pl.col(f"{metric}_before")
    volume = (total - total_before) * share_before * (before / spend_before)
    mix = total * (share - share_before) * (before / spend_before)
    rate = pl.col(metric) - spend * before / spend_before if metric != "spend" else pl.lit(0.0)
    largest = pl.max_horizontal(volume.abs(), mix.abs(), rate.abs())
    came_or_went = (spend.fill_null(0) == 0) | (spend_before.fill_null(0) == 0)
    return (
        pl.when(came_or_went | before.is_null() | pl.col(metric).is_null())
        .then(pl.lit("mix"))
        .when(largest == rate.abs())
        .then(pl.lit("volume" if metric == "spend" else "rate"))
        .when(largest == volume.abs())
        .then(pl.lit("volume"))
        .otherwise(pl.lit("mix"))
    )
