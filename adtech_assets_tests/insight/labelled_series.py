"""Invented series with labelled events, for detectors that score one series at a time.

Belongs here: generators of prices of an ad exchange, purchases of a shop and metrics of an ad account, each also without
any event. Not here: detectors, scorers, tables of campaigns.

A series is an ordinary part and, on top, a few events. The ordinary part is the same with and without events, and is not
tame: patterns and level drift, noise is skewed and comes in bursts, single odd points are common, rows are missing. A
label's window is centred on the start of its event; the windows of a file together make a tenth of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from adtech_assets_tests.insight.made_series import Event, Floats, Labelled, Made, autoregressive, draw, finish, wander


@dataclass(frozen=True)
class Prices:
    """Hourly prices. Calibrated so that simple detectors do about as they are known to do on real prices."""

    hours: tuple[int, int] = (1500, 1700)
    daily_swing: tuple[float, float] = (0.14, 0.38)
    """log amplitude of the day's pattern"""
    swing_drift: float = 0.04
    """log standard deviation of the amplitude's step from day to day"""
    hour_drift: float = 0.15
    """hours by which the pattern moves from day to day"""
    weekend: tuple[float, float] = (-0.15, 0.10)
    """log difference of weekends"""
    noise: tuple[float, float] = (0.05, 0.12)
    """log standard deviation of an hour"""
    memory: tuple[float, float] = (0.15, 0.5)
    """autocorrelation of the noise at one hour"""
    noise_drift: float = 0.08
    """log standard deviation of the noise's step from day to day"""
    drift: float = 0.016
    """log standard deviation of the level's step from day to day"""
    ramps: tuple[int, int] = (0, 3)
    """ordinary changes of level over two to five days"""
    ramp_size: float = 0.15
    odd_hours_per_day: tuple[float, float] = (0.09, 0.28)
    """ordinary one-hour spikes"""
    odd_size: float = 1.6
    """mean height of those above three standard deviations, in standard deviations of the ordinary series"""
    wild_spell_share: float = 0.4
    """of the series have one wild spell of a few days, with far higher odd hours"""
    shift_days: tuple[float, float] = (0.5, 2.5)
    """how long the level change of an event lasts before it fades"""
    shift_fades: float = 18.0
    """hours"""
    thin_share: tuple[float, float] = (0.02, 0.06)
    """hours with few auctions"""
    missing_share: float = 0.004
    spike_size: tuple[float, float] = (10.0, 30.0)
    """height of an event's spike, in standard deviations of the ordinary series"""


PRICES = Prices()
PRICE_EVENTS = {"spike": 0.52, "spike_and_shift": 0.16, "shift": 0.1, "flat": 0.08, "pattern": 0.06, "volatility": 0.08}


def price_series(seed: int, *, quiet: bool = False) -> Labelled:
    """About 1,600 hourly prices of an ad exchange, with two or three events.

    Returns: timestamps (Datetime, ascending, a few rows missing), values of the same length (> 0), and the windows as
    (start, end), both inclusive; no windows if quiet.
    """
    return made_prices(seed, quiet=quiet).labelled


def purchases_series(seed: int, every: Literal["1h", "1d"] = "1h", *, quiet: bool = False) -> Labelled:
    """Purchases of a shop (even seeds: counts, odd seeds: money), 90 days by the hour or 400 by the day.

    Sale days, holidays and paydays belong to the ordinary part. Events are outages, losses and surges. Returns as
    price_series.
    """
    return made_purchases(seed, every, quiet=quiet).labelled


def weekly_series(seed: int, every: Literal["1w", "1d"] = "1w", *, quiet: bool = False) -> Labelled:
    """A metric of an ad account (spend, CPC, CTR or conversions, by the seed), 156 weeks or 365 days. Returns as price_series."""
    return made_metric(seed, every, quiet=quiet).labelled


def made_prices(seed: int, *, quiet: bool = False, look: Prices = PRICES) -> Made:
    rng = np.random.default_rng([1, seed])
    n = int(rng.integers(*look.hours))
    base, noise_only = _ordinary_prices(rng, n, look)
    values = base * np.exp(noise_only)
    scale = float(np.std(values))
    values = values + scale * _odd_hours(rng, n, look)
    picker = np.random.default_rng([2, seed])
    events = () if quiet else draw(picker, PRICE_EVENTS, n, int(picker.integers(2, 4 if picker.random() < 0.67 else 3)))
    for event in events:
        values = _price_event(picker, event, values, base, noise_only, scale, look)
    floor = 0.05 * float(np.median(base))
    values = np.maximum(values, floor) * rng.choice([0.11, 0.35, 0.8])
    start = dt.datetime.fromisoformat("2025-03-01") + dt.timedelta(hours=int(rng.integers(0, 4000)))
    return finish(seed, start, dt.timedelta(hours=1), np.round(values, 6), events, look.missing_share)


