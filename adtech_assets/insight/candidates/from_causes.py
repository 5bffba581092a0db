"""Causes of the week's changes as candidates: revenue (else conversions, else clicks), spend, cost per conversion, return.

Belongs here: which metrics are asked about, what a cause costs or brings, what it calls for. Does not: the search
(`causes`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Direction, Found
from adtech_assets.insight.causes.explanation import Blamed, Explanation, explain_all
from adtech_assets.insight.segment_text import segment_text
from adtech_assets.metrics.model import semantic_model
from adtech_assets.settings import Group

RESULTS = ("revenue", "conversions", "clicks", "impressions")
"""What an account is for, as far as its files say: the first that is known is asked about."""
EFFICIENCY = ("roas", "cac")


class CauseRules(Group):
    """What a cause calls for."""

    least_confidence: float = Field(0.3, ge=0, le=1, description="a cause less sure than this is not said")
    yield_held: float = Field(0.9, gt=0, le=1, description="part of its return before that a winner has kept")
    yield_fell: float = Field(0.95, gt=0, le=1, description="part of it below which more spend is bad news")
    jump: float = Field(
        1.5, gt=1, description="factor of spend or order value from which the figures are to be checked"
    )
    mature_share: float = Field(0.02, ge=0, description="spend of the baseline, as a share of today's, a winner needs")


def of_causes(account: Account, rules: CauseRules | None = None) -> tuple[Found, dict[str, Explanation]]:
    """Causes and offsets of each metric; a segment and fault met under several is one, in the first one's metric."""
    rules = rules or CauseRules()
    result = next((name for name in RESULTS if name in account.known), None)
    asked = [name for name in (result, *(["spend"] if "spend" in account.known else [])) if name is not None]
    asked += [name for name in EFFICIENCY if account.has(name)]
    windows = account.windows
    explanations = explain_all(account.rows, asked, windows.baseline, windows.current, account.dimensions)
    candidates: dict[tuple[str, str], Candidate] = {}
    log: list[Considered] = []
    if not asked:
        log.append(Considered("data", "not enough data: no metric is known in both periods"))
    for metric, found in explanations.items():
        log.append(Considered("cause", found.sentence, metric, kept=found.verdict != "not_enough_data"))
        for blamed in (*found.causes, *found.offsets):
            key = segment_text(blamed.segment), blamed.fault
            if key in candidates:
                first = candidates[key]
                if metric not in (first.metric, *first.detail):
                    candidates[key] = replace(first, detail=(*first.detail, metric))
            elif blamed.confidence >= rules.least_confidence:
                candidates[key] = _candidate(account, metric, blamed, rules)
            else:
                log.append(_line(metric, blamed, f"confidence {blamed.confidence:.2f}: too unsure to be said"))
        log += [
            Considered("cause", line.reason, metric, line.segment, line.fault, line.evidence)
            for line in found.hypotheses
            if not line.kept
        ]
    return (list(candidates.values()), log), explanations


def _line(metric: str, blamed: Blamed, reason: str) -> Considered:
    return Considered("cause", reason, metric, blamed.segment, blamed.fault, blamed.evidence, blamed.p_value)


def _candidate(account: Account, metric: str, blamed: Blamed, rules: CauseRules) -> Candidate:
    sense = int(math.copysign(1, blamed.contribution)) if blamed.contribution else 0
    direction = _direction(account, metric, blamed, sense, rules)
    return Candidate(
        kind="cause",
        metric=metric,
        segment=blamed.segment,
        effect=blamed.effect,
        fault=blamed.fault,
        sense=sense,
        direction=direction,
        contribution=blamed.contribution,
        money=worth(account, metric, blamed.contribution),
        confidence=blamed.confidence,
        p_value=blamed.p_value,
        evidence=blamed.evidence,
        playbook=_playbook(account, blamed, metric, sense, direction, rules),
        share=blamed.share,
        factor=blamed.factor,
    )


def worth(account: Account, metric: str, amount: float) -> float | None:
    """An amount of a metric as money a week; None where the files do not say what one is worth.

    Conversions and what comes before them count as what one has cost in the baseline.
    """
    week = account.to_a_week
    if metric in ("revenue", "spend"):
        return abs(amount) * week
    if metric == "roas":
        return abs(amount) * account.of_week({}, "spend")[1] * week
    if metric == "cac":
        return abs(amount) * account.of_week({}, "conversions")[1] * week
    spend, count = account.of_week({}, "spend")[0], account.of_week({}, metric)[0]
    return abs(amount) * spend / count * week if spend > 0 and count > 0 else None


def _direction(account: Account, metric: str, blamed: Blamed, sense: int, rules: CauseRules) -> Direction:
    better = semantic_model().metric(metric).better
    if not sense:
        return "neutral"
    if better != "none":
        return "good" if (sense > 0) == (better == "up") else "bad"
    if blamed.fault in ("cost", "bought"):
        return "bad" if sense > 0 else "good"
    return "bad" if sense > 0 and _yield(account, blamed.segment, rules.yield_fell) is False else "neutral"


def _yield(account: Account, segment: Mapping[str, str], part: float) -> bool | None:
    """Whether a segment's return (or conversions per spend) is at least `part` of what it was; None if unknown."""
    metric = "roas" if account.has("roas") else "cac"
    if not account.has(metric):
        return None
    before, now = account.value(segment, metric)
    if before is None or now is None:
        return None
    return now >= part * before if metric == "roas" else now * part <= before


def _playbook(
    account: Account, blamed: Blamed, metric: str, sense: int, direction: Direction, rules: CauseRules
) -> str | None:  # fmt: skip
    segment = blamed.segment
    if direction == "bad" or (direction == "neutral" and metric == "spend"):
        if blamed.fault == "click":
            return "audience_saturation" if {"audience", "adset"} & set(segment) else "creative_fatigue"
        if blamed.fault in ("cost", "bought"):
            return "cpm_inflation"
        if blamed.fault == "conversion":
            return "landing_page_or_offer"
        if blamed.fault == "value":
            return "order_value_drop"
        if blamed.fault == "outage":
            return "tracking_outage"
        if blamed.fault == "moved" or blamed.effect == "mix":
            return "mix_shift"
        if metric == "spend" and sense > 0:
            return "spend_spike" if (blamed.factor or 0.0) >= rules.jump else None
        return "delivery_drop" if direction == "bad" else None
    if blamed.fault == "value" and (blamed.factor or 0.0) >= rules.jump:
        return "revenue_spike"
    if blamed.fault in ("delivery", "moved") and segment and _winner(account, segment, rules):
        return "scale_winner"
    return None


def _winner(account: Account, segment: Mapping[str, str], rules: CauseRules) -> bool:
    """A part that grew, returns more than the account, and kept its own return while it grew."""
    if not account.has("roas") or not _yield(account, segment, rules.yield_held):
        return False
    own, whole = account.value(segment, "roas")[1], account.value({}, "roas")[1]
    before, now = account.of_week(segment, "spend")
    return own is not None and whole is not None and own > whole and before >= rules.mature_share * now
