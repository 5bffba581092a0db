"""The point forecast: what every campaign is expected to do on each of the next days, from what was known on one day.

Belongs here: weekday pattern, level and yield at one origin. Does not: how wrong that was before (`error_bands`), tables
(`forecast`).

Method: spend = weekday pattern x exponentially weighted level, days far off the last two weeks held at the edge.
Conversions and revenue = spend level x their yield per unit of spend, which moves more slowly, x their own weekday
pattern. No trend is carried on: on generated accounts a damped Theil-Sen trend made no horizon of 7 to 30 days better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from adtech_assets.insight.arrays import Array, Flags, first_true, last_true, mean, median
from adtech_assets.insight.outlook.history import History, reported
from adtech_assets.metrics.spans import WEEK

FORECAST_METRICS = ("spend", "conversions", "revenue")
NORMAL_MAD = 1.4826
SPEND = 0
Kind = TypeVar("Kind", np.bool_, np.float64)


@dataclass(frozen=True)
class PathSettings:
    """How the expected path is drawn."""

    window_weeks: int = 8
    """Weeks the weekday pattern, level and yield look back."""
    level_half_life: float = 5.0
    """Days after which a day of spend counts half."""
    yield_half_life: float = 28.0
    """The same for conversions and revenue per unit of spend."""
    lone_half_life: float = 14.0
    """The same for conversions and revenue of a campaign whose spend is unknown."""
    clip_days: int = 14
    clip: float = 3.0
    """Days further than this many robust deviations from the median of the last `clip_days` are held at that edge."""
    least_spread: float = 0.1
    """Robust deviation below which clipping does not go, as a share of the level."""
    weekday_prior: float = 4.0
    """Weeks of the account's weekday pattern that are mixed into a campaign's own."""
    weekday_range: float = 2.5
    """A day counts for the pattern with at most this multiple of its week's median."""
    least_factor: float = 0.05
    """A day on which less than this is usual says nothing of the level."""
    least_week_days: int = 5
    """Known days that make a week count for the pattern."""
    rest_share: float = 0.25
    """A weekday on which the campaign ran in at most this share of its weeks is a day of rest."""
    rest_weeks: int = 3
    """Weeks it takes to call a weekday that."""
    ended_days: int = 7
    """Days without delivery, while the platform goes on, after which a campaign has ended."""
    noise_days: int = 28
    """Days from which the daily spread is taken."""
    least_noise: float = 0.05
    """Daily spread of a steady series, as a share of its level."""
    least_of_account: float = 0.001
    """Daily spread of any series, as a share of the account's level."""
    order_noise: float = 1.2
    """Mean square of a single order's value over the square of its mean."""
    least_age: int = 21
    """Days since the first delivery below which there is no forecast."""
    least_days: int = 14
    """Known days in the window below which there is none."""


@dataclass(frozen=True)
class Expected:
    """What was expected at one origin, for FORECAST_METRICS."""

    path: Array
    """[metric, campaign, day ahead]; 0 for ended campaigns and those without any data."""
    noise: Array
    """[metric, campaign, day ahead]: spread of a single day, a standard deviation."""
    ended: Flags
    """[metric, campaign]: it has ended, and the metric was once known."""
    steady: Flags
    """[campaign]: not just launched, not resting: its error says something about the method."""
    enough: Flags
    """[metric, campaign]: enough history for a forecast of its own."""


