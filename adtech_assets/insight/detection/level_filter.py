"""A level that follows its series and is not moved by outliers: what a series' own past leads to expect of the next point.

A robust Kalman filter of a local level and seasons on the log scale, for many series at once: the innovation is held
within a few standard deviations before it moves anything (robust exponential smoothing: Gelper, Fried & Croux 2010,
J. Forecasting 29; local level model: Durbin & Koopman 2012, ch. 2), counts bring their own variance, and a run of points
that all lie on one side opens the filter again, so that a planned step is followed within days.

Belongs here: the filter. Does not: which series there are (`panel`), what is odd (`spikes`, `drops`, ...).
Everything about a point rests on earlier points, and, for common movements, on the other series' same point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from adtech_assets.insight.arrays import Array, Flags, Positions
from adtech_assets.insight.detection.shared_moves import Kinship


@dataclass(frozen=True)
class Tuning:
    """How the filter learns. Variances are of log values; a rate of 0.01 is a standard deviation of 10 %."""

    level: float = 0.002
    """Variance that a level gains with every point ..."""
    level_share: float = 0.0
    """... and more, as a share of the series' noise."""
    season: float = 0.0002
    """Variance that a season's place gains every time it was seen."""
    season_start: float = 0.04
    """Variance of a season's place before it was seen."""
    noise_start: float = 0.04
    noise_points: float = 8
    """So many points the first guess of the noise counts for."""
    noise_memory: float = 0.03
    """Weight of the newest point in the noise, at least."""
    noise_least: float = 0.0009
    hold: float = 2.0
    """An innovation counts as if it lay at most this many standard deviations away ..."""
    held_variance: float = 1.1
    """... and what is so held has the variance of a normal one divided by this."""
    pause: int = 7
    """After this many points without a value ..."""
    pause_variance: float = 0.04
    """... the level may have moved by this variance."""
    run: int = 3
    """So many points on one side ..."""
    run_each: float = 0.7
    """... each by this many standard deviations ..."""
    run_together: float = 3.0
    """... and together by this many, are a new level."""
    run_most: float = 6.0
    count_blend: float = 4.0
    """Below about this many expected, a count's innovation is measured as a difference, above as a ratio."""
    most_difference: float = 3.0
    shared_taken: float = 0.7
    """Share of a common movement that does not move the own level."""
    kin_points: int = 6
    """Points a series needs before it speaks for the others."""
    pattern_points: int = 14
    """Points a series needs before a new one starts with its pattern."""


@dataclass
class State:
    """What the filter knows of each series before the next point. Arrays [series], [series, place] or [series, run]."""

    level: Array
    level_variance: Array
    noise: Array
    points: Array
    silent: Array
    recent: Array
    noises: Array
    seasons: list[Array]
    season_variances: list[Array]

    @classmethod
    def new(cls, series: int, lengths: Sequence[int], tuning: Tuning) -> State:
        """Nothing known yet."""
        return cls(
            level=np.full(series, np.nan),
            level_variance=np.full(series, np.nan),
            noise=np.full(series, tuning.noise_start),
            points=np.zeros(series),
            silent=np.zeros(series),
            recent=np.zeros((series, tuning.run)),
            noises=np.full((series, tuning.run), tuning.noise_start),
            seasons=[np.zeros((series, n)) for n in lengths],
            season_variances=[np.full((series, n), tuning.season_start) for n in lengths],
        )


@dataclass(frozen=True)
class Filtered:
    """What was known of each point before it was seen: arrays [series, point]."""

    level: Array
    """Log level without season; NaN until the first value."""
    season: Array
    level_variance: Array
    variance: Array
    """Of the expectation: level and season."""
    noise: Array
    """Variance of a point around its expectation beyond what counts have by themselves."""
    points: Array
    """Values seen before."""
    shared: Array
    """Log movement of the point that kin made as well."""

    def reshape(self, *shape: int) -> Filtered:
        """The same with other leading axes."""
        return Filtered(*(getattr(self, f.name).reshape(*shape) for f in fields(self)))


