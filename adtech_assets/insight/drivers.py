"""What moved in a week against the days before, in parts that add up: over members of dimensions, and along the chain.

Belongs here: which changes and parts a week's diagnosis holds, as rows of table DIAGNOSES. Does not: how a change is
split (`decomposition`), who is to blame (`causes`), what to do (`recommendations`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from adtech_assets.insight.causes.explanation import Explanation
from adtech_assets.insight.change_evidence import Windows
from adtech_assets.insight.decomposition import OTHER, UNNAMED, NotEnoughData, chain, periods_of, split
from adtech_assets.insight.segment_text import segment_text
from adtech_assets.insight.two_periods import BEFORE, figures_of, known_sum, sums_of, values_of
from adtech_assets.metrics.model import ADDITIVE, RATIOS, semantic_model
from adtech_assets.settings import Insight
from adtech_assets.tables import DIAGNOSES

DRIVEN = ("revenue", "conversions", "spend", "roas", "cac")
"""Metrics that are split over members, most important first."""
SPLIT_BY = ("campaign", "channel", "platform", "adset", "audience", "creative_type", "country", "location", "device")
CHANGE, DRIVER, LINK, CAUSE, OFFSET = "change", "driver", "link", "cause", "offset"


def windows_of(week: dt.date, settings: Insight) -> Windows:
    """The current days, which end on the Sunday of the week that begins on Monday `week`, and the baseline before."""
    end = week + dt.timedelta(days=6)
    start = end - dt.timedelta(days=settings.current_days - 1)
    return Windows((start - dt.timedelta(days=settings.baseline_days), start - dt.timedelta(days=1)), (start, end))


def diagnose(cleaned: pl.DataFrame, week: dt.date, settings: Insight, members: int = 50) -> pl.DataFrame:
    """Changes, drivers and links of the week that begins on Monday `week` (table DIAGNOSES).

    Additive baseline values are per-day means (over the days the account has data for) x the current period's days with
    data. Per metric and dimension, the contributions of all members add up to the account's change, those past the
    `members` largest as one member "(other)"; so do the links of the chain (spend, CPM, CTR, CVR, order value). A metric
    unknown in either period, or a dimension with one value, has no rows.
    """
    windows = windows_of(week, settings)
    dimensions = [name for name in SPLIT_BY if name in cleaned.columns and cleaned[name].drop_nulls().n_unique() > 1]
    try:
        leaves = periods_of(cleaned, windows.baseline, windows.current, dimensions)
    except NotEnoughData:
        return DIAGNOSES.empty()
    parts = [_changes(leaves)]
    for metric in DRIVEN:
        for dimension in dimensions:
            parts += _parts(leaves, metric, dimension, members)
        parts += _links(leaves, metric)
    found = pl.concat(parts, how="diagonal_relaxed").with_columns(
        start=windows.current[0], end=windows.current[1],
        baseline_start=windows.baseline[0], baseline_end=windows.baseline[1],
    )  # fmt: skip
    return DIAGNOSES.conform(found.with_columns(rank=pl.int_range(1, pl.len() + 1).over("kind")))


def cause_rows(explanations: Iterable[Explanation]) -> pl.DataFrame:
    """Causes and offsets of explained changes as rows of DIAGNOSES; what several metrics share is told for each."""
    rows = [
        {
            "kind": kind, "metric": e.metric, "segment": segment_text(cause.segment),
            "dimension": next(iter(cause.segment)) if len(cause.segment) == 1 else None,
            "member": next(iter(cause.segment.values())) if len(cause.segment) == 1 else None,
            "start": e.current[0], "end": e.current[1], "baseline_start": e.baseline[0], "baseline_end": e.baseline[1],
            "contribution": cause.contribution, "share_of_change": cause.share, "effect": cause.effect,
            "fault": cause.fault, "confidence": cause.confidence, "p_value": cause.p_value,
        }
        for e in explanations
        for kind, causes in ((CAUSE, e.causes), (OFFSET, e.offsets))
        for cause in causes
    ]  # fmt: skip
    if not rows:
        return DIAGNOSES.empty()
    found = pl.DataFrame(rows, infer_schema_length=None)
    return DIAGNOSES.conform(found.with_columns(rank=pl.int_range(1, pl.len() + 1).over("kind")))


def _changes(leaves: pl.DataFrame) -> pl.DataFrame:
    """Account-level rows of every metric that both periods have, largest relative change first."""
    sums = sums_of(figures_of(leaves, ADDITIVE), ADDITIVE)
    wide = [(name, *values_of(name, semantic_model().metric(name), sums)) for name in (*ADDITIVE, *RATIOS)]
    return (
        pl.DataFrame(
            wide, schema={"metric": pl.String, "baseline_value": pl.Float64, "current_value": pl.Float64}, orient="row"
        )
        .drop_nulls()
        .with_columns(kind=pl.lit(CHANGE), contribution=pl.col("current_value") - pl.col("baseline_value"))
        .with_columns(share_of_change=pl.when(pl.col("contribution") != 0).then(1.0))
        .with_columns(
            size=pl.when(pl.col("baseline_value") != 0)
            .then((pl.col("contribution") / pl.col("baseline_value")).abs())
            .otherwise(pl.col("contribution").abs())
        )
        .sort("size", "metric", descending=[True, False])
        .drop("size")
    )


def _parts(leaves: pl.DataFrame, metric: str, dimension: str, members: int) -> list[pl.DataFrame]:
    """Members of one dimension with their part of the account's change of one metric, largest part first."""
    try:
        found = split(leaves, metric, [dimension], members)
    except NotEnoughData:
        return []
    if metric in ADDITIVE:
        found = _with_effect(found, leaves, metric, dimension)
    else:
        largest = pl.when(pl.col("rate").abs() >= pl.col("mix").abs()).then(pl.lit("rate")).otherwise(pl.lit("mix"))
        found = found.with_columns(effect=largest)
    named = {"before": "baseline_value", "now": "current_value", dimension: "member"}
    return [found.rename(named).with_columns(kind=pl.lit(DRIVER), metric=pl.lit(metric), dimension=pl.lit(dimension))]


