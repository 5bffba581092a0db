"""The built-in writer: the report's text from the evidence alone, without a model.

Belongs here: choosing what to say and in which pattern, deterministically. Does not: words (`phrases.py`), formats
(`formats.py`), or what is true (`guardrail.py`): of several patterns the first that passes the guardrail is printed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.narrative import phrases
from adtech_assets.narrative.evidence import Evidence, EvidenceItem, Narrative, Period, Section, Sentence
from adtech_assets.narrative.guardrail import check
from adtech_assets.narrative.names import written
from adtech_assets.narrative.support import unit_of
from adtech_assets.narrative.wording import Wording, fill

SUMMARY_LENGTH = 5
CAMPAIGNS_TOLD = 3
LISTED = 6  # anomalies, causes and actions told at most
MAIN_METRICS = ("revenue", "conversions", "spend", "clicks", "impressions")


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


class _Writer(Wording):
    def __init__(self, evidence: Evidence, week: dt.date) -> None:
        super().__init__(evidence, week)
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
            fields, kind = self.item_fields(main), self.kind(main)
            patterns = list(self.turned(phrases.HEADLINE[kind], "headline"))
            spend = self.account.get("spend")
            ids = [main.id]
            if main.metric != "spend" and spend is not None and self.kind(spend) == "moved":
                tails = [
                    fill(t, self.item_fields(spend)) for t in self.turned(phrases.HEADLINE_SPEND, "headline spend")
                ]
                sentence = self._first(
                    "headline", [f"{fill(p, fields)}{t}." for p in patterns for t in tails], [*ids, spend.id]
                )
                if sentence:
                    return [sentence]
            sentence = self._first("headline", [f"{fill(p, fields)}." for p in patterns], ids)
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
            if item.observed is None or not item.start or item.metric not in phrases.METRIC_WORDS:
                continue
            stake = next(
                (
                    i
                    for i in self.evidence.items
                    if i.kind == "value" and i.metric == "money_at_stake" and i.name == item.name and i.name
                ),
                None,
            )
            texts = [fill(p, self.anomaly_fields(item)) for p in self.turned(self.anomaly_patterns(item), item.id)]
            found = None
            if stake is not None and stake.value:
                tails = [
                    fill(t, {"stake": self.about(stake.value)}) for t in self.turned(phrases.STAKE, f"{item.id} stake")
                ]
                found = self._first("anomalies", [f"{t}{tail}." for t in texts for tail in tails], [item.id, stake.id])
            found = found or self._first("anomalies", [f"{t}." for t in texts], [item.id])
            if found:
                yield found

    def causes(self) -> Iterable[Sentence]:
        """The parts that made the account's change, then what happened at the same time, as coincidence only."""
        told = [s for i in self._main_drivers() for s in [self._driver(i)] if s is not None]
        yield from told
        contexts = [i for i in self.evidence.items if i.kind == "context" and i.name and i.start and i.end]
        yield from [s for i in contexts for s in [self._coincidence(i)] if s is not None][:LISTED]

    def actions(self) -> Iterable[Sentence]:
        """What to do, by the recommendations; without any, to keep watching."""
        told = []
        for item in [i for i in self.evidence.items if i.kind == "note" and i.what == "recommendation"][:LISTED]:
            name = ", ".join(map(written, item.segment.values())) or phrases.WHOLE_ACCOUNT
            patterns = self.turned(phrases.ACTIONS.get(item.name or "", phrases.ACTION_OTHER), item.id)
            texts = [fill(p, {"name": name}) for p in patterns]
            found = None
            if item.value:
                pattern = phrases.ACTION_STAKES.get(item.name or "", phrases.ACTION_STAKE)
                tail = fill(pattern, {"stake": self.about(item.value)})
                found = self._first("actions", [f"{t}{tail}." for t in texts], [item.id])
            told.append(found or self._first("actions", [f"{t}." for t in texts], [item.id]))
        sentences = [s for s in told if s is not None]
        main = [self.account[m].id for m in MAIN_METRICS if m in self.account][:1]
        if not sentences and main:
            quiet = self._first("actions", list(self.turned(phrases.ACTION_NONE, "actions")), main)
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
        moved = [i for i in known if self.kind(i) == "moved"][:2]
        if len(moved) == 2:
            first, second = (self.item_fields(i) for i in moved)
            fields = {**first, **{f"{k}2": v for k, v in second.items()}}
            texts = [fill(p, fields) for p in self.turned(phrases.SUMMARY_PAIR, "pair")]
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
            "leap": phrases.SUMMARY_VALUE,
            "value": phrases.SUMMARY_VALUE,
        }
        texts = [
            fill(p, self.item_fields(item)) for p in self.turned(patterns[self.kind(item)], f"plain {item.metric}")
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
                texts = [fill(p, self.item_fields(top)) for p in self.turned(patterns, "mover")]
                return self._first("summary", texts, [top.id])
        return None

    def _share(self) -> Sentence | None:
        shares = [i for i in self._members("share", "spend") if i.value]
        by_level = [i for i in shares if "channel" in i.segment] or shares
        if len(by_level) < 2:
            return None
        top = max(by_level, key=lambda i: (i.value or 0.0, i.id))
        fields = {"name": self.name(top), "share": self.formats.share(top.value or 0.0)}
        return self._first("summary", [fill(p, fields) for p in self.turned(phrases.SHARE, "share")], [top.id])

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
                        "summary", [fill(p, fields) for p in self.turned(patterns, f"best {level}")], [item.id]
                    )
                    break

    def _main_drivers(self) -> list[EvidenceItem]:
        """The largest parts of the change that matters most: campaigns first, then a channel."""
        known = [i for i in self.evidence.items if i.kind == "driver" and i.contribution and len(i.segment) == 1]
        metric = next((m for m in MAIN_METRICS if any(i.metric == m for i in known)), None)
        parts = sorted((i for i in known if i.metric == metric), key=lambda i: (-abs(i.contribution or 0.0), i.id))
        campaigns = [p for p in parts if "campaign" in p.segment][:CAMPAIGNS_TOLD]
        channel = [p for p in parts if "channel" in p.segment][:1]
        # A channel of one campaign would say the same thing twice.
        told_twice = any(c.contribution == k.contribution for c in channel for k in campaigns)
        return campaigns if told_twice else campaigns + channel

    def _driver(self, item: EvidenceItem) -> Sentence | None:
        metric, part, share = item.metric or "", item.contribution or 0.0, item.share_of_change
        base = self._base(item)
        fields = {
            "name": self.name(item), "metric": phrases.METRIC_WORDS[metric], "base": base, "part": self.value(item, abs(part)),
            "noun": self.choice(phrases.NOUN_UP if part > 0 else phrases.NOUN_DOWN, item.id),
        }  # fmt: skip
        unit = unit_of(metric, item.unit)
        if share is not None and share > 0:
            texts: list[str] = [
                fill(p, {**fields, "share": self.formats.share(share)}) for p in phrases.DRIVER_SHARE if share <= 1
            ]
            if unit not in {"fraction", "count"}:
                texts = [fill(p, fields) for p in self.turned(phrases.DRIVER, item.id)] + texts
            if texts:
                return self._first("causes", texts, [item.id])
        if metric not in ADDITIVE or share is None:
            return None
        patterns = {
            (True, True): phrases.DRIVER_COUNT_UP,
            (True, False): phrases.DRIVER_COUNT_DOWN,
            (False, True): phrases.DRIVER_AGAINST_UP,
            (False, False): phrases.DRIVER_AGAINST_DOWN,
        }[unit == "count", part > 0]
        return self._first("causes", [fill(p, fields) for p in patterns], [item.id])

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
            "when": self.when(when), "days": self.formats.period(when),
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
            texts = [fill(p, {**fields, "segment": self.name(overlapping)}) for p in phrases.CONTEXT_WITH[kind]]
            if found := self._first("causes", texts, [item.id, overlapping.id]):
                return found
        texts = [fill(p, fields) for p in self.turned(phrases.CONTEXT[kind], item.id)]
        return self._first("causes", texts, [item.id])

    # -- choices ------------------------------------------------------------------------------------------------

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


def _weekly(item: EvidenceItem) -> bool:
    """Whether a change is against the week before, not against a longer baseline."""
    return item.baseline is None or (item.baseline.end - item.baseline.start).days == 6
