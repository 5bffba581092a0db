"""What a figure is used as in its clause: the current value, the earlier one, a change, a share, what was expected.

Belongs here: reading the words around one figure. Does not: looking it up (`judge.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adtech_assets.metrics.model import semantic_model
from adtech_assets.narrative.claims import Figure, Token
from adtech_assets.narrative.clauses import AUXILIARIES, Clause, direction, neighbours

MONEY_PER = frozenset({"each", "apiece"})
SPANS = frozenset({"day", "week", "campaign", "channel"})
CHANGE_NOUNS = frozenset({"change", "difference", "movement", "gap"})


class Refused(Exception):
    """The sentence must not be printed; the message says why."""


@dataclass(frozen=True)
class Reading:
    """The roles a figure may have, of which metrics, with which sign of change. `bound`: 1 more than, -1 less than."""

    roles: frozenset[str]
    metrics: frozenset[str]
    sign: int = 0
    bound: int = 0
    of_total: bool = False
    every_metric: tuple[Token, ...] = ()


def read_figure(clause: Clause, token: Token, figure: Figure, advice: bool) -> Reading:
    """The one reading the words around the figure allow; Refused if there is none."""
    before, after = neighbours(clause, token)
    bound = _bound(before)
    roles, sign = _roles(clause, token, figure, before, after, advice)
    per = [t.text for t in after[:2]]
    if len(per) == 2 and per[0] in {"a", "per", "every"} and per[1] in SPANS and not roles <= {"stake", "advice"}:
        raise Refused(f"figures {' '.join(per)} are not in the evidence")
    if roles <= {"stake", "advice"} and any(t.meaning not in ((), ("money_at_stake",)) for t in clause.tokens):
        raise Refused(f"{token.text!r}: it is not clear whether this is at stake")
    if roles <= {"stake", "advice"}:
        return Reading(roles, frozenset({"money_at_stake"}), sign, bound)
    metrics, every = _metrics(clause, token, figure, before, after)
    if not metrics:
        raise Refused(f"{token.text!r}: no metric is named for it")
    return Reading(roles, metrics, sign, bound, _of_total(clause, token, before), every)


def bound_word(clause: Clause, token: Token) -> bool:
    """Whether a word like "over" or "below" bounds the figure right after it instead of telling a direction."""
    at = clause.tokens.index(token)
    following = clause.tokens[at + 1] if at + 1 < len(clause.tokens) else None
    return token.has("above_literal", "below_literal") and following is not None and following.kind == "figure"


def _bound(before: Sequence[Token]) -> int:
    if not before:
        return 0
    return 1 if before[0].has("above_literal") else -1 if before[0].has("below_literal") else 0


def _roles(
    clause: Clause, token: Token, figure: Figure, before: Sequence[Token], after: Sequence[Token], advice: bool
) -> tuple[frozenset[str], int]:
    if any(t.meaning == ("money_at_stake",) for t in clause.tokens) or (advice and clause.has_text("worth")):
        return frozenset({"stake", "advice"}), 0
    moved = _moved(before, after)
    sign = moved[0] if moved else figure.sign
    against_expected = clause.has("expected") or clause.has("anomaly")
    if clause.has("expect"):
        return (
            frozenset({"forecast_low", "forecast_high"}) if clause.in_range(token) else frozenset({"forecast", "level"})
        ), 0
    if clause.in_range(token):
        return frozenset({"low", "high", "forecast_low", "forecast_high"}), 0
    if figure.unit in {"percent", "fraction"}:
        return _percent_roles(clause, figure, before, after, moved is not None, against_expected), sign
    if figure.unit == "points":
        if not sign:
            raise Refused(f"{token.text!r}: the direction is not said")
        return frozenset({"points"}), sign
    if figure.unit in {"times", "multiple"} and not _plain_ratio(clause, figure, moved is not None):
        return frozenset({"gap_multiple"} if against_expected else {"multiple"}), sign
    if _is_expected(before, after):
        return frozenset({"expected"}), 0
    if _is_previous(clause, before, after, moved is not None):
        return frozenset({"previous"}), 0
    if clause.has("driver_claims"):
        told = direction(clause.tokens)
        return frozenset({"contribution"}), told[0] if told else sign
    if moved:
        return frozenset({"gap"} if against_expected else {"delta", "contribution"}), sign
    return frozenset({"current", "detail"}), 0


def _percent_roles(
    clause: Clause, figure: Figure, before: Sequence[Token], after: Sequence[Token], moved: bool, against_expected: bool
) -> frozenset[str]:
    nouns = [t for t in after[1:4] if t.has("up", "down") or t.text in CHANGE_NOUNS]
    if after and after[0].text == "of" and nouns:
        return frozenset({"share_of_change"})
    if moved or figure.sign:
        return frozenset({"gap_pct"} if against_expected else {"pct"})
    if clause.has("share") or (after and after[0].text == "of"):
        return frozenset({"share"})
    if figure.unit == "fraction":
        raise Refused("of what that is a part, or which way it moved, is not said")
    if _is_expected(before, after):
        return frozenset({"expected"})
    return frozenset({"previous"} if _is_previous(clause, before, after, moved) else {"current"})


def _moved(before: Sequence[Token], after: Sequence[Token]) -> tuple[int, Token] | None:
    """The word of direction that takes this figure as its amount ("fell 5%", "5% less"), not as where it ended."""
    for index, token in enumerate(before):
        if (
            token.kind == "stop"
            or token.text in {"to", "at", "of", "from", "than", "against", "where", "in", "for"}
            or token.has("previous")
        ):
            break
        if token.has("up", "down") and not (index == 0 and token.has("above_literal", "below_literal")):
            return direction([token])
    for token in after[:2]:
        if token.has("up", "down"):
            return direction([token])
        if token.kind != "word" or token.has("previous") or token.text in {"in", "on", "to", "where", "and"}:
            break
    return None


def _plain_ratio(clause: Clause, figure: Figure, moved: bool) -> bool:
    """ROAS may be written "8.6x" or "8.6 times"."""
    return figure.unit == "times" and not moved and any("roas" in t.meaning for t in clause.metrics)


def _is_expected(before: Sequence[Token], after: Sequence[Token]) -> bool:
    first = next((t for t in after if t.text not in AUXILIARIES), None)
    return (first is not None and first.has("expected")) or any(t.has("expected") for t in before[:3])


def _is_previous(clause: Clause, before: Sequence[Token], after: Sequence[Token], moved: bool) -> bool:
    if any(t.has("previous") for t in before[:3]):
        return True
    if not moved and any(t.has("previous_base", "longer_base") for t in after[:3]):
        return True
    told = any(t.has("up", "down", "previous") for t in clause.tokens)
    return clause.base in {"previous_base", "longer_base"} and not told


def _of_total(clause: Clause, token: Token, before: Sequence[Token]) -> bool:
    """ "230 of the 287 bookings": the second figure is the account's."""
    at = clause.tokens.index(token)
    words = [t.text for t in before]
    start = at - len(words) - 1
    reached = start >= 0 and clause.tokens[start].kind == "figure"
    return reached and words in (["of"], ["the", "of"])