@dataclass(frozen=True)
class Observations:
    """Amounts [series, point], what each is measured against (1: by itself), and the variance of an amount in units of
    the amount (1 for counts, 0 for money spent). NaN = no value. `ratio`: [series], always measured as a log ratio."""

    amount: Array
    per: Array
    unit: Array
    ratio: Flags


def run_filter(
    seen: Observations,
    seasons: Sequence[tuple[Positions, int]],
    tuning: Tuning,
    level_gain: Array | None = None,
    groups: Positions | None = None,
    kinship: Kinship | None = None,
) -> Filtered:
    """Filter all series over all points.

    seasons: for each the place of every point in it, and its length. level_gain: [series], in place of tuning.level.
    groups: [series], series of one number share a first pattern. kinship: which series' movements are common.
    """
    series, points = seen.amount.shape
    state = State.new(series, [length for _, length in seasons], tuning)
    gain = np.full(series, tuning.level) if level_gain is None else level_gain
    known = ~np.isnan(seen.amount) & (seen.per > 0)
    kept: dict[str, Array] = {f.name: np.empty((series, points)) for f in fields(Filtered)}
    for t in range(points):
        places = [place[t] for place, _ in seasons]
        season, season_variance = _season(state, places, series)
        state.level_variance = state.level_variance + gain + tuning.level_share * state.noise
        back = known[:, t] & (state.silent >= tuning.pause)
        state.level_variance = np.where(back, state.level_variance + tuning.pause_variance, state.level_variance)
        for name, value in (
            ("level", state.level), ("season", season), ("level_variance", state.level_variance),
            ("variance", state.level_variance + season_variance), ("noise", state.noise), ("points", state.points),
        ):  # fmt: skip
            kept[name][:, t] = value
        amount, per = seen.amount[:, t], seen.per[:, t]
        unit = np.nan_to_num(seen.unit[:, t])
        first = known[:, t] & np.isnan(state.level) & (amount > 0)
        if first.any():
            _begin(state, first, amount, per, unit, places, groups, tuning)
            season, season_variance = _season(state, places, series)
        new = known[:, t] & ~first & ~np.isnan(state.level)
        kept["shared"][:, t] = _update(
            state, new, amount, per, unit, seen.ratio, places, season, season_variance, kinship, tuning
        )
        state.silent = np.where(known[:, t], 0, state.silent + 1)
    return Filtered(**kept)


def _season(state: State, places: Sequence[int], series: int) -> tuple[Array, Array]:
    """[series]: what the seasons add at these places, and its variance."""
    total, variance = np.zeros(series), np.zeros(series)
    for values, variances, place in zip(state.seasons, state.season_variances, places, strict=True):
        total = total + values[:, place]
        variance = variance + variances[:, place]
    return total, variance


def _begin(
    state: State,
    first: Flags,
    amount: Array,
    per: Array,
    unit: Array,
    places: Sequence[int],
    groups: Positions | None,
    tuning: Tuning,
) -> None:
    """Series with their first value: the pattern of those of their group that are known longer, their own level."""
    if groups is not None:
        for group in np.unique(groups[first]):
            older = (groups == group) & (state.points >= tuning.pattern_points)
            if older.any():
                for values in state.seasons:
                    values[first & (groups == group)] = np.median(values[older], axis=0)
    season, _ = _season(state, places, len(first))
    value = np.where(first, amount, 1.0)
    state.level = np.where(first, np.log(value / np.where(first, per, 1.0)) - season, state.level)
    state.level_variance = np.where(first, tuning.noise_start + unit / value, state.level_variance)
    state.points = np.where(first, 1, state.points)


