"""Faults: what can happen to a segment, which links it shifts, which metrics that moves.

Belongs here: that list. Does not: evidence for a fault (`search`), or its price (`pricing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from adtech_assets.insight.causes.links import CLICK, CONVERSION, COST, DELIVERY, VALUE
from adtech_assets.metrics.model import ADDITIVE, semantic_model

Effect = Literal["volume", "rate", "mix", "tracking"]
OUTAGE = "outage"
_CHAIN = ("spend", "impressions", "clicks", "conversions", "revenue")


@dataclass(frozen=True)
class Fault:
    """links: which links of the segment shift, and which way. moves: which metrics of the segment that moves.

    `given`: what the segment gains the rest of the account loses, and the other way round. prior: its prior weight.
    """

    meaning: str
    effect: Effect
    links: Mapping[str, int]
    moves: Mapping[str, int]
    given: bool = False
    prior: float = 0.15


FAULTS: Mapping[str, Fault] = {
    "delivery": Fault("more or less of everything", "volume", {DELIVERY: 1}, dict.fromkeys(_CHAIN, 1)),
    "moved": Fault("traffic moved here from the rest", "mix", {DELIVERY: 1}, dict.fromkeys(_CHAIN, 1), given=True),
    "cost": Fault("the same costs more or less", "rate", {COST: 1}, {"spend": 1}),
    "bought": Fault(
        "the same budget buys more or less", "rate", {COST: 1, DELIVERY: -1}, dict.fromkeys(_CHAIN[1:], -1), prior=0.05
    ),
    "click": Fault("clicks to impressions", "rate", {CLICK: 1}, dict.fromkeys(_CHAIN[2:], 1)),
    "conversion": Fault("conversions to clicks", "rate", {CONVERSION: 1}, dict.fromkeys(_CHAIN[3:], 1)),
    "value": Fault("revenue to conversions", "rate", {VALUE: 1}, {"revenue": 1}),
    OUTAGE: Fault("conversions stop while clicks go on", "tracking", {CONVERSION: 1}, dict.fromkeys(_CHAIN[3:], 1)),
}


def parts_of(metric: str) -> tuple[str, ...]:
    """The additive metrics a metric is made of."""
    if metric in ADDITIVE:
        return (metric,)
    definition = semantic_model().ratio[metric]
    return str(definition.numerator), str(definition.denominator)


def relevant(metric: str) -> tuple[str, ...]:
    """Faults that can move a metric: an additive one by moving it, a ratio by its parts or by its mix."""
    parts = parts_of(metric)
    return tuple(name for name, fault in FAULTS.items() if any(part in fault.moves for part in parts))
