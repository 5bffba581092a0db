"""Faults: what can happen to a segment, which links it shifts, which metrics that moves.

Belongs here: that list. Does not: evidence for a fault (`search`), or its price (`pricing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from adtech_assets.insight.causes.links import CLICK, CONVERSION, COST, DELIVERY, VALUE
from adtech_assets.insight.two_periods import sides_of
from adtech_assets.metrics.model import semantic_model

Effect = Literal["volume", "rate", "mix", "tracking"]
OUTAGE = "outage"
_CHAIN = ("spend", "impressions", "clicks", "conversions", "revenue")


@dataclass(frozen=True)
class Fault:
    """links: which links of the segment shift, and which way. moves: which metrics of the segment that moves.

    fell, rose: what happened, in words. `given`: what the segment gains the rest of the account loses, and the other way
    round. prior: its prior weight.
    """

    fell: str
    rose: str
    effect: Effect
    links: Mapping[str, int]
    moves: Mapping[str, int]
    given: bool = False
    prior: float = 0.15


FAULTS: Mapping[str, Fault] = {
    "delivery": Fault("lost delivery", "gained delivery", "volume", {DELIVERY: 1}, dict.fromkeys(_CHAIN, 1)),
    "moved": Fault(
        "traffic moved away", "traffic moved here from the rest", "mix", {DELIVERY: 1}, dict.fromkeys(_CHAIN, 1), given=True
    ),
    "cost": Fault("became cheaper", "became dearer", "rate", {COST: 1}, {"spend": 1}),
    "bought": Fault(
        "the same budget bought more", "the same budget bought less", "rate",
        {COST: 1, DELIVERY: -1}, dict.fromkeys(_CHAIN[1:], -1), prior=0.05,
    ),
    "click": Fault(
        "click-through rate fell", "click-through rate rose", "rate", {CLICK: 1}, dict.fromkeys(_CHAIN[2:], 1)
    ),
    "conversion": Fault(
        "conversion rate fell", "conversion rate rose", "rate", {CONVERSION: 1}, dict.fromkeys(_CHAIN[3:], 1)
    ),
    "value": Fault("order value fell", "order value rose", "rate", {VALUE: 1}, {"revenue": 1}),
    OUTAGE: Fault(
        "conversions stopped while clicks went on", "", "tracking", {CONVERSION: 1}, dict.fromkeys(_CHAIN[3:], 1)
    ),
}  # fmt: skip


def parts_of(metric: str) -> tuple[str, ...]:
    """The additive metrics a metric is made of."""
    return sides_of(metric, semantic_model().metric(metric))


def relevant(metric: str) -> tuple[str, ...]:
    """Faults that can move a metric: an additive one by moving it, a ratio by its parts or by its mix."""
    parts = parts_of(metric)
    return tuple(name for name, fault in FAULTS.items() if any(part in fault.moves for part in parts))
