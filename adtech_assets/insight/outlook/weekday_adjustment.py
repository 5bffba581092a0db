"""Amounts and ratios of campaigns and the account as arrays, their weekday pattern, and the values without it.

Belongs here: numerator and denominator of every metric, weekday factors. Does not: trends (`trends`), phases
(`lifecycle`); the forecast draws its own pattern (`expected_path`), from days on which a campaign ran or rested.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, Flags, known_sum, mean, median, quotient
from adtech_assets.insight.outlook.history import History
from adtech_assets.metrics.model import ADDITIVE, semantic_model
from adtech_assets.metrics.spans import WEEK

HALF_WEEK = 3
CONVERSIONS_PER_SPEND = "conversions_per_spend"
"""The reciprocal of cac, which also exists on a day without conversions."""


@dataclass(frozen=True)
class WeekdaySettings:
    """How a weekday pattern is drawn."""

    weeks: int = 8
    """Weeks it looks back."""
    least_weeks: int = 4
    """Weeks below which there is none."""
    least_week_days: int = 5
    """Known days that make a week count."""
    prior_weeks: float = 4.0
    """Weeks of the account's pattern that are mixed into a campaign's own when its values are adjusted."""
    range: float = 2.5
    """A day counts with at most this multiple of the median of the seven days around it."""
    least_factor: float = 0.1
    """A day on which less than this is usual says nothing of the level."""


@dataclass(frozen=True)
class Measured:
    """Numerators and denominators, [metric, row, day]; an amount has a denominator of 1. Unknown in one = in both."""

    names: tuple[str, ...]
    scale: Array
    """[metric]: value = scale * numerator / denominator."""
    numerator: Array
    denominator: Array

    def values(self) -> Array:
        """[metric, row, day]; NaN = unknown, or nothing to divide by."""
        return self.scale[:, None, None] * quotient(self.numerator, self.denominator)

    def window(self, end: int, days: int) -> Measured:
        """The `days` days before position `end`, unknown ones put in front where the data begin later."""
        begin = max(0, end - days)
        front = ((0, 0), (0, 0), (days - (end - begin), 0))
        cut = (np.pad(a[:, :, begin:end], front, constant_values=np.nan) for a in (self.numerator, self.denominator))
        return Measured(self.names, self.scale, *cut)


def measured(history: History, names: tuple[str, ...], *, only_delivered: bool) -> Measured:
    """Metrics of the semantic model for all campaigns and, as the last row, the account.

    `only_delivered`: days on which a campaign did not run are unknown rather than 0, so that a day without budget is
    no low day of the campaign. The account's row is the sum of what its campaigns report, whatever this says.
    """
    ran = history.delivered if only_delivered else np.ones_like(history.present)
    rows = {
        name: np.vstack([np.where(ran, history.values[name], np.nan), known_sum(history.values[name])])
        for name in ADDITIVE
    }
    ratios = {name: (m.numerator or "", m.denominator or "", m.scale) for name, m in semantic_model().ratio.items()}
    ratios[CONVERSIONS_PER_SPEND] = ("conversions", "spend", 1.0)
    parts = [ratios.get(name, (name, "", 1.0)) for name in names]
    numerator = np.stack([rows[above] for above, _, _ in parts])
    denominator = np.stack([rows[below] if below else np.ones_like(rows[above]) for above, below, _ in parts])
    scale = np.array([by for _, _, by in parts], dtype=np.float64)
    unknown = np.isnan(numerator) | np.isnan(denominator)
    return Measured(
        names, scale, np.where(unknown, np.nan, numerator), np.where(unknown | (denominator < 0), np.nan, denominator)
    )


def weekday_factors(measures: Measured, end: int, settings: WeekdaySettings) -> tuple[Array, Array]:
    """[metric, row, day] of the 7 days before `end`: factor and the number of weeks it rests on.

    A factor is a ratio of sums: what the weekday brought, over what it would have brought at the rate of the seven days
    around it. Mean of the factors 1; NaN for a weekday of fewer than `least_weeks`.
    """
    # Each day is measured against the seven days around it, so that a trend does not look like a pattern.
    around = measures.window(end, settings.weeks * WEEK + 2 * HALF_WEEK)
    known = ~np.isnan(around.numerator)
    begun = np.maximum.accumulate(known, axis=2)[:, :, : -2 * HALF_WEEK]
    counts = begun & (_sums_of_seven(known) >= settings.least_week_days)
    below = np.nan_to_num(around.denominator)
    held = np.nan_to_num(_held(around, settings))
    rate = quotient(_sums_of_seven(held), _sums_of_seven(below))
    shape = (*rate.shape[:2], settings.weeks, WEEK)
    middle = (slice(None), slice(None), slice(HALF_WEEK, -HALF_WEEK))
    usual = np.where(counts & known[middle], below[middle] * np.nan_to_num(rate), 0.0).reshape(shape)
    held = np.where(usual > 0, held[middle].reshape(shape), 0.0)
    factors = quotient(held.sum(axis=2), usual.sum(axis=2))
    weeks = (usual > 0).sum(axis=2).astype(np.float64)
    factors = np.where(weeks >= settings.least_weeks, factors, np.nan)
    factors = factors / np.where(mean(factors) > 0, mean(factors), np.nan)[..., None]
    # The last day measured lies half a week before the end.
    return np.roll(factors, -HALF_WEEK, axis=2), np.roll(weeks, -HALF_WEEK, axis=2)


def _held(measures: Measured, settings: WeekdaySettings) -> Array:
    """[metric, row, day]: numerators, an outlying day held at what its neighbours allow."""
    rates = quotient(measures.numerator, measures.denominator)
    padded = np.pad(rates, ((0, 0), (0, 0), (HALF_WEEK, HALF_WEEK)), constant_values=np.nan)
    usual = median(np.lib.stride_tricks.sliding_window_view(padded, WEEK, axis=2))
    most = settings.range * usual * measures.denominator
    return np.where(most > 0, np.minimum(measures.numerator, most), measures.numerator)


def _sums_of_seven(values: Array | Flags) -> Array:
    """[metric, row, day]: sum of the day and three on either side; three days less at both ends."""
    summed: Array = np.lib.stride_tricks.sliding_window_view(values, WEEK, axis=2).sum(axis=-1).astype(np.float64)
    return summed


def adjusted(measures: Measured, end: int, days: int, settings: WeekdaySettings) -> Array:
    """[metric, row, day]: values of the `days` days before `end` without weekday; only earlier days say what that is."""
    own, weeks = weekday_factors(measures, end, settings)
    account = own[:, -1:]
    account = np.where(np.isnan(account), 1.0, account)
    weight = np.where(np.isnan(own), 0.0, weeks)
    mixed = (weight * np.nan_to_num(own) + settings.prior_weeks * account) / (weight + settings.prior_weeks)
    repeated = np.tile(mixed, (1, 1, -(-days // WEEK)))[:, :, -days:]
    values = measures.window(end, days).values()
    return np.where(repeated >= settings.least_factor, values / np.maximum(repeated, settings.least_factor), np.nan)
