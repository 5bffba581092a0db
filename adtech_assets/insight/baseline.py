"""What a campaign's own EARLIER days lead to expect of a day, and how far days usually stray from that.

Belongs here: level x weekday baselines, the spread of counts and money, movements that campaigns share. Does not:
naming anomalies (`anomalies`), trends over weeks (`trend`).

Every figure of a day rests on earlier days, and, for shared movements, on the other campaigns' same day: nothing that
happens later can change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from adtech_assets.insight.panel import INDEX, MEASURES, Array, Panel, quotient, stack
from adtech_assets.settings import Insight

WEEK = 7
NORMAL_MAD = 1.4826
"""A normal distribution's standard deviation in units of its median absolute deviation."""
NORMAL_IQR = 1.349
"""A normal distribution's interquartile range in units of its standard deviation."""


@dataclass(frozen=True)
class Tuning:
    """How the baseline is estimated. Weights are in days: a prior of weight 2 counts as much as two days of data."""

    level_days: int = 21
    level_min_days: int = 4
    clip: float = 1.5
    """Days further than this many spreads from the median count as if they were there."""
    centre_min_days: int = 5
    weekday_lag: int = 4
    """A day's weekday ratio needs the three days after it, so it is usable from the fourth."""
    weekday_prior: float = 2
    weekday_range: float = 2
    """A weekday ratio counts at most this factor away from the account's."""
    weekday_counts: float = 5
    """Mean count at which a series' own weekday ratios get half their weight."""
    relative_noise: float = 0.15
    spend_noise: float = 0.02
    """Variance of spend beyond the relative noise, as a share of its level."""
    money_noise: float = 0.1
    """The same for revenue where no order value is known."""
    order_variance: float = 1.2
    """Variance of revenue per conversion, in order values: 1 + squared variation of a single order."""
    order_value_variance: float = 0.25
    """The same where the number of orders is known: squared variation of a single order."""
    spread_prior: float = 10
    spread_floor: float = 0.8
    peers_prior: float = 2
    """So many peers that stand still are assumed beside the real ones."""


@dataclass(frozen=True)
class Expectation:
    """All arrays [measure, series, day]; NaN where there is no value or not enough history."""

    observed: Array
    per: Array
    own: Array
    """Expected from the series' own earlier days, as an amount."""
    expected: Array
    """The same, moved as far towards the observed amount as the other campaigns moved that day."""
    low: Array
    high: Array
    score: Array
    """Signed robust z of observed against expected."""
    spread: Array
    """Usual spread of the stabilised residuals."""
    unit: Array
    """Variance per unit of the amount."""


def expect(panel: Panel, settings: Insight, tuning: Tuning | None = None) -> Expectation:
    """Expectation of every measure on every day."""
    tuning = tuning or Tuning()
    observed, per = stack(panel)
    unit = _unit_variance(panel, tuning)
    history = np.where(panel.delivered[None], observed, np.nan)
    own = _baseline(history, per, unit, panel, settings, tuning)
    a = np.where(np.isnan(unit), tuning.money_noise * np.where(own > 0, own, np.nan), unit)
    a[INDEX["spend"]] = tuning.spend_noise * own[INDEX["spend"]]
    a = np.where(a > 0, a, np.nan)

    noise = tuning.relative_noise
    raw = stable(observed, a, noise) - stable(own, a, noise)
    spread = _spread(np.where(panel.delivered[None], raw, np.nan), settings, tuning)
    expected = own * np.exp(_shared(np.log((observed + a / 2) / (own + a / 2)), panel, tuning))
    middle = stable(expected, a, noise)
    reach = NormalDist().inv_cdf((1 + settings.interval_level) / 2) * spread
    return Expectation(
        observed=observed,
        per=per,
        own=own,
        expected=expected,
        low=_amount(middle - reach, a, noise),
        high=_amount(middle + reach, a, noise),
        score=(stable(observed, a, noise) - middle) / spread,
        spread=spread,
        unit=a,
    )


def _unit_variance(panel: Panel, tuning: Tuning) -> Array:
    """[measure, series, day]: variance per unit of the expected amount: 1 for counts, an order's value for revenue.

    NaN where a measure's own level has to say (spend, revenue without conversions).
    """
    revenue, conversions = panel.values["revenue"], panel.values["conversions"]
    both = ~np.isnan(revenue) & ~np.isnan(conversions)
    sums = [np.cumsum(np.where(both, v, 0.0), axis=1) for v in (revenue, conversions)]
    money, orders = (np.concatenate([np.zeros((panel.series, 1)), s[:, :-1]], axis=1) for s in sums)
    order_value = quotient(money, np.where(money > 0, orders, np.nan))
    units = [np.ones(money.shape) for _ in MEASURES]
    units[INDEX["spend"]] = np.full(money.shape, np.nan)
    units[INDEX["revenue"]] = units[INDEX["roas"]] = order_value * tuning.order_variance
    units[INDEX["aov"]] = order_value * tuning.order_value_variance
    return np.stack(units)


