"""What all campaigns of an invented account live through together: the days, holidays, sales, slow weeks, channel shocks.

Nothing of one campaign alone (account_campaigns.py), nothing that is labelled (planted_anomalies.py).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CHANNELS = ("search", "social", "display", "email", "shopping")
DAYS_FEWEST, DAYS_MOST = 120, 270
FIRST_DAY, FIRST_DAYS = dt.date(2022, 1, 1), 3 * 365
#: Month and day of public holidays; Easter Monday and Thanksgiving are reckoned.
HOLIDAYS = ((1, 1), (5, 1), (7, 4), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31))


@dataclass(frozen=True)
class Shared:
    """Days of the account and, by channel, natural logarithms of what multiplies spend, CTR, CVR and order value."""

    first: dt.date
    days: int
    channels: tuple[str, ...]
    spend: dict[str, Floats]
    ctr: dict[str, Floats]
    cvr: dict[str, Floats]
    order_value: dict[str, Floats]
    special: dict[str, Flags]
    unexported: Flags

    @property
    def weekday(self) -> NDArray[np.int64]:
        """Monday is 0."""
        return (self.first.weekday() + np.arange(self.days)) % 7

    def date(self, at: int) -> dt.date:
        return self.first + dt.timedelta(at)


def ar1(rng: np.random.Generator, days: int, spread: float, memory: float) -> Floats:
    """An autocorrelated drift around 0 with that standard deviation; `memory` is the correlation of neighbouring days."""
    steps = rng.normal(0, spread * np.sqrt(1 - memory**2), days)
    out = np.empty(days)
    level = rng.normal(0, spread)
    for i, step in enumerate(steps):
        level = memory * level + step
        out[i] = level
    return out


def easter(year: int) -> dt.date:
    """Sunday of Easter, by the anonymous Gregorian computus (Meeus, Jones, Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + r + 90) // 25
    return dt.date(year, month, (h - m + r + month + 19) % 32)


def thanksgiving(year: int) -> dt.date:
    """The fourth Thursday of November; the Friday after it opens the large sale."""
    first = dt.date(year, 11, 1)
    return first + dt.timedelta((3 - first.weekday()) % 7 + 21)


def _yearly(first: dt.date, days: int) -> tuple[list[int], list[int]]:
    """Positions of holidays, and of the first days of Black-Friday sales."""
    holidays, sales = [], []
    for year in range(first.year, first.year + 2):
        friday = thanksgiving(year) + dt.timedelta(1)
        dates = [dt.date(year, *md) for md in HOLIDAYS] + [
            easter(year) + dt.timedelta(1),
            easter(year) - dt.timedelta(2),
        ]
        holidays += [(d - first).days for d in [*dates, friday - dt.timedelta(1)]]
        sales.append((friday - first).days)
    return [d for d in holidays if 0 <= d < days], [d for d in sales if 0 <= d < days]


def draw_shared(rng: np.random.Generator) -> Shared:
    """An account's days and everything its campaigns share."""
    days = int(rng.integers(DAYS_FEWEST, DAYS_MOST + 1))
    first = FIRST_DAY + dt.timedelta(int(rng.integers(FIRST_DAYS)))
    channels = tuple(str(c) for c in sorted(rng.choice(CHANNELS, 4, replace=False)))
    phase, swing = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.2)
    season = swing * np.sin(2 * np.pi * np.arange(days) / 365 + phase)
    whole = season + ar1(rng, days, rng.uniform(0.02, 0.07), 0.8)
    spend = {c: whole.copy() for c in channels}
    ctr, cvr, order_value = ({c: np.zeros(days) for c in channels} for _ in range(3))
    special = {c: np.zeros(days, bool) for c in channels}

    def apply(days_at: slice, where: tuple[str, ...], s: float, t: float, v: float, o: float) -> None:
        for c in where:
            spend[c][days_at] += s
            ctr[c][days_at] += t
            cvr[c][days_at] += v
            order_value[c][days_at] += o
            special[c][days_at] = True

    holidays, sales = _yearly(first, days)
    quiet = rng.random() < 0.55
    for at in holidays:
        s = rng.uniform(-0.6, -0.1) if quiet else rng.uniform(0, 0.25)
        apply(slice(at, at + 1), channels, s, 0, s * 0.5, 0)
    own = rng.integers(0, days, rng.choice(3, p=[0.5, 0.35, 0.15]))
    for at in [*sales, *(int(x) for x in own)]:
        length = int(rng.integers(2, 6))
        s, v = rng.uniform(0.15, 0.65), rng.uniform(0.1, 0.5)
        apply(slice(at, at + length), channels, s, rng.uniform(0, 0.15), v, rng.uniform(-0.2, 0.05))
    if rng.random() < 0.5:
        at = int(rng.integers(days))
        apply(
            slice(at, at + int(rng.integers(5, 9))), channels, rng.uniform(-0.4, -0.1), 0, rng.uniform(-0.35, -0.1), 0
        )
    for _ in range(rng.choice(3, p=[0.5, 0.35, 0.15])):
        at, where = int(rng.integers(days)), (str(rng.choice(channels)),)
        apply(
            slice(at, at + int(rng.integers(1, 4))),
            where,
            rng.normal(0, 0.4),
            rng.normal(0, 0.1),
            rng.normal(0, 0.3),
            0,
        )
    unexported = np.zeros(days, bool)
    if rng.random() < 0.1:
        unexported[int(rng.integers(20, days))] = True
    return Shared(first, days, channels, spend, ctr, cvr, order_value, special, unexported)
