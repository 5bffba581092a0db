"""Figures, directions, rankings and causes of a sentence, one by one against the facts.

Belongs here: which fact each claim needs, given its clause. Does not: reading words (`clauses.py`) or the facts themselves
(`support.py`). Every method returns nothing or raises Refused with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adtech_assets.metrics.model import ADDITIVE, semantic_model
from adtech_assets.narrative.claims import Figure, Token
from adtech_assets.narrative.clauses import Clause, direction, neighbours, widened
from adtech_assets.narrative.evidence import Evidence, EvidenceItem, Period
from adtech_assets.narrative.roles import Reading, Refused, bound_word, read_figure
from adtech_assets.narrative.standing import check_drivers, check_rank
from adtech_assets.narrative.support import ACCOUNT, Fact, is_about, together

FLAT_BELOW = 0.01  # a relative change below this may be called unchanged
WEEK_DAYS, FORTNIGHT_DAYS = 7, 14
CHANGES = frozenset({"pct", "points", "delta"})
GAPS = frozenset({"gap", "gap_pct"})
COMPARATIVES = frozenset(
    {
        "more",
        "less",
        "add",
        "extra",
        "up",
        "down",
        "above",
        "below",
        "over",
        "under",
        "fewer",
        "more than",
        "less than",
        "reduce",
        "growth",
    }
)
__all__ = ["Judge", "Quoted", "Refused"]


@dataclass(frozen=True)
class Quoted:
    """What the notes a sentence speaks of say themselves."""

    days: frozenset[Period]
    figures: tuple[Figure, ...]
    metrics: frozenset[str]
    words: frozenset[str]


class Judge:
    """Judges the clauses of one sentence."""

    def __init__(
        self,
        items: Sequence[EvidenceItem],
        facts: Sequence[Fact],
        evidence: Evidence,
        week: Period | None,
        advice: bool,
        quoted: Quoted | None = None,
    ) -> None:
        self.items, self.facts, self.evidence, self.week, self.advice = items, facts, evidence, week, advice
        self.quoted = quoted

    def sentence(self, parts: Sequence[Clause]) -> None:
        """Every claim of every clause."""
        self._negations(parts)
        for clause in parts:
            self._dates(clause)
            check_rank(clause, self.items, self.advice)
            check_drivers(clause, self.items)
            for token in clause.figures:
                self._figure(clause, token)
            for token in clause.tokens:
                if token.has("up") != token.has("down") or token.has("better", "worse", "flat"):
                    self._direction(clause, token)

    def _negations(self, parts: Sequence[Clause]) -> None:
        for clause in parts:
            for index, token in enumerate(clause.tokens):
                near = clause.tokens[index + 1 : index + 4]
                if (
                    token.has("negation")
                    and not self.advice
                    and not any(t.has("up", "down", "better", "worse") for t in near)
                ):
                    raise Refused(f"{token.text!r}: what is denied cannot be checked")

    def _dates(self, clause: Clause) -> None:
        own = any(t.kind == "date" for t in clause.tokens)
        if self.quoted and not {m for t in clause.tokens for m in t.meaning} <= self.quoted.metrics:
            raise Refused("the note does not speak of that metric")
        if self.quoted and own and clause.date not in self.quoted.days:
            raise Refused("the note does not speak of those days")
        if self.quoted:
            return
        if own and clause.date is not None and clause.date not in self._known_periods():
            raise Refused("no evidence speaks of those days")

    def _known_periods(self) -> set[Period]:
        known = {p for i in self.items for p in (i.period, i.baseline) if p}
        return known | {Period(start=i.start, end=i.end) for i in self.items if i.start and i.end}

    # -- figures ------------------------------------------------------------------------------------------------

    def _figure(self, clause: Clause, token: Token) -> None:
        figure = widened(clause, token).figure
        if figure is None:
            raise Refused(f"{token.text!r} cannot be read")
        if figure.unit == "foreign":
            raise Refused(f"{token.text!r} is not in the client's currency")
        if self._counts_something(clause, token, figure):
            return
        reading = read_figure(clause, token, figure, self.advice)
        fitting = self._fitting(clause, token, figure, reading)
        if not fitting:
            about = "/".join(sorted(reading.metrics)) or "a metric"
            raise Refused(
                f"{token.text!r} is not supported as {about} {'/'.join(sorted(reading.roles))} of that segment and period"
            )

    def _counts_something(self, clause: Clause, token: Token, figure: Figure) -> bool:
        """Numbers of campaigns, anomalies, days, degrees: checked here. False if the figure is none of these."""
        if figure.unit in {"degrees", "mm"}:
            if not any(f.role == "detail" and f.fits(figure, signed=False) for f in self.facts):
                raise Refused(f"{token.text!r} is not in the weather of the evidence")
            return True
        _, after = neighbours(clause, token)
        noun = after[0] if after else None
        if self.quoted:
            same = any(f.unit == figure.unit and figure.covers(f.value) for f in self.quoted.figures)
            self._must(same and (noun is None or noun.kind != "word" or noun.text in self.quoted.words), token)
            return True
        if noun is None or figure.unit != "plain":
            return False
        if noun.has("dimensions"):
            sizes = {
                len(i.ranking)
                for i in self.items
                if i.kind == "rank" and i.ranking and noun.text.startswith(i.dimension or "?")
            }
            self._must(figure.value in sizes, token)
            return True
        if noun.has("anomaly"):
            self._must(figure.value == sum(i.kind == "anomaly" for i in self.evidence.items), token)
            return True
        if noun.text in {"day", "days", "week", "weeks"}:
            days = figure.value * (WEEK_DAYS if noun.text.startswith("week") else 1)
            lengths = {(p.end - p.start).days + 1 for p in self._known_periods()}
            self._must(days in lengths, token)
            return True
        return False

    @staticmethod
    def _must(holds: bool, token: Token) -> None:
        if not holds:
            raise Refused(f"{token.text!r} is not the number in the evidence")

    def _fitting(self, clause: Clause, token: Token, figure: Figure, reading: Reading) -> bool:
        if reading.every_metric:
            return all(
                self._fits_one(clause, token, figure, reading, frozenset(m.meaning)) for m in reading.every_metric
            )
        return self._fits_one(clause, token, figure, reading, reading.metrics)

    def _fits_one(
        self, clause: Clause, token: Token, figure: Figure, reading: Reading, metrics: frozenset[str]
    ) -> bool:
        pool = [f for f in self._candidates(clause, metrics, reading.roles) if self._in_period(clause, f)]
        pool = self._by_segment(clause, token, pool, reading)
        if reading.roles & (CHANGES | {"multiple", "previous"}):
            pool = self._by_baseline(clause, pool)
        if reading.bound:
            return any(self._beyond(f, figure, reading.bound) for f in pool)
        directed = reading.sign != 0
        return any(
            f.fits(figure, signed=not directed)
            and (
                not directed
                or f.sign == reading.sign
                or (f.role in {"multiple", "gap_multiple"} and (f.value > 1) == (reading.sign > 0))
            )
            for f in pool
        )

    @staticmethod
    def _beyond(fact: Fact, figure: Figure, bound: int, reach: float = 0.1) -> bool:
        """More than, below and the like: literally, but not so far that the bound misleads."""
        shown = fact.value * fact.scale
        near = abs(shown - figure.value) <= reach * abs(figure.value)
        return figure.unit in fact.shown_as and near and (shown >= figure.value if bound > 0 else shown <= figure.value)

    def _candidates(self, clause: Clause, metrics: frozenset[str], roles: frozenset[str]) -> list[Fact]:
        # A segment's part of a change is its own change only where the metric adds up.
        parts = roles == {"contribution"}
        return [
            f
            for f in self.facts
            if f.role in roles
            and (f.metric in metrics or f.role in {"stake", "advice"})
            and (parts or f.role != "contribution" or f.metric in ADDITIVE)
        ]

    def _in_period(self, clause: Clause, fact: Fact) -> bool:
        if clause.date is not None:
            return fact.period == clause.date or (fact.role == "previous" and fact.baseline == clause.date)
        if clause.base == "current_base" and self.week and fact.period:
            return fact.period == self.week
        return True

    def _by_baseline(self, clause: Clause, pool: Sequence[Fact]) -> list[Fact]:
        """Only comparisons with the period named; with none named, the shortest one there is."""
        lengths = {id(f): (f.baseline.end - f.baseline.start).days + 1 for f in pool if f.baseline}
        if clause.base in {"previous_base", "longer_base"}:
            wanted = WEEK_DAYS if clause.base == "previous_base" else FORTNIGHT_DAYS
            return [f for f in pool if lengths.get(id(f)) == wanted or not f.baseline]
        shortest = min(lengths.values(), default=0)
        return [f for f in pool if not f.baseline or lengths[id(f)] == shortest]

    def _by_segment(self, clause: Clause, token: Token, pool: Sequence[Fact], reading: Reading) -> list[Fact]:
        if reading.of_total:
            return [f for f in pool if f.segment == ACCOUNT]
        names = clause.names
        if not names:
            return [f for f in pool if f.segment == ACCOUNT]
        if len(names) == 1:
            return [f for f in pool if is_about(f.segment, names[0])]
        if any(t.has("together") for t in clause.tokens):
            return together([[f for f in pool if is_about(f.segment, n)] for n in names])
        same = [t for t in clause.figures if t.figure and token.figure and t.figure.unit == token.figure.unit]
        if len(same) == len(names):
            return [f for f in pool if is_about(f.segment, names[same.index(token)])]
        raise Refused("it is not clear which name the figure belongs to")

    # -- directions ---------------------------------------------------------------------------------------------

    def _direction(self, clause: Clause, token: Token) -> None:
        if token.text in COMPARATIVES and not (clause.metrics or clause.names or clause.figures):
            return
        if (
            bound_word(clause, token)
            or (self.advice and token.text in COMPARATIVES)
            or (token is clause.tokens[0] and self.advice)
        ):
            return
        at = clause.tokens.index(token)
        if (
            token.has("flat")
            and not token.has("up", "down")
            and at + 1 < len(clause.tokens)
            and clause.tokens[at + 1].text in {"week", "weeks", "days", "day"}
        ):
            return
        denied = any(t.has("negation") for t in clause.tokens[max(0, at - 3) : at])
        metrics = self._metric_of_word(clause, at)
        named: list[Token | None] = [*clause.names] or [None]
        asked: list[Token | None] = [*metrics] or [None]
        for name in named:
            for metric in asked:
                self._moved(clause, token, name, frozenset(metric.meaning) if metric else None, denied)

    @staticmethod
    def _metric_of_word(clause: Clause, at: int) -> list[Token]:
        after = [t for t in clause.tokens[at + 1 : at + 3] if t.meaning]
        if after:
            return after[:1]
        before = [t for t in clause.tokens[:at] if t.meaning]
        if before:
            joined = [t for t in before if clause.tokens.index(t) >= clause.tokens.index(before[-1]) - 2]
            return joined if any(t.text == "and" for t in clause.tokens[:at]) else before[-1:]
        return clause.metrics if not clause.own_metrics or len(clause.metrics) == 1 else clause.metrics[:1]

    def _moved(
        self, clause: Clause, token: Token, name: Token | None, metrics: frozenset[str] | None, denied: bool
    ) -> None:
        pool = [
            f
            for f in self.facts
            if self._in_period(clause, f) and (is_about(f.segment, name) if name else f.segment == ACCOUNT)
        ]
        pool = [f for f in pool if metrics is None or f.metric in metrics]
        changes = self._by_baseline(clause, [f for f in pool if f.role in CHANGES])
        gaps = [f for f in pool if f.role in GAPS]
        parts = [f for f in pool if f.role == "contribution"]
        against_expected = clause.has("expected", "anomaly") or (clause.date is not None and clause.date != self.week)
        if clause.has("driver_claims"):
            relevant = parts
        elif against_expected and gaps:
            relevant = gaps
        elif metrics is None:
            relevant = gaps or changes
        elif clause.base is not None:
            relevant = changes or parts
        else:
            relevant = changes or gaps or parts
        if not relevant:
            raise Refused(f"no evidence shows that this {token.text!r}")
        if token.has("flat"):
            ok = all(f.role != "pct" or abs(f.value) < FLAT_BELOW for f in relevant) and any(
                f.role == "pct" for f in relevant
            )
        else:
            wanted = [self._wanted(token, f.metric) for f in relevant]
            signs = [f.sign for f in relevant]
            ok = (
                all(s != w for s, w in zip(signs, wanted, strict=True))
                if denied
                else all(s == w for s, w in zip(signs, wanted, strict=True))
            )
        if not ok:
            raise Refused(f"{token.text!r} is not the direction of the evidence")

    @staticmethod
    def _wanted(token: Token, metric: str) -> int:
        """The sign a word of direction or of judgement claims."""
        if found := direction([token]):
            return found[0]
        model = semantic_model()
        better = model.metric(metric).better if metric in {**model.additive, **model.ratio} else "none"
        if better == "none":
            raise Refused(f"whether {metric} is better cannot be said")
        return (1 if better == "up" else -1) * (1 if token.has("better") else -1)
