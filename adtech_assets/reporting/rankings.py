"""Channels and campaigns of the week as tables: what is compared, in which order, and what is left out.

Belongs here: choosing columns and rows. Does not: computing metrics (WEEKLY has them) or drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from adtech_assets.metrics.model import semantic_model
from adtech_assets.reporting.charts import Pair
from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.kpis import Change, read_change

COLUMNS = ("spend", "revenue", "roas", "conversions", "cac", "impressions", "clicks", "ctr")
RANKED_BY = ("roas", "cac", "ctr", "impressions", "spend")
CHARTED = ("spend", "revenue", "roas", "conversions", "cac", "impressions")


@dataclass(frozen=True)
class Cell:
    """One figure of a table with its change; an unknown figure has no text."""

    text: str
    change: Change | None


@dataclass(frozen=True)
class Row:
    """One channel or campaign. `within`: the channel of a campaign."""

    name: str
    within: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """Rows under one heading; `title` is '' where there is but one group."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Ranking:
    """A table of the week. `left_out`: rows between best and worst that are not printed."""

    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    ranked_by: str
    left_out: int


@dataclass(frozen=True)
class Comparison:
    """One small chart: a metric over channels, this week against the previous one."""

    metric: str
    title: str
    pairs: tuple[Pair, ...]


def members(content: ReportContent, level: str) -> pl.DataFrame:
    """The week's WEEKLY rows of one dimension that did anything."""
    rows = content.weekly.filter((pl.col("week") == content.week) & (pl.col("level") == level))
    active = pl.any_horizontal(pl.col("spend", "impressions", "revenue", "conversions").fill_null(0) != 0)
    return rows.filter(active)


def build_ranking(
    content: ReportContent, level: str, by: str | None = None, ends: int = 5, columns: int = 6
) -> Ranking | None:
    """Rows best first (or highest `by` first); of many only the `ends` first and last. None without rows.

    At most `columns` figures wide; `by` defaults to the first of RANKED_BY that the files make known.
    """
    rows = members(content, level)
    if rows.is_empty():
        return None
    shown = [name for name in COLUMNS if rows[name].null_count() < rows.height][:columns]
    metric = by or next((m for m in RANKED_BY if rows[m].null_count() < rows.height), "spend")
    ordered = _best_first(rows, metric).to_dicts()
    made = [_row(content, row, shown) for row in ordered]
    words = content.wording
    if len(made) <= 2 * ends + 2:
        groups: tuple[Group, ...] = (Group("", tuple(made)),)
    else:
        groups = (Group(words.best, tuple(made[:ends])), Group(words.worst, tuple(made[-ends:])))
    labels = tuple(semantic_model().metric(name).label for name in shown)
    left_out = len(made) - sum(len(group.rows) for group in groups)
    return Ranking(labels, groups, semantic_model().metric(metric).label, left_out)


def build_comparisons(content: ReportContent, charts: int = 3, most: int = 6) -> tuple[Comparison, ...]:
    """Up to `charts` metrics over the `most` channels with the highest spend; none for a single channel."""
    rows = members(content, "channel").sort("spend", "member", descending=[True, False], nulls_last=True).head(most)
    if rows.height < 2:
        return ()
    known = [m for m in CHARTED if rows[m].null_count() < rows.height][:charts]
    return tuple(_comparison(content, metric, rows) for metric in known)


def _comparison(content: ReportContent, metric: str, rows: pl.DataFrame) -> Comparison:
    pairs = tuple(
        Pair(
            name=content.wording.not_stated if row["member"] is None else row["member"],
            value=0.0 if row[metric] is None else row[metric],
            text="" if row[metric] is None else content.figures.of(metric, row[metric]),
            previous=row[f"{metric}_previous"],
        )
        for row in rows.to_dicts()
    )
    return Comparison(metric, semantic_model().metric(metric).label, pairs)


def _best_first(rows: pl.DataFrame, metric: str) -> pl.DataFrame:
    """By the metric's good direction; rows without it come last, the costliest at the very end."""
    down = semantic_model().metric(metric).better == "down"
    return rows.sort(
        pl.col(metric).is_null(), metric, pl.col("spend").fill_null(0), "member", "channel",
        descending=[False, not down, False, False, False], nulls_last=True,
    )  # fmt: skip


def _row(content: ReportContent, row: dict[str, Any], columns: list[str]) -> Row:
    cells = tuple(
        Cell("", None)
        if row[name] is None
        else Cell(content.figures.of(name, row[name]), read_change(content, name, row[f"{name}_change"]))
        for name in columns
    )
    name = content.wording.not_stated if row["member"] is None else row["member"]
    within = row["channel"] or "" if row["level"] == "campaign" else ""
    return Row(name, within, cells)
