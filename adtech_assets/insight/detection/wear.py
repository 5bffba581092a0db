"""Slow wear: a click-through rate that falls a little every day, for weeks.

Belongs here: ctr_decline: the trend, against what rates drift by themselves, and whether it is a slope or a step. Does
not: single odd days (`spikes`), trends of other metrics (`trends`).

A day is judged with itself and earlier days only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, Flags, median, quotient
from adtech_assets.insight.detection.baseline import Expectation
from adtech_assets.insight.detection.event import Event, runs
from adtech_assets.insight.detection.panel import INDEX, Panel
from adtech_assets.metrics.spans import WEEK

NORMAL_MAD_SQUARED = 2.2
"""A normal distribution's variance in units of its squared median absolute deviation."""
STEPS_OF_MEANS = 14 / 3
"""Variance of the difference of two neighbouring weeks' means of a random walk, in units of its daily variance."""


@dataclass(frozen=True)
class Wear:
    """When a fall of the click-through rate is a decline. Falls are of log rates: 0.2 is 18 %."""

    windows: tuple[int, ...] = (21, 28, 35)
    known: float = 0.6
    """Share of a window's days that have clicks."""
    fall: float = 0.2
    late_fall: float = 0.14
    """The last days still lie this far below the window's first third: an exchanged creative ends it."""
    late_days: int = 5
    third_share: float = 0.12
    """From each third of the window to the next at least this share of the fall."""
    drift_days: int = 84
    drift_every: int = 3
    own_changes: float = 14
    """So many of the (overlapping) changes of a series weigh as much as one of the account."""
    drift_start: float = 0.04
    """Standard deviation of weekly changes that is assumed of a healthy rate, with the weight of ..."""
    drift_start_weight: float = 4
    account_weight: float = 4
    drift_least: float = 0.02
    slope_days: int = 56
    """Days in which a slope is told from a step."""
    slopes: tuple[int, ...] = (14, 18, 22, 26, 30, 35, 42)
    slope_seen: int = 12
    """Days of a slope that must have passed."""
    slope_gain: float = 2.0
    """How much better than a step a slope must fit, in units of the remaining variance."""
    apart: int = 7
    """Alarms at most this many days apart are one decline."""


def find(panel: Panel, ex: Expectation, threshold: Array, wear: Wear | None = None) -> list[Event]:
    """All gradual declines. threshold: [series, day], the score from which a window bears the name."""
    wear = wear or Wear()
    rate, weight = _rates(panel, ex)
    drift = _drift(rate, weight, wear)
    score = _falling(rate, weight, drift, wear)
    hot = score >= threshold
    found = []
    for series in np.flatnonzero(hot.any(axis=1)).tolist():
        slopes = {
            day: slope
            for day in np.flatnonzero(hot[series]).tolist()
            if (slope := _slope(rate[series], weight[series], day, wear))
        }
        flags = np.zeros(panel.days, dtype=np.bool_)
        flags[list(slopes)] = True
        for first, last in runs(flags, gap=wear.apart):
            begin, before = slopes[last]
            best = float(score[series, first : last + 1].max())
            found.append(Event("ctr_decline", "ctr", series, min(begin, first), last, best, before))
    return found


def _rates(panel: Panel, ex: Expectation) -> tuple[Array, Array]:
    """[series, day]: log click-through rate without weekday and what all campaigns did; and its precision."""
    ctr = INDEX["ctr"]
    clicks, shown = ex.observed[ctr], ex.per[ctr]
    usable = panel.delivered & (clicks > 0) & (shown > 0)
    log = np.log(np.where(usable, clicks, 1.0) / np.where(usable, shown, 1.0))
    rate = np.where(usable, log - ex.filtered.season[ctr] - ex.shared[ctr], np.nan)
    weight = np.where(usable, 1 / (1 / np.where(usable, clicks, 1.0) + ex.filtered.noise[ctr]), 0.0)
    return rate, weight


def _drift(rate: Array, weight: Array, wear: Wear) -> Array:
    """[series, day]: variance of a week's change that is ordinary for this campaign, from earlier days: its own weekly
    changes beyond chance, drawn to the account's."""
    days = rate.shape[1]
    sums, weights = (np.cumsum(np.pad(v, ((0, 0), (1, 0))), axis=1) for v in (np.nan_to_num(rate) * weight, weight))
    change, chance = np.full(rate.shape, np.nan), np.full(rate.shape, np.nan)
    at = np.arange(2 * WEEK - 1, days)
    if len(at):
        early, late = (weights[:, at + 1 - k] - weights[:, at + 1 - k - WEEK] for k in (WEEK, 0))
        before, now = (sums[:, at + 1 - k] - sums[:, at + 1 - k - WEEK] for k in (WEEK, 0))
        change[:, at] = quotient(now, late) - quotient(before, early)
        chance[:, at] = quotient(np.ones_like(late), late) + quotient(np.ones_like(early), early)
    ordinary = wear.drift_start**2
    out = np.full(rate.shape, ordinary)
    for day in range(days):
        past = np.arange(max(2 * WEEK - 1, day - wear.drift_days), day - WEEK + 1, wear.drift_every)
        if len(past) < 3:
            continue
        size, by_chance = np.abs(change[:, past]), chance[:, past]
        own = NORMAL_MAD_SQUARED * median(size) ** 2 - median(by_chance)
        account = NORMAL_MAD_SQUARED * median(size.reshape(1, -1)) ** 2 - median(by_chance.reshape(1, -1))
        known = (~np.isnan(size)).sum(axis=1) / wear.own_changes
        parts = known * np.maximum(np.nan_to_num(own), 0) + wear.account_weight * np.maximum(np.nan_to_num(account), 0)
        out[:, day] = (parts + wear.drift_start_weight * ordinary) / (
            known + wear.account_weight + wear.drift_start_weight
        )
    result: Array = np.maximum(out, wear.drift_least**2)
    return result


