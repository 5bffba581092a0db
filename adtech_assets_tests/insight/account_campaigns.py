"""Invented campaigns: how large, how noisy, on which days, and what is done with them on purpose.

What campaigns share is in account_calendar.py, what goes wrong in planted_anomalies.py. All in expectations: the counts of
a day are drawn in labelled_accounts.py, after the anomalies have bent the expectations.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass

import numpy as np
from account_calendar import Flags, Floats, Shared, ar1

#: Cost per click, click-through rate, order value: lowest and highest of a channel.
RATES = {
    "search": ((0.5, 3.0), (0.03, 0.09)),
    "social": ((0.3, 1.5), (0.008, 0.025)),
    "display": ((0.15, 0.8), (0.002, 0.009)),
    "email": ((0.05, 0.3), (0.015, 0.06)),
    "shopping": ((0.2, 1.0), (0.007, 0.02)),
}
SPEND_LEAST, SPEND_MOST = 10.0, 2000.0
CONVERSIONS_LEAST, CONVERSIONS_MOST = 0.5, 100.0
WORDS = ("Brand", "Generic", "Retargeting", "Prospecting", "Lookalike", "Catalogue", "Newsletter", "Video", "Spring", "Loyalty",
         "Competitor", "Regional", "Bestseller", "Winback", "Launch", "Always-on")  # fmt: skip


@dataclass
class Campaign:
    """Expectations by day (arrays as long as the account), and how much a day strays from them."""

    name: str
    channel: str
    alive: Flags
    runs: Flags
    special: Flags
    daily: bool
    spend: Floats
    cpm: Floats
    ctr: Floats
    cvr: Floats
    order_value: Floats
    spend_noise: float
    heavy_tails: bool
    cpm_noise: float
    ctr_noise: float
    cvr_noise: float
    shape: float
    order_shape: float
    lists_idle_days: bool
    tracks_conversions: bool
    tracks_revenue: bool
    #: Too small to spend every day: it stays idle by chance.
    patchy: bool

    @property
    def clicks(self) -> Floats:
        """Expected clicks of a day on which it runs."""
        return self.spend / self.cpm * 1000 * self.ctr

    @property
    def conversions(self) -> Floats:
        return self.clicks * self.cvr


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Log-uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _schedule(rng: np.random.Generator, shared: Shared, channel: str) -> tuple[Flags, bool]:
    """Days on which it runs by plan, and whether that is (nearly) every day of a stretch."""
    weekday, days = shared.weekday, shared.days
    if channel == "email" and rng.random() < 0.3:
        return np.isin(weekday, rng.choice(7, rng.choice([1, 2], p=[0.6, 0.4]), replace=False)), False
    kind = rng.choice(["always", "weekdays", "some days", "flights"], p=[0.85, 0.09, 0.025, 0.035])
    if kind == "always":
        return np.ones(days, bool), True
    if kind == "weekdays":
        return weekday < 5, True
    if kind == "some days":
        return np.isin(weekday, rng.choice(7, rng.integers(2, 5), replace=False)), False
    on, offset = int(rng.integers(5, 10)), int(rng.integers(14))
    return (np.arange(days) + offset) % 14 < on, False


def _weekday_pattern(rng: np.random.Generator, spread: float, weekend: float) -> Floats:
    pattern = rng.normal(0, spread, 7)
    pattern[5:] += weekend
    return np.asarray(pattern - pattern.mean())


def _month_end(shared: Shared, last_days: int) -> Flags:
    dates = [shared.date(i) for i in range(shared.days)]
    return np.array([calendar.monthrange(d.year, d.month)[1] - d.day < last_days for d in dates])


def draw_campaign(rng: np.random.Generator, shared: Shared, channel: str, number: int) -> Campaign:
    """One campaign with its level, noise, drift, schedule, and the deliberate changes of its manager."""
    days, t = shared.days, np.arange(shared.days)
    (cpc_low, cpc_high), (ctr_low, ctr_high) = RATES[channel]
    cpc, ctr = _between(rng, cpc_low, cpc_high), _between(rng, ctr_low, ctr_high)
    conversions = _between(rng, CONVERSIONS_LEAST, CONVERSIONS_MOST)
    cvr = _between(rng, 0.01, 0.09)
    spend = float(np.clip(conversions * cpc / cvr, SPEND_LEAST, SPEND_MOST))
    runs, daily = _schedule(rng, shared, channel)
    special = shared.special[channel] | shared.unexported
    alive = np.ones(days, bool)

    log_spend = shared.spend[channel] * rng.uniform(0.6, 1.3) + ar1(
        rng, days, _between(rng, 0.03, 0.16), rng.uniform(0.9, 0.985)
    )
    log_ctr = shared.ctr[channel] + ar1(rng, days, _between(rng, 0.02, 0.08), rng.uniform(0.9, 0.98))
    log_cvr = shared.cvr[channel] * rng.uniform(0.6, 1.3) + ar1(
        rng, days, _between(rng, 0.03, 0.1), rng.uniform(0.9, 0.98)
    )
    log_order = shared.order_value[channel] + ar1(rng, days, _between(rng, 0.01, 0.06), 0.95)
    weekend = rng.choice([rng.normal(-0.45, 0.15), rng.normal(0.1, 0.12)])
    log_spend += _weekday_pattern(rng, 0.09, weekend)[shared.weekday]
    log_ctr += _weekday_pattern(rng, 0.03, rng.normal(0, 0.05))[shared.weekday]
    log_cvr += _weekday_pattern(rng, 0.05, rng.normal(-0.05, 0.12))[shared.weekday]

    def step(at: int) -> Floats:
        return (t >= at).astype(float)

    def around(at: int, before: int = 1, after: int = 3) -> None:
        special[max(at - before, 0) : at + after] = True

    if rng.random() < 0.2:  # launched within the data, with a learning phase
        at, ramp = int(rng.integers(10, days - 50)), int(rng.integers(4, 15))
        alive &= t >= at
        learning = np.clip(1 - (t - at) / ramp, 0, 1)
        log_spend -= learning * rng.uniform(0.2, 1.2)
        log_cvr -= learning * rng.uniform(0.1, 0.7)
        special[at : at + ramp] = True
    if rng.random() < 0.12:  # ended for good
        at = int(rng.integers(80, days))
        alive &= t < at
        around(at, 2)
    for _ in range(rng.choice(3, p=[0.55, 0.33, 0.12])):  # budget raised or cut, to stay
        at, size = int(rng.integers(days)), rng.uniform(0.2, 0.75) * rng.choice([1, -1], p=[0.6, 0.4])
        log_spend += step(at) * size
        around(at)
    if rng.random() < 0.15:
        log_spend += rng.uniform(-0.6, 0.8) * t / days
    if rng.random() < 0.15:
        pacing = _month_end(shared, int(rng.integers(2, 6)))
        log_spend += pacing * rng.choice([rng.uniform(0.15, 0.5), rng.uniform(-0.6, -0.2)])
        special |= pacing
    for _ in range(rng.choice(3, p=[0.78, 0.18, 0.04])):  # a promotion of its own
        at, length = int(rng.integers(days)), int(rng.integers(3, 8))
        log_spend[at : at + length] += rng.uniform(0.25, 0.75)
        log_cvr[at : at + length] += rng.uniform(0.05, 0.5)
        around(at, 2, length + 2)
    for _ in range(rng.choice(3, p=[0.6, 0.3, 0.1])):  # a new creative
        log_ctr += step(int(rng.integers(days))) * rng.normal(0, 0.18)
    if rng.random() < 0.2:  # the season of its subject
        log_ctr += rng.uniform(0.05, 0.16) * np.sin(2 * np.pi * (t / rng.uniform(120, 365) + rng.random()))
    if daily and rng.random() < 0.14:  # paused by plan
        at = int(rng.integers(days))
        runs[at : at + int(rng.integers(7, 22))] = False
        around(at, 3, 25)

    conversions_tracked = rng.random() > 0.04
    patchy = bool(spend < 60 and rng.random() < 0.12)
    if patchy:
        runs &= rng.random(days) >= rng.uniform(0.03, 0.2)
    return Campaign(
        name=f"{channel.title()} {WORDS[number % len(WORDS)]} {number:02d}", channel=channel,
        alive=alive, runs=runs & alive, special=special, daily=daily,
        spend=spend * np.exp(log_spend), cpm=cpc * ctr * 1000 * np.exp(ar1(rng, days, 0.06, 0.9)), ctr=ctr * np.exp(log_ctr),
        cvr=cvr * np.exp(log_cvr), order_value=_between(rng, 15, 160) * np.exp(log_order),
        spend_noise=_between(rng, 0.04, 0.28), heavy_tails=bool(rng.random() < 0.1), cpm_noise=_between(rng, 0.02, 0.1),
        ctr_noise=_between(rng, 0.02, 0.1), cvr_noise=_between(rng, 0.03, 0.18), shape=_between(rng, 15, 120),
        order_shape=_between(rng, 2, 10), lists_idle_days=bool(rng.random() < 0.5), tracks_conversions=bool(conversions_tracked),
        tracks_revenue=bool(conversions_tracked and rng.random() > 0.14),
        patchy=patchy,
    )  # fmt: skip
