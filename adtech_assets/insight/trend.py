"""Slow wear: a click-through rate that falls a little every day, for weeks.

Belongs here: the trend test and where the decline began. Does not: single odd days (`events`).
A day is judged with itself and earlier days only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.baseline import Expectation
from adtech_assets.insight.panel import INDEX, Array, Flags, Panel, quotient
from adtech_assets.settings import Insight


@dataclass(frozen=True)
class Wear:
    """When a fall of the click-through rate is a decline."""

    least_fall: float = 0.18
    """Fall over the window, as a fraction, from the fitted line."""
    least_t: float = 5.0
    """The slope in units of its standard error."""
    least_days: int = 18
    """Days with clicks in the window."""
    least_clicks: float = 20
    """Clicks a day that a series needs on average."""
    third_share: float = 0.12
    """From each third of the window to the next at least this share of the fall: a step is no wear."""
    noise: float = 0.05
    """Daily variation of a healthy rate beyond what clicks have as counts."""
    late_days: int = 4
    late_fall: float = 0.12
    """The last days still lie at least this far below the window's first third: an exchanged creative ends it."""
    search_days: int = 42
    """How far back the beginning is looked for."""
    shortest: int = 7


@dataclass(frozen=True)
class Decline:
    """One decline of a series, by position of first and last day; the rate before it and the t of its slope."""

    series: int
    start: int
    end: int
    rate_before: float
    t: float


def declines(panel: Panel, expectation: Expectation, settings: Insight, wear: Wear | None = None) -> list[Decline]:
    """Every gradual decline, ordered by series and day."""
    wear = wear or Wear()
    log_rate, weight = _rates(panel, expectation, wear)
    flagged, t = _worn_days(log_rate, weight, settings.trend_days, wear)
    return [
        _decline(series, first, last, log_rate[series], weight[series], float(-t[series, first : last + 1].min()), wear)
        for series in np.flatnonzero(flagged.any(axis=1)).tolist()
        for first, last in runs(flagged[series], gap=wear.shortest)
    ]


def _rates(panel: Panel, expectation: Expectation, wear: Wear) -> tuple[Array, Array]:
    """[series, day]: log click-through rate without what all campaigns did; and its precision."""
    ctr = INDEX["ctr"]
    clicks, shown = expectation.observed[ctr], expectation.per[ctr]
    usable = panel.delivered & (clicks > 0) & (shown > 0)
    moved = np.where(usable, quotient(expectation.expected[ctr], expectation.own[ctr]), np.nan)
    excused = np.nan_to_num(np.log(np.where(moved > 0, moved, np.nan)))
    log_rate = np.where(usable, np.log(np.where(usable, clicks, 1.0) / np.where(usable, shown, 1.0)) - excused, np.nan)
    weight = np.where(usable, 1 / (1 / np.where(usable, clicks, 1.0) + wear.noise**2), 0.0)
    return log_rate, weight


def _worn_days(log_rate: Array, weight: Array, window: int, wear: Wear) -> tuple[Flags, Array]:
    """[series, day]: the window that ends on the day shows wear; and the slope's t."""
    series, days = log_rate.shape
    flagged, t_values = np.zeros((series, days), dtype=np.bool_), np.zeros((series, days))
    x = np.arange(window, dtype=np.float64)
    thirds = np.array_split(np.arange(window), 3)
    for day in range(window - 1, days):
        y, w = log_rate[:, day - window + 1 : day + 1], weight[:, day - window + 1 : day + 1]
        w = np.where(np.isnan(y), 0.0, w)
        n = (w > 0).sum(axis=1)
        fit = (n >= wear.least_days) & (1 / np.maximum(w.max(axis=1), 1e-12) < 1 / wear.least_clicks + wear.noise**2)
        if not fit.any():
            continue
        y, total = np.nan_to_num(y), np.maximum(w.sum(axis=1), 1e-12)
        centre_x = ((w * x).sum(axis=1) / total)[:, None]
        centre_y = ((w * y).sum(axis=1) / total)[:, None]
        spread_x = np.maximum((w * (x - centre_x) ** 2).sum(axis=1), 1e-12)
        slope = (w * (x - centre_x) * (y - centre_y)).sum(axis=1) / spread_x
        residual = y - centre_y - slope[:, None] * (x - centre_x)
        # At least the spread that counts have by themselves: a lucky straight line is no proof.
        noise = np.maximum((w * residual**2).sum(axis=1) / np.maximum(n - 2, 1), 1.0)
        t = slope / np.sqrt(noise / spread_x)
        first, second, third = (_mean(y[:, part], w[:, part]) for part in thirds)
        late = _mean(y[:, -wear.late_days :], w[:, -wear.late_days :])
        fall = -slope * (window - 1)
        step = wear.third_share * np.maximum(first - third, 0)
        flagged[:, day] = (
            fit
            & (t <= -wear.least_t)
            & (fall >= -np.log1p(-wear.least_fall))
            & (first - second >= step)
            & (second - third >= step)
            & (first - late >= -np.log1p(-wear.late_fall))
            & (third - late >= -step)
        )
        t_values[:, day] = t
    return flagged, t_values


def _decline(series: int, first: int, last: int, log_rate: Array, weight: Array, t: float, wear: Wear) -> Decline:
    """The decline whose alarms run from `first` to `last`: it began where a flat line with a knee fits best."""
    begin = max(0, last - wear.search_days + 1)
    y, w = log_rate[begin : last + 1], weight[begin : last + 1]
    known = ~np.isnan(y) & (w > 0)
    y, w, x = y[known], w[known], np.flatnonzero(known).astype(np.float64)
    knees = range(0, max(1, first - begin - wear.shortest + 1))
    errors = []
    for knee in knees:
        design = np.stack([np.ones_like(x), np.maximum(0.0, x - knee)], axis=1) * np.sqrt(w)[:, None]
        errors.append(
            float(np.sum((design @ np.linalg.lstsq(design, y * np.sqrt(w), rcond=None)[0] - y * np.sqrt(w)) ** 2))
        )
    start = begin + int(np.argmin(errors))
    before = slice(max(0, start - 2 * wear.shortest), start + 1)
    level = _mean(
        np.nan_to_num(log_rate[None, before]), np.where(np.isnan(log_rate[None, before]), 0.0, weight[None, before])
    )
    return Decline(series, start, last, float(np.exp(level[0])), t)


def _mean(values: Array, weight: Array) -> Array:
    """[row]: weighted mean; 0 where nothing is known."""
    return quotient((values * weight).sum(axis=1), weight.sum(axis=1), missing=0.0)


def runs(flags: Flags, gap: int) -> list[tuple[int, int]]:
    """First and last position of each run of true values; runs at most `gap` apart are one."""
    found: list[tuple[int, int]] = []
    for at in np.flatnonzero(flags).tolist():
        if found and at - found[-1][1] <= gap:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found
