"""One thing that may be worth saying of a week, before it has a rank; and one line of the decision log.

Belongs here: the two shapes. Does not: where they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from adtech_assets.insight.significance import Severity

Kind = Literal["cause", "anomaly", "opportunity"]
Direction = Literal["good", "bad", "neutral"]

TOPICS: Mapping[str, frozenset[str]] = {
    name: frozenset(topics.split())
    for name, topics in {
        "delivery": "volume", "moved": "volume", "cost": "price", "bought": "price", "click": "click",
        "conversion": "convert", "value": "value", "outage": "convert tracking", "spend_spike": "volume price",
        "performance_drop": "convert tracking click value", "revenue_spike": "convert value", "ctr_decline": "click",
        "budget_exhaustion": "volume", "tracking_outage": "convert tracking", "volume_gap": "volume",
        "implausible_spend": "volume price", "learning_phase": "volume", "creative_fatigue": "click",
        "efficiency_drop": "convert value", "scale_winner": "return", "move_budget": "return",
        "wasted_spend": "return", "country_mismatch": "return", "device_mismatch": "return",
        "cannibalised_retargeting": "volume audience", "weekday_budget": "weekday", "message_that_works": "message",
    }.items()
}  # fmt: skip
"""Kinds of trouble by fault: those that share a word may be two views of one thing."""


@dataclass(frozen=True)
class Candidate:
    """fault: what happened, a key of TOPICS. sense: 1 or -1, which way the metric was pushed; 0 neither.

    contribution: in the metric's unit. money: currency a week, None = the files do not say. evidence: log odds.
    p_value: corrected for all that was looked at; None where the files say it outright. stated: it is about the figures
    as the files state them, implausible ones included. enough: None = the two periods decide.
    """

    kind: Kind
    metric: str
    segment: Mapping[str, str]
    effect: str
    fault: str
    sense: int
    direction: Direction
    contribution: float | None
    money: float | None
    confidence: float
    p_value: float | None
    evidence: float
    playbook: str | None = None
    finding_id: str | None = None
    severity: Severity | None = None
    detail: tuple[str, ...] = ()
    share: float | None = None
    factor: float | None = None
    enough: bool | None = None
    stated: bool = False

    @property
    def topics(self) -> frozenset[str]:
        return TOPICS.get(self.fault, frozenset({self.fault}))

    def dropped(self, reason: str) -> Considered:
        """The line of the decision log that says why it is not an insight."""
        return Considered(self.kind, reason, self.metric, self.segment, self.fault, self.evidence, self.p_value)


@dataclass(frozen=True)
class Considered:
    """A line of the decision log."""

    source: Literal["cause", "anomaly", "opportunity", "data"]
    reason: str
    metric: str | None = None
    segment: Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None
    evidence: float | None = None
    p_value: float | None = None
    kept: bool = False
    candidate: Candidate | None = None
    """What it became, where it was kept."""


Found = tuple[list[Candidate], list[Considered]]
"""What one look at the account brings: candidates, and what was looked at and dropped."""
