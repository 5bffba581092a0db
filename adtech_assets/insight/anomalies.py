"""Anomalies of daily campaign figures: a score for every day and metric, and findings an account manager would name.

Belongs here: the way from daily rows to the two stored tables, money at stake and severity. Does not: how a day is
scored (`baseline`, `forest`), how days become events (`events`, `trend`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from adtech_assets.insight import events, trend
from adtech_assets.insight.baseline import Expectation, expect
from adtech_assets.insight.events import Event
from adtech_assets.insight.forest import isolation
from adtech_assets.insight.panel import INDEX, KEYS, MEASURES, Array, Panel, build, quotient
from adtech_assets.settings import Insight
from adtech_assets.tables import ANOMALY_SCORES, FINDINGS


@dataclass(frozen=True)
class Severity:
    """Money at stake against the account's spend of an ordinary week, from which a finding is critical or a warning."""

    critical: float = 0.15
    warning: float = 0.03
    ordinary_days: int = 28
    week: int = 7


def score(
    daily: pl.DataFrame, settings: Insight, severity: Severity | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scores (table ANOMALY_SCORES) and findings (table FINDINGS) of daily campaign rows.

    `daily`: date, platform, channel, campaign, spend, impressions, clicks, conversions, revenue; one row a day and
    campaign, days may be missing, null = unknown; a metric that is null throughout is not scored. A day's observed,
    expected, low, high, score and forest_score rest on earlier days (and the other campaigns' same day) only.
    """
    if daily.is_empty():
        return ANOMALY_SCORES.empty(), FINDINGS.empty()
    panel = build(daily)
    expectation = expect(panel, settings)
    forest, backing = isolation(panel, expectation, settings)
    declines = trend.declines(panel, expectation, settings)
    found = [
        *events.find(panel, expectation, forest, backing, settings),
        *(Event("ctr_decline", "ctr", d.series, d.start, d.end, -d.t) for d in declines),
    ]
    before = {(d.series, d.start): d.rate_before for d in declines}
    return (
        _score_table(panel, expectation, forest, found),
        _finding_table(panel, expectation, found, before, settings, severity or Severity()),
    )


def _score_table(panel: Panel, ex: Expectation, forest: Array, found: list[Event]) -> pl.DataFrame:
    shown = [m for m in MEASURES if not m.hidden]
    kinds = np.full((len(MEASURES), *panel.present.shape), None, dtype=object)
    for event in found:
        kinds[INDEX[event.metric], event.series, event.start : event.end + 1] = event.kind
    at = np.argwhere(~np.isnan(ex.observed[: len(shown)]))
    m, s, d = at.T
    per = ex.per[m, s, d]
    rows = pl.DataFrame(
        {
            "series": s.astype(np.uint32),
            "day": d,
            "metric": pl.Series(m).replace_strict(range(len(shown)), [x.name for x in shown], return_dtype=pl.String),
            **{name: getattr(ex, name)[m, s, d] / per for name in ("observed", "expected", "low", "high")},
            "score": ex.score[m, s, d],
            "forest_score": forest[s, d],
            "kind": pl.Series(kinds[m, s, d].tolist(), dtype=pl.String),
        }
    ).with_columns(
        pl.col(pl.Float64).fill_nan(None),
        date=pl.lit(panel.first) + pl.duration(days="day"),
    )
    keyed = rows.join(panel.keys.with_row_index("series"), on="series", how="left", maintain_order="left")
    return ANOMALY_SCORES.conform(keyed.sort("date", "series", "metric"))


def _finding_table(
    panel: Panel,
    ex: Expectation,
    found: list[Event],
    rate_before: dict[tuple[int, int], float],
    settings: Insight,
    severity: Severity,
) -> pl.DataFrame:
    rows = []
    for event in found:
        figures = _figures(ex, event, rate_before.get((event.series, event.start)), settings)
        money = _money(panel, ex, event, figures)
        key = panel.keys.row(event.series, named=True)
        start, end = panel.date(event.start), panel.date(event.end)
        identity = "\x1f".join([*(key[k] or "" for k in KEYS), event.kind, start.isoformat()])
        rows.append(
            {
                "finding_id": hashlib.sha256(identity.encode()).hexdigest()[:12],
                "kind": event.kind,
                **key,
                "metric": event.metric,
                "start": start,
                "end": end,
                **figures,
                "score": abs(event.score),
                "severity": _severity(money, event, panel, severity),
                "money_at_stake": money,
            }
        )
    table = FINDINGS.conform(pl.DataFrame(rows)) if rows else FINDINGS.empty()
    return table.sort("start", *KEYS, "kind", nulls_last=True)


def _figures(ex: Expectation, event: Event, rate_before: float | None, settings: Insight) -> dict[str, float | None]:
    """Observed and expected over the event with the expected interval: a sum, or a ratio of sums."""
    at = INDEX[event.metric], event.series, slice(event.start, event.end + 1)
    observed, per, expected = ex.observed[at], ex.per[at], ex.expected[at]
    known = ~np.isnan(observed) & ~np.isnan(expected)
    if rate_before is not None:
        known = ~np.isnan(observed)
        expected = np.where(known, rate_before * per, np.nan)
    if event.kind == "performance_drop":
        given = INDEX["conversions_per_spend" if event.metric == "conversions" else "roas"]
        expected = np.fmin(expected, ex.expected[given, event.series, at[2]])
    if event.kind == "revenue_spike":
        expected = np.fmax(expected, ex.expected[INDEX["roas"], event.series, at[2]])
    total = float(np.sum(expected[known]))
    base = float(np.sum(per[known])) if event.metric in ("ctr", "cvr", "roas") else 1.0
    # The days' intervals side by side: their half widths add like independent errors.
    low, high = (np.where(known, v[at] * quotient(expected, ex.expected[at]), np.nan) for v in (ex.low, ex.high))
    down, up = (float(np.sqrt(np.nansum((v - expected) ** 2))) for v in (low, high))
    if rate_before is not None:
        down = up = total * NormalDist().inv_cdf((1 + settings.interval_level) / 2) * trend.Wear().noise
    return {
        "observed": float(np.sum(observed[known])) / base,
        "expected": total / base,
        "low": max(0.0, total - down) / base,
        "high": (total + up) / base,
    }


def _money(panel: Panel, ex: Expectation, event: Event, figures: dict[str, float | None]) -> float | None:
    """What the event is about, in the account's currency; None where the files do not say enough."""
    at = event.series, slice(event.start, event.end + 1)
    observed, expected = figures["observed"] or 0.0, figures["expected"] or 0.0
    gap = abs(observed - expected)
    if event.kind in ("spend_spike", "revenue_spike") or event.metric == "revenue":
        return gap
    spend, clicks = panel.values["spend"][at], panel.values["clicks"][at]
    if event.kind == "budget_exhaustion":
        # Profit that such days bring; where they bring none, or nobody says, the money left unspent.
        revenue, cost = ex.own[INDEX["revenue"]][at], ex.own[INDEX["spend"]][at]
        profit = float(np.sum(revenue - cost))
        return profit if profit > 0 else gap
    if event.kind == "performance_drop":
        revenue, orders = ex.own[INDEX["revenue"]][at], ex.own[INDEX["conversions"]][at]
        if np.nansum(orders) > 0 and np.nansum(revenue) > 0:
            return gap * float(np.nansum(revenue) / np.nansum(orders))
        return float(np.nansum(spend)) * gap / expected if expected and not np.isnan(spend).all() else None
    both = ~np.isnan(spend) & ~np.isnan(clicks)
    if event.kind == "ctr_decline" and clicks[both].sum() > 0 and observed > 0:
        lost = clicks[both].sum() * (expected / observed - 1)
        return max(0.0, float(lost * spend[both].sum() / clicks[both].sum()))
    return None


def _severity(money: float | None, event: Event, panel: Panel, severity: Severity) -> str:
    if money is None:
        return "warning"
    spend = panel.values["spend"][:, max(0, event.start - severity.ordinary_days) : event.start]
    days = min(event.start, severity.ordinary_days)
    week = float(np.nansum(spend)) / max(days, 1) * severity.week
    if week <= 0:
        return "warning"
    share = money / week
    return "critical" if share >= severity.critical else "warning" if share >= severity.warning else "info"