def _metrics(
    clause: Clause, token: Token, figure: Figure, before: Sequence[Token], after: Sequence[Token]
) -> tuple[frozenset[str], tuple[Token, ...]]:
    """The metric of a figure: the one right after it, else the nearest before it, else any the clause speaks of."""
    if figure.unit == "money" and (
        (after and after[0].text in MONEY_PER)
        or any(t.meaning == ("cac",) and t.text[:3] in {"per", "a c"} for t in after[:1])
    ):
        return frozenset({"cac"}), ()
    own = [t for t in clause.tokens if t.meaning and _compatible(t, figure)]
    near = [t for t in after[:3] if t in own and not any(x.text in {"in"} and x.has("previous") for x in after)]
    if near:
        return frozenset(near[0].meaning), ()
    at = clause.tokens.index(token)
    earlier = [t for t in own if clause.tokens.index(t) < at]
    if len(earlier) > 1 and _listed(clause, earlier):
        amounts = [t for t in clause.figures if t.figure and t.figure.unit == figure.unit]
        if len(amounts) == len(earlier):
            return frozenset(earlier[amounts.index(token)].meaning), ()
        return frozenset(earlier[-1].meaning), tuple(earlier)
    chosen = earlier[-1:] or own[:1] or [t for t in clause.metrics if _compatible(t, figure)][-1:]
    return (frozenset(chosen[0].meaning) if chosen else frozenset()), ()


def _listed(clause: Clause, metrics: Sequence[Token]) -> bool:
    first, last = clause.tokens.index(metrics[0]), clause.tokens.index(metrics[-1])
    between = clause.tokens[first:last]
    return any(t.text == "and" for t in between) and all(t.meaning or t.text in {"and", ",", "the"} for t in between)


def _compatible(metric: Token, figure: Figure) -> bool:
    """Whether a metric can have figures of this unit at all."""
    return any(_unit_fits(name, figure.unit) for name in metric.meaning)


def _unit_fits(metric: str, unit: str) -> bool:
    if unit in {"percent", "fraction", "multiple", "times"}:
        return True
    model = semantic_model()
    known = {**model.additive, **model.ratio}.get(metric)
    of_metric = known.unit if known else "currency"
    if unit == "points":
        return of_metric == "fraction"
    if unit == "money":
        return of_metric == "currency"
    return of_metric != "fraction"
