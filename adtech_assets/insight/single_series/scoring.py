"""Scores and alerts for any one regular series, from minutes to weeks, with nothing to tune.

Belongs here: the public entry, the thresholds, and when a score becomes an alert. Does not: the expectation
(`level_filter`, on which the scores of campaigns rest as well), the statistics (`signs`), the scale of a series
(`scale`), what a caller may hand in (`grid`).

Every score and alert rests on that point and earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from adtech_assets.insight.arrays import Array, Flags
from adtech_assets.insight.detection.dispersion import stable
from adtech_assets.insight.detection.level_filter import Filtered, Observations, Tuning, run_filter
from adtech_assets.insight.single_series.grid import DAY, Grid, Timestamps, Values, regular
from adtech_assets.insight.single_series.scale import Amounts, Scaling, linear, positive
from adtech_assets.insight.single_series.signs import against_own_history, humbled, sum_over, trailing_mean, usual_at


@dataclass(frozen=True)
class Tail:
    """Scores that a series is used to count less: where the `rank`-th largest of the last `points` was above `usual`,
    they are divided by as much."""

    points: int
    rank: int
    usual: float = 4.0


@dataclass(frozen=True)
class History:
    """What sums and wildness are measured against."""

    points: int = 504
    """Their own past so many points ..."""
    least: int = 120
    """... of which so many are known."""


@dataclass(frozen=True)
class Together:
    """Several points as one: small deviations of one sign that add up."""

    points: tuple[int, ...] = (5, 24)
    """Sums over so many points."""
    threshold: float = 4.5
    """Robust standard deviations of their past."""
    least_spread: float = 0.5
    """Their past has this spread at least, in standard deviations of the filter."""
    hold: float = 4.0
    """A point counts as if it lay at most this many standard deviations away."""
    same_time: int = 28
    """A point's standard deviation is that of so many points at the same time of day ..."""
    same_time_prior: float = 14.0
    """... and so many of the filter's."""
    same_time_hold: float = 3.0
    tail: Tail = Tail(points=500, rank=16)


@dataclass(frozen=True)
class Wildness:
    """A spell in which points are wilder, or tamer, than usual."""

    points: int = 24
    threshold: float = 5.0
    """Robust standard deviations of its past."""
    least_spread: float = 0.05
    """Its past has this spread at least, in logs of the size of innovations."""
    hold: float = 4.0
    floor: float = 0.1
    """Added to an innovation's size before its log is taken."""
    tail: Tail = Tail(points=500, rank=16)


@dataclass(frozen=True)
class Grain:
    """How series of one grain are scored."""

    tuning: Tuning
    level_gains: tuple[float, ...]
    """Variance that a filter's level gains with every point. The first filter scores points, the last one sums."""
    known_first: int
    """So many values other than 0 are seen before anything is scored; they tell counts, sign and size."""
    threshold: float
    """Standard deviations from what the first filter expects."""
    tail: Tail
    cool_down: float
    """Without another alert after one: so many points ..."""
    cool_down_days: float
    """... and days."""
    again: float = 1.5
    """Unless the score is so many times that of the alert before."""
    history: History = History()
    together: Together | None = None
    wildness: Wildness | None = None


FINE = Grain(
    tuning=Tuning(level_share=0.05, season=0.0005, season_start=0.04, noise_memory=0.01, noise_points=24),
    level_gains=(0.03, 0.0), known_first=20, threshold=5.5, tail=Tail(points=500, rank=8),
    cool_down=36, cool_down_days=0.0, together=Together(), wildness=Wildness(),
)  # fmt: skip
COARSE = Grain(
    tuning=Tuning(level_share=0.1, season=0.0005, season_start=0.04, noise_memory=0.03, noise_points=8),
    level_gains=(0.0,), known_first=8, threshold=3.3, tail=Tail(points=60, rank=2), cool_down=2, cool_down_days=3.0,
)  # fmt: skip
SCALING = Scaling()


@dataclass(frozen=True)
class SeriesSettings:
    """How series are scored. The defaults are meant for every series."""

    sensitivity: float = 1.0
    """All scores are multiplied by it: with 1.2 there are more alerts, with 0.8 fewer."""
    fine: Grain = FINE
    """For grains below a day ..."""
    coarse: Grain = COARSE
    """... and for days and coarser ones."""
    scaling: Scaling = SCALING


class SeriesScores(NamedTuple):
    """One of each for every point of the input, in its order."""

    scores: Array
    """0 = as expected or not known, 1 = the threshold of an alert."""
    alerts: Flags


