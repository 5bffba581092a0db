"""What a campaign's own EARLIER days lead to expect of a day, and how far the day lies from that.

Belongs here: the expectation of every measure on every day, with context: weekday, level, movements shared by channel
or account. Does not: the filter (`level_filter`), naming anomalies (`spikes`, `drops`, `outages`, `wear`).

Every figure of a day rests on earlier days, and, for shared movements, on the other campaigns' same day: nothing that
happens later can change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from adtech_assets.insight.arrays import Array, quotient
from adtech_assets.insight.detection.dispersion import amount_of, stable
from adtech_assets.insight.detection.level_filter import Filtered, Observations, Tuning, run_filter
from adtech_assets.insight.detection.panel import INDEX, MEASURES, Panel, stack
from adtech_assets.insight.detection.shared_moves import Kinship
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Insight


@dataclass(frozen=True)
class Money:
    """How amounts of money vary, and how fast spend is let move."""

    order_variance: float = 1.2
    """Variance of revenue per conversion, in order values: 1 + squared variation of a single order."""
    order_value_variance: float = 0.25
    """The same where the number of orders is known: squared variation of a single order."""
    revenue_unit: float = 0.1
    """Variance of revenue as a share of its level where no order value is known."""
    spend_level: float = 0.003
    """Variance that the level of spend gains a day: budgets are turned on purpose."""
    least_unit: float = 1e-9


@dataclass(frozen=True)
class Expectation:
    """All arrays [measure, series, day]; NaN where there is no value or not enough history."""

    observed: Array
    per: Array
    filtered: Filtered
    level: Array
    """Log level before the day, without season, by itself or per unit; NaN without enough history."""
    own: Array
    """Expected from the series' own earlier days, as an amount."""
    shared: Array
    """Log movement of the day that the others made too, as far as this series moved the same way."""
    expected: Array
    """`own`, moved by `shared`."""
    low: Array
    high: Array
    score: Array
    """Signed robust z of observed against expected."""
    noise: Array
    """Relative standard deviation of a day around its expectation, beyond what counts have by themselves."""
    unit: Array
    """Variance of an amount in units of the amount."""

    def usual(self, measure: int, series: int, day: int) -> Array:
        """[day]: amounts of all days as the level BEFORE `day` leads to expect them, without shared movements."""
        log = self.level[measure, series, day] + self.filtered.season[measure, series]
        result: Array = self.per[measure, series] * np.exp(log)
        return result


def expect(panel: Panel, settings: Insight, money: Money | None = None, tuning: Tuning | None = None) -> Expectation:
    """Expectation of every measure on every day."""
    money, tuning = money or Money(), tuning or Tuning()
    observed, per = stack(panel)
    shape = observed.shape
    unit = _unit_variance(panel, money)
    gain = np.full(shape[:2], tuning.level)
    gain[INDEX["spend"]] = money.spend_level
    ratio = np.zeros(shape[:2], dtype=np.bool_)
    ratio[INDEX["spend"]] = True
    flat = (shape[0] * shape[1], shape[2])
    filtered = run_filter(
        Observations(
            np.where(panel.delivered[None], observed, np.nan).reshape(flat), per.reshape(flat),
            unit.reshape(flat), ratio.reshape(-1),
        ),
        [(panel.weekdays, WEEK)],
        tuning,
        gain.reshape(-1),
        groups=np.repeat(np.arange(shape[0]), shape[1]),
        kinship=Kinship(panel.channels, shape[0]),
    ).reshape(*shape)  # fmt: skip
    level = np.where(filtered.points >= settings.min_history_days, filtered.level, np.nan)
    own = per * np.exp(level + filtered.season)
    shared = _as_far_as_moved(filtered.shared, _log_moves(panel, observed, own, unit))
    expected = own * np.exp(shared)
    noise = np.sqrt(filtered.noise + filtered.variance)
    unit = np.maximum(unit, money.least_unit * np.nan_to_num(own, nan=1.0) + np.finfo(float).tiny)
    middle = stable(expected, unit, noise)
    reach = NormalDist().inv_cdf((1 + settings.interval_level) / 2)
    return Expectation(
        observed=observed, per=per, filtered=filtered, level=level, own=own, shared=shared, expected=expected,
        low=amount_of(middle - reach, unit, noise), high=amount_of(middle + reach, unit, noise),
        score=stable(observed, unit, noise) - middle, noise=noise, unit=unit,
    )  # fmt: skip


def _unit_variance(panel: Panel, money: Money) -> Array:
    """[measure, series, day]: variance per unit of the expected amount: 1 for counts, an order's value for revenue,
    0 for spend, which is decided and not counted."""
    revenue, conversions = panel.values["revenue"], panel.values["conversions"]
    both = ~np.isnan(revenue) & ~np.isnan(conversions)
    sums = [np.cumsum(np.where(both, v, 0.0), axis=1) for v in (revenue, conversions)]
    earned, orders = (np.concatenate([np.zeros((panel.series, 1)), s[:, :-1]], axis=1) for s in sums)
    # Where no order was counted yet, revenue's own level has to say.
    by_level = money.revenue_unit * _mean_before(revenue)
    order_value = np.where((earned > 0) & (orders > 0), quotient(earned, orders), by_level)
    units = [np.ones(earned.shape) for _ in MEASURES]
    units[INDEX["spend"]] = np.zeros(earned.shape)
    units[INDEX["revenue"]] = units[INDEX["roas"]] = order_value * money.order_variance
    units[INDEX["aov"]] = order_value * money.order_value_variance
    return np.stack(units)


def _mean_before(values: Array) -> Array:
    """[series, day]: mean of the earlier days; 0 without any."""
    known = np.cumsum(~np.isnan(values), axis=1) - ~np.isnan(values)
    before = np.cumsum(np.nan_to_num(values), axis=1) - np.nan_to_num(values)
    return quotient(before, known.astype(np.float64), missing=0.0)


def _log_moves(panel: Panel, observed: Array, own: Array, unit: Array) -> Array:
    """[measure, series, day]: log of observed against expected; 0 where nothing is known."""
    amount = observed + unit / 2
    usable = panel.delivered[None] & (amount > 0) & (own > 0)
    moves: Array = np.where(usable, np.log(np.where(usable, amount, 1.0) / np.where(usable, own + unit / 2, 1.0)), 0.0)
    return moves


def _as_far_as_moved(shared: Array, moves: Array) -> Array:
    """A day can be excused by the others, not accused: their movement counts as far as this series went that way."""
    same = np.where(shared * moves > 0, np.minimum(np.abs(shared), np.abs(moves)), 0.0)
    result: Array = same * np.sign(moves)
    return result
