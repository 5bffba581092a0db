"""Causes bent into the expectations of invented accounts, one planner a kind.

A planner takes an ordinary account and gives a plan, or None where the account has no fitting segment; it may make
segments of the account convert worse in both windows. Sizes and noise are in planted_strength.py, cases with their labels
in planted_causes.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from planted_accounts import CURRENT_DAYS, Mask, value
from planted_segments import Segments
from planted_strength import (
    MIX,
    RATE,
    STEPS,
    TRACKING,
    TRIES,
    VOLUME,
    Bends,
    Cause,
    Plan,
    Tier,
    asked,
    bend_rows,
    choose,
    delivery,
    planted_change,
    sized,
    volume,
)

#: Share of doubles in which the two causes have rows in common.
OVERLAPPING = 0.35
#: The most of its traffic that the rest of the account gives away in a shift.
MOST_GIVEN = 0.5
#: What is asked where a decoy stands beside a fault of that link.
ASKED_OF_DECOY = {
    "delivery": ("conversions", "revenue", "clicks", "spend"),
    "cvr": ("conversions", "revenue"),
    "ctr": ("conversions", "revenue", "clicks"),
}
ASKED_VOLUME = (("conversions", "revenue", "clicks", "spend"), (0.4, 0.25, 0.2, 0.15))


def _one(
    rng: np.random.Generator, segments: Segments, tier: Tier, metric: str, size: tuple[float, float, float],
    bend: Callable[[Mask, float], Bends],
) -> Plan | None:  # fmt: skip
    account = segments.account
    segment = choose(rng, segments, tier, volume(account, metric))
    if segment is None:
        return None
    cause = sized(rng, account, segment, metric, tier, size, lambda s: bend(segment.rows, s), RATE)
    return Plan(metric, [cause]) if cause else None


def drop(rng: np.random.Generator, segments: Segments, tier: Tier, up: bool = False) -> Plan | None:
    account = segments.account
    metric = asked(rng, *ASKED_VOLUME)
    segment = choose(rng, segments, tier, volume(account, metric))
    cause = delivery(rng, account, segment, metric, tier, up)
    return Plan(metric, [cause]) if cause else None


def rise(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    return drop(rng, segments, tier, up=True)


def ctr(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    metric = asked(rng, ("clicks", "ctr"))
    return _one(rng, segments, tier, metric, tier.rate_fall, lambda rows, s: bend_rows(rows, ctr=1 - s))


def cvr(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    metric = asked(rng, ("conversions", "revenue", "cvr"), (0.4, 0.2, 0.4))
    return _one(rng, segments, tier, metric, tier.rate_fall, lambda rows, s: bend_rows(rows, cvr=1 - s))


def cpc(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    """Clicks get dearer. With a fixed budget the spend stays and clicks are fewer; else the spend follows."""
    if rng.random() < 0.5:
        metric = asked(rng, ("cpc", "cac", "conversions", "clicks"), (0.3, 0.2, 0.25, 0.25))
        return _one(
            rng, segments, tier, metric, tier.price, lambda rows, s: bend_rows(rows, cpm=1 + s, delivery=1 / (1 + s))
        )
    metric = asked(rng, ("cpc", "cac"), (0.6, 0.4))
    return _one(rng, segments, tier, metric, tier.price, lambda rows, s: bend_rows(rows, cpm=1 + s))


def double(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    """Two drops, two rises, or a drop beside a fall of conversion rate; neither holds the other, some share rows."""
    account = segments.account
    pattern = rng.choice(["drops", "rises", "drop and rate"], p=[0.5, 0.25, 0.25])
    metric = asked(rng, ("conversions", "revenue"), (0.6, 0.4)) if "rate" in pattern else asked(rng, *ASKED_VOLUME)
    weight = volume(account, metric)
    first = choose(rng, segments, tier, weight)
    if first is None:
        return None
    both, whole = segments.sums(weight * first.rows), segments.sums(weight)
    smaller = np.minimum(whole, weight[first.rows].sum())
    sharing = (both > 0.15 * smaller) & (both < 0.7 * smaller)
    second = choose(rng, segments, tier, weight, sharing if rng.random() < OVERLAPPING else both == 0)
    if second is None:
        return None
    causes = [delivery(rng, account, first, metric, tier, pattern == "rises")]
    if "rate" in pattern:
        rows = second.rows
        causes.append(
            sized(rng, account, second, metric, tier, tier.rate_fall, lambda s: bend_rows(rows, cvr=1 - s), RATE)
        )
    else:
        causes.append(delivery(rng, account, second, metric, tier, pattern == "rises"))
    found = [c for c in causes if c is not None]
    return Plan(metric, found) if len(found) == len(causes) else None


def mix(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    """Traffic moves into a segment that converts badly, in both windows alike; the total stays."""
    account = segments.account
    metric = asked(rng, ("conversions", "cvr", "roas"), (0.4, 0.35, 0.25))
    kept = asked(rng, ("clicks", "impressions", "spend"), (0.5, 0.3, 0.2))
    before = account.expected()
    segment = choose(rng, segments, tier, before[kept])
    if segment is None:
        return None
    rows = segment.rows
    own, rest = value(before, "cvr", rows), value(before, "cvr", ~rows)
    account.rates["cvr"] = np.where(
        rows, account.rates["cvr"] * rest / own * rng.uniform(*tier.low_cvr), account.rates["cvr"]
    )
    inside, outside = before[kept][rows].sum(), before[kept][~rows].sum()
    noise = account.noise(rows, kept)
    start, wanted = rng.uniform(*tier.shift[:2]), tier.shift_felt * rng.uniform(1, 2)
    best = None
    for strength in np.geomspace(start, max(tier.shift[2], start), STEPS):
        given = strength * inside / outside
        if given > MOST_GIVEN:
            break
        bends = {"delivery": np.where(rows, 1 + strength, 1 - given)}
        z = float(strength / noise)
        felt = -planted_change(account, bends, metric)
        if z >= tier.z[0] and felt >= tier.shift_felt:
            best = Plan(metric, [Cause(segment, MIX, bends, z)])
            if felt >= wanted:
                break
    return best


def outage(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    """Clicks go on, conversions stop. z: Poisson deviations by which none at all lies below what those days bring."""
    account = segments.account
    metric = asked(rng, ("conversions", "revenue", "cvr"), (0.5, 0.2, 0.3))
    week = account.expected()["conversions"]
    by_both = np.array([group == (0, 5) for group in segments.groups])[segments.group]
    days = int(rng.integers(tier.outage_days[0], tier.outage_days[1] + 1))
    segment = choose(rng, segments, tier, week, by_both) if by_both.any() else None
    if segment is None:
        return None
    lost = float(week[segment.rows].sum()) * days / CURRENT_DAYS
    left = float(rng.choice([0.0, 0.04]))
    z = float(np.sqrt(lost)) * (1 - left)
    if z < tier.z[0] or lost / week.sum() < tier.felt:
        return None
    return Plan(metric, [Cause(segment, TRACKING, bend_rows(segment.rows, cvr=left), z, days)])


def decoy(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    """A fault beside a rise that is larger relatively or in traffic, yet brings less of the metric than is lost."""
    account = segments.account
    faulty = asked(rng, tuple(ASKED_OF_DECOY), (0.6, 0.25, 0.15))
    metric = asked(rng, ASKED_OF_DECOY[faulty])
    weight = volume(account, metric)
    segment = choose(rng, segments, tier, weight)
    if segment is None:
        return None
    rows = segment.rows
    apart = segments.sums(weight * rows) == 0
    other = choose(rng, segments, tier, account.impressions, apart)
    if other is None:
        return None
    if rng.random() < 0.5 and metric != "spend":  # cheap traffic: much of it, little comes of it
        link = "ctr" if metric == "clicks" else "cvr"
        account.rates[link] = np.where(other.rows, account.rates[link] * rng.uniform(0.3, 0.6), account.rates[link])
    if faulty == "delivery":
        cause = delivery(rng, account, segment, metric, tier, up=False)
    else:
        cause = sized(
            rng, account, segment, metric, tier, tier.rate_fall, lambda s: bend_rows(rows, **{faulty: 1 - s}), RATE
        )
    if cause is None:
        return None
    fallen = -planted_change(account, cause.bends, metric, rows)
    traffic_lost = account.impressions[rows].sum() * fallen
    for more in rng.uniform(0.6, 3.0, TRIES) * fallen:
        growth = bend_rows(other.rows, delivery=1 + more)
        larger = more > fallen * 1.05 or account.impressions[other.rows].sum() * more > traffic_lost
        net = planted_change(account, cause.bends, metric) + planted_change(account, growth, metric)
        if larger and net <= -tier.felt * 0.7:
            return Plan(metric, [cause], [growth])
    return None


def nothing(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    return Plan(asked(rng, ("conversions", "revenue", "clicks", "spend", "cvr", "ctr", "cpc", "cac", "roas")))


def whole(rng: np.random.Generator, segments: Segments, tier: Tier) -> Plan | None:
    """Demand, budget (the price follows it a little) or conversion rate of everything, with some scatter by leaf."""
    account = segments.account
    kind = asked(rng, ("demand", "budget", "cvr"), (0.35, 0.3, 0.35))
    size = rng.uniform(*tier.whole)
    factor = 1 - size if rng.random() < 0.6 else 1 + size
    scatter = np.exp(rng.normal(0, rng.uniform(0, 0.04), len(account.codes)))
    if kind == "cvr":
        metric = asked(rng, ("conversions", "revenue", "cvr", "cac", "roas"))
        return Plan(metric, harmless=[{"cvr": factor * scatter}], whole=RATE)
    metric = asked(rng, *ASKED_VOLUME)
    price = factor ** rng.uniform(0, 0.2) if kind == "budget" else 1.0
    return Plan(
        metric, harmless=[{"delivery": factor / price * scatter, "cpm": np.full_like(scatter, price)}], whole=VOLUME
    )


PLANNERS: dict[str, Callable[[np.random.Generator, Segments, Tier], Plan | None]] = {
    "drop": drop, "rise": rise, "double": double, "ctr": ctr, "cvr": cvr, "cpc": cpc, "mix": mix, "outage": outage,
    "decoy": decoy, "null": nothing, "whole": whole,
}  # fmt: skip