def expected_path(history: History, days_ahead: int, settings: PathSettings) -> Expected:
    """The expected days after the history's last."""
    window = settings.window_weeks * WEEK
    ran, known_off = history.delivered, reported(history) | history.present
    born = first_true(ran)
    recent = _last(ran, window, False)
    possible = _last(known_off, window, False) & (np.arange(history.days - window, history.days) >= born[:, None])
    off = _rest_days(recent, possible, settings)
    resting = np.tile(off, (1, settings.window_weeks))
    dead = _days_without(ran, possible & ~resting)
    values = np.stack([_last(history.values[name], window, np.nan) for name in FORECAST_METRICS])
    values = np.where(recent, values, np.where(possible & resting, 0.0, np.nan))
    factors = np.where(off, 0.0, weekday_factors(values, settings))
    flat = _without_weekday(values, factors, settings)
    level = _levels(flat, settings)
    ended = dead >= settings.ended_days
    fading = np.where(ended, 0.0, 1 - dead / settings.ended_days)
    ahead = np.tile(factors, (1, 1, -(-days_ahead // WEEK)))[:, :, :days_ahead]
    noise = _noise(flat, level, settings)
    known = (~np.isnan(values)).sum(axis=2)
    ever = np.stack([~np.isnan(history.values[name]).all(axis=1) for name in FORECAST_METRICS])
    old = history.days - born >= settings.least_age
    return Expected(
        path=np.nan_to_num(level)[:, :, None] * ahead * fading[:, None],
        noise=noise[:, :, None] * ahead * (~ended & (born < history.days))[:, None],
        ended=ended & (born < history.days) & ever,
        steady=old & (2 * dead < settings.ended_days) & (known[SPEND] >= settings.least_days),
        enough=old & (known >= settings.least_days),
    )


def weekday_factors(values: Array, settings: PathSettings) -> Array:
    """[metric, campaign, day of week] of [metric, campaign, whole weeks of days]: each day against its week's mean.

    A ratio of sums over the weeks, drawn to the account's pattern where the campaign's weeks are few; mean 1.
    """
    metrics, campaigns, days = values.shape
    weeks = values.reshape(metrics, campaigns, days // WEEK, WEEK)
    usual = median(weeks)[..., None]
    held = np.where(usual > 0, np.minimum(weeks, settings.weekday_range * usual), weeks)
    known = ~np.isnan(weeks)
    counts = known.sum(axis=3) >= settings.least_week_days
    held = np.where(known & counts[..., None], held, 0.0)
    base = np.where(counts, np.nan_to_num(mean(np.where(known, held, np.nan))), 0.0)[..., None] * known
    together, all_base = held.sum(axis=(1, 2)), base.sum(axis=(1, 2))
    account = np.divide(together, all_base, out=np.ones_like(together), where=all_base > 0)
    own_base = base.sum(axis=2)
    own = np.divide(held.sum(axis=2), own_base, out=np.ones_like(own_base), where=own_base > 0)
    seen = (base > 0).sum(axis=2)
    factors = (seen * own + settings.weekday_prior * account[:, None]) / (seen + settings.weekday_prior)
    total = factors.mean(axis=2, keepdims=True)
    result: Array = np.divide(factors, total, out=np.ones_like(factors), where=total > 0)
    return result


def _last(values: npt.NDArray[Kind], days: int, fill: float | bool) -> npt.NDArray[Kind]:
    """The last `days` days, with `fill` put in front where there are fewer."""
    missing = max(0, days - values.shape[1])
    return np.pad(values[:, max(0, values.shape[1] - days) :], ((0, 0), (missing, 0)), constant_values=fill)


def _rest_days(ran: Flags, possible: Flags, settings: PathSettings) -> Flags:
    """[campaign, day of week]: days on which the campaign as a rule does not run, though it does on others."""
    weeks = possible.reshape(len(possible), -1, WEEK).sum(axis=1)
    runs = (ran & possible).reshape(len(ran), -1, WEEK).sum(axis=1)
    off: Flags = (weeks >= settings.rest_weeks) & (runs <= settings.rest_share * weeks)
    return off & ~off.all(axis=1, keepdims=True)


def _days_without(ran: Flags, could_run: Flags) -> npt.NDArray[np.int64]:
    """[campaign]: days since the last delivery on which it could have run."""
    window = could_run.shape[1]
    last = last_true(ran) - (ran.shape[1] - window)
    counted: npt.NDArray[np.int64] = (could_run & (np.arange(window) > last[:, None])).sum(axis=1)
    return counted


def _without_weekday(values: Array, factors: Array, settings: PathSettings) -> Array:
    repeated = np.tile(factors, (1, 1, values.shape[2] // WEEK))
    usable = repeated > 0.05
    return np.where(usable, values / np.where(usable, repeated, 1.0), np.nan)


def _held(flat: Array, days: int, settings: PathSettings) -> Array:
    """Values held within `clip` robust deviations of the median of the last days."""
    recent = flat[..., -days:]
    middle = median(recent)[..., None]
    spread = NORMAL_MAD * median(np.abs(recent - middle))[..., None]
    width = settings.clip * np.maximum(spread, settings.least_spread * middle)
    return np.where(np.isnan(middle), flat, np.clip(flat, middle - width, middle + width))


def _levels(flat: Array, settings: PathSettings) -> Array:
    """[metric, campaign]: level of a day without weekday."""
    age = np.arange(flat.shape[2])[::-1]
    held = _held(flat, settings.clip_days, settings)
    spend = held[SPEND]
    level = mean(held, 0.5 ** (age / settings.lone_half_life))
    level[SPEND] = mean(spend, 0.5 ** (age / settings.level_half_life))
    both = ~np.isnan(spend) & ~np.isnan(held)
    weight = 0.5 ** (age / settings.yield_half_life)
    gained = (np.where(both, held, 0.0) * weight).sum(axis=2)
    paid = (np.where(both, spend, 0.0) * weight).sum(axis=2)
    by_yield = np.divide(gained, paid, out=np.full_like(gained, np.nan), where=paid > 0) * level[SPEND]
    by_yield[SPEND] = level[SPEND]
    return np.where(np.isnan(by_yield), level, by_yield)


def _noise(flat: Array, level: Array, settings: PathSettings) -> Array:
    """[metric, campaign]: standard deviation of a day without weekday.

    At least what counts have by themselves, for a campaign that may have had no conversion yet as well.
    """
    held = _held(flat, settings.noise_days, settings)[:, :, -settings.noise_days :]
    own = np.sqrt(mean((held - mean(held)[..., None]) ** 2))
    account = np.nan_to_num(level).sum(axis=1)
    spend, conversions, revenue = account
    days = (~np.isnan(held)).sum(axis=2)
    share = np.nan_to_num(level[SPEND]) / spend if spend > 0 else np.zeros(flat.shape[1])
    unit = np.array([0.0, 1.0, settings.order_noise * revenue / conversions if conversions > 0 else 0.0])
    # One more conversion than seen, but no more than the campaign's share of spend would bring.
    unseen = np.minimum(share * account[:, None], unit[:, None] / np.maximum(days, 1))
    chance = np.sqrt(unit[:, None] * (np.nan_to_num(level) + unseen))
    floor = np.maximum(settings.least_noise * np.nan_to_num(level), settings.least_of_account * account[:, None])
    noise: Array = np.maximum(np.nan_to_num(own), np.maximum(chance, floor))
    return noise
