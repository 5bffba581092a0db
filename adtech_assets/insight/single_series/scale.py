"""The scale on which one series is watched: as counts, as positive amounts, or, with values below zero, as differences.

Belongs here: which of them a series is, told by its first points only, and its values as the filter takes them. Does
not: the filter (`level_filter`), scores (`scoring`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array
from adtech_assets.insight.single_series.signs import MAD_TO_SD


@dataclass(frozen=True)
class Scaling:
    """How values become amounts."""

    unit_share: float = 0.001
    """What is not counted has a variance of its own, of this share of its usual size ..."""
    least_share: float = 0.03
    """... and counts as this share of it at least: zeros have no log."""
    usual_points: int = 500
    """Points up to now whose median is the usual size."""
    largest_count: float = 1e9
    """Whole numbers above it are amounts."""
    largest: float = 1e12
    """Times the size of the first points; more counts as this."""
    linear_noise: float = 0.2
    """Differences are scaled so that the first points have this standard deviation."""
    linear_most: float = 50.0
    """A scaled difference counts as this at most."""


@dataclass(frozen=True)
class Amounts:
    """A series as the filter takes it: [point], NaN where unknown; `unit`: variance of an amount per unit of it."""

    amount: Array
    unit: Array
    ratio: bool
    """Measured as a log ratio, not as a count."""


def positive(values: Array, first: int, scaling: Scaling) -> Amounts:
    """Counts, if the first `first` values other than 0 are whole numbers, else amounts in units of their median."""
    start = np.abs(values[np.isfinite(values) & (values != 0)][:first])
    if not len(start):
        return Amounts(np.full(len(values), np.nan), np.zeros(len(values)), True)
    if (start == np.round(start)).all() and start.max() <= scaling.largest_count:
        return Amounts(np.clip(values, 0.0, scaling.largest), np.ones(len(values)), False)
    with np.errstate(over="ignore"):
        sized = np.clip(values / np.median(start), -scaling.largest, scaling.largest)
    other = pl.Series(np.where(sized == 0, np.nan, np.abs(sized))).fill_nan(None)
    usual = other.rolling_median(scaling.usual_points, min_samples=1).fill_null(strategy="forward").to_numpy()
    usual = np.where(np.isnan(usual), np.nan, np.maximum(usual, 1 / scaling.largest))
    amount = np.where(np.isnan(sized), np.nan, np.maximum(sized, scaling.least_share * usual))
    return Amounts(amount, scaling.unit_share * np.nan_to_num(usual), True)


def linear(values: Array, first: int, scaling: Scaling) -> Amounts:
    """Amounts whose log is the value, centred and scaled by the first `first` known ones."""
    start = np.nan_to_num(values[np.isfinite(values)][:first])
    if not len(start):
        return Amounts(np.full(len(values), np.nan), np.zeros(len(values)), True)
    middle = float(np.median(start))
    with np.errstate(over="ignore", invalid="ignore"):
        spreads = (MAD_TO_SD * float(np.median(np.abs(start - middle))), float(np.std(start)), abs(middle), 1.0)
        spread = next(s for s in spreads if 0 < s < np.inf)
        log = np.clip(scaling.linear_noise * (values - middle) / spread, -scaling.linear_most, scaling.linear_most)
    return Amounts(np.exp(log), np.zeros(len(values)), True)