def _ordinary_prices(rng: np.random.Generator, n: int, look: Prices) -> tuple[Floats, Floats]:
    """The expected price, and the log noise around it."""
    hour = np.arange(n)
    swing = rng.uniform(*look.daily_swing) * np.exp(wander(rng, n, look.swing_drift))
    shift = rng.uniform(0, 24) + wander(rng, n, look.hour_drift)
    turn = 2 * np.pi * (hour - shift) / 24
    day = swing * (np.cos(turn) + rng.uniform(0.1, 0.5) * np.cos(2 * turn + rng.uniform(0, 6)))
    weekend = rng.uniform(*look.weekend) * ((hour // 24 + rng.integers(7)) % 7 >= 5)
    level = wander(rng, n, look.drift)
    for _ in range(int(rng.integers(*look.ramps))):
        at, days = rng.uniform(0, n), rng.uniform(2, 5)
        level = level + rng.normal(0, look.ramp_size) * np.clip((hour - at) / (24 * days), 0, 1)
    volatility = np.exp(wander(rng, n, look.noise_drift))
    volatility = volatility / np.median(volatility)
    shocks = rng.standard_t(5, n) / np.sqrt(5 / 3)
    memory = rng.uniform(*look.memory)
    noise = autoregressive(shocks, memory) * rng.uniform(*look.noise) * np.clip(volatility, 0.5, 2.0)
    thin = rng.random(n) < rng.uniform(*look.thin_share)
    noise = noise + thin * rng.normal(0, 1.5 * look.noise[1], n)
    return np.exp(day + weekend + level), noise + 0.6 * np.maximum(noise, 0) ** 1.5


def _odd_hours(rng: np.random.Generator, n: int, look: Prices) -> Floats:
    """Ordinary spikes, in standard deviations of the series."""
    odd = rng.random(n) < rng.uniform(*look.odd_hours_per_day) / 24
    height = np.where(odd, 2.5 + rng.exponential(look.odd_size, n), 0.0)
    if rng.random() < look.wild_spell_share:
        at = int(rng.uniform(0.05, 0.95) * n)
        spell = slice(at, at + int(24 * rng.uniform(2, 6)))
        wild = rng.random(n) < 1 / 14
        height[spell] += np.where(wild, 3 + rng.exponential(4.0, n), 0.0)[spell]
    return height


def _price_event(
    rng: np.random.Generator, event: Event, values: Floats, base: Floats, noise: Floats, scale: float, look: Prices
) -> Floats:
    values, at, n = values.copy(), event.at, len(values)
    hour = np.arange(n) - at
    if event.kind.startswith("spike"):
        height = scale * np.exp(rng.uniform(*np.log(look.spike_size)))
        span = int(rng.choice([1, 1, 2, 3]))
        values[at : at + span] += height * np.array([1.0, 0.6, 0.4])[:span]
    if event.kind.endswith("shift"):
        size = rng.choice([-0.5, 0.45, 0.7]) * rng.uniform(0.8, 1.2)
        over = np.maximum(hour - 24 * rng.uniform(*look.shift_days), 0)
        values *= np.exp(size * np.where(hour >= 0, np.exp(-over / look.shift_fades), 0.0))
    span = int(rng.uniform(8, 30))
    if event.kind == "flat":
        low = float(values[at - 1]) if rng.random() < 0.5 else float(rng.uniform(0.1, 0.4) * np.median(values))
        values[at : at + span] = low
    if event.kind == "pattern":
        days = slice(at, at + 24 * int(rng.integers(3, 7)))
        middle = np.median(base[max(at - 168, 0) : at])
        values[days] = middle**2 / base[days] * np.exp(noise[days]) * rng.uniform(1.0, 1.3)
    if event.kind == "volatility":
        days = slice(at, at + 24 * int(rng.integers(2, 5)))
        values[days] = base[days] * np.exp(noise[days] * rng.uniform(3, 5))
    return values


@dataclass(frozen=True)
class Shop:
    """Purchases of a shop."""

    days: int = 90
    days_by_the_day: int = 400
    hourly_rate: tuple[float, float] = (6.0, 120.0)
    """purchases in an average hour"""
    overdispersion: tuple[float, float] = (0.005, 0.04)
    """variance beyond Poisson, in shares of the squared mean"""
    basket: float = 40.0
    """money of an average purchase"""
    sale_days_share: float = 0.03
    holiday_share: float = 0.015
    missing_share: float = 0.002


SHOP = Shop()
SHOP_EVENTS = {"outage": 0.35, "loss": 0.25, "surge": 0.25, "shift": 0.15}


def made_purchases(seed: int, every: Literal["1h", "1d"] = "1h", *, quiet: bool = False, look: Shop = SHOP) -> Made:
    rng, picker = np.random.default_rng([3, seed, len(every), every == "1d"]), np.random.default_rng([4, seed])
    per_day = 24 if every == "1h" else 1
    days = look.days if per_day == 24 else look.days_by_the_day
    n = days * per_day
    rate = _shop_rate(rng, days, per_day, look)
    events = () if quiet else draw(picker, SHOP_EVENTS, n, int(picker.integers(2, 5)), daytime=per_day == 24)
    for event in events:
        rate = _shop_event(picker, event, rate, per_day)
    start = dt.datetime.fromisoformat("2025-01-06") + dt.timedelta(days=int(rng.integers(0, 300)))
    spread = rng.uniform(*look.overdispersion) / (1 if per_day == 24 else 2)
    basket, mood = rng.gamma(8, 1 / 8, n), rng.gamma(1 / spread, spread, n)
    values = rng.poisson(rate * mood).astype(float)
    if seed % 2:
        values = np.round(values * look.basket * basket ** (1 / np.sqrt(1 + values)), 2)
    return finish(seed, start, dt.timedelta(hours=24 // per_day), values, events, look.missing_share)


def _shop_rate(rng: np.random.Generator, days: int, per_day: int, look: Shop) -> Floats:
    """Expected purchases a step; each day's level times the hours' profile."""
    day = np.arange(days)
    week = rng.normal(0, 0.12, 7)[(day + rng.integers(7)) % 7]
    level = wander(rng, days, 0.02, block=1) + rng.normal(0, 0.15) * day / days
    sale = (rng.random(days) < look.sale_days_share) * rng.uniform(0.2, 0.5, days)
    holiday = (rng.random(days) < look.holiday_share) * rng.uniform(-0.5, -0.2, days)
    payday = 0.12 * ((day + rng.integers(30)) % 30 < 3)
    daily = 24 * np.exp(rng.uniform(*np.log(look.hourly_rate))) * np.exp(week + level + sale + holiday + payday)
    if per_day == 1:
        return np.asarray(daily, dtype=float)
    hour = np.arange(24)
    profile = 0.08 + np.exp(-(((hour - 12.5) / 4) ** 2)) + rng.uniform(0.6, 1.3) * np.exp(-(((hour - 20) / 2.2) ** 2))
    return np.outer(daily, profile / profile.sum()).ravel()


def _shop_event(rng: np.random.Generator, event: Event, rate: Floats, per_day: int) -> Floats:
    rate, at = rate.copy(), event.at
    span = {
        "outage": rng.integers(3, 12) if per_day == 24 else 1,
        "loss": rng.integers(8, 40) if per_day == 24 else rng.integers(2, 6),
        "surge": rng.integers(2, 16) if per_day == 24 else rng.integers(1, 3),
        "shift": rng.integers(5, 14) * per_day,
    }[event.kind]
    factor = {
        "outage": rng.choice([0.0, 0.0, 0.05]) if per_day == 24 else rng.uniform(0.0, 0.4),
        "loss": rng.uniform(0.2, 0.55),
        "surge": rng.uniform(2.0, 4.0),
        "shift": rng.choice([0.6, 1.6]),
    }[event.kind]
    rate[at : at + int(span)] *= float(factor)
    return rate


METRIC_EVENTS = {"spike": 0.4, "drop": 0.3, "shift": 0.3}
METRICS: tuple[tuple[str, float, float], ...] = (
    ("spend", 4200.0, 0.08),
    ("cpc", 0.85, 0.06),
    ("ctr", 0.031, 0.05),
    ("conversions", 60.0, 0.05),
)
"""name, level of a day, log noise of a week"""


def made_metric(seed: int, every: Literal["1w", "1d"] = "1w", *, quiet: bool = False) -> Made:
    rng, picker = np.random.default_rng([5, seed, every == "1d"]), np.random.default_rng([6, seed])
    name, level, noise = METRICS[seed % len(METRICS)]
    n, step = (156, 7) if every == "1w" else (365, 1)
    day = np.arange(n) * step
    year = rng.uniform(0, 0.2) * np.cos(2 * np.pi * (day - rng.uniform(0, 365)) / 365)
    week = rng.normal(0, 0.12, 7)[day % 7] if step == 1 else np.zeros(n)
    wide = noise * (1 if step == 7 else 1.8)
    log = year + week + wander(rng, n, 0.02 if step == 7 else 0.01, block=1) + wide * rng.standard_t(6, n)
    values = level * np.exp(log) * (step if name in ("spend", "conversions") else 1)
    events = () if quiet else draw(picker, METRIC_EVENTS, n, int(picker.integers(2, 4)))
    for event in events:
        values = values.copy()
        lasting = int(picker.integers(4, 10)) if event.kind == "shift" else int(picker.integers(1, 3))
        size = picker.uniform(0.4, 0.9) * (-1 if event.kind == "drop" or picker.random() < 0.3 else 1)
        values[event.at : event.at + lasting] *= np.exp(size)
    values = rng.poisson(values).astype(float) if name == "conversions" else np.round(values, 4)
    start, missing = dt.datetime.fromisoformat("2023-01-02"), 0.0 if step == 7 else 0.003
    return finish(seed, start, dt.timedelta(days=step), values, events, missing)


MAKERS: dict[str, Callable[..., Made]] = {
    "prices 1h": made_prices,
    "purchases 1h": made_purchases,
    "purchases 1d": lambda seed, quiet=False: made_purchases(seed, "1d", quiet=quiet),
    "ad metrics 1d": lambda seed, quiet=False: made_metric(seed, "1d", quiet=quiet),
    "ad metrics 1w": lambda seed, quiet=False: made_metric(seed, "1w", quiet=quiet),
}
"""All types by name: `maker(seed, quiet=...)`"""