def _baseline(history: Array, per: Array, unit: Array, panel: Panel, settings: Insight, tuning: Tuning) -> Array:
    """[measure, series, day]: level of the recent days x weekday, from earlier days only."""
    measures, series, days = history.shape
    y, e = history.reshape(-1, days), np.where(np.isnan(history), np.nan, per).reshape(-1, days)
    a, rate = unit.reshape(-1, days), (history / per).reshape(-1, days)
    ratios = _weekday_ratios(y, e, tuning)
    weeks = settings.history_days // WEEK
    out = np.full(y.shape, np.nan)
    for day in range(1, days):
        recent = slice(max(0, day - tuning.level_days), day)
        enough = np.sum(~np.isnan(y[:, max(0, day - settings.history_days) : day]), axis=1) >= settings.min_history_days
        if not enough.any():
            continue
        count = np.sum(~np.isnan(y[:, recent]), axis=1)
        enough &= count >= tuning.level_min_days
        mean = np.nansum(y[:, recent], axis=1) / np.maximum(count, 1)
        factors = _weekday_factors(ratios, day, weeks, np.nan_to_num(mean / a[:, day], nan=mean), measures, tuning)
        pattern = factors[:, np.arange(recent.start, day) % WEEK]
        level = _level(rate[:, recent] / pattern, e[:, recent], a[:, day], tuning)
        out[enough, day] = (level * factors[:, day % WEEK])[enough]
    return out.reshape(measures, series, days) * per


def _weekday_ratios(y: Array, e: Array, tuning: Tuning) -> Array:
    """[row, day]: a day's rate against that of the seven days around it."""
    around_y, around_e, known = (_around(v) for v in (np.nan_to_num(y), np.nan_to_num(e), (~np.isnan(y)).astype(float)))
    return quotient(y * around_e, np.where(known >= tuning.centre_min_days, e * around_y, np.nan))


def _around(values: Array) -> Array:
    """[row, day]: sum over the day and three days on either side."""
    side = WEEK // 2
    padded = np.pad(values, ((0, 0), (side + 1, side)))
    running = np.cumsum(padded, axis=1)
    return running[:, WEEK:] - running[:, :-WEEK]


