"""Intervals around a forecast, from how wrong the same forecast was on earlier days.

Belongs here: errors of earlier origins, their scale, and the quantiles that bound the next one. Does not: the forecast
itself (`expected_path`), tables (`forecast`).

Method: split conformal prediction with errors divided by an expected size (Lei et al. 2018, "Distribution-free
predictive inference for regression"), signed, so that the two sides may differ. Totals of h days overlap, and a campaign
has few that do not; so its own errors are weighted by how many fit side by side and mixed with those of the account's
other campaigns, and with a wide double exponential that stands for what has not been seen yet: a short history gets
wide intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adtech_assets.insight.arrays import Array, Flags, weighted_quantiles
from adtech_assets.insight.outlook.expected_path import FORECAST_METRICS, PathSettings, expected_path
from adtech_assets.insight.outlook.history import History, reported
from adtech_assets.metrics.spans import WEEK

SIDES = (0.025, 0.1, 0.9, 0.975)
"""Lower and upper ends of the 95 % and 80 % intervals: low_95, low_80, high_80, high_95."""
GRID = (np.arange(40) + 0.5) / 40


@dataclass(frozen=True)
class BandSettings:
    """How intervals are drawn from earlier errors."""

    origin_step: int = 3
    """Days from one origin to the next, counted back from the last day."""
    origin_days: int = 120
    """How far back origins go."""
    first_origin: int = 28
    """Days of data before the first origin."""
    drift: float = 0.08
    """Relative error of a week's level beside the daily noise."""
    drift_growth: float = 0.4
    """Power of time with which the square of that error grows: 1 = a random walk, less = it returns."""
    account_drift: float = 0.08
    """The same of sums over campaigns."""
    together: float = 0.3
    """Correlation of campaigns' days, in sums over them."""
    known_share: float = 0.75
    """Share of an expected total whose days must be known to tell an error."""
    own_weight: float = 1.0
    """Weight of each of a series' own totals that fit side by side."""
    pool_weight: float = 10.0
    """Weight of the errors of all campaigns together, at most."""
    pool_share: float = 0.5
    """Weight of each of their totals that fit side by side, as campaigns move together."""
    pool_least: int = 20
    """Errors below which there is no pool."""
    prior_weight: float = 3.5
    prior_size: float = 1.5
    """Mean absolute size of the double exponential, in expected sizes."""


@dataclass(frozen=True)
class Outlook:
    """What was expected from one or many origins, for rows = campaigns, then sums over campaigns.

    Arrays are [..., metric, row, day ahead]; metrics as in FORECAST_METRICS.
    """

    path: Array
    total: Array
    """Of the days up to this one."""
    day_size: Array
    """Expected size of a day's error."""
    total_size: Array


@dataclass(frozen=True)
class Record:
    """Outlooks from earlier origins and how wrong they were; errors are divided by their expected size."""

    campaigns: int
    """The first rows; the others are sums."""
    origins: npt.NDArray[np.int64]
    """[origin]: days known."""
    outlook: Outlook
    day_errors: Array
    """[origin, metric, row, day ahead]; NaN where it cannot be told."""
    total_errors: Array
    actual: Array
    """Actual totals; days unknown filled by the share they were expected to have."""
    steady: Flags
    """[origin, row]"""
    ended: Flags
    """[origin, metric, campaign]"""
    enough: Flags
    """The same."""
    ran_through: Flags
    """[origin, row, day ahead]: the campaign had not ended by that day. Always true for sums."""

    def at(self, position: int) -> Outlook:
        """The outlook from one of the origins."""
        then = self.outlook
        return Outlook(then.path[position], then.total[position], then.day_size[position], then.total_size[position])


def outlook(path: Array, noise: Array, members: Flags, settings: BandSettings) -> Outlook:
    """Path and expected error sizes of campaigns [..., metric, campaign, day ahead] and their sums.

    members: [row, campaign], the campaigns each row sums; the first rows are the campaigns themselves.
    """
    campaigns = path.shape[-2]
    drift = np.where(np.arange(len(members)) < campaigns, settings.drift, settings.account_drift)[:, None]
    growth = (np.arange(1, path.shape[-1] + 1) / WEEK) ** settings.drift_growth
    paths = members @ path
    # For a row of one campaign both terms are its variance.
    variance = (1 - settings.together) * (members @ noise**2) + settings.together * (members @ noise) ** 2
    totals = paths.cumsum(axis=-1)
    return Outlook(
        path=paths,
        total=totals,
        day_size=np.sqrt(variance + (drift * paths) ** 2 * growth),
        total_size=np.sqrt(variance.cumsum(axis=-1) + (drift * totals) ** 2 * growth),
    )


