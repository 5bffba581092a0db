"""How much money an insight may be about: never more than its own part of the account spent or earned.

Belongs here: that bound. Does not: what an insight is worth (its source).
"""

from __future__ import annotations

from dataclasses import replace

from adtech_assets.insight.candidates.account import Account, Segment
from adtech_assets.insight.candidates.candidate import Candidate


def most_money(account: Account, segment: Segment) -> float:
    """The most a segment spent or earned in a week of either period; 0 where neither is known."""
    amounts = [abs(amount) for name in ("spend", "revenue") for amount in account.of_week(segment, name)]
    return max(amounts) * account.to_a_week


def bounded(account: Account, candidate: Candidate) -> Candidate:
    """The candidate with its money within bounds; None where nothing in its rows is money."""
    if candidate.money is None:
        return candidate
    most = most_money(account, candidate.segment)
    return replace(candidate, money=min(candidate.money, most) if most > 0 else None)
