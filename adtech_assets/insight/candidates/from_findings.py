"""Anomalies that touch the week as candidates.

Belongs here: what a finding is about, how sure it is, what it calls for. Does not: finding them (`detection`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl
from pydantic import Field

from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Direction, Found
from adtech_assets.insight.significance import finite
from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Group

EFFECTS: Mapping[str, tuple[str, int, Direction]] = {
    "spend_spike": ("volume", 1, "bad"),
    "performance_drop": ("rate", -1, "bad"),
    "revenue_spike": ("rate", 1, "neutral"),
    "ctr_decline": ("rate", -1, "bad"),
    "budget_exhaustion": ("volume", -1, "bad"),
    "tracking_outage": ("tracking", -1, "bad"),
    "volume_gap": ("volume", -1, "bad"),
}
"""Kind of a finding -> effect, sense, direction."""
LEVELS = ("campaign", "channel", "platform")


class FindingRules(Group):
    """How a finding is taken."""

    weeks_between_true: float = Field(30, gt=0, description="campaign-weeks in which one true anomaly happens")
    sure: float = Field(0.98, gt=0, lt=1, description="confidence of what rows or a person say outright")
    fact: float = Field(10, description="log odds of such")
    clicks_held: float = Field(0.8, gt=0, le=1, description="part of the usual clicks that still went on")


def of_findings(account: Account, findings: pl.DataFrame, rules: FindingRules | None = None) -> Found:
    """One candidate a finding of a known kind that touches the current period and was not called noise."""
    rules = rules or FindingRules()
    start, end = account.windows.current
    candidates: list[Candidate] = []
    log: list[Considered] = []
    touching = findings.filter(pl.col("start") <= end, pl.col("end") >= start).sort(
        "start", "finding_id", nulls_last=True
    )
    for row in touching.iter_rows(named=True):
        segment = segment_of_finding(account, row)
        if row["kind"] not in EFFECTS:
            log.append(Considered("anomaly", "no playbook knows this kind", row["metric"], segment, row["kind"]))
        elif row["verdict"] == "noise":
            log.append(Considered("anomaly", "a person called it noise", row["metric"], segment, row["kind"]))
        else:
            candidates.append(_candidate(account, row, segment, rules))
    return candidates, log


def segment_of_finding(account: Account, row: Mapping[str, Any]) -> dict[str, str]:
    """The shortest segment that a finding is about: its campaign, with what tells it from others of that name."""
    level = next((name for name in LEVELS if row[name] is not None), None)
    if level is None:
        return {}
    segment = {level: str(row[level])}
    same = account.rows.filter(pl.col(level) == row[level])
    for name in LEVELS[LEVELS.index(level) + 1 :]:
        if row[name] is not None and same.get_column(name).drop_nulls().n_unique() > 1:
            segment[name] = str(row[name])
    return segment


def _candidate(account: Account, row: Mapping[str, Any], segment: dict[str, str], rules: FindingRules) -> Candidate:
    effect, sense, direction = EFFECTS[row["kind"]]
    between = finite(row["weeks_by_chance"])
    sure = between is None or row["verdict"] == "real" or between <= 0
    confidence = (
        rules.sure if sure or between is None else min(between / (between + rules.weeks_between_true), rules.sure)
    )
    days = (row["end"] - row["start"]).days + 1
    money = finite(row["money_at_stake"])
    observed, expected = finite(row["observed"]), finite(row["expected"])
    contribution = None
    if row["metric"] in ADDITIVE and observed is not None and expected is not None:
        contribution = (observed - expected) * min(1.0, WEEK / days)
    return Candidate(
        kind="anomaly",
        metric=row["metric"],
        segment=segment,
        effect=effect,
        fault=row["kind"],
        sense=sense,
        direction=direction,
        contribution=contribution,
        money=None if money is None else abs(money) * min(1.0, WEEK / days),
        confidence=confidence,
        p_value=None if between is None or between <= 0 else -math.expm1(-1 / between),
        evidence=rules.fact if sure or between is None else math.log(between / rules.weeks_between_true),
        playbook=_playbook(account, row, segment, rules),
        finding_id=row["finding_id"],
        severity=row["severity"],
        enough=True,
    )


def _playbook(account: Account, row: Mapping[str, Any], segment: dict[str, str], rules: FindingRules) -> str:
    kind = str(row["kind"])
    if kind == "ctr_decline":
        return "creative_fatigue"
    if kind == "performance_drop" and "clicks" in account.known:
        before, now = account.of_week(segment, "clicks")
        return "landing_page_or_offer" if now >= rules.clicks_held * before > 0 else kind
    return kind