def _falling(rate: Array, weight: Array, drift: Array, wear: Wear) -> Array:
    """[series, day]: how surprising the fall over the best window that ends on the day is, 0 for none: its slope
    against counts, day noise and the slope that a drifting rate has by chance."""
    best = np.zeros(rate.shape)
    for window in wear.windows:
        x = np.arange(window, dtype=np.float64)
        third = window // 3
        for day in range(window - 1, rate.shape[1]):
            part = slice(day - window + 1, day + 1)
            y, w = np.nan_to_num(rate[:, part]), weight[:, part]
            known, total = (w > 0).sum(axis=1), np.maximum(w.sum(axis=1), 1e-9)
            enough = known >= wear.known * window
            if not enough.any():
                continue
            centre_x, centre_y = ((w * v).sum(axis=1) / total for v in (x, y))
            along = x - centre_x[:, None]
            spread = np.maximum((w * along**2).sum(axis=1), 1e-9)
            slope = (w * along * (y - centre_y[:, None])).sum(axis=1) / spread
            rest = y - centre_y[:, None] - slope[:, None] * along
            scatter = np.maximum((w * rest**2).sum(axis=1) / np.maximum(known - 2, 1), 1.0)
            by_drift = 6 / (5 * window) * drift[:, day] / STEPS_OF_MEANS
            first, second, last = (
                _mean(y, w, p) for p in (slice(third), slice(third, 2 * third), slice(2 * third, None))
            )
            late = _mean(y, w, slice(-wear.late_days, None))
            step = wear.third_share * np.maximum(first - last, 0)
            fits = enough & (-slope * (window - 1) >= wear.fall) & (first - late >= wear.late_fall)
            fits &= (first - second >= step) & (second - last >= step)
            score = np.where(fits, -slope / np.sqrt(scatter / spread + by_drift), 0.0)
            best[:, day] = np.maximum(best[:, day], score)
    return best


def _mean(y: Array, w: Array, part: slice) -> Array:
    return quotient((w[:, part] * y[:, part]).sum(axis=1), w[:, part].sum(axis=1), missing=0.0)


def _slope(rate: Array, weight: Array, day: int, wear: Wear) -> tuple[int, float] | None:
    """Where the decline that shows on `day` began and the rate before it; None if a single step explains as much.

    flat - slope - flat against flat - step - flat, every place and length tried, least squares.
    """
    first = max(0, day - wear.slope_days + 1)
    y, w = rate[first : day + 1], weight[first : day + 1]
    known: Flags = ~np.isnan(y) & (w > 0)
    x, y, w = np.flatnonzero(known), y[known], w[known]
    if len(x) < 2 * WEEK:
        return None
    length = len(known)
    start, duration = (
        v.ravel() for v in np.meshgrid(np.arange(length - 2), np.array((1, *wear.slopes)), indexing="ij")
    )
    seen = start + np.minimum(duration, wear.slope_seen) <= length - 1
    start, duration = start[seen], duration[seen]
    shape = np.clip((x[None] - start[:, None]) / duration[:, None], 0, 1)
    total = w.sum()
    centre, middle = (w * y).sum() / total, (shape * w).sum(axis=1) / total
    own = (w * (shape - middle[:, None]) ** 2).sum(axis=1)
    common = (w * (shape - middle[:, None]) * (y - centre)).sum(axis=1)
    explained = np.divide(common**2, own, out=np.zeros_like(own), where=own > 1e-9)
    left = (w * (y - centre) ** 2).sum() - explained
    step = duration == 1
    if step.all():
        return None
    slope = int(np.flatnonzero(~step)[np.argmin(left[~step])])
    scatter = max(1.0, float(left[slope]) / max(len(x) - 3, 1))
    fall = -float(common[slope] / own[slope]) if own[slope] > 1e-9 else 0.0
    if (float(left[step].min()) - float(left[slope])) / scatter < wear.slope_gain or fall < wear.fall:
        return None
    before = float(np.exp(centre + fall * middle[slope]))
    return first + int(start[slope]), before
