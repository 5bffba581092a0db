"""One series as the caller has it, on a regular grid: sorted, missing points as NaN, its grain found.

Belongs here: what a caller may hand in, what is refused, and the way back to the caller's order. Does not: any score.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Positions

Timestamps = pl.Series | np.ndarray[Any, Any] | Sequence[dt.date] | Sequence[dt.datetime]
Values = pl.Series | np.ndarray[Any, Any] | Sequence[float | None]

MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS
WEEKDAYS = 7
PLACES_PER_DAY = 96
"""A day's pattern has at most so many places: grains below a quarter of an hour share them."""
LEAST_KNOWN_SHARE = 0.02
"""A grid of which fewer points were given is no grid of these points."""


@dataclass(frozen=True)
class Grid:
    """A series on its grid; `values` NaN where unknown."""

    step: int
    """Microseconds from point to point."""
    clock: Positions
    """Wall clock of each point of the grid, microseconds since 1970."""
    values: Array
    place: Positions
    """Of each point of the input on the grid."""

    @property
    def fine(self) -> bool:
        """Finer than days."""
        return self.step < DAY

    def seasons(self) -> list[tuple[Positions, int]]:
        """Time of day and weekday, as far as the grain has them: each point's place, and the number of places."""
        found = []
        if self.fine:
            width = max(self.step, DAY // PLACES_PER_DAY)
            found.append((self.clock % DAY // width, -(-DAY // width)))
        if self.step <= DAY:
            found.append((self.clock // DAY % WEEKDAYS, WEEKDAYS))
        return found


def regular(timestamps: Timestamps, values: Values, least: int) -> Grid | None:
    """The grid of a series; None if there are fewer than `least` points, so that no grain can be told.

    Raises:
        ValueError: timestamps and values differ in length; a timestamp is unknown, not a date or datetime, or there
            twice; the points do not lie on one regular grid; a value is not a number.
    """
    when, numbers = _moments(timestamps), _numbers(values)
    if len(when) != len(numbers):
        raise ValueError(f"{len(when)} timestamps for {len(numbers)} values")
    zone = when.dtype.time_zone if isinstance(when.dtype, pl.Datetime) else None
    moments = when.to_physical().to_numpy()
    order = np.argsort(moments, kind="stable")
    gaps = np.diff(moments[order])
    if (gaps == 0).any():
        twice = when[int(order[int(np.argmax(gaps == 0))])]
        raise ValueError(f"{twice} is there twice: one value for each timestamp")
    if len(moments) < max(least, 2):
        return None
    step = _most_common(gaps)
    if zone is not None and step > DAY // 2:  # days of 23 and 25 hours are days
        local = when.dt.replace_time_zone(None)
        return regular(local, numbers, least)
    start = int(moments[order[0]])
    place, off = np.divmod(moments - start, step)
    if off.any():
        odd = when[int(order[int(np.argmax(off[order] != 0))])]
        raise ValueError(f"the timestamps are not regular: {odd} is off the grid of {dt.timedelta(microseconds=step)}")
    points = int(place.max()) + 1
    if len(moments) < LEAST_KNOWN_SHARE * points:
        raise ValueError(f"the timestamps are not regular: {len(moments)} points on a grid of {points}")
    on_grid = np.full(points, np.nan)
    on_grid[place] = numbers
    return Grid(step, _wall_clock(start + np.arange(points) * step, zone), on_grid, place)


def _moments(timestamps: Timestamps) -> pl.Series:
    """As Datetime in microseconds."""
    if isinstance(timestamps, np.ndarray) and timestamps.dtype.kind == "M":
        timestamps = timestamps.astype("datetime64[us]")
    try:
        when = pl.Series("timestamps", timestamps)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as wrong:
        raise ValueError(f"timestamps must be dates or datetimes: {wrong}") from wrong
    if not len(when):
        return when.clear().cast(pl.Datetime("us"))
    if not (when.dtype == pl.Date or isinstance(when.dtype, pl.Datetime)):
        raise ValueError(f"timestamps must be dates or datetimes, not {when.dtype}")
    if when.null_count():
        raise ValueError(f"{when.null_count()} of {len(when)} timestamps are unknown")
    zone = when.dtype.time_zone if isinstance(when.dtype, pl.Datetime) else None
    return when.cast(pl.Datetime("us", zone))


def _numbers(values: Values) -> Array:
    """As float; None, NaN and what is not finite as NaN."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "O":
        values = values.tolist()
    try:
        numbers = pl.Series("values", values, strict=False).cast(pl.Float64).to_numpy().astype(float)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as wrong:
        raise ValueError(f"values must be numbers or None: {wrong}") from wrong
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _most_common(gaps: Positions) -> int:
    """The shortest of the most common ones."""
    sizes, counts = np.unique(gaps, return_counts=True)
    return int(sizes[np.argmax(counts)])


def _wall_clock(moments: Positions, zone: str | None) -> Positions:
    if zone is None:
        return moments
    utc = pl.Series(moments).cast(pl.Datetime("us", "UTC"))
    return utc.dt.convert_time_zone(zone).dt.replace_time_zone(None).to_physical().to_numpy()
