"""The tiles: the week's key figures with their change and their way over the last weeks.

Belongs here: which figures stand on top and how their change reads. Does not: drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from adtech_assets.metrics.model import semantic_model
from adtech_assets.reporting.content import ReportContent

Tone = Literal["good", "bad", "neutral"]
KPIS = ("spend", "revenue", "roas", "conversions", "cac", "clicks", "ctr", "cvr", "impressions", "cpm")
UNSEEN = 0.0005  # a change that prints as 0.0 % is no change


@dataclass(frozen=True)
class Change:
    """A relative change as it is printed: `arrow` is up, down or flat, `tone` says whether that is good."""

    text: str
    arrow: Literal["up", "down", "flat"]
    tone: Tone


@dataclass(frozen=True)
class Kpi:
    """One tile. `history`: the metric's weeks, oldest first, ending with the report's."""

    metric: str
    label: str
    description: str
    value: str
    previous: str | None
    change: Change | None
    history: tuple[float | None, ...]


def read_change(content: ReportContent, metric: str, fraction: float | None) -> Change | None:
    """How a relative change of a metric reads; None where it is not known."""
    if fraction is None:
        return None
    if abs(fraction) < UNSEEN:
        return Change(content.wording.no_change, "flat", "neutral")
    better = semantic_model().metric(metric).better
    arrow: Literal["up", "down"] = "up" if fraction > 0 else "down"
    tone: Tone = "neutral" if better == "none" else "good" if better == arrow else "bad"
    return Change(content.figures.percent(fraction, signed=True), arrow, tone)


def build_kpis(content: ReportContent, most: int = 8, weeks: int = 13) -> tuple[Kpi, ...]:
    """The tiles of the account: at most `most`, in the order of KPIS, only figures the files make known."""
    account = content.weekly.filter((pl.col("level") == "account") & (pl.col("week") <= content.week)).sort("week")
    now = account.filter(pl.col("week") == content.week).to_dicts()
    if not now:
        return ()
    whole = _without_partial_start(account).tail(weeks)
    known = [metric for metric in KPIS if now[0].get(metric) is not None][:most]
    return tuple(_kpi(content, metric, now[0], whole) for metric in known)


def _kpi(content: ReportContent, metric: str, now: dict[str, Any], account: pl.DataFrame) -> Kpi:
    definition = semantic_model().metric(metric)
    previous = now.get(f"{metric}_previous")
    return Kpi(
        metric=metric,
        label=definition.label,
        description=definition.description,
        value=content.figures.of(metric, now[metric]),
        previous=None if previous is None else content.figures.of(metric, previous),
        change=read_change(content, metric, now.get(f"{metric}_change")),
        history=tuple(account[metric]),
    )


def _without_partial_start(account: pl.DataFrame) -> pl.DataFrame:
    """The first week of the data is rarely whole: as a point of a curve it would look like a rise that never was."""
    if account.height > 1 and (account["days"][0] or 0) < 7:
        return account.slice(1)
    return account
