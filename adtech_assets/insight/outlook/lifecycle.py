"""In which phase of its life every campaign is, since when, and on what evidence.

Belongs here: the rules that make a phase of delivery and trends. Does not: the trend statistics (`rank_trend`), advice.

Phases: launch (stage learning or rising), growth, plateau, fatigue (it brings less per impression or per unit of money
while spend holds), decline (spend is taken back), ended. A phase is left at a lower mark than it is entered, so that a
campaign does not flicker between two. A day is judged with itself and earlier days only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from adtech_assets.insight.arrays import Array, Flags
from adtech_assets.insight.outlook.history import History, dense, reported
from adtech_assets.insight.outlook.rank_trend import rank_trend
from adtech_assets.insight.outlook.weekday_adjustment import (
    CONVERSIONS_PER_SPEND,
    Measured,
    WeekdaySettings,
    adjusted,
    measured,
)
from adtech_assets.tables import LIFECYCLE

UNKNOWN, LAUNCH, GROWTH, PLATEAU, FATIGUE, DECLINE, ENDED = range(7)
PHASES = (None, "launch", "growth", "plateau", "fatigue", "decline", "ended")
METRICS = ("spend", "conversions", "ctr", CONVERSIONS_PER_SPEND)
SPEND, CONVERSIONS, CTR, YIELD = range(4)

LIFECYCLE_SCHEMA = LIFECYCLE.schema


@dataclass(frozen=True)
class LifecycleSettings:
    """When a campaign is in which phase."""

    window_days: int = 28
    """Days a trend is looked for in."""
    least_days: int = 14
    """Days with spend in the window below which there is no phase but launch and ended."""
    launch_days: int = 14
    """Days from the first delivery that are a launch."""
    learning_days: int = 7
    """Of these, the days on which a rise is not yet told."""
    rising_tau: float = 0.6
    """Rank correlation of a launch's spend with time that is a rise: too few days to test more."""
    lead_days: int = 7
    """Days with data of the platform before the first delivery that make it a launch that was seen."""
    ended_days: int = 7
    """Days without delivery, while the platform goes on, that end a campaign; what comes later is a new launch."""
    significance: float = 0.01
    """Probability of chance below which a trend begins a phase."""
    least_change: float = 0.15
    """Change over the window, as a fraction, that begins one."""
    staying_significance: float = 0.05
    staying_change: float = 0.08
    """The same for the phase of the day before to go on."""
    spend_holds: float = -0.15
    """Change of spend over the window down to which spend holds."""
    spend_still_holds: float = -0.25
    """The same for fatigue to go on."""
    look_back_days: int = 90
    """How far back the beginning of a phase is looked for."""
    weekday: WeekdaySettings = field(default_factory=WeekdaySettings)


@dataclass(frozen=True)
class _Moves:
    """Line of each metric over a window, [metric, campaign]."""

    before: Array
    now: Array
    change: Array
    p: Array
    tau: Array
    known: Array


@dataclass(frozen=True)
class _Spells:
    """[campaign, day]: position of the first day of the current spell of delivery (-1 = none yet), days it rests."""

    born: npt.NDArray[np.int64]
    dead: npt.NDArray[np.int64]


def lifecycle(
    daily: pl.DataFrame, on: dt.date | None = None, settings: LifecycleSettings | None = None
) -> pl.DataFrame:
    """LIFECYCLE_SCHEMA: one row a campaign, as of `on` or the last day of data before it (default: the last day).

    `daily`: date, platform, channel, campaign and additive metrics, null = unknown. Days after `on` are not read.
    """
    settings = settings or LifecycleSettings()
    history = dense(daily, on)
    if history is None:
        return pl.DataFrame(schema=LIFECYCLE_SCHEMA)
    measures = measured(history, METRICS, only_delivered=True)
    spells = _spells(history, settings)
    lead = _lead_seen(history, spells, settings)
    begin = max(0, history.days - settings.look_back_days)
    phases = np.zeros((history.days - begin, history.series), dtype=np.int64)
    before = np.zeros(history.series, dtype=np.int64)
    for day in range(begin, history.days):
        moves = _moves(measures, day, settings)
        before = _phase(moves, spells, lead, day, before, settings)
        phases[day - begin] = before
    return _table(history, phases, moves, spells, lead, settings)