def _with_effect(parts: pl.DataFrame, leaves: pl.DataFrame, metric: str, dimension: str) -> pl.DataFrame:
    """Parts of an additive metric with what most of each contribution is; null for the rest row.

    With account spend S, the member's share w of it and its yield r = metric / S w:
    S1 w1 r1 - S0 w0 r0 = (S1 - S0) w0 r0 [volume] + S1 (w1 - w0) r0 [mix] + S1 w1 (r1 - r0) [rate].
    A member that is new or gone is mix. Spend itself has volume and mix only. Without spend: volume.
    """
    account = sums_of(figures_of(leaves, ("spend",)), ("spend",))["spend"]
    if not account.before or not account.now:
        return parts.with_columns(effect=pl.lit("volume"))
    spend, before, now = pl.col("spend"), pl.col("before"), pl.col("now")
    earlier = pl.col(f"spend{BEFORE}")
    per_member = leaves.group_by(pl.col(dimension).fill_null(UNNAMED)).agg(
        known_sum("spend"), known_sum(f"spend{BEFORE}")
    )
    share, share_before = spend / account.now, earlier / account.before
    volume = (account.now - account.before) * share_before * (before / earlier)
    mix = account.now * (share - share_before) * (before / earlier)
    rate = now - spend * before / earlier if metric != "spend" else pl.lit(0.0)
    largest = pl.max_horizontal(volume.abs(), mix.abs(), rate.abs())
    came_or_went = (spend.fill_null(0) == 0) | (earlier.fill_null(0) == 0) | before.is_null() | now.is_null()
    effect = (
        pl.when(pl.col(dimension) == OTHER)
        .then(None)
        .when(came_or_went)
        .then(pl.lit("mix"))
        .when(largest == rate.abs())
        .then(pl.lit("volume" if metric == "spend" else "rate"))
        .when(largest == volume.abs())
        .then(pl.lit("volume"))
        .otherwise(pl.lit("mix"))
    )
    joined = parts.join(per_member, on=dimension, how="left", maintain_order="left")
    return joined.with_columns(effect=effect).drop("spend", f"spend{BEFORE}")


def _links(leaves: pl.DataFrame, metric: str) -> list[pl.DataFrame]:
    """The links of the chain with their part of the account's change of one metric, in the chain's order."""
    try:
        found = chain(leaves, metric)
    except NotEnoughData:
        return []
    named = {"before": "baseline_value", "now": "current_value", "factor": "member"}
    return [found.rename(named).with_columns(kind=pl.lit(LINK), metric=pl.lit(metric), dimension=pl.lit("chain"))]
