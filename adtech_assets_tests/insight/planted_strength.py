"""How strong a planted cause is: tiers, a segment that fits one, and a size that stands out from the segment's noise.

Which kinds of causes there are is in planted_faults.py, the segments of an account in planted_segments.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from planted_accounts import CURRENT_DAYS, Account, Floats, Mask, value
from planted_segments import Segment, Segments

Bends = dict[str, Floats]


@dataclass(frozen=True)
class Tier:
    """How large causes of a tier are. Sizes: relative change of the link, weakest, strongest, and most if noise needs it."""

    #: Each cause is made to stand out by a z drawn between these, where its largest size allows it; never by less.
    z: tuple[float, float]
    share: tuple[float, float]
    attributes: tuple[float, float, float]
    fewest_leaves: int
    most_alike: float
    #: Least change of the whole account's metric by one cause.
    felt: float
    #: Least change of the drawn account's metric: of less nobody would ask.
    noticed: float
    fall: tuple[float, float, float]
    rate_fall: tuple[float, float, float]
    rise: tuple[float, float, float]
    price: tuple[float, float, float]
    outage_days: tuple[int, int]
    shift: tuple[float, float, float]
    low_cvr: tuple[float, float]
    shift_felt: float
    whole: tuple[float, float]


EASY = Tier(
    z=(6.0, 12.0), share=(0.08, 0.5), attributes=(0.35, 0.4, 0.25), fewest_leaves=3, most_alike=0.96, felt=0.04, noticed=0.02,
    fall=(0.45, 0.9, 0.95), rate_fall=(0.35, 0.65, 0.8), rise=(0.6, 1.6, 2.5), price=(0.5, 1.3, 2.0),
    outage_days=(3, 5), shift=(0.8, 2.0, 3.0), low_cvr=(0.12, 0.4), shift_felt=0.07, whole=(0.2, 0.45),
)  # fmt: skip
HARD = Tier(
    z=(3.2, 8.0), share=(0.03, 0.2), attributes=(0.15, 0.35, 0.5), fewest_leaves=2, most_alike=0.98, felt=0.012, noticed=0.01,
    fall=(0.2, 0.35, 0.5), rate_fall=(0.18, 0.35, 0.5), rise=(0.22, 0.5, 0.9), price=(0.2, 0.45, 0.8),
    outage_days=(2, 4), shift=(0.35, 0.9, 1.6), low_cvr=(0.15, 0.5), shift_felt=0.03, whole=(0.12, 0.25),
)  # fmt: skip
#: Share of easy drops in which the segment stops altogether, as a paused campaign does.
STOPPED = 0.12
#: Strengths tried between the drawn and the largest; draws of a segment before an account is given up.
STEPS, TRIES = 8, 8
VOLUME, RATE, MIX, TRACKING = "volume", "rate", "mix", "tracking"
#: The count whose share says how much of a ratio metric a segment is.
SHARED_BY = {"cvr": "conversions", "cac": "conversions", "roas": "revenue", "ctr": "clicks", "cpc": "clicks"}


@dataclass
class Cause:
    segment: Segment
    effect: str
    bends: Bends
    z: float
    #: Days of the current window for which it holds, counted from the end.
    days: int = CURRENT_DAYS


@dataclass
class Plan:
    """What is planted and what a client would ask. `harmless` moves too, but is no answer."""

    metric: str
    causes: list[Cause] = field(default_factory=list)
    harmless: list[Bends] = field(default_factory=list)
    whole: str | None = None

    def bends(self, account: Account) -> Bends:
        """Factors (leaves, days) by link."""
        every = [(c.bends, c.days) for c in self.causes] + [(b, CURRENT_DAYS) for b in self.harmless]
        bent: Bends = {}
        for bends, days in every:
            for link, factor in bends.items():
                bent.setdefault(link, np.ones((len(account.codes), account.days)))[:, -days:] *= factor[:, None]
        return bent


def planted_change(account: Account, bends: Bends, metric: str, rows: Mask | None = None) -> float:
    """Relative change of a metric by leaf factors alone, over rows or the whole account."""
    before = value(account.expected(), metric, rows)
    return value(account.expected(bends), metric, rows) / before - 1


def asked(rng: np.random.Generator, metrics: tuple[str, ...], weights: tuple[float, ...] | None = None) -> str:
    return str(rng.choice(metrics, p=weights))


def bend_rows(rows: Mask, **factors: float) -> Bends:
    return {link: np.where(rows, factor, 1.0) for link, factor in factors.items()}


def volume(account: Account, metric: str) -> Floats:
    """The leaf weights by which a segment's share of a metric is measured."""
    return account.expected()[SHARED_BY.get(metric, metric)]


def choose(
    rng: np.random.Generator, segments: Segments, tier: Tier, weight: Floats, allowed: Mask | None = None
) -> Segment | None:
    """A segment of a fitting share, by number of attributes, then by choice of dimensions, then any member."""
    share = segments.sums(weight) / weight.sum()
    fits = (share >= tier.share[0]) & (share <= tier.share[1]) & (segments.leaves >= tier.fewest_leaves)
    if allowed is not None:
        fits &= allowed
    attributes = segments.attributes()
    for _ in range(TRIES):
        eligible = np.flatnonzero(fits & (attributes == rng.choice([1, 2, 3], p=tier.attributes)))
        if not len(eligible):
            continue
        group = rng.choice(np.unique(segments.group[eligible]))
        index = int(rng.choice(eligible[segments.group[eligible] == group]))
        if segments.most_alike(index, weight) <= tier.most_alike:
            return segments.take(index)
    return None


def sized(
    rng: np.random.Generator,
    account: Account,
    segment: Segment,
    metric: str,
    tier: Tier,
    size: tuple[float, float, float],
    bend: Callable[[float], Bends],
    effect: str,
) -> Cause | None:
    """The cause at a drawn size, strengthened until it is beyond the segment's noise and felt by the account."""
    noise = account.noise(segment.rows, metric)
    start, wanted = rng.uniform(size[0], size[1]), rng.uniform(*tier.z)
    best = None
    for strength in np.geomspace(start, max(size[2], start), STEPS):
        bends = bend(float(strength))
        z = abs(planted_change(account, bends, metric, segment.rows)) / noise
        if z >= tier.z[0] and abs(planted_change(account, bends, metric)) >= tier.felt:
            best = Cause(segment, effect, bends, z)
            if z >= wanted:
                break
    return best


def delivery(
    rng: np.random.Generator, account: Account, segment: Segment | None, metric: str, tier: Tier, up: bool
) -> Cause | None:
    if segment is None:
        return None
    rows = segment.rows
    if not up and tier is EASY and rng.random() < STOPPED:
        z = 1 / account.noise(rows, metric)
        return Cause(segment, VOLUME, bend_rows(rows, delivery=0.0), z) if z >= tier.z[0] else None
    sign, size = (1, tier.rise) if up else (-1, tier.fall)
    return sized(rng, account, segment, metric, tier, size, lambda s: bend_rows(rows, delivery=1 + sign * s), VOLUME)
