"""What a finding says: figures of the event, money at stake, severity, and one plain sentence.

Belongs here: the rows of table FINDINGS. Does not: which events there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array
from adtech_assets.insight.days import KEYS
from adtech_assets.insight.detection import calibration
from adtech_assets.insight.detection.baseline import Expectation
from adtech_assets.insight.detection.calibration import Verdict
from adtech_assets.insight.detection.dispersion import amount_of, stable
from adtech_assets.insight.detection.event import Event
from adtech_assets.insight.detection.outages import Standing
from adtech_assets.insight.detection.panel import INDEX, Panel
from adtech_assets.insight.detection.sentence import sentence
from adtech_assets.metrics.model import SUM_DIGITS
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Insight
from adtech_assets.tables import FINDINGS

Row = dict[str, Any]


@dataclass(frozen=True)
class Severity:
    """Money at stake against the account's spend of an ordinary week, from which a finding is critical or a warning."""

    critical: float = 0.15
    warning: float = 0.03
    ordinary_days: int = 28


def row(panel: Panel, ex: Expectation, event: Event, settings: Insight, severity: Severity | None = None) -> Row:
    """One finding as a row of FINDINGS, without id and verdict."""
    figures = _figures(ex, event, settings)
    money = _money(panel, ex, event, figures)
    key = panel.keys.row(event.series, named=True)
    return {
        **key,
        "kind": event.kind,
        "metric": event.metric,
        "start": panel.date(event.start),
        "end": panel.date(event.end),
        **figures,
        "score": event.score,
        "weeks_by_chance": calibration.weeks_between(event.kind, event.score),
        "severity": _severity(money, event.start, panel, severity or Severity()),
        "money_at_stake": money,
        "scope": event.scope,
    }


def gap(
    panel: Panel, ex: Expectation, stands: Standing, platform: str | None, first: int, last: int,
    severity: Severity | None = None,
) -> Row:  # fmt: skip
    """Days for which a platform's export has no rows: nothing was observed, so nothing is known to be lost."""
    members = [p == platform for p in panel.keys.get_column("platform")]
    days = slice(first, last + 1)
    spend = INDEX["spend"]
    level = np.exp(ex.level[spend, members, days] + ex.filtered.season[spend, members, days])
    usual = np.where(stands.meant[members, days], np.nan_to_num(level), 0.0)
    return {
        **dict.fromkeys(KEYS),
        "platform": platform,
        "kind": "volume_gap",
        "metric": "spend",
        "start": panel.date(first),
        "end": panel.date(last),
        **dict.fromkeys(("observed", "low", "high")),
        "expected": float(usual.sum()) or None,
        "score": float(last - first + 1),
        "weeks_by_chance": None,
        "severity": "warning",
        "money_at_stake": None,
        "scope": "platform",
    }


def within_cool_down(rows: Iterable[Row], days: int) -> list[Row]:
    """Findings of one kind and campaign at most `days` apart are one: the second tells nobody anything new.

    A slow decline goes on; the others keep the figures of the strongest."""
    kept: list[Row] = []
    for one in sorted(rows, key=lambda r: (*(str(r[k]) for k in KEYS), r["kind"], r["start"])):
        last = kept[-1] if kept else None
        same = last is not None and all(last[k] == one[k] for k in (*KEYS, "kind"))
        if last is None or not same or (one["start"] - last["end"]).days > days:
            kept.append(one)
            continue
        stronger = one if one["score"] > last["score"] else last
        kept[-1] = {**stronger, "start": last["start"], "end": max(last["end"], one["end"])}
    return kept


def table(rows: list[Row], panel: Panel, verdicts: tuple[Verdict, ...]) -> pl.DataFrame:
    """Table FINDINGS: with ids, what a person said of them, and a sentence each."""
    if not rows:
        return FINDINGS.empty()
    for one in rows:
        identity = "\x1f".join([*(one[k] or "" for k in KEYS), one["kind"], one["start"].isoformat()])
        one["finding_id"] = hashlib.sha256(identity.encode()).hexdigest()[:12]
        one["sentence"] = sentence(one)
        one["verdict"] = _verdict(one, verdicts)
    made = pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col(pl.Float64).round(SUM_DIGITS))
    return FINDINGS.conform(made).sort("start", *KEYS, "kind", nulls_last=True)


def _verdict(one: Row, verdicts: tuple[Verdict, ...]) -> str | None:
    if calibration.dismissed(verdicts, one["kind"], one["campaign"], one["start"], one["end"]):
        return calibration.NOISE
    return calibration.REAL if any(v.finding_id == one["finding_id"] and v.real for v in verdicts) else None


