"""What all invented series share: events and their windows, missing rows, random walks and noise with a memory.

Belongs here: parts that do not know what a series measures. Not here: prices, purchases, metrics (labelled_series).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Windows = list[tuple[dt.datetime, dt.datetime]]
Labelled = tuple[pl.Series, Floats, Windows]

WINDOW_SHARE = 0.10
"""of a file's points that lies in windows"""
EVENTS_FROM = 0.20
"""share of a file before the first event may come: behind the probation of the usual protocol"""


@dataclass(frozen=True)
class Event:
    """What was done to a series: its name, and the point at which it begins."""

    kind: str
    at: int


@dataclass(frozen=True)
class Made:
    """A series with all that is known of it. `timestamps` and `values` lack the missing rows; `events` count them."""

    timestamps: pl.Series
    values: Floats
    windows: Windows
    events: tuple[Event, ...]

    @property
    def labelled(self) -> Labelled:
        return self.timestamps, self.values, self.windows


def draw(
    rng: np.random.Generator, kinds: dict[str, float], n: int, many: int, *, daytime: bool = False
) -> tuple[Event, ...]:
    """Events whose windows do not touch and lie within the counted part of the file."""
    half = WINDOW_SHARE * n / many / 2
    room = n * (1 - EVENTS_FROM) - 2 * half - (many - 1) * 2.2 * half
    places = np.sort(rng.uniform(0, room, many)) + EVENTS_FROM * n + half + 2.2 * half * np.arange(many)
    at = places.astype(int)
    if daytime:
        at = at // 24 * 24 + rng.integers(8, 20, many)
    names = rng.choice(list(kinds), many, p=list(kinds.values()))
    return tuple(Event(str(name), int(place)) for name, place in zip(names, at, strict=True))


def finish(
    seed: int,
    start: dt.datetime,
    step: dt.timedelta,
    values: Floats,
    events: tuple[Event, ...],
    missing: float,
) -> Made:
    n = len(values)
    kept = np.random.default_rng([7, seed]).random(n) >= missing
    when = pl.datetime_range(start, start + (n - 1) * step, interval=step, time_unit="us", eager=True).alias(
        "timestamp"
    )
    half = WINDOW_SHARE * n * step / max(len(events), 1) / 2
    windows = [(start + e.at * step - half, start + e.at * step + half) for e in events]
    return Made(when.filter(pl.Series(kept)), values[kept], windows, events)


def wander(rng: np.random.Generator, n: int, step: float, block: int = 24) -> Floats:
    """A random walk with one step a block, straight in between, that starts at 0."""
    blocks = n // block + 2
    walk = np.concatenate([[0.0], np.cumsum(rng.normal(0, step, blocks))])
    return np.asarray(np.interp(np.arange(n) / block, np.arange(len(walk)), walk), dtype=float)


def autoregressive(shocks: Floats, memory: float) -> Floats:
    """First-order, with the variance of the shocks."""
    from scipy.signal import lfilter  # type: ignore[import-untyped]

    return np.asarray(lfilter([np.sqrt(1 - memory**2)], [1, -memory], shocks), dtype=float)
