"""Candidates as rows of the table of insights: figures of both periods, tests, severity, identity.

Belongs here: filling the columns. Does not: the evidence itself (`change_evidence`), which candidates there are.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Sequence
from typing import Any

from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate
from adtech_assets.insight.candidates.sentence import sentence
from adtech_assets.insight.change_evidence import Evidence, evidence
from adtech_assets.insight.segment_text import segment_text
from adtech_assets.insight.significance import Severity, false_discovery, finite, severity
from adtech_assets.metrics.model import ADDITIVE, semantic_model
from adtech_assets.settings import SeverityThresholds

UNSURE = 0.5
"""Confidence that nothing with too little data exceeds."""
BENEATH = {"revenue": "conversions", "spend": "impressions"}
"""What is counted beneath an amount of money."""
CHAIN = ("impressions", "clicks", "conversions")
Row = dict[str, Any]


def rows_of(
    account: Account, candidates: Sequence[Candidate], week: dt.date, thresholds: SeverityThresholds
) -> list[Row]:
    """One row a candidate, with q-values over all of them; ranks are the caller's."""
    rows = [_row(account, candidate, week, thresholds) for candidate in candidates]
    for row, q in zip(rows, false_discovery([row["p_value"] for row in rows]), strict=True):
        row["q_value"] = q
    return rows


def insight_id(candidate: Candidate, week: dt.date) -> str:
    """12 hex digits, the same for the same thing said of the same week."""
    said = (week.isoformat(), candidate.kind, candidate.metric, segment_text(candidate.segment), candidate.fault)
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:12]


def _row(account: Account, candidate: Candidate, week: dt.date, thresholds: SeverityThresholds) -> Row:
    found = evidence_of(account, candidate)
    change, weeks = found.change, found.week_over_week
    tests = change.comparison
    enough = change.enough if candidate.enough is None else candidate.enough
    (baseline_start, baseline_end), (start, end) = account.windows.baseline, account.windows.current
    row: Row = {
        "insight_id": insight_id(candidate, week),
        "kind": candidate.kind,
        "metric": candidate.metric,
        "segment": segment_text(candidate.segment),
        "effect": candidate.effect,
        "fault": candidate.fault,
        "start": start,
        "end": end,
        "baseline_start": baseline_start,
        "baseline_end": baseline_end,
        "baseline_value": change.baseline_value,
        "current_value": change.current_value,
        "delta": change.delta,
        "relative": change.relative,
        "week_before_value": weeks.baseline_value,
        "week_relative": weeks.relative,
        "contribution": finite(candidate.contribution),
        "share_of_change": _share(account, candidate),
        "money": finite(candidate.money) if enough else None,
        "direction": candidate.direction,
        "baseline_days": change.baseline.days,
        "current_days": change.current.days,
        "events": events(account, candidate),
        "welch_t": finite(tests.welch_t),
        "welch_p": finite(tests.welch_p),
        "mann_whitney_p": finite(tests.mann_whitney_p),
        "cohens_d": finite(tests.cohens_d),
        "effect_size": tests.effect_size,
        "p_value": _probability(candidate.p_value),
        "confidence": candidate.confidence if enough else min(candidate.confidence, UNSURE),
        "enough": enough,
        "reason": None if enough else change.reason,
        "finding_id": candidate.finding_id,
        "playbook": candidate.playbook if enough else None,
        "detail": "; ".join(candidate.detail) or None,
    }
    row["severity"] = _severity(account, candidate, row, thresholds)
    row["sentence"] = sentence(row, factor_up=_factor_up(candidate))
    return row


def evidence_of(account: Account, candidate: Candidate) -> Evidence:
    """The candidate's metric in both periods and week against week."""
    frame = account.stated if candidate.stated else account.rows
    rows = frame.filter(account.mask(candidate.segment))
    columns = [name for name in ADDITIVE if rows.get_column(name).count()]
    return evidence(rows.select("date", *columns), candidate.metric, account.windows, account_days=account.days)


def events(account: Account, candidate: Candidate) -> float | None:
    """Counts beneath the metric in both periods: the rarest of what it is made of; None where unknown."""
    definition = semantic_model().metric(candidate.metric)
    sides = [side for side in (definition.numerator, definition.denominator) if side] or [candidate.metric]
    counted = max((BENEATH.get(side, side) for side in sides), key=CHAIN.index)
    rows = account.rows.filter(account.mask(candidate.segment)).get_column(counted)
    return finite(float(rows.sum())) if rows.count() else None


def _share(account: Account, candidate: Candidate) -> float | None:
    """Of the account's change of the metric."""
    if candidate.share is not None or candidate.contribution is None:
        return finite(candidate.share)
    if candidate.metric not in account.known:
        return None
    before, now = account.of_week({}, candidate.metric)
    return finite(candidate.contribution / (now - before)) if now != before else None


def _severity(account: Account, candidate: Candidate, row: Row, thresholds: SeverityThresholds) -> Severity:
    """A finding's own; else by the share of the account's metric, or of its money, that is at stake.

    What is good, an opportunity, or not sure for lack of data is never critical.
    """
    if not row["enough"] or candidate.direction == "good":
        return "info"
    if candidate.severity is not None:
        return candidate.severity
    if candidate.kind == "opportunity":
        money = account.of_week({}, "spend")[1]
        share = row["money"] / money if row["money"] is not None and money > 0 else 0.0
        return "info" if severity(share, None, thresholds=thresholds) == "info" else "warning"
    whole = account.value({}, candidate.metric)[0]
    part = candidate.contribution / whole if candidate.contribution is not None and whole else None
    history = account.weekly_changes(candidate.metric) if thresholds.adaptive else None
    return severity(part, row["relative"], history, thresholds)


def _factor_up(candidate: Candidate) -> bool:
    """A higher price of delivery is one way down: the same money buys less."""
    if candidate.fault == "outage":
        return False
    if candidate.factor is None:
        return candidate.sense > 0
    return (candidate.factor > 1) != (candidate.fault == "bought")


def _probability(p: float | None) -> float | None:
    return None if p is None or not math.isfinite(p) else min(max(p, 0.0), 1.0)