def _figures(ex: Expectation, event: Event, settings: Insight) -> dict[str, float | None]:
    """Observed and expected over the event with the expected interval: a sum, or a ratio of sums."""
    at = INDEX[event.metric], event.series, slice(event.start, event.end + 1)
    observed, per, expected = ex.observed[at], ex.per[at], ex.expected[at]
    if event.kind not in ("spend_spike", "revenue_spike"):
        expected = ex.usual(at[0], event.series, event.start)[at[2]] * np.exp(ex.shared[at])
    if event.kind == "budget_exhaustion":
        observed = np.nan_to_num(observed)
        expected = _usual(ex, event.metric, event)
    known = ~np.isnan(observed) & ~np.isnan(expected)
    if event.before is not None:
        known = ~np.isnan(observed)
        expected = np.where(known, event.before * np.exp(ex.filtered.season[at]) * per, np.nan)
    if event.kind in ("performance_drop", "tracking_outage"):
        given = INDEX["conversions_per_spend" if event.metric == "conversions" else "roas"]
        by_spend = ex.usual(given, event.series, event.start)[at[2]]
        expected = np.fmin(expected, by_spend)
    if event.kind == "revenue_spike":
        expected = np.fmax(expected, ex.expected[INDEX["roas"], event.series, at[2]])
    total = float(np.sum(expected[known]))
    base = float(np.sum(per[known])) if event.metric in ("ctr", "cvr", "roas") else 1.0
    low, high = _interval(ex, at, np.where(known, expected, 0.0), settings)
    return {
        "observed": float(np.sum(observed[known])) / base,
        "expected": total / base,
        "low": low / base,
        "high": high / base,
    }


def _interval(ex: Expectation, at: tuple[int, int, slice], expected: Array, settings: Insight) -> tuple[float, float]:
    """Where the sum of such days usually lies: chance of counts, and the days' own noise."""
    total = float(expected.sum())
    if total <= 0:
        return 0.0, 0.0
    noise = np.nan_to_num(ex.noise[at], nan=float(np.nanmedian(ex.noise[at[0], at[1]])))
    share = np.array(max(np.sqrt(float(np.sum((noise * expected) ** 2))) / total, np.finfo(float).eps))
    unit = np.array(np.nanmax(ex.unit[at]))
    reach = NormalDist().inv_cdf((1 + settings.interval_level) / 2)
    middle = stable(np.array(total), unit, share)
    return float(amount_of(middle - reach, unit, share)), float(amount_of(middle + reach, unit, share))


def _money(panel: Panel, ex: Expectation, event: Event, figures: dict[str, float | None]) -> float | None:
    """What the event is about, in the account's currency; None where the files do not say enough."""
    days = slice(event.start, event.end + 1)
    at = event.series, days
    observed, expected = figures["observed"] or 0.0, figures["expected"] or 0.0
    gap = abs(observed - expected)
    if event.kind in ("spend_spike", "revenue_spike") or event.metric == "revenue":
        return gap
    spend, clicks = panel.values["spend"][at], panel.values["clicks"][at]
    if event.kind == "budget_exhaustion":
        # Profit that such days bring; where they bring none, or nobody says, the money left unspent.
        brings, costs = (float(np.nansum(_usual(ex, name, event))) for name in ("revenue", "spend"))
        return brings - costs if brings > costs else gap
    if event.kind in ("performance_drop", "tracking_outage"):
        revenue, orders = (_usual(ex, name, event) for name in ("revenue", "conversions"))
        if np.nansum(orders) > 0 and np.nansum(revenue) > 0:
            return gap * float(np.nansum(revenue) / np.nansum(orders))
        return float(np.nansum(spend)) * gap / expected if expected and not np.isnan(spend).all() else None
    both = ~np.isnan(spend) & ~np.isnan(clicks)
    if event.kind == "ctr_decline" and clicks[both].sum() > 0 and observed > 0:
        lost = clicks[both].sum() * (expected / observed - 1)
        return max(0.0, float(lost * spend[both].sum() / clicks[both].sum()))
    return None


def _usual(ex: Expectation, name: str, event: Event) -> Array:
    at = INDEX[name], event.series
    level = ex.level[(*at, event.start)] + ex.filtered.season[(*at, slice(event.start, event.end + 1))]
    amount: Array = np.exp(level)
    return amount


def _severity(money: float | None, start: int, panel: Panel, severity: Severity) -> str:
    if money is None:
        return "warning"
    spend = panel.values["spend"][:, max(0, start - severity.ordinary_days) : start]
    week = float(np.nansum(spend)) / max(min(start, severity.ordinary_days), 1) * WEEK
    if week <= 0:
        return "warning"
    share = money / week
    return "critical" if share >= severity.critical else "warning" if share >= severity.warning else "info"
