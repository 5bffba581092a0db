"""A sentence's tokens as clauses: who, which metric, when, against what, and the role of each figure.

Belongs here: cutting, and what a clause takes over from the one before it. Does not: comparing with evidence.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from adtech_assets.narrative.claims import Token, approximate
from adtech_assets.narrative.evidence import Period

CUT_MARKS = frozenset({";", ":", ".", "—", "(", ")", ",", "!", "?"})
CUT_WORDS = frozenset({"and", "while", "whereas", "but", "although", "though", "yet", "with", "meanwhile", "however"})
AUXILIARIES = frozenset({"was", "were", "is", "are", "had", "been", "be", "an", "a", "the"})
REACH = 4  # words a figure is read together with, on either side


@dataclass
class Clause:
    """A stretch of a sentence. `names`, `metrics`, `date`: its own, or taken over where it has none."""

    tokens: list[Token]
    names: list[Token] = field(default_factory=list)
    own_names: bool = False
    metrics: list[Token] = field(default_factory=list)
    own_metrics: bool = False
    date: Period | None = None
    base: str | None = None

    @property
    def figures(self) -> list[Token]:
        return [t for t in self.tokens if t.kind == "figure"]

    def has(self, *lists: str) -> bool:
        return any(t.has(*lists) for t in self.tokens)

    def has_text(self, *words: str) -> bool:
        return any(t.text in words for t in self.tokens)

    def in_range(self, figure: Token) -> bool:
        """Whether the figure is an end of "between A and B" or "range of A to B"."""
        before = self.tokens[: self.tokens.index(figure)]
        return any(t.text in {"between", "range", "band", "interval"} for t in before)


def clauses(tokens: Sequence[Token]) -> list[Clause]:
    """The clauses in order, each with what it inherits."""
    parts = [Clause(part) for part in _cut(tokens) if any(t.kind != "stop" for t in part)]
    names: list[Token] = []
    metrics: list[Token] = []
    date: Period | None = None
    for clause in parts:
        own = [t for t in clause.tokens if t.kind == "name" and any(k.role == "segment" for k in t.names)]
        own_metrics = [t for t in clause.tokens if t.meaning]
        clause.own_names, clause.own_metrics = bool(own), bool(own_metrics)
        if own:
            names = own
        elif clause.has("account"):
            names = []
        metrics = own_metrics or metrics
        own_date = _date(clause.tokens)
        clause.names, clause.metrics, clause.date, clause.base = names, metrics, own_date or date, _base(clause.tokens)
        # The days of a holiday or of the weather are its own: what coincided with it has its own, too.
        if own_date and not any(k.role in {"context", "place"} for t in clause.tokens for k in t.names):
            date = own_date
    _lend_backwards(parts)
    return parts


def _cut(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for index, token in enumerate(tokens):
        mark = token.kind == "stop" and token.text in CUT_MARKS
        word = token.kind == "word" and (
            token.text in CUT_WORDS or (token.text == "on" and index > 0 and _next_is_figure(tokens, index))
        )
        if (mark or word) and not _joins_a_list(tokens, index, parts[-1]):
            parts.append([] if mark else [token])
        else:
            parts[-1].append(token)
    return parts


def _next_is_figure(tokens: Sequence[Token], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1].kind == "figure"


def _joins_a_list(tokens: Sequence[Token], index: int, so_far: Sequence[Token]) -> bool:
    """Whether a comma or "and" stands between two names, two metrics, or the ends of a range."""
    if tokens[index].text not in {",", "and"} or not 0 < index < len(tokens) - 1:
        return False
    before, after = tokens[index - 1], tokens[index + 1]
    if after.text == "and" and index + 2 < len(tokens):
        after = tokens[index + 2]
    if after.kind == "word" and after.text == "the" and index + 2 < len(tokens):
        after = tokens[index + 2]
    if before.kind == after.kind == "name" or (before.meaning and after.meaning):
        return True
    listed = sum(t.kind == "name" for t in so_far) > 1
    in_range = any(t.text in {"between", "range", "respectively"} for t in (*so_far, *tokens[index:]))
    return before.kind == after.kind == "figure" and (listed or in_range)


def _date(tokens: Sequence[Token]) -> Period | None:
    """The clause's days; "week of" a Monday means its seven days."""
    for index, token in enumerate(tokens):
        if token.kind == "date" and token.period:
            words = [t.text for t in tokens[max(0, index - 3) : index]]
            if (
                any(w in {"week", "the week", "in the week", "this week", "weeks"} for w in words)
                and token.period.start == token.period.end
            ):
                return Period(start=token.period.start, end=token.period.start + dt.timedelta(days=6))
            return token.period
    return None


def _base(tokens: Sequence[Token]) -> str | None:
    for name in ("longer_base", "previous_base", "current_base", "next_base"):
        if any(t.has(name) for t in tokens):
            return name
    return None


def _lend_backwards(parts: Sequence[Clause]) -> None:
    """A leading phrase ("At about €32.8k, revenue was ...") speaks of what follows it."""
    for clause, following in itertools.pairwise(parts):
        opener = clause.tokens[0].text.lower() if clause.tokens else ""
        leading = clause is parts[0] and opener in {"at", "with", "on", "in", "after", "during", "for"}
        if leading and not clause.metrics and following.own_metrics:
            clause.metrics = following.metrics
        if leading and not clause.names and following.own_names:
            clause.names = following.names


def neighbours(clause: Clause, figure: Token) -> tuple[list[Token], list[Token]]:
    """Words before (nearest first) and after a figure, up to the next figure."""
    at = clause.tokens.index(figure)
    before: list[Token] = []
    for token in reversed(clause.tokens[:at]):
        if token.kind == "figure" or len(before) == REACH:
            break
        before.append(token)
    after: list[Token] = []
    for token in clause.tokens[at + 1 :]:
        if token.kind == "figure" or len(after) == REACH:
            break
        after.append(token)
    return before, after


def widened(clause: Clause, figure: Token) -> Token:
    """The figure with a word of approximation before it taken into account."""
    before, _ = neighbours(clause, figure)
    if before and before[0].has("approximate", "just_below", "just_above") and figure.figure:
        return Token(
            figure.kind, figure.text, figure.position, figure.tags, figure=approximate(figure.figure, before[0])
        )
    return figure


def direction(tokens: Sequence[Token]) -> tuple[int, Token] | None:
    """The nearest word of direction and its sign."""
    for token in tokens:
        if token.has("up") and not token.has("down"):
            return 1, token
        if token.has("down") and not token.has("up"):
            return -1, token
    return None