def record(history: History, members: Flags, days_ahead: int, paths: PathSettings, settings: BandSettings) -> Record:
    """The errors of every `origin_step`-th day's forecast, as far as the history reaches."""
    first = max(settings.first_origin, history.days - settings.origin_days)
    step = settings.origin_step
    days = np.arange(-(-first // step) * step, history.days, step, dtype=np.int64)
    made = [expected_path(history.until(int(day)), days_ahead, paths) for day in days]
    shape = (len(days), len(FORECAST_METRICS), history.series)
    path = np.array([m.path for m in made]).reshape(*shape, days_ahead)
    noise = np.array([m.noise for m in made]).reshape(*shape, days_ahead)
    steady = np.array([m.steady for m in made], dtype=np.bool_).reshape(len(days), history.series)
    then = outlook(path, noise, members, settings)
    actual, past_end = _actual(history, days, days_ahead)
    known = ~np.isnan(actual)
    told, seen = members @ np.nan_to_num(actual), members @ np.where(known, path, 0.0)
    through = _ran_through(history, days, days_ahead, paths.ended_days)
    through = np.concatenate(
        [through, np.ones((len(days), len(members) - history.series, days_ahead), dtype=np.bool_)], axis=1
    )
    steadies = steady @ members.T
    usable = steadies[:, None, :, None] & through[:, None] & ~past_end[:, None, None]
    total_seen = seen.cumsum(axis=-1)
    scale = np.divide(then.total, total_seen, out=np.ones_like(total_seen), where=total_seen > 0)
    enough = (total_seen >= settings.known_share * then.total) & (np.cumsum(members @ known, axis=-1) > 0)
    total_error = (told.cumsum(axis=-1) - total_seen) * scale
    enough_today = (seen >= settings.known_share * then.path) & (members @ known > 0)
    return Record(
        campaigns=history.series,
        origins=days,
        outlook=then,
        day_errors=_sized(told - seen, then.day_size, usable & enough_today),
        total_errors=_sized(total_error, then.total_size, usable & enough),
        actual=np.where(enough & ~past_end[:, None, None], then.total + total_error, np.nan),
        steady=steadies,
        ended=np.array([m.ended for m in made], dtype=np.bool_).reshape(shape),
        enough=np.array([m.enough for m in made], dtype=np.bool_).reshape(shape),
        ran_through=through,
    )


def bands(now: Outlook, past: Record, known_days: int, ahead: int, *, total: bool, settings: BandSettings) -> Array:
    """[metric, row, side]: SIDES of the value `ahead` days (from 1) after `known_days` known ones, not below 0.

    Errors that were not known by then do not count. `total`: of the sum up to that day, else of that day.
    """
    then = (past.origins + ahead <= known_days) & (past.origins >= known_days - settings.origin_days)
    every = (past.total_errors if total else past.day_errors)[then, :, :, ahead - 1]
    apart = settings.origin_step / ahead if total else 1.0
    expected = (now.total if total else now.path)[:, :, ahead - 1]
    size = (now.total_size if total else now.day_size)[:, :, ahead - 1]
    scaled = np.stack(
        [
            _quantiles(every[:, metric], every[:, metric, : past.campaigns], min(apart, 1.0), settings)
            for metric in range(len(FORECAST_METRICS))
        ]
    )
    edges = np.maximum(expected[:, :, None] + scaled * size[:, :, None], 0.0)
    low, high = np.minimum(edges[:, :, :2], expected[:, :, None]), np.maximum(edges[:, :, 2:], expected[:, :, None])
    return np.concatenate([low, high], axis=2)


def _quantiles(own: Array, campaigns: Array, apart: float, settings: BandSettings) -> Array:
    """[row, side] of errors [origin, row]: own ones, those of all campaigns, and what has not been seen yet."""
    rows = own.shape[1]
    values, weights = [own.T], [np.full(own.T.shape, settings.own_weight * apart)]
    pool = campaigns[~np.isnan(campaigns)]
    if len(pool) >= settings.pool_least:
        weight = min(settings.pool_weight, settings.pool_share * apart * len(pool))
        values.append(np.broadcast_to(np.quantile(pool, GRID), (rows, len(GRID))))
        weights.append(np.full((rows, len(GRID)), weight / len(GRID)))
    unseen = -np.sign(GRID - 0.5) * np.log1p(-2 * np.abs(GRID - 0.5)) * settings.prior_size
    values.append(np.broadcast_to(unseen, (rows, len(GRID))))
    weights.append(np.full((rows, len(GRID)), settings.prior_weight / len(GRID)))
    return weighted_quantiles(np.hstack(values), np.hstack(weights), np.array(SIDES))


def _sized(errors: Array, size: Array, usable: Flags) -> Array:
    return np.where(usable & (size > 0), errors / np.where(size > 0, size, 1.0), np.nan)


def _actual(history: History, days: npt.NDArray[np.int64], ahead: int) -> tuple[Array, Flags]:
    """[origin, metric, campaign, day ahead]: what came, NaN = unknown; and [origin, day ahead]: after the last day.

    A row that is missing while the campaign's platform reported others is a day without delivery: 0.
    """
    rested = ~history.present & reported(history)
    values = np.stack([np.where(rested, 0.0, history.values[name]) for name in FORECAST_METRICS])
    at = days[:, None] + np.arange(ahead)
    past_end = at >= history.days
    taken = values[:, :, np.minimum(at, history.days - 1)].transpose(2, 0, 1, 3)
    return np.where(past_end[:, None, None], np.nan, taken), past_end


def _ran_through(history: History, days: npt.NDArray[np.int64], ahead: int, ended_days: int) -> Flags:
    """[origin, campaign, day ahead]: a delivery lies within the `ended_days` before the end of that day."""
    at = np.where(history.delivered, np.arange(history.days), -history.days)
    last = np.maximum.accumulate(at, axis=1)
    recent = np.arange(history.days) - last < ended_days
    result: Flags = recent[:, np.minimum(days[:, None] + np.arange(ahead), history.days - 1)].transpose(1, 0, 2)
    return result