def _spells(history: History, settings: LifecycleSettings) -> _Spells:
    ran, could = history.delivered, reported(history)
    born, dead = np.full(ran.shape, -1, dtype=np.int64), np.zeros(ran.shape, dtype=np.int64)
    start, rest = np.full(len(ran), -1, dtype=np.int64), np.zeros(len(ran), dtype=np.int64)
    for day in range(history.days):
        begins = ran[:, day] & ((start < 0) | (rest >= settings.ended_days))
        start = np.where(begins, day, start)
        rest = np.where(ran[:, day], 0, rest + could[:, day])
        born[:, day], dead[:, day] = start, rest
    return _Spells(born, dead)


def _lead_seen(history: History, spells: _Spells, settings: LifecycleSettings) -> Flags:
    """[campaign, day]: the platform had data for some days before the spell began, so that its beginning was seen."""
    days_before = np.cumsum(reported(history), axis=1)
    at = np.maximum(spells.born, 0)
    seen: Flags = np.take_along_axis(days_before, at, axis=1) - 1 >= settings.lead_days
    return seen & (spells.born >= 0)


def _moves(measures: Measured, day: int, settings: LifecycleSettings) -> _Moves:
    """The lines over the window that ends on `day`, of campaigns (the account's row left out)."""
    flat = adjusted(measures, day + 1, settings.window_days, settings.weekday)[:, :-1]
    metrics, campaigns, days = flat.shape
    found = rank_trend(flat.reshape(metrics * campaigns, days))
    seen = ~np.isnan(flat.reshape(metrics * campaigns, days))
    first, last = np.argmax(seen, axis=1), days - 1 - np.argmax(seen[:, ::-1], axis=1)
    before, now = found.intercept + found.slope * first, found.intercept + found.slope * last
    usable = (found.level > 0) & ~np.isnan(found.r2)
    # A line that falls below nothing has fallen by all; one that begins there has risen from its middle.
    base = np.where(before > 0, before, found.level)
    change = np.divide(np.maximum(now, 0.0), base, out=np.ones(len(now)), where=usable & (base > 0)) - 1
    p = np.where(usable, found.p, 1.0)
    shape = (metrics, campaigns)
    return _Moves(
        *(a.reshape(shape) for a in (np.maximum(before, 0.0), np.maximum(now, 0.0), change, p, found.tau, found.known))
    )


def _phase(
    moves: _Moves, spells: _Spells, lead: Flags, day: int, before: npt.NDArray[np.int64], settings: LifecycleSettings
) -> npt.NDArray[np.int64]:
    """[campaign]: position in PHASES."""
    tired = _moved(-moves.change, moves.p, before == FATIGUE, settings)
    risen = _moved(moves.change, moves.p, before == GROWTH, settings)
    fallen = _moved(-moves.change, moves.p, before == DECLINE, settings)
    holds = moves.change[SPEND] >= np.where(before == FATIGUE, settings.spend_still_holds, settings.spend_holds)
    born = spells.born[:, day]
    return np.select(
        [
            born < 0,
            spells.dead[:, day] >= settings.ended_days,
            lead[:, day] & (day - born < settings.launch_days),
            moves.known[SPEND] < settings.least_days,
            (tired[CTR] | tired[YIELD]) & holds,
            risen[SPEND] | risen[CONVERSIONS],
            fallen[SPEND],
        ],
        [UNKNOWN, ENDED, LAUNCH, UNKNOWN, FATIGUE, GROWTH, DECLINE],
        PLATEAU,
    )


def _moved(change: Array, p: Array, staying: Flags, settings: LifecycleSettings) -> Flags:
    """[metric, campaign]: the change is large and sure enough to begin a phase, or to go on with it."""
    begins = (p < settings.significance) & (change >= settings.least_change)
    result: Flags = begins | (staying & (p < settings.staying_significance) & (change >= settings.staying_change))
    return result


