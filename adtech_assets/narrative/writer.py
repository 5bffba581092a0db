"""The built-in writer: the report's text from the evidence alone, without a model.

Belongs here: choosing what to say and in which pattern, deterministically. Does not: words (`phrases.py`), formats
(`formats.py`), or what is true (`guardrail.py`): of several patterns the first that passes the guardrail is printed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence

from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.narrative import phrases
from adtech_assets.narrative.evidence import Evidence, EvidenceItem, Narrative, Period, Section, Sentence
from adtech_assets.narrative.formats import Formats
from adtech_assets.narrative.guardrail import check
from adtech_assets.narrative.names import written
from adtech_assets.narrative.support import unit_of

STEADY_BELOW = 0.005  # a relative change smaller than this is told as steady
SUMMARY_LENGTH = 5
LISTED = 6  # anomalies, causes and actions told at most
MAIN_METRICS = ("revenue", "conversions", "spend", "clicks", "impressions")
Fields = Mapping[str, str]


def write(evidence: Evidence, week: dt.date) -> Narrative:
    """The whole text of one week's report. Same evidence, same text; every sentence passes the guardrail."""
    writer = _Writer(evidence, week)
    sentences = [
        *writer.headline(),
        *writer.summary(),
        *writer.anomalies(),
        *writer.causes(),
        *writer.actions(),
        *writer.notes(),
    ]
    return Narrative(sentences=tuple(sentences))