def _update(
    state: State,
    new: Flags,
    amount: Array,
    per: Array,
    unit: Array,
    ratio: Flags,
    places: Sequence[int],
    season: Array,
    season_variance: Array,
    kinship: Kinship | None,
    tuning: Tuning,
) -> Array:
    """Move level, seasons and noise by the point; [series]: the common movement."""
    expected = np.where(new, np.where(new, per, 1.0) * np.exp(np.where(new, state.level + season, 0.0)), 1.0)
    chance = unit / np.maximum(expected, np.finfo(float).tiny)
    innovation = np.where(new, _innovation(np.where(new, amount, expected), expected, unit, ratio, tuning), 0.0)
    spread = np.sqrt(state.noise + chance + np.nan_to_num(state.level_variance) + season_variance)
    shared = np.zeros(len(new))
    if kinship is not None:
        speaks = new & (state.points >= tuning.kin_points)
        shared = kinship.common(np.where(speaks, innovation, np.nan), spread)
        same = np.where(shared * innovation > 0, np.minimum(np.abs(shared), np.abs(innovation)), 0.0)
        innovation = innovation - tuning.shared_taken * same * np.sign(innovation)
    held = np.clip(innovation, -tuning.hold * spread, tuning.hold * spread)
    variance = np.nan_to_num(state.level_variance)
    gain = variance / (variance + season_variance + state.noise + chance)
    state.level = np.where(new, state.level + gain * held, state.level)
    for values, variances, place in zip(state.seasons, state.season_variances, places, strict=True):
        share = variances[:, place] / (variances[:, place] + variance + state.noise + chance)
        values[:, place] += np.where(new, share * held, 0.0)
        variances[:, place] = np.where(new, variances[:, place] * (1 - share) + tuning.season, variances[:, place])
    state.level_variance = np.where(new, variance * (1 - gain), state.level_variance)
    weight = np.maximum(tuning.noise_memory, 1 / (state.points + 1 + tuning.noise_points))
    surplus = tuning.held_variance * held**2 - chance - np.where(new, variance * (1 - gain), variance) - state.noise
    moved = _open_at_a_new_level(state, new, innovation / spread, spread, tuning)
    noise = np.maximum(state.noise + weight * surplus, tuning.noise_least)
    state.noise = np.where(moved, state.noises[:, 0], np.where(new, noise, state.noise))
    state.noises = np.where(new[:, None], np.column_stack([state.noises[:, 1:], state.noise]), state.noises)
    state.points = state.points + new
    return shared


def _innovation(amount: Array, expected: Array, unit: Array, ratio: Flags, tuning: Tuning) -> Array:
    """[series]: how far the amount lies from expected, in logs; for small counts as a relative difference, since their
    logs would be biased."""
    logs = np.where(ratio, 1.0, expected / (expected + tuning.count_blend * unit))
    # The floor keeps the log of an amount of 0 finite where an order is worth nothing.
    offset = np.maximum(np.where(ratio, 0.02 * expected, unit / 2), 1e-9 * expected)
    as_ratio = np.log((amount + offset) / (expected + offset))
    result: Array = logs * as_ratio + (1 - logs) * np.minimum(amount / expected - 1, tuning.most_difference)
    return result


def _open_at_a_new_level(state: State, new: Flags, score: Array, spread: Array, tuning: Tuning) -> Flags:
    """[series]: the last points all lie on one side, clearly; then the level may be anywhere near them."""
    state.recent = np.where(new[:, None], np.column_stack([state.recent[:, 1:], score]), state.recent)
    one_side = np.abs(np.sign(state.recent).sum(axis=1)) == tuning.run
    each = np.abs(state.recent).min(axis=1) > tuning.run_each
    together = np.abs(state.recent.sum(axis=1)) / np.sqrt(tuning.run) > tuning.run_together
    moved: Flags = new & one_side & each & together
    mean = np.clip(state.recent, -tuning.run_most, tuning.run_most).mean(axis=1)
    state.level_variance = np.where(moved, state.level_variance + (mean * spread) ** 2, state.level_variance)
    state.recent[moved] = 0
    return moved