def score_series(timestamps: Timestamps, values: Values, settings: SeriesSettings | None = None) -> SeriesScores:
    """How odd each point of a series is, and which points deserve an alert, by nothing but the points before it.

        scores, alerts = score_series(timestamps, values)

    A filter follows level, time of day and weekday as far as the grain has them. A point is odd if it lies far from what
    the filter expects; below a day's grain also if the last points together do, or if they are wilder or tamer than
    usual; each measured by how usual that is for this very series. Whole numbers are watched as counts, other amounts
    by their ratio to what is expected; from the first value below zero on, a series is watched by differences, in
    units of its first points' spread.

    Args:
        timestamps: polars Series, numpy array or list of dates or datetimes, in any order, of one regular grain from
            minutes to weeks (not calendar months); points may be missing. With a time zone, patterns follow its clock;
            without one, an hour that a clock repeats in autumn is a duplicate.
        values: as many numbers; None, NaN and infinities are unknown.
        settings: not needed.

    Returns:
        scores (floats >= 0) and alerts (booleans) in the order of the input. A score of 1.0 is the threshold, whatever
        the series and its grain; an alert is a score of at least 1.0 outside the cool-down of the alert before (36
        points; from a day on, 3 days and at least 2 points), or, within it, 1.5 times that alert's score. Nothing is
        scored before 20 (from a day on, 8) values other than zero: a shorter series has no alerts. Unknown values score
        what the points before them do.

    Raises:
        ValueError: lengths differ, timestamps are irregular, doubled, unknown or no dates, values are no numbers.
    """
    settings = settings or SeriesSettings()
    grid = regular(timestamps, values, min(settings.fine.known_first, settings.coarse.known_first) + 1)
    if grid is None:
        return SeriesScores(np.zeros(len(values)), np.zeros(len(values), dtype=bool))
    grain = settings.fine if grid.fine else settings.coarse
    scores = settings.sensitivity * _scores(grid, grain, settings.scaling)
    alerts = _alerts(scores, max(grain.cool_down, grain.cool_down_days * DAY / grid.step), grain.again)
    return SeriesScores(scores[grid.place], alerts[grid.place])


def _scores(grid: Grid, grain: Grain, scaling: Scaling) -> Array:
    """[point of the grid]."""
    values = grid.values
    other = np.isfinite(values) & (values != 0)
    if other.sum() < grain.known_first:
        return np.zeros(len(values))
    scored = np.cumsum(other) - other >= grain.known_first
    below_zero = np.maximum.accumulate(np.nan_to_num(values) < 0)
    scales = [positive(values, grain.known_first, scaling)]
    if below_zero[-1]:
        scales.append(linear(values, grain.known_first, scaling))
    filters = len(grain.level_gains)
    filtered = _filtered(scales, grid, grain)
    by_scale = [
        _by_filters(amounts, filtered, slice(filters * row, filters * (row + 1)), scored, grid, grain)
        for row, amounts in enumerate(scales)
    ]
    return np.where(below_zero, by_scale[-1], by_scale[0])


def _filtered(scales: list[Amounts], grid: Grid, grain: Grain) -> Filtered:
    """Rows: the filters of each scale."""
    each = len(grain.level_gains)
    amount = np.repeat([scale.amount for scale in scales], each, axis=0)
    unit = np.repeat([scale.unit for scale in scales], each, axis=0)
    ratio = np.repeat([scale.ratio for scale in scales], each)
    gains = np.tile(grain.level_gains, len(scales))
    return run_filter(Observations(amount, np.ones_like(amount), unit, ratio), grid.seasons(), grain.tuning, gains)


def _by_filters(amounts: Amounts, filtered: Filtered, rows: slice, scored: Flags, grid: Grid, grain: Grain) -> Array:
    """The largest of a point's signs, each in units of its threshold."""
    expected = np.exp(filtered.level[rows] + filtered.season[rows])
    spread = np.sqrt(filtered.noise[rows] + filtered.variance[rows])
    if amounts.ratio:
        away = np.log(amounts.amount / expected) / spread
    else:
        away = stable(amounts.amount, amounts.unit, spread) - stable(expected, amounts.unit, spread)
    away = np.where(scored, away, np.nan)
    point = away[0]
    signs = [_humbled(np.abs(np.nan_to_num(point)), grain.tail) / grain.threshold]
    if grain.together is not None:
        noise = np.sqrt(spread[-1] ** 2 + amounts.unit / expected[-1])
        signs += _together(away[-1], noise, grid, grain.together, grain.history)
    if grain.wildness is not None:
        signs.append(_wildness(point, grain.wildness, grain.history))
    result: Array = np.max(signs, axis=0)
    return result


def _together(away: Array, noise: Array, grid: Grid, rules: Together, history: History) -> list[Array]:
    """Sums of relative deviations, each point by what it can tell, over each of the windows."""
    time_of_day = grid.seasons()[0][0]
    squares = np.clip(away, -rules.same_time_hold, rules.same_time_hold) ** 2
    wider = np.sqrt(usual_at(squares, time_of_day, rules.same_time, rules.same_time_prior))
    held = np.clip(away / wider, -rules.hold, rules.hold)
    signs = []
    for points in rules.points:
        total = sum_over(held, 1 / (wider * noise), points)
        odd = against_own_history(total, points, history.points, history.least, rules.least_spread)
        signs.append(_humbled(odd, rules.tail) / rules.threshold)
    return signs


def _wildness(away: Array, rules: Wildness, history: History) -> Array:
    size = np.log(rules.floor + np.minimum(np.abs(away), rules.hold))
    mean = trailing_mean(size, rules.points, rules.points // 2)
    odd = against_own_history(mean, rules.points, history.points, history.least, rules.least_spread)
    return _humbled(odd, rules.tail) / rules.threshold


def _humbled(score: Array, tail: Tail) -> Array:
    return humbled(score, tail.points, tail.rank, tail.usual)


def _alerts(scores: Array, cool_down: float, again: float) -> Flags:
    alerts = np.zeros(len(scores), dtype=bool)
    last, height = -np.inf, 0.0
    for point in np.flatnonzero(scores >= 1).tolist():
        if point - last > cool_down or scores[point] > again * height:
            alerts[point], last, height = True, point, scores[point]
    return alerts
