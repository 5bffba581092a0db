"""The outlook of a report: what the next days will bring, and whether the month's budgets will be met.

Belongs here: rows for the page, from tables forecast, pacing and lifecycle. Does not: forecasting.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from adtech_assets.metrics.model import semantic_model
from adtech_assets.reporting.content import ReportContent

HORIZONS = (7, 30)
TOLD_PHASES = ("fatigue", "decline")
OFF = ("under", "over")


@dataclass(frozen=True)
class AheadRow:
    """One metric of the account: what is expected of each horizon, and where it will lie in four of five cases."""

    metric: str
    totals: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PaceRow:
    """One budget: what was spent in the month, where it will end, and how that compares."""

    subject: str
    spent: str
    projected: str
    interval: str
    budget: str
    band: str
    band_text: str
    advice: str


@dataclass(frozen=True)
class Ahead:
    """The section; empty parts are left out."""

    horizons: tuple[str, ...]
    rows: tuple[AheadRow, ...]
    paces: tuple[PaceRow, ...]
    month: str
    tired: tuple[str, ...]


def build_ahead(content: ReportContent) -> Ahead | None:
    """The outlook as of the report's Sunday; None where nothing can be said."""
    rows, paces = _rows(content), _paces(content)
    tired = _tired(content)
    if not rows and not paces and not tired:
        return None
    days = tuple(content.wording.next_days.format(days=days) for days in HORIZONS)
    return Ahead(days, rows, paces, content.figures.month(content.sunday), tired)


def _rows(content: ReportContent) -> tuple[AheadRow, ...]:
    words, figures = content.wording, content.figures
    told = content.forecast.filter(pl.col("level") == "account", pl.col("status") == "ok")
    made = []
    for metric in told.get_column("metric").unique(maintain_order=True):
        totals = []
        for days in HORIZONS:
            row = next(iter(told.filter(metric=metric, days_ahead=days).to_dicts()), None)
            if row is None or row["total"] is None:
                totals.append(("", ""))
                continue
            low, high = (figures.of(metric, row[f"total_{edge}_80"]) for edge in ("low", "high"))
            totals.append((figures.of(metric, row["total"]), words.between.format(low=low, high=high)))
        if any(total for total, _ in totals):
            made.append(AheadRow(semantic_model().metric(metric).label, tuple(totals)))
    return tuple(made)


def _paces(content: ReportContent) -> tuple[PaceRow, ...]:
    """Every budget; without one the account alone, as a projection."""
    figures, words = content.figures, content.wording
    table = content.pacing.filter(pl.col("projected").is_not_null())
    shown = table.filter(pl.col("budget").is_not_null())
    shown = shown if shown.height else table.filter(pl.col("level") == "account")
    made = []
    for row in shown.to_dicts():
        low, high = row["projected_low_80"], row["projected_high_80"]
        made.append(
            PaceRow(
                subject=row["campaign"] or row["platform"] or words.whole_account,
                spent=figures.money(row["spent"]),
                projected=figures.money(row["projected"]),
                interval=_between(content, low, high),
                budget="" if row["budget"] is None else figures.money(row["budget"]),
                band=row["band"] or "",
                band_text=words.pace_sides.get(row["side"] or "", ""),
                advice=_advice(content, row["suggested_daily_spend"], row["used_up_on"]) if row["side"] in OFF else "",
            )
        )
    return tuple(made)


def _between(content: ReportContent, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return content.wording.between.format(low=content.figures.money(low), high=content.figures.money(high))


def _advice(content: ReportContent, daily: float | None, used_up: dt.date | None) -> str:
    parts = []
    if used_up is not None:
        parts.append(content.wording.used_up.format(day=content.figures.day(used_up)))
    if daily is not None:
        parts.append(content.wording.spend_a_day.format(amount=content.figures.money(daily)))
    return "; ".join(parts)


def _name(metric: str) -> str:
    """A metric inside a sentence."""
    known = {**semantic_model().additive, **semantic_model().ratio}.get(metric)
    return known.label[:1].lower() + known.label[1:] if known else metric.replace("_", " ")


def _tired(content: ReportContent) -> tuple[str, ...]:
    """Campaigns whose figures wear down, as sentences."""
    told = content.lifecycle.filter(pl.col("phase").is_in(TOLD_PHASES) & pl.col("change").is_not_null())
    return tuple(
        content.wording.phases[row["phase"]].format(
            name=row["campaign"] or content.wording.not_stated,
            metric=_name(row["metric"]),
            change=content.figures.percent(abs(row["change"])),
            since=content.figures.day(row["start"]),
        )
        for row in told.sort("campaign").to_dicts()
        if row["metric"]
    )
