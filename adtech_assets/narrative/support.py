"""What the evidence supports, as atomic facts: one number with its metric, segment, period and role each.

Belongs here: taking items apart, exact arithmetic on them, and finding the facts that fit a figure. Does not: reading sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from adtech_assets.metrics.model import ADDITIVE, semantic_model
from adtech_assets.narrative.claims import Figure, Token
from adtech_assets.narrative.evidence import Evidence, EvidenceItem, Period

FactRole = Literal[
    "current", "previous", "delta", "pct", "points", "multiple", "share", "expected", "low", "high", "gap", "gap_pct",
    "gap_multiple", "contribution", "share_of_change", "stake", "advice", "forecast", "forecast_low", "forecast_high",
    "level", "detail",
]  # fmt: skip
Segment = frozenset[tuple[str, str]]
ACCOUNT: Segment = frozenset()


@dataclass(frozen=True)
class Fact:
    """One number. `shown_as`: the kinds of figure it may be written as. `scale`: from its value to such a figure."""

    role: FactRole
    metric: str
    segment: Segment
    value: float
    shown_as: frozenset[str]
    period: Period | None
    baseline: Period | None
    item: EvidenceItem
    scale: float = 1.0

    @property
    def sign(self) -> int:
        return (self.value > 0) - (self.value < 0)

    def fits(self, figure: Figure, *, signed: bool) -> bool:
        """Whether the figure, at its own precision, can stand for this number. `signed`: a minus must be written."""
        if figure.unit not in self.shown_as:
            return False
        wanted = figure.value if figure.unit in {"fraction", "multiple"} else None
        shown = self.value if wanted is not None else self.value * self.scale
        if figure.sign and shown and (figure.sign > 0) != (shown > 0):
            return False
        if signed and shown < 0 and figure.sign >= 0 and figure.high < abs(shown):
            return False
        if signed and shown < 0 and figure.sign == 0 and figure.low > 0:
            return False
        return figure.covers(abs(shown))


MODIFIERS = frozenset({"platform", "channel", "account"})  # may qualify a campaign without being named
PERCENT = frozenset({"percent", "fraction"})
MULTIPLE = frozenset({"multiple", "times"})


def shown_as(unit: str | None, currency: str | None) -> tuple[frozenset[str], float]:
    """How a value of this unit is written, and the factor to the written number."""
    if unit == "count":
        return frozenset({"plain"}), 1.0
    if unit == "ratio":
        return frozenset({"plain", "times"}), 1.0
    if unit == "fraction":
        return frozenset({"percent"}), 100.0
    return frozenset({"money"} if currency else {"plain"}), 1.0


def unit_of(metric: str | None, unit: str | None) -> str | None:
    """The unit of an item, from the semantic model where the item does not say."""
    if unit:
        return unit
    model = semantic_model()
    return model.metric(metric).unit if metric and metric in {**model.additive, **model.ratio} else "currency"


def facts(items: Iterable[EvidenceItem], evidence: Evidence) -> list[Fact]:
    """All facts of the items, and those that follow from them by exact arithmetic."""
    found = [fact for item in items for fact in _facts_of(item, evidence.currency)]
    return found + _derived(found, evidence.currency)


def _facts_of(item: EvidenceItem, currency: str | None) -> Iterable[Fact]:
    metric, segment = item.metric or "", frozenset(item.segment.items())
    written, scale = shown_as(unit_of(item.metric, item.unit), currency)
    period = item.period or (Period(start=item.start, end=item.end) if item.start and item.end else None)

    def fact(
        role: FactRole, value: float | None, shown: frozenset[str] = written, factor: float = scale
    ) -> Iterable[Fact]:
        if value is not None:
            yield Fact(role, metric, segment, value, shown, period, item.baseline, item, factor)

    if item.kind == "value":
        yield from fact("stake" if metric == "money_at_stake" else "current", item.value)
    elif item.kind == "change":
        yield from fact("current", item.to)
        yield from fact("previous", item.from_)
        if "percent" in written:
            yield from fact("points", item.abs, frozenset({"points"}), 100.0)
        else:
            yield from fact("delta", item.abs)
        yield from fact("pct", item.pct, PERCENT, 100.0)
        if item.from_ and item.to is not None:
            yield from fact("multiple", item.to / item.from_, MULTIPLE)
    elif item.kind == "share":
        yield from fact("share", item.value, PERCENT, 100.0)
    elif item.kind == "rank" and item.ranking and item.dimension:
        for name, value in item.ranking:
            yield Fact(
                "current", metric, frozenset({(item.dimension, name)}), value, written, period, None, item, scale
            )
    elif item.kind == "anomaly":
        yield from fact("current", item.observed)
        yield from fact("expected", item.expected)
        yield from fact("low", item.low)
        yield from fact("high", item.high)
        if item.observed is not None and item.expected is not None:
            yield from fact("gap", item.observed - item.expected)
            if item.expected:
                yield from fact("gap_pct", item.observed / item.expected - 1, PERCENT, 100.0)
                yield from fact("gap_multiple", item.observed / item.expected, MULTIPLE)
    elif item.kind == "driver":
        yield from fact("contribution", item.contribution)
        yield from fact("share_of_change", item.share_of_change, PERCENT, 100.0)
    elif item.kind == "forecast":
        yield from fact("forecast", item.value)
        yield from fact("forecast_low", item.low)
        yield from fact("forecast_high", item.high)
        yield from fact("level", item.level, PERCENT, 100.0)
    elif item.kind == "note" and item.what == "recommendation":
        yield from fact("advice", item.value)
    elif item.kind == "context" and item.detail:
        yield from _quoted(item, "detail", item.detail, frozenset({"degrees", "mm", "plain"}))


def _quoted(item: EvidenceItem, role: FactRole, text: str, shown: frozenset[str]) -> Iterable[Fact]:
    """The numbers that stand in a text of the evidence itself."""
    for number in re.findall(r"-?\d+(?:\.\d+)?", text):
        yield Fact(role, "", ACCOUNT, float(number), shown, None, None, item)


def _derived(found: Sequence[Fact], currency: str | None) -> list[Fact]:
    """Shares of the account's total: a segment's additive figure over the account's, of the same days."""
    totals = {
        (f.metric, f.period): f
        for f in found
        if f.role == "current" and f.segment == ACCOUNT and f.metric in ADDITIVE and f.item.kind != "anomaly"
    }
    derived = []
    for fact in found:
        whole = totals.get((fact.metric, fact.period))
        if (
            fact.role == "current"
            and fact.segment != ACCOUNT
            and whole
            and whole.value > 0
            and fact.item.kind != "anomaly"
        ):
            derived.append(
                Fact(
                    "share",
                    fact.metric,
                    fact.segment,
                    fact.value / whole.value,
                    PERCENT,
                    fact.period,
                    None,
                    fact.item,
                    100.0,
                )
            )
    return derived


