"""Which candidates say the same, and the one that stays.

Belongs here: the choice. Does not: ranks (`insights`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from adtech_assets.insight.arrays import Flags
from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered
from adtech_assets.insight.segment_text import in_words, segment_text
from adtech_assets.settings import Group

SPECIFIC = ("check_data", "tracking_outage", "budget_exhaustion", "volume_gap", "learning_phase")
"""Playbooks that answer what happened; others answer what it looks like."""


class SamenessRules(Group):
    """When two candidates are one."""

    overlap: float = Field(
        0.9, gt=0, le=1, description="shared rows, of the rows of either, from which they are the same"
    )
    part: float = Field(0.98, gt=0, le=1, description="rows of one within the other from which it is a part of it")
    explains: float = Field(0.5, gt=0, le=1, description="money of the whole account from which a part says it better")


@dataclass(frozen=True)
class _Placed:
    candidate: Candidate
    rows: Flags


def distinct(
    account: Account, candidates: Sequence[Candidate], rules: SamenessRules | None = None
) -> tuple[list[Candidate], list[Considered]]:
    """Candidates of which no two say the same, most money first.

    Two are the same where their rows overlap, or one's are a part of the other's, and they tell of the same metric and
    direction, or of the same kind of trouble going the same way. What different sources say of the same rows becomes one.
    """
    rules = rules or SamenessRules()
    log: list[Considered] = []
    kept: list[_Placed] = []
    waiting = [_Placed(candidate, account.mask(candidate.segment)) for candidate in sorted(candidates, key=order)]
    while waiting:
        placed = waiting.pop(0)
        at = next((i for i, other in enumerate(kept) if _same(other, placed, rules)), None)
        if not placed.rows.any():
            log.append(placed.candidate.dropped("no rows of the two periods belong to it"))
        elif at is None:
            kept.append(placed)
        else:
            stays, goes = _joined(kept.pop(at), placed, rules)
            log.append(goes.dropped(f"says the same as {stays.candidate.fault} of {in_words(stays.candidate.segment)}"))
            # What stays may be about other rows than before, so it meets the others again.
            waiting.insert(0, stays)
    return sorted((placed.candidate for placed in kept), key=order), log


def order(candidate: Candidate) -> tuple[bool, float, bool, float, str, str, str]:
    """Most money first, what has none last; critical ones before others of the same money."""
    money = candidate.money
    return (
        money is None, -(money or 0.0), candidate.severity != "critical", -candidate.confidence, candidate.kind,
        candidate.fault, segment_text(candidate.segment),
    )  # fmt: skip


def _same(one: _Placed, other: _Placed, rules: SamenessRules) -> bool:
    a, b = one.candidate, other.candidate
    both = int(np.count_nonzero(one.rows & other.rows))
    either = int(np.count_nonzero(one.rows | other.rows))
    fewer = min(int(np.count_nonzero(one.rows)), int(np.count_nonzero(other.rows)))
    if both < rules.overlap * either and both < rules.part * fewer:
        return False
    told_alike = a.metric == b.metric and a.direction == b.direction
    return told_alike or ((a.sense == b.sense or a.direction == b.direction) and bool(a.topics & b.topics))


def _joined(first: _Placed, second: _Placed, rules: SamenessRules) -> tuple[_Placed, Candidate]:
    """The one that stays, and the one that goes. first: the one of more money."""
    a, b = first.candidate, second.candidate
    both = int(np.count_nonzero(first.rows & second.rows))
    alike = both >= rules.overlap * int(np.count_nonzero(first.rows | second.rows))
    if not alike:
        if a.kind == b.kind == "opportunity":
            # What holds for a whole because of a part of it is surer of the part.
            return (second, a) if b.evidence > a.evidence else (first, b)
        # The whole account's change is better told by the part that made most of it.
        better = not a.segment and (b.money or 0.0) >= rules.explains * (a.money or 0.0)
        return (second, a) if better else (first, b)
    if a.kind == b.kind:
        return first, b
    by_evidence = "opportunity" not in (a.kind, b.kind)
    if a.stated or b.stated:
        # Figures that cannot be true come before anything that is read from them.
        return (first, b) if a.stated else (second, a)
    stays, goes = (second, first) if by_evidence and b.evidence > a.evidence else (first, second)
    stay, go = stays.candidate, goes.candidate
    playbook = stay.playbook or go.playbook
    if go.playbook in SPECIFIC and stay.playbook not in SPECIFIC:
        playbook = go.playbook
    said = f"{go.kind}: {go.fault} in {go.metric}"
    merged = replace(
        stay,
        finding_id=stay.finding_id or go.finding_id,
        playbook=playbook,
        money=stay.money if stay.money is not None else go.money,
        severity=stay.severity or go.severity,
        confidence=max(stay.confidence, go.confidence),
        detail=(*stay.detail, said),
        enough=stay.enough or go.enough,
    )
    return _Placed(merged, stays.rows), go