def _weekday_factors(ratios: Array, day: int, weeks: int, counts: Array, measures: int, tuning: Tuning) -> Array:
    """[row, position of the day modulo 7]: own weekday ratios, drawn to the account's where data are few."""
    rows = ratios.shape[0]
    end = max(0, day - tuning.weekday_lag + 1)
    start = end - weeks * WEEK
    window = ratios[:, max(0, start) : end]
    if window.shape[1] < weeks * WEEK:
        window = np.pad(window, ((0, 0), (weeks * WEEK - window.shape[1], 0)), constant_values=np.nan)
    window = window.reshape(rows, weeks, WEEK)
    together = window.reshape(measures, -1, WEEK)
    account, seen = _median(together, axis=1), np.sum(~np.isnan(together), axis=1)
    account = (np.nan_to_num(account, nan=1.0) * seen + tuning.weekday_prior) / (seen + tuning.weekday_prior)
    account = np.repeat(account, rows // measures, axis=0)
    limit = tuning.weekday_range
    held = np.clip(window, account[:, None] / limit, account[:, None] * limit)
    n = np.sum(~np.isnan(held), axis=1) * (counts / (counts + tuning.weekday_counts))[:, None]
    own = np.nansum(held, axis=1) / np.maximum(np.sum(~np.isnan(held), axis=1), 1)
    factors = (n * own + tuning.weekday_prior * account) / (n + tuning.weekday_prior)
    return np.roll(factors / factors.mean(axis=1, keepdims=True), start % WEEK, axis=1)


def _level(rates: Array, per: Array, unit: Array, tuning: Tuning) -> Array:
    """[row]: rate of the recent days without weekday, days far from the median held at its edge."""
    middle = _median(rates, axis=1)
    quarter, three_quarters = _quantile(rates, 0.25), _quantile(rates, 0.75)
    exposure = np.nansum(per, axis=1) / np.maximum(np.sum(~np.isnan(per), axis=1), 1)
    mean = np.nansum(rates, axis=1) / np.maximum(np.sum(~np.isnan(rates), axis=1), 1)
    chance = np.sqrt(
        np.nan_to_num(unit) * np.where(middle > 0, middle, mean) / np.where(exposure > 0, exposure, np.nan)
    )
    width = tuning.clip * np.fmax((three_quarters - quarter) / NORMAL_IQR, chance)
    held = np.clip(rates, (middle - width)[:, None], (middle + width)[:, None])
    weight = np.where(np.isnan(held), 0.0, per)
    return quotient(np.nansum(held * weight, axis=1), np.nansum(weight, axis=1))


def _spread(residuals: Array, settings: Insight, tuning: Tuning) -> Array:
    """[measure, series, day]: robust size of earlier residuals, drawn to that of all campaigns where data are few."""
    measures, _, days = residuals.shape
    size = np.abs(residuals)
    out = np.ones(residuals.shape)
    for day in range(1, days):
        window = size[:, :, max(0, day - settings.history_days) : day]
        known = np.sum(~np.isnan(window), axis=2)
        own = np.nan_to_num(_median(window, axis=2) * NORMAL_MAD)
        together = window.reshape(measures, -1)
        seen = np.sum(~np.isnan(together), axis=1)
        account = np.nan_to_num(_median(together, axis=1) * NORMAL_MAD)
        account = (seen * account + tuning.spread_prior) / (seen + tuning.spread_prior)
        out[:, :, day] = (known * own + tuning.spread_prior * account[:, None]) / (known + tuning.spread_prior)
    return np.maximum(out, tuning.spread_floor)


def _shared(moves: Array, panel: Panel, tuning: Tuning) -> Array:
    """[measure, series, day]: the part of a log movement that the channel's or the account's other campaigns made too.

    It never turns a movement round: a day can be excused by its peers, not accused.
    """
    excused = np.zeros(moves.shape)
    size = np.abs(np.nan_to_num(moves))
    everyone = np.zeros(panel.series, dtype=np.int64)
    for groups in (panel.channels, everyone):
        peers = _peers(moves, groups, tuning)
        same_way = np.where(peers * np.nan_to_num(moves) > 0, np.abs(peers), 0.0)
        excused = np.maximum(excused, np.minimum(same_way, size))
    return excused * np.sign(np.nan_to_num(moves))


def _peers(moves: Array, groups: npt.NDArray[np.int64], tuning: Tuning) -> Array:
    """[measure, series, day]: median movement of the group's other members, drawn to 0 where they are few."""
    out = np.zeros(moves.shape)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        out[:, members] = _median_of_others(moves[:, members], tuning)
    return out


def _median_of_others(moves: Array, tuning: Tuning) -> Array:
    """[measure, member, day]: the median without the member itself, read off the members' common order."""
    order = np.argsort(moves, axis=1, kind="stable")  # NaN last
    rank = np.argsort(order, axis=1, kind="stable")
    ordered = np.take_along_axis(moves, order, axis=1)
    others = np.sum(~np.isnan(moves), axis=1, keepdims=True) - 1
    middle = np.zeros(moves.shape)
    for place in ((others - 1) // 2, others // 2):
        at = np.clip(place + (place >= rank), 0, moves.shape[1] - 1)
        middle += np.take_along_axis(ordered, at, axis=1) / 2
    drawn: Array = np.where((others > 0) & ~np.isnan(moves), middle * others / (others + tuning.peers_prior), 0.0)
    return drawn


def stable(amount: Array, unit: Array, noise: float) -> Array:
    """Scale on which an amount of variance unit * x + (noise * x)^2 has variance 1 whatever its size."""
    offset = 3 / 8 * unit
    return 2 / noise * np.arcsinh(noise * np.sqrt((amount + offset) / unit))


def _amount(level: Array, unit: Array, noise: float) -> Array:
    """The way back from `stable`; not below 0."""
    root = np.sinh(noise * np.maximum(level, 0.0) / 2) / noise
    return np.maximum(unit * root**2 - 3 / 8 * unit, 0.0)


def _median(values: Array, axis: int) -> Array:
    """Median of the known values along an axis that is not empty; NaN where none is known."""
    ordered = np.sort(values, axis=axis)  # NaN last
    n = np.sum(~np.isnan(ordered), axis=axis)
    low, high = (np.expand_dims(np.maximum(i, 0), axis) for i in ((n - 1) // 2, n // 2))
    high = np.minimum(high, ordered.shape[axis] - 1)
    middle = (np.take_along_axis(ordered, low, axis) + np.take_along_axis(ordered, high, axis)) / 2
    return np.where(n > 0, np.squeeze(middle, axis), np.nan)


def _quantile(values: Array, share: float) -> Array:
    """[row]: nearest-rank quantile of the known values of each row."""
    ordered = np.sort(values, axis=1)
    n = np.sum(~np.isnan(ordered), axis=1)
    at = np.clip(np.round(share * (n - 1)).astype(int), 0, values.shape[1] - 1)
    return np.where(n > 0, np.take_along_axis(ordered, at[:, None], axis=1)[:, 0], np.nan)