def _evidence(phase: npt.NDArray[np.int64], moves: _Moves) -> npt.NDArray[np.int64]:
    """[campaign]: position in METRICS of what shows the phase best: the surer of two that may."""
    tired = np.where(
        (moves.change[YIELD] < 0) & ((moves.p[YIELD] < moves.p[CTR]) | (moves.change[CTR] >= 0)), YIELD, CTR
    )
    grown = np.where(
        (moves.change[CONVERSIONS] > 0) & ((moves.p[CONVERSIONS] < moves.p[SPEND]) | (moves.change[SPEND] <= 0)),
        CONVERSIONS,
        SPEND,
    )
    return np.select([phase == FATIGUE, phase == GROWTH], [tired, grown], SPEND)


def _table(
    history: History,
    phases: npt.NDArray[np.int64],
    moves: _Moves,
    spells: _Spells,
    lead: Flags,
    settings: LifecycleSettings,
) -> pl.DataFrame:
    last, now, every = history.days - 1, phases[-1], np.arange(history.series)
    born, seen, ran = spells.born[:, -1], lead[:, -1], history.delivered
    last_run = np.where(ran.any(axis=1), last - np.argmax(ran[:, ::-1], axis=1), -1)
    # Positions of the first day of the unbroken run of today's phase.
    other = phases != now
    run = np.where(other.any(axis=0), np.argmax(other[::-1], axis=0), len(phases))
    since = np.select([now == ENDED, now == LAUNCH], [last_run + 1, born], last - run + 1)
    previous = phases[np.maximum(len(phases) - 1 - run, 0), every]
    since_known = (now == ENDED) | (now == LAUNCH) | ((run < len(phases)) & (previous != UNKNOWN))
    shown = _evidence(now, moves)
    has = ~np.isin(now, (UNKNOWN, ENDED, LAUNCH)) | ((now == LAUNCH) & (moves.known[shown, every] > 0))
    rising = (moves.tau[SPEND] >= settings.rising_tau) & (moves.change[SPEND] >= settings.least_change)
    stage = np.where(rising & (last - born >= settings.learning_days), "rising", "learning")

    def date(positions: npt.NDArray[np.int64]) -> pl.Series:
        return pl.Series([history.date(int(p)) if p >= 0 else None for p in positions], dtype=pl.Date)

    def figure(values: Array) -> pl.Series:
        return pl.Series(np.where(has, values[shown, every], np.nan)).fill_nan(None)

    known = pl.Series(now != UNKNOWN)
    window = pl.Series(has)
    return (
        history.keys.with_columns(
            pl.lit(history.date(last)).alias("on"),
            pl.Series("status", np.where(now == UNKNOWN, "not_enough_data", "ok")),
            pl.Series("phase", [PHASES[p] for p in now], dtype=pl.String),
            pl.Series("stage", [s if p == LAUNCH else None for s, p in zip(stage, now, strict=True)], dtype=pl.String),
            date(since).alias("since"),
            pl.Series("days_in_phase", last - since + 1),
            pl.Series("since_known", since_known),
            date(born).alias("first_delivery"),
            pl.Series("launch_seen", seen),
            date(last_run).alias("last_delivery"),
            pl.Series("metric", [METRICS[m] if h else None for m, h in zip(shown, has, strict=True)], dtype=pl.String),
            pl.when(window).then(pl.lit(history.date(last - settings.window_days + 1))).alias("start"),
            pl.when(window).then(pl.lit(history.date(last))).alias("end"),
            figure(moves.before).alias("before"),
            figure(moves.now).alias("now"),
            figure(moves.change).alias("change"),
            figure(moves.p).alias("p_value"),
        )
        .with_columns(pl.when(known).then(pl.col("since", "days_in_phase", "since_known")))
        .select(LIFECYCLE_SCHEMA.names())
        .cast(LIFECYCLE_SCHEMA)
    )
