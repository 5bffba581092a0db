"""Anomalies bent into the expectations of invented campaigns, with their labels.

The size of an event is reckoned from the noise and the volume of its campaign on those days: how far it lies outside of
what chance does there. Deliberate and shared changes are no anomalies and live in the other two modules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from account_calendar import Flags, Shared
from account_campaigns import Campaign

Label = dict[str, object]
KINDS = ("spend_spike", "performance_drop", "revenue_spike", "ctr_decline", "budget_exhaustion")
TIERS, TIER_SHARES = ("easy", "medium", "hard"), (0.33, 0.37, 0.3)
CAMPAIGN_WEEKS_PER_LABEL = 24
#: Days of history before the first event of a campaign, and free days between two events of one campaign.
HISTORY, APART = 28, 9
ATTEMPTS = 60
#: By tier: standard deviations of the campaign's own noise, and the smallest factor that a manager would call large.
SPIKE = {"easy": (9.0, 2.6), "medium": (6.0, 1.9), "hard": (3.3, 1.4)}
DROP = {"easy": (8.0, 0.6), "medium": (5.0, 0.45), "hard": (2.9, 0.28)}
REVENUE = {"easy": (6.5, 3.0), "medium": (4.6, 2.2), "hard": (3.1, 1.6)}
DECLINE = {"easy": (0.46, 0.62), "medium": (0.32, 0.46), "hard": (0.16, 0.3)}
#: No day brings more than so many times its expected revenue, or spend.
REVENUE_MOST = SPEND_MOST = 12.0
FEW_ORDERS = 6
EXHAUSTED = {"easy": (2, 4), "medium": (1, 3), "hard": (1, 2)}


@dataclass
class Planted:
    """An event as positions of days, with factors by day for what it bends."""

    kind: str
    tier: str
    start: int
    end: int
    factors: dict[str, np.ndarray] = field(default_factory=dict)
    side_effects: tuple[str, ...] = ()


def _spend_spike(rng: np.random.Generator, c: Campaign, at: int, tier: str) -> Planted | None:
    length = int(rng.choice([1, 2], p=[0.65, 0.35]))
    deviations, least = SPIKE[tier]
    size = max(deviations * c.spend_noise, np.log(least)) * rng.uniform(1, 1.25)
    if size > np.log(SPEND_MOST) or not c.runs[at : at + length].all() or at + length > len(c.runs):
        return None
    bend = np.full(length, np.exp(size))
    useful = rng.uniform(0.2, 1.0)
    wasted = bend ** (useful - 1)
    side = ("revenue_spike",) if c.tracks_revenue and useful * size > np.log(1.5) else ()
    return Planted("spend_spike", tier, at, at + length - 1, {"spend": bend, "cvr": wasted}, side)


def _performance_drop(rng: np.random.Generator, c: Campaign, at: int, tier: str) -> Planted | None:
    length = int(rng.integers(3, 10))
    days = slice(at, at + length)
    if not c.daily or not c.tracks_conversions or not c.runs[[at, min(at + length, len(c.runs)) - 1]].all():
        return None
    expected = c.conversions[days][c.runs[days]]
    chance = np.sqrt((expected + expected**2 * (1 / c.shape + c.cvr_noise**2)).sum())
    deviations, least = DROP[tier]
    depth = max(deviations * rng.uniform(1, 1.25) * chance / expected.sum(), least)
    if depth > 0.97 or len(expected) < 3 or at + length > len(c.runs):
        return None
    return Planted("performance_drop", tier, at, at + length - 1, {"cvr": np.full(length, 1 - depth)})


def _rare(chance: float, deviations: float) -> float:
    """What a gamma variable of mean 1 and that standard deviation exceeds as rarely as a normal one its deviations."""
    from scipy.stats import gamma, norm  # type: ignore[import-untyped, unused-ignore]

    return float(gamma.isf(norm.sf(deviations), chance**-2) * chance**2)


def _revenue_spike(rng: np.random.Generator, c: Campaign, at: int, tier: str) -> Planted | None:
    length = int(rng.choice([1, 2], p=[0.85, 0.15]))
    if not c.tracks_revenue or at + length > len(c.runs) or not c.runs[at : at + length].all():
        return None
    n = c.conversions[at]
    chance = np.sqrt((1 + 1 / c.order_shape) / n + 1 / c.shape + c.cvr_noise**2 + c.spend_noise**2)
    deviations, least = REVENUE[tier]
    bend = max(_rare(chance, deviations), least) * rng.uniform(1, 1.25)
    if bend > REVENUE_MOST or n < 0.8:
        return None
    # Larger orders, more orders, or some of both; a day that may see no order needs more of them.
    share = 1.0 if n < FEW_ORDERS else rng.choice([0.0, 1.0, rng.uniform(0.2, 0.8)])
    factors = {"order_value": np.full(length, bend ** (1 - share)), "cvr": np.full(length, bend**share)}
    return Planted("revenue_spike", tier, at, at + length - 1, factors)


def _ctr_decline(rng: np.random.Generator, c: Campaign, at: int, tier: str) -> Planted | None:
    length = int(rng.integers(21, 43))
    days = slice(at, at + length)
    if at + length > len(c.runs) or not c.daily or c.runs[days].mean() < 0.7 or c.clicks[days].mean() < 25:
        return None
    depth = rng.uniform(*DECLINE[tier])
    course = np.linspace(0, 1, length) ** rng.uniform(0.8, 1.6)
    return Planted("ctr_decline", tier, at, at + length - 1, {"ctr": (1 - depth) ** course}, ("performance_drop",))


def _budget_exhaustion(rng: np.random.Generator, c: Campaign, at: int, tier: str) -> Planted | None:
    shortest, longest = EXHAUSTED[tier]
    length = int(rng.integers(shortest, longest + 1))
    if not c.daily or c.patchy or at + length > len(c.runs) or not c.runs[at : at + length].all():
        return None
    if at + length + 2 < len(c.runs) and not c.alive[at + length + 2]:
        return None
    bend = np.zeros(length)
    if length > 1 and rng.random() < 0.25:
        bend[0] = rng.uniform(0.2, 0.6)
    elif rng.random() < 0.12:
        bend[:] = rng.uniform(0.005, 0.04)
    return Planted("budget_exhaustion", tier, at, at + length - 1, {"spend": bend})


EVENTS: dict[str, Callable[[np.random.Generator, Campaign, int, str], Planted | None]] = {
    "spend_spike": _spend_spike,
    "performance_drop": _performance_drop,
    "revenue_spike": _revenue_spike,
    "ctr_decline": _ctr_decline,
    "budget_exhaustion": _budget_exhaustion,
}


def plant(rng: np.random.Generator, shared: Shared, campaigns: list[Campaign]) -> list[Label]:
    """Bends the campaigns' expectations in place, about one event per 24 campaign-weeks; the labels in order of day."""
    weeks = sum(int(c.runs.sum()) if c.daily else int(c.alive.sum()) for c in campaigns) / 7
    wanted = int(weeks / CAMPAIGN_WEEKS_PER_LABEL + rng.random())
    kinds = [k for _ in range(wanted // len(KINDS) + 1) for k in rng.permutation(KINDS)][:wanted]
    taken: list[Flags] = [np.zeros(shared.days, bool) for _ in campaigns]
    labels: list[Label] = []
    for kind in kinds:
        tier = str(rng.choice(TIERS, p=TIER_SHARES))
        for _ in range(ATTEMPTS):
            number = int(rng.integers(len(campaigns)))
            campaign = campaigns[number]
            event = _try(rng, campaign, taken[number], str(kind), tier)
            if event is not None:
                _bend(campaign, event)
                taken[number][max(event.start - APART, 0) : event.end + 1 + APART] = True
                labels.append({
                    "campaign": campaign.name, "kind": event.kind, "start": shared.date(event.start).isoformat(),
                    "end": shared.date(event.end).isoformat(), "tier": tier, "side_effects": list(event.side_effects),
                })  # fmt: skip
                break
    return sorted(labels, key=lambda label: (str(label["start"]), str(label["campaign"])))


def _try(rng: np.random.Generator, c: Campaign, taken: Flags, kind: str, tier: str) -> Planted | None:
    """An event of that kind on a random running day of the campaign, or None where it does not fit."""
    seen = np.cumsum(c.alive)
    open_days = np.flatnonzero(c.runs & ~taken & (seen > HISTORY))
    if not len(open_days):
        return None
    event = EVENTS[kind](rng, c, int(rng.choice(open_days)), tier)
    if event is None:
        return None
    days = slice(event.start, event.end + 1)
    crossed = c.special[days].mean() > 0.4 if kind == "ctr_decline" else c.special[days].any()
    return None if crossed or taken[days].any() else event


def _bend(c: Campaign, event: Planted) -> None:
    days = slice(event.start, event.end + 1)
    for name, factor in event.factors.items():
        getattr(c, name)[days] *= factor