def together(parts: Sequence[Sequence[Fact]]) -> list[Fact]:
    """Sums over disjoint segments: one fact of each part, of one additive metric, dimension, period and role."""
    sums: dict[tuple[str, str, str, Period | None], list[Fact | None]] = {}
    for index, part in enumerate(parts):
        for fact in part:
            dimensions = ",".join(sorted(d for d, _ in fact.segment))
            summable = fact.metric in ADDITIVE or fact.role == "share"
            if (
                fact.role in {"current", "previous", "delta", "share", "contribution", "share_of_change"}
                and summable
                and fact.item.kind != "anomaly"
            ):
                row = sums.setdefault((fact.role, fact.metric, dimensions, fact.period), [None] * len(parts))
                row[index] = row[index] or fact
    result = []
    for row in sums.values():
        whole = [f for f in row if f is not None]
        if len(whole) == len(parts) and len({f.segment for f in whole}) == len(parts):
            first = whole[0]
            segment = frozenset(pair for f in whole for pair in f.segment)
            result.append(
                Fact(
                    first.role,
                    first.metric,
                    segment,
                    sum(f.value for f in whole),
                    first.shown_as,
                    first.period,
                    first.baseline,
                    first.item,
                    first.scale,
                )
            )
    return result


def is_about(segment: Segment, name: Token) -> bool:
    """Whether a segment is the one a name in a sentence stands for."""
    pairs = {(k.dimension, k.value) for k in name.names if k.role == "segment"}
    rest = {pair for pair in segment if pair not in pairs}
    return len(rest) < len(segment) and all(dimension in MODIFIERS for dimension, _ in rest)
