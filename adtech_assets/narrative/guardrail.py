"""The guardrail: a sentence is printed only if everything checkable in it is supported by its evidence.

Belongs here: the order of the checks and their reasons. Does not: reading words (`claims.py`, `clauses.py`), arithmetic
(`support.py`), figures and directions one by one (`judge.py`), or what a refusal leads to (`model_writer.py`).
When in doubt it refuses: an unknown word, an unclear reference or a second reading is doubt.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from adtech_assets.narrative.claims import Token, scan
from adtech_assets.narrative.clauses import clauses
from adtech_assets.narrative.evidence import Evidence, EvidenceItem, Period
from adtech_assets.narrative.judge import Judge, Quoted, Refused
from adtech_assets.narrative.support import facts
from adtech_assets.narrative.vocabulary import Vocabulary, vocabulary

LONGEST = 600
MARKUP = ("<", ">", "](", "```", "{{", "}}", "http:", "https:", "javascript:", "www.", "**", "__", "\\", "|")


@dataclass(frozen=True)
class Verdict:
    """May it be printed; if not, why, in words a model can act on."""

    ok: bool
    reason: str = ""


def check(
    text: str, evidence: Evidence, evidence_ids: Sequence[str] | None, lang: str = "en", *, numbers: str | None = None
) -> Verdict:
    """Whether a sentence is supported.

    `evidence_ids`: the items it may rest on, None for all. `numbers`: the locale of its number formats; by default that of
    `lang`. A language whose words are not known is refused as a whole.
    """
    words = vocabulary(lang)
    if words is None:
        return Verdict(False, f"sentences in {lang!r} cannot be checked yet")
    try:
        _check(unicodedata.normalize("NFC", text), evidence, _cited(evidence, evidence_ids), words, numbers or lang)
    except Refused as refusal:
        return Verdict(False, str(refusal))
    return Verdict(True)


def _cited(evidence: Evidence, ids: Sequence[str] | None) -> list[EvidenceItem]:
    if ids is None:
        return list(evidence.items)
    known = {item.id: item for item in evidence.items}
    return [known[i] for i in dict.fromkeys(ids) if i in known]


def _check(text: str, evidence: Evidence, items: Sequence[EvidenceItem], words: Vocabulary, locale: str) -> None:
    if not text.strip() or len(text) > LONGEST:
        raise Refused("the sentence is empty or too long")
    if any(not (c.isprintable() or c in "\u00a0\u202f") for c in text):
        raise Refused("the sentence holds invisible characters")
    if any(item.kind == "note" and item.text and item.text.strip() == text.strip() for item in items):
        return
    tokens = scan(text, evidence, words, locale)
    _form(text, tokens)
    if not any(t.kind in {"word", "figure"} for t in tokens):
        raise Refused("a name alone is no sentence")
    advice = bool(tokens) and tokens[0].has("advice_openers")
    _readable(tokens, advice)
    _weekdays(tokens, words)
    _forbidden(tokens, items, words)
    _quantifiers(tokens)
    quoted = _notes(tokens, items, evidence, words, locale)
    _context(tokens, items)
    judge = Judge(items, facts(items, evidence), evidence, reporting_week(evidence), advice, quoted)
    judge.sentence(clauses([t for t in tokens if not t.has("disclaimers")]))


def reporting_week(evidence: Evidence) -> Period | None:
    """The week the report is about: the latest whole week among account figures."""
    weeks = [
        item.period
        for item in evidence.items
        if item.kind in {"change", "value", "rank", "share"}
        and item.period
        and (item.period.end - item.period.start).days == 6
    ]
    return max(weeks, key=lambda p: p.end, default=None)


def _form(text: str, tokens: Sequence[Token]) -> None:
    """Plain text only; what stands inside a known name is data and may look like anything."""
    rest = list(text)
    for token in tokens:
        if token.kind == "name":
            rest[token.position : token.position + len(token.text)] = " " * len(token.text)
    outside = "".join(rest)
    if found := next((mark for mark in MARKUP if mark in outside), None):
        raise Refused(f"plain text only: {found!r} looks like markup or a link")


def _readable(tokens: Sequence[Token], advice: bool) -> None:
    """Every word must be one the check understands, so that nothing can be claimed past it."""
    for token in tokens:
        if token.kind == "unknown":
            if token.text[:1].isupper():
                raise Refused(f"the evidence has no name {token.text!r}")
            raise Refused(f"{token.text!r} is outside what the evidence speaks of")
        if token.kind == "word" and token.tags == {"advice_words"} and not advice:
            raise Refused(f"{token.text!r} says something the evidence does not know")


def _weekdays(tokens: Sequence[Token], words: Vocabulary) -> None:
    """A weekday stands right beside its date and fits it."""
    for index, token in enumerate(tokens):
        if token.kind != "weekday":
            continue
        near = [t for t in tokens[index + 1 : index + 3] if t.kind == "date"] or [
            t for t in tokens[max(0, index - 1) : index] if t.kind == "date"
        ]
        day = near[0].period.start if near and near[0].period else None
        if day is None or words.weekdays[day.weekday()] != token.text.lower():
            raise Refused(f"{token.text} does not fit the date")


def _forbidden(tokens: Sequence[Token], items: Sequence[EvidenceItem], words: Vocabulary) -> None:
    forecast = any(item.kind == "forecast" for item in items)
    speaks_of_figures = any(
        t.kind in {"name", "figure", "date"} or t.meaning or (t.has("up", "down", "better") and t.text != "below")
        for t in tokens
    )
    for token in tokens:
        if token.kind != "word" or token.meaning:
            continue
        if token.has("causes"):
            raise Refused(f"{token.text!r} states a cause; the evidence shows none")
        if token.has("promises") and speaks_of_figures:
            raise Refused(f"{token.text!r} promises an outcome")
        if token.has("benchmarks"):
            raise Refused(f"{token.text!r} compares with something that is not in the evidence")
        if token.has("significance"):
            raise Refused("significance is not shown by the evidence")
        if token.has("expect", "next_base") and not forecast and not tokens[0].has("advice_openers"):
            raise Refused("there is no forecast in the evidence")
        if token.has("final_claims") and not tokens[0].has("advice_openers"):
            raise Refused(f"{token.text!r} is not shown by the evidence")


def _quantifiers(tokens: Sequence[Token]) -> None:
    """All, none, only and the like need the whole dimension; "€3.37 each" is a price."""
    for index, token in enumerate(tokens):
        if not token.has("quantifiers"):
            continue
        before = tokens[index - 1].figure if index > 0 else None
        money_before = before is not None and before.unit == "money"
        nxt = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text == "each" and money_before:
            continue
        if token.text == "only" and nxt is not None and nxt.kind == "figure":
            continue
        if token.text == "both" and nxt is not None and nxt.text == "weeks":
            continue
        raise Refused(f"{token.text!r} needs evidence on the whole dimension")


def _notes(
    tokens: Sequence[Token], items: Sequence[EvidenceItem], evidence: Evidence, words: Vocabulary, locale: str
) -> Quoted | None:
    """What a sentence about the data may take from the notes it speaks of; None if it speaks of none."""
    spoken = {what for what, group in words.note_words.items() if any(t.text in group for t in tokens)}
    if not spoken:
        return None
    notes = [i.text for i in items if i.kind == "note" and i.what in spoken and i.text]
    if not notes:
        raise Refused(f"no note in the evidence says {' or '.join(sorted(spoken))}")
    read = [t for text in notes for t in scan(text, evidence, words, locale)]
    return Quoted(
        days=frozenset(t.period for t in read if t.period),
        figures=tuple(t.figure for t in read if t.figure),
        metrics=frozenset(m for t in read for m in t.meaning),
        words=frozenset(t.text.lower() for t in read),
    )


def _context(tokens: Sequence[Token], items: Sequence[EvidenceItem]) -> None:
    """Weather, holidays and events: right place and days, as a coincidence, and simulated where they are."""
    named = {k.value for t in tokens for k in t.names if k.role == "context"}
    places = {k.value for t in tokens for k in t.names if k.role == "place"}
    coincidence = any(t.has("weather") and t.kind == "word" for t in tokens)
    if not (named or places or coincidence):
        return
    context = [
        i for i in items if i.kind == "context" and (not named or i.name in named) and (not places or i.place in places)
    ]
    if not context or len(named) > len({i.name for i in context}) or len(places) > len({i.place for i in context}):
        raise Refused("no such weather, holiday or event in the evidence, or not at that place")
    if any(t.has("driver_claims") for t in tokens) and not any(t.has("disclaimers") for t in tokens):
        raise Refused("a coincidence in time is stated as a cause")
    if any(i.simulated for i in context) and not any(t.has("simulated") for t in tokens):
        raise Refused("the weather is simulated and must be called so")
    days = [t.period for t in tokens if t.kind == "date" and t.period]
    spans = [Period(start=i.start, end=i.end) for i in context if i.start and i.end]
    other = [p for i in items for p in (i.period, _span(i)) if p and i.kind == "anomaly"]
    if any(d not in spans and d not in other and not _week_of(d, items) for d in days):
        raise Refused("those are not the days of that weather, holiday or event")
    if any(t.has("coincidence") for t in tokens) and not _meets(tokens, items, spans):
        raise Refused("they did not happen at the same time")
    if days and not any(d in spans for d in days) and not any(_week_of(d, items) for d in days):
        raise Refused("those are not the days of that weather, holiday or event")


def _meets(tokens: Sequence[Token], items: Sequence[EvidenceItem], spans: Sequence[Period]) -> bool:
    """Whether what the sentence names lay, at least in part, on the days of the context."""
    named = {k.value for t in tokens for k in t.names if k.role == "segment"}
    about = [
        p
        for i in items
        if named & set(i.segment.values())
        for p in (_span(i) or i.period,)
        if p and i.kind in {"anomaly", "change"}
    ]
    return not named or any(p.start <= s.end and s.start <= p.end for p in about for s in spans)


def _span(item: EvidenceItem) -> Period | None:
    return Period(start=item.start, end=item.end) if item.start and item.end else None


def _week_of(day: Period, items: Sequence[EvidenceItem]) -> bool:
    """Whether the date names the reporting week by its Monday."""
    week = Period(start=day.start, end=day.start + dt.timedelta(days=6))
    return any(item.period == week for item in items)