class _Writer:
    def __init__(self, evidence: Evidence, week: dt.date) -> None:
        self.evidence, self.week = evidence, week
        self.formats = Formats(evidence.locale, evidence.currency)
        self.period = Period(start=week, end=week + dt.timedelta(days=6))
        self.account = {
            i.metric: i
            for i in reversed(evidence.items)
            if i.kind in {"change", "value"} and not i.segment and i.period == self.period and i.metric and _weekly(i)
        }

    # -- sections -----------------------------------------------------------------------------------------------

    def headline(self) -> Iterable[Sentence]:
        """One sentence on the figure that matters most; there is always one."""
        main = next((self.account[m] for m in MAIN_METRICS if m in self.account), None)
        if main is not None:
            fields, kind = self._item_fields(main), self._kind(main)
            patterns = list(self._turned(phrases.HEADLINE[kind], "headline"))
            spend = self.account.get("spend")
            ids = [main.id]
            if main.metric != "spend" and spend is not None and self._kind(spend) == "moved":
                tails = [
                    _fill(t, self._item_fields(spend)) for t in self._turned(phrases.HEADLINE_SPEND, "headline spend")
                ]
                sentence = self._first(
                    "headline", [f"{_fill(p, fields)}{t}." for p in patterns for t in tails], [*ids, spend.id]
                )
                if sentence:
                    return [sentence]
            sentence = self._first("headline", [f"{_fill(p, fields)}." for p in patterns], ids)
            if sentence:
                return [sentence]
        return [Sentence(section="headline", text=phrases.NO_FIGURES, evidence_ids=())]

    def summary(self) -> Iterable[Sentence]:
        """Three to five sentences where the evidence has enough to say."""
        told: list[Sentence | None] = [self._pair(), *self._efficiency(), self._mover(), self._share(), *self._best()]
        sentences = [s for s in told if s is not None]
        if len(sentences) < 3:
            more = [m for m in self.account if m not in {"revenue", "roas", "cac", "ctr", "spend", "conversions"}]
            sentences += [s for m in more for s in [self._plain(self.account[m])] if s is not None]
        return sentences[:SUMMARY_LENGTH]

    def anomalies(self) -> Iterable[Sentence]:
        """One sentence each, the gravest first."""
        for item in [i for i in self.evidence.items if i.kind == "anomaly"][:LISTED]:
            if item.observed is None or not item.start or item.metric not in phrases.METRIC_WORDS or not item.segment:
                continue
            stake = next(
                (
                    i
                    for i in self.evidence.items
                    if i.kind == "value" and i.metric == "money_at_stake" and i.name == item.name and i.name
                ),
                None,
            )
            texts = [_fill(p, self._anomaly_fields(item)) for p in self._turned(self._anomaly_patterns(item), item.id)]
            found = None
            if stake is not None and stake.value:
                tails = [
                    _fill(t, {"stake": self.formats.money(stake.value)})
                    for t in self._turned(phrases.STAKE, f"{item.id} stake")
                ]
                found = self._first("anomalies", [f"{t}{tail}." for t in texts for tail in tails], [item.id, stake.id])
            found = found or self._first("anomalies", [f"{t}." for t in texts], [item.id])
            if found:
                yield found

    def causes(self) -> Iterable[Sentence]:
        """The parts that made the account's change, then what happened at the same time, as coincidence only."""
        drivers = [
            i
            for i in self.evidence.items
            if i.kind == "driver" and i.contribution and i.segment and i.metric in phrases.METRIC_WORDS
        ]
        told = [s for i in drivers for s in [self._driver(i)] if s is not None]
        yield from told[:LISTED]
        contexts = [i for i in self.evidence.items if i.kind == "context" and i.name and i.start and i.end]
        yield from [s for i in contexts for s in [self._coincidence(i)] if s is not None][:LISTED]

    def actions(self) -> Iterable[Sentence]:
        """What to do, by the recommendations; without any, to keep watching."""
        told = []
        for item in [i for i in self.evidence.items if i.kind == "note" and i.what == "recommendation"][:LISTED]:
            name = next(iter(item.segment.values()), None)
            if name is None:
                continue
            patterns = self._turned(phrases.ACTIONS.get(item.name or "", phrases.ACTION_OTHER), item.id)
            texts = [_fill(p, {"name": written(name)}) for p in patterns]
            found = None
            if item.value:
                tail = _fill(phrases.ACTION_STAKE[0], {"stake": self.formats.money(item.value)})
                found = self._first("actions", [f"{t}{tail}." for t in texts], [item.id])
            told.append(found or self._first("actions", [f"{t}." for t in texts], [item.id]))
        sentences = [s for s in told if s is not None]
        if not sentences:
            quiet = self._first("actions", list(self._turned(phrases.ACTION_NONE, "actions")), [])
            sentences = [quiet] if quiet else []
        return sentences

    def notes(self) -> Iterable[Sentence]:
        """Notes on the data, word for word."""
        for item in self.evidence.items:
            if item.kind == "note" and item.what != "recommendation" and item.text:
                found = self._first("notes", [item.text.strip()], [item.id])
                if found:
                    yield found

    # -- single sentences ---------------------------------------------------------------------------------------

    def _pair(self) -> Sentence | None:
        """Spend and conversions side by side, or whichever of them is known."""
        known = [self.account[m] for m in ("spend", "conversions", "clicks", "impressions") if m in self.account]
        moved = [i for i in known if self._kind(i) == "moved"][:2]
        if len(moved) == 2:
            first, second = (self._item_fields(i) for i in moved)
            fields = {**first, **{f"{k}2": v for k, v in second.items()}}
            texts = [_fill(p, fields) for p in self._turned(phrases.SUMMARY_PAIR, "pair")]
            return self._first("summary", texts, [i.id for i in moved])
        return self._plain(known[0]) if known else None

    def _efficiency(self) -> Iterable[Sentence | None]:
        for metric in [m for m in ("roas", "cac", "ctr", "cvr") if m in self.account][:2]:
            yield self._plain(self.account[metric])

    def _plain(self, item: EvidenceItem) -> Sentence | None:
        """One account figure and how it moved."""
        patterns = {
            "moved": phrases.SUMMARY_MOVED,
            "steady": phrases.SUMMARY_STEADY,
            "from_zero": phrases.SUMMARY_VALUE,
            "value": phrases.SUMMARY_VALUE,
        }
        texts = [
            _fill(p, self._item_fields(item)) for p in self._turned(patterns[self._kind(item)], f"plain {item.metric}")
        ]
        return self._first("summary", texts, [item.id])

    def _mover(self) -> Sentence | None:
        """The campaign whose main figure moved most."""
        for metric in ("revenue", "conversions", "spend"):
            changes = [i for i in self._members("change", metric) if "campaign" in i.segment and i.abs and _weekly(i)]
            if len(changes) > 1:
                top = max(changes, key=lambda i: (abs(i.abs or 0.0), i.id))
                up, count = (top.abs or 0) > 0, metric == "conversions"
                patterns = (
                    (phrases.MOVER_COUNT_UP if up else phrases.MOVER_COUNT_DOWN)
                    if count
                    else (phrases.MOVER_UP if up else phrases.MOVER_DOWN)
                )
                texts = [_fill(p, self._item_fields(top)) for p in self._turned(patterns, "mover")]
                return self._first("summary", texts, [top.id])
        return None

    def _share(self) -> Sentence | None:
        shares = [i for i in self._members("share", "spend") if i.value]
        by_level = [i for i in shares if "channel" in i.segment] or shares
        if len(by_level) < 2:
            return None
        top = max(by_level, key=lambda i: (i.value or 0.0, i.id))
        fields = {"name": self._name(top), "share": self.formats.share(top.value or 0.0)}
        return self._first("summary", [_fill(p, fields) for p in self._turned(phrases.SHARE, "share")], [top.id])

    def _best(self) -> Iterable[Sentence | None]:
        """Who leads a ranking: return where revenue is known, else the cheapest conversion."""
        ranks = {(i.dimension, i.metric): i for i in self.evidence.items if i.kind == "rank" and i.ranking}
        for level in ("campaign", "channel"):
            for metric, patterns in (("roas", phrases.BEST), ("cac", phrases.CHEAPEST)):
                if item := ranks.get((level, metric)):
                    name, value = (item.ranking or (("", 0.0),))[0]
                    unit = "ratio" if metric == "roas" else self.evidence.currency
                    fields = {
                        "name": written(name),
                        "metric": phrases.RANK_WORDS[metric],
                        "level": level,
                        "now": self.formats.value(value, unit),
                    }
                    yield self._first(
                        "summary", [_fill(p, fields) for p in self._turned(patterns, f"best {level}")], [item.id]
                    )
                    break

    def _driver(self, item: EvidenceItem) -> Sentence | None:
        metric, part, share = item.metric or "", item.contribution or 0.0, item.share_of_change
        base = self._base(item)
        fields = {
            "name": self._name(item), "metric": phrases.METRIC_WORDS[metric], "base": base, "part": self._value(item, abs(part)),
            "noun": self._choice(phrases.NOUN_UP if part > 0 else phrases.NOUN_DOWN, item.id),
        }  # fmt: skip
        if share is not None and share > 0:
            texts = (
                [_fill(p, fields) for p in self._turned(phrases.DRIVER, item.id)]
                if unit_of(metric, item.unit) != "fraction"
                else []
            )
            if share <= 1:
                texts += [_fill(p, {**fields, "share": self.formats.share(share)}) for p in phrases.DRIVER_SHARE]
            return self._first("causes", texts, [item.id])
        if metric not in ADDITIVE or share is None:
            return None
        patterns = phrases.DRIVER_AGAINST_UP if part > 0 else phrases.DRIVER_AGAINST_DOWN
        return self._first("causes", [_fill(p, fields) for p in patterns], [item.id])

    def _base(self, item: EvidenceItem) -> str:
        """What a driver is compared with, in words; nothing where there is no usual word for it."""
        if (
            item.baseline is None
            or item.period is None
            or item.baseline.end + dt.timedelta(days=1) != item.period.start
        ):
            return ""
        days = (item.baseline.end - item.baseline.start).days + 1
        return {7: " against the week before", 14: " against the two weeks before"}.get(days, "")

    def _coincidence(self, item: EvidenceItem) -> Sentence | None:
        """A holiday, weather or event: that it was, never what it did."""
        if not (item.name and item.start and item.end):
            return None
        when = Period(start=item.start, end=item.end)
        kind = "weather" if item.what == "weather" else "other"
        if item.simulated and kind == "other":
            return None
        fields = {
            "name": item.name, "Name": item.name[:1].upper() + item.name[1:], "simulated": "simulated " if item.simulated else "",
            "where": f"in {item.place} " if item.place and item.place not in item.name else "",
            "when": self._when(when), "days": self.formats.period(when),
        }  # fmt: skip
        overlapping = next(
            (
                i
                for i in self.evidence.items
                if i.kind == "anomaly"
                and i.segment
                and i.start
                and i.end
                and i.start <= when.end
                and when.start <= i.end
            ),
            None,
        )
        if overlapping is not None:
            texts = [_fill(p, {**fields, "segment": self._name(overlapping)}) for p in phrases.CONTEXT_WITH[kind]]
            if found := self._first("causes", texts, [item.id, overlapping.id]):
                return found
        texts = [_fill(p, fields) for p in self._turned(phrases.CONTEXT[kind], item.id)]
        return self._first("causes", texts, [item.id])

    # -- fields and choices -------------------------------------------------------------------------------------

    def _kind(self, item: EvidenceItem) -> str:
        if item.kind == "value" or item.from_ is None:
            return "value"
        if item.pct is None:
            return "from_zero"
        return "steady" if abs(item.pct) < STEADY_BELOW else "moved"

    def _item_fields(self, item: EvidenceItem) -> dict[str, str]:
        """Every field a pattern on one value or change may ask for."""
        now = item.to if item.kind == "change" else item.value
        up = (item.abs or 0.0) > 0
        fields = self._metric_fields(item.metric or "")
        fields |= {
            "name": self._name(item), "monday": self.formats.day(self.week), "now": self._value(item, now),
            "before": self._value(item, item.from_), "delta": self._value(item, abs(item.abs or 0.0)),
            "pct": self.formats.percent(abs(item.pct or 0.0)), "updown": "up" if up else "down", "moreless": "more" if up else "less",
            "highlow": "higher" if up else "lower", "moved": self._verb(item.metric or "", phrases.ROSE if up else phrases.FELL),
        }  # fmt: skip
        return fields

    def _anomaly_fields(self, item: EvidenceItem) -> dict[str, str]:
        when = self._when(Period(start=item.start or self.week, end=item.end or self.week))
        return {
            **self._metric_fields(item.metric or ""),
            "name": self._name(item),
            "observed": self._value(item, item.observed),
            "expected": self._value(item, item.expected),
            "when": when,
            "When": when[:1].upper() + when[1:],
        }

    def _anomaly_patterns(self, item: EvidenceItem) -> Sequence[str]:
        if item.expected is None or item.observed is None:
            return phrases.ANOMALY_VALUE
        if item.observed == 0:
            return phrases.ANOMALY_ZERO
        if item.finding == "ctr_decline" and item.observed < item.expected:
            return phrases.ANOMALY_GRADUAL
        return phrases.ANOMALY_UP if item.observed > item.expected else phrases.ANOMALY_DOWN

    @staticmethod
    def _metric_fields(metric: str) -> dict[str, str]:
        word, plural = phrases.METRIC_WORDS[metric], metric in phrases.PLURAL
        return {
            "metric": word,
            "Metric": word[0].upper() + word[1:],
            "was": "were" if plural else "was",
            "stands": "stand" if plural else "stands",
        }

    def _value(self, item: EvidenceItem, value: float | None) -> str:
        return self.formats.value(value or 0.0, unit_of(item.metric, item.unit))

    def _when(self, period: Period) -> str:
        return f"{'on' if period.start == period.end else 'during'} {self.formats.period(period)}"

    @staticmethod
    def _name(item: EvidenceItem) -> str:
        return written(next(iter(item.segment.values()), ""))

    def _members(self, kind: str, metric: str) -> list[EvidenceItem]:
        return [
            i
            for i in self.evidence.items
            if i.kind == kind and i.metric == metric and i.segment and i.period == self.period
        ]

    def _first(self, section: Section, texts: Sequence[str], ids: Sequence[str]) -> Sentence | None:
        """The first text that the guardrail passes, or None: what cannot be proven is not said, by us either."""
        for text in texts:
            if check(text, self.evidence, ids, numbers=self.evidence.locale).ok:
                return Sentence(section=section, text=text, evidence_ids=tuple(ids))
        return None

    def _turned(self, options: Sequence[str], slot: str) -> Sequence[str]:
        """The options, beginning at one that depends on client, week and slot only."""
        start = self._number(slot) % len(options)
        return [*options[start:], *options[:start]]

    def _verb(self, metric: str, options: Sequence[str]) -> str:
        """A verb for a metric: metrics told side by side get different ones."""
        order = [*phrases.METRIC_WORDS].index(metric)
        return options[(self._number("verb") + order) % len(options)]

    def _choice(self, options: Sequence[str], slot: str) -> str:
        return options[self._number(f"word {slot}") % len(options)]

    def _number(self, slot: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self.evidence.client}|{self.week}|{slot}".encode()).digest()[:4])


def _weekly(item: EvidenceItem) -> bool:
    """Whether a change is against the week before, not against a longer baseline."""
    return item.baseline is None or (item.baseline.end - item.baseline.start).days == 6


def _fill(pattern: str, fields: Fields) -> str:
    """The pattern with its fields; a name's braces stay as they are, for a value is never a pattern."""
    return pattern.format_map(dict(fields))
