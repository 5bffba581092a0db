"""How the built-in writer words an item: its fields in the client's formats, and choices that depend on nothing but the week.

Belongs here: filling in, and picking among words. Does not: deciding what is told (`writer.py`) or the words (`phrases.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence

from adtech_assets.narrative import phrases
from adtech_assets.narrative.evidence import Evidence, EvidenceItem, Period
from adtech_assets.narrative.formats import Formats
from adtech_assets.narrative.names import written
from adtech_assets.narrative.support import unit_of

STEADY_BELOW = 0.005  # a relative change smaller than this is told as steady
LEAP_ABOVE = 10.0  # a relative change beyond this says less than the two figures side by side
WHOLE_FROM = 10.0  # amounts after "about" have no cents from here on


class Wording:
    """The wording of one week's report."""

    def __init__(self, evidence: Evidence, week: dt.date) -> None:
        self.evidence, self.week = evidence, week
        self.formats = Formats(evidence.locale, evidence.currency)

    def kind(self, item: EvidenceItem) -> str:
        if item.kind == "value" or item.from_ is None:
            return "value"
        if item.pct is None or abs(item.pct) > LEAP_ABOVE:
            return "leap"
        return "steady" if abs(item.pct) < STEADY_BELOW else "moved"

    def item_fields(self, item: EvidenceItem) -> dict[str, str]:
        """Every field a pattern on one value or change may ask for."""
        now = item.to if item.kind == "change" else item.value
        up = (item.abs or 0.0) > 0
        fields = self.metric_fields(item.metric or "")
        fields |= {
            "name": self.name(item),
            "monday": self.formats.day(self.week),
            "now": self.value(item, now),
            "before": self.value(item, item.from_),
            "delta": self.value(item, abs(item.abs or 0.0)),
            "pct": self.formats.percent(min(abs(item.pct or 0.0), LEAP_ABOVE)),
            "updown": "up" if up else "down",
            "moreless": "more" if up else "less",
            "highlow": "higher" if up else "lower",
            "moved": self.verb(item.metric or "", phrases.ROSE if up else phrases.FELL),
        }
        return fields

    def anomaly_fields(self, item: EvidenceItem) -> dict[str, str]:
        when = self.when(Period(start=item.start or self.week, end=item.end or self.week))
        return {
            **self.metric_fields(item.metric or ""),
            "name": self.name(item),
            "observed": self.value(item, item.observed),
            "expected": self.value(item, item.expected),
            "when": when,
            "When": when[:1].upper() + when[1:],
        }

    def anomaly_patterns(self, item: EvidenceItem) -> Sequence[str]:
        if item.expected is None or item.observed is None:
            return phrases.ANOMALY_VALUE
        if not item.segment:
            return phrases.ANOMALY_ACCOUNT
        if item.observed == 0:
            return phrases.ANOMALY_ZERO
        if item.finding == "ctr_decline" and item.observed < item.expected:
            return phrases.ANOMALY_GRADUAL
        return phrases.ANOMALY_UP if item.observed > item.expected else phrases.ANOMALY_DOWN

    @staticmethod
    def metric_fields(metric: str) -> dict[str, str]:
        word, plural = phrases.METRIC_WORDS[metric], metric in phrases.PLURAL
        return {
            "metric": word,
            "Metric": word[0].upper() + word[1:],
            "was": "were" if plural else "was",
            "stands": "stand" if plural else "stands",
        }

    def value(self, item: EvidenceItem, value: float | None) -> str:
        return self.formats.value(value or 0.0, unit_of(item.metric, item.unit))

    def about(self, amount: float) -> str:
        """An amount after "about": without cents from ten on."""
        return self.formats.money(float(round(amount)) if abs(amount) >= WHOLE_FROM else amount)

    def when(self, period: Period) -> str:
        return f"{'on' if period.start == period.end else 'during'} {self.formats.period(period)}"

    @staticmethod
    def name(item: EvidenceItem) -> str:
        return written(next(iter(item.segment.values()))) if item.segment else phrases.ACCOUNT

    def turned(self, options: Sequence[str], slot: str) -> Sequence[str]:
        """The options, beginning at one that depends on client, week and slot only."""
        start = self.number(slot) % len(options)
        return [*options[start:], *options[:start]]

    def verb(self, metric: str, options: Sequence[str]) -> str:
        """A verb for a metric: metrics told side by side get different ones."""
        order = [*phrases.METRIC_WORDS].index(metric)
        return options[(self.number("verb") + order) % len(options)]

    def choice(self, options: Sequence[str], slot: str) -> str:
        return options[self.number(f"word {slot}") % len(options)]

    def number(self, slot: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self.evidence.client}|{self.week}|{slot}".encode()).digest()[:4])


def fill(pattern: str, fields: Mapping[str, str]) -> str:
    """The pattern with its fields; a name's braces stay as they are, for a value is never a pattern."""
    return pattern.format_map(dict(fields))
