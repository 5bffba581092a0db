"""Days without money on which a campaign would have run.

Belongs here: budget_exhaustion: which days are dry, which a campaign would have run on, and when a missing row means
that nothing was spent. Does not: days that are missing for a whole platform (`together`).

Platforms leave days without delivery out, or write them with zeros; and rows go missing for no reason. A missing row is
therefore weighed: how often do single rows of this account go missing, and does this campaign write its zeros down?
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, Flags, Positions, first_true, last_true
from adtech_assets.insight.detection.baseline import Expectation
from adtech_assets.insight.detection.event import Event, runs
from adtech_assets.insight.detection.panel import INDEX, Panel
from adtech_assets.metrics.spans import WEEK

CONFIRMED_AFTER = 9
"""Days after its first one from which an outage is no longer reconsidered."""


@dataclass(frozen=True)
class OutageRules:
    """What an exhausted budget is. Shares are of days, unless they say otherwise."""

    dry: float = 0.1
    """Spend at or below this share of what is usual."""
    longest: int = 4
    """Days on which it would have run; a longer pause was meant."""
    longest_gap: int = 9
    """Calendar days from its first day to the next one with spend."""
    weeks: int = 4
    same_weekday: float = 0.75
    """Of the last weeks' same weekdays it ran on this share: it would have run."""
    young: float = 0.9
    """While fewer than two of them are known: share of all recent days."""
    recent_days: int = 14
    steady: float = 0.8
    """Share of the recent days it would have run on, on which it did."""
    usual: float = 0.6
    dark: float = 0.5
    """A day on which more than this share of at least three campaigns stand still is the account's day."""
    kin: float = 0.4
    """Where this share of the channel's others, at least two, stand still as well, it is the channel's."""
    spell_days: int = 84
    spells: int = 2
    """A campaign with so many such spells before is one that pauses."""
    partial: float = 0.75
    """The day before may have ended early: spend below this share of expected ..."""
    partial_score: float = -2.2
    """... and a score below this."""
    zeros_written: int = 3
    """Missing days that say something for a campaign that otherwise writes zeros down."""
    rows: int = 1050
    """Campaign days per stretch of missing rows that chance may explain: 150 campaign-weeks."""
    stray: int = 2
    """Stretches of missing rows up to this long happen for no reason."""
    missing_prior: tuple[float, float] = (0.2, 100.0)
    """Rows gone missing, and days, that are assumed beside those of the account."""


@dataclass(frozen=True)
class Standing:
    """Whether campaigns run: flags [series, day]."""

    alive: Flags
    dry: Flags
    ran: Flags
    meant: Flags
    """It would have run: it ran on such weekdays before."""
    steady: Array
    """Share of the recent days it would have run on, on which it did."""
    dark: Flags
    """[day]: the whole account stands still."""
    missing_rate: Array
    """[day]: how often a row goes missing for no reason."""


def standing(panel: Panel, ex: Expectation, rules: OutageRules | None = None) -> Standing:
    """Who runs when, and who would have."""
    rules = rules or OutageRules()
    spend = np.nan_to_num(panel.values["spend"])
    measure = INDEX["spend"]
    usual = np.nan_to_num(np.exp(ex.level[measure] + ex.filtered.season[measure]))
    day = np.arange(panel.days)[None]
    first, last = first_true(panel.present)[:, None], last_true(panel.present)[:, None]
    unknown = panel.present & np.isnan(panel.values["spend"])
    alive = (day >= first) & (day <= last) & ~unknown
    dry = alive & (usual > 0) & ~(spend > rules.dry * usual)
    ran = panel.present & (spend > 0) & ~dry
    meant, steady = _meant(alive, ran, rules)
    runs_usually = meant & (steady >= rules.usual)
    total = runs_usually.sum(axis=0)
    dark = (total >= 3) & ((dry & runs_usually).sum(axis=0) > rules.dark * total)
    return Standing(alive, dry & ~dark, ran, meant, steady, dark, _missing_rate(panel, meant, dark, rules))


def _meant(alive: Flags, ran: Flags, rules: OutageRules) -> tuple[Flags, Array]:
    days = alive.shape[1]
    meant, steady = np.zeros(alive.shape, dtype=np.bool_), np.zeros(alive.shape)
    for day in range(1, days):
        same = np.arange(day - WEEK, max(-1, day - rules.weeks * WEEK - 1), -WEEK)
        same = same[same >= 0]
        known = alive[:, same].sum(axis=1)
        recent = slice(max(0, day - rules.recent_days), day)
        living = alive[:, recent].sum(axis=1)
        share = (ran[:, recent] & alive[:, recent]).sum(axis=1) / np.maximum(living, 1)
        of_weekday = (ran[:, same] & alive[:, same]).sum(axis=1) >= rules.same_weekday * known
        meant[:, day] = alive[:, day] & np.where(known >= 2, of_weekday, share >= rules.young)
        due = meant[:, recent].sum(axis=1)
        of_due = (ran[:, recent] & meant[:, recent]).sum(axis=1) / np.maximum(due, 1)
        steady[:, day] = np.where(due >= rules.weeks, of_due, np.where(living >= WEEK, share, 0.0))
    return meant, steady


def _missing_rate(panel: Panel, meant: Flags, dark: Flags, rules: OutageRules) -> Array:
    """[day]: share of the days campaigns would have run that have no row for no reason, in stretches too short to mean
    much; as known `CONFIRMED_AFTER` days later."""
    stray = np.zeros(panel.present.shape)
    due = meant & ~dark[None]
    for series in range(panel.series):
        days = np.flatnonzero(due[series])
        for first, last in runs(~panel.present[series, days], gap=1):
            if last - first < rules.stray:
                stray[series, days[first : last + 1]] = 1
    missing, total = rules.missing_prior
    share: Array = (missing + np.cumsum(stray.sum(axis=0))) / (total + np.cumsum(due.sum(axis=0)))
    return share[np.minimum(np.arange(panel.days) + CONFIRMED_AFTER, panel.days - 1)]


def find(panel: Panel, ex: Expectation, stands: Standing, rules: OutageRules | None = None) -> list[Event]:
    """All exhausted budgets. At the end of the data nobody can know whether a campaign returns; it is said anyway."""
    rules = rules or OutageRules()
    found: list[Event] = []
    for series in np.flatnonzero((stands.dry & stands.meant).any(axis=1)).tolist():
        found.extend(_of_series(panel, ex, stands, series, rules))
    return found


def _of_series(panel: Panel, ex: Expectation, stands: Standing, series: int, rules: OutageRules) -> Iterator[Event]:
    due = np.flatnonzero(stands.meant[series] & ~stands.dark)
    ends_here = bool(stands.alive[series, -1])
    spells: list[tuple[int, int, bool]] = []
    for place, _ in runs(stands.dry[series, due], gap=1):
        start = int(due[place])
        if spells and start <= spells[-1][1]:
            continue
        later = np.flatnonzero(stands.ran[series, start:])
        back = start + int(later[0]) if len(later) else panel.days
        missed = _days_it_would_run(panel, stands, series, start, back)
        end = missed[-1]
        stated = bool(panel.present[series, missed].any())
        before = [s for s in spells if s[0] >= start - rules.spell_days and (s[2] or not stated)]
        spells.append((start, max(end, back - 1), stated))
        if back == panel.days and not ends_here:
            continue
        if len(missed) > rules.longest or back - start > rules.longest_gap or len(before) >= rules.spells:
            continue
        if stands.steady[series, start] < rules.steady or _of_the_channel(panel, stands, series, start, rules):
            continue
        partial = _ended_early(ex, stands, series, due, place, rules)
        if stated or _rows_say_so(panel, stands, series, start, len(missed) + partial, rules):
            yield Event(
                "budget_exhaustion", "spend", series, int(due[place - 1]) if partial else start, end,
                outage_score(ex, series, missed),
            )  # fmt: skip


def _days_it_would_run(panel: Panel, stands: Standing, series: int, start: int, back: int) -> list[int]:
    week = slice(max(0, start - WEEK), start)
    weekdays = {*panel.weekdays[week][stands.meant[series, week]].tolist(), int(panel.weekdays[start])}
    return [day for day in range(start, back) if int(panel.weekdays[day]) in weekdays and not stands.dark[day]]


def _of_the_channel(panel: Panel, stands: Standing, series: int, day: int, rules: OutageRules) -> bool:
    usual = stands.meant[:, day] & (stands.steady[:, day] >= rules.usual)
    kin = usual & (panel.channels == panel.channels[series])
    kin[series] = False
    still = int((stands.dry[:, day] & kin).sum())
    return still >= max(2, rules.kin * int(kin.sum()))


def _ended_early(
    ex: Expectation, stands: Standing, series: int, due: Positions, place: int, rules: OutageRules
) -> bool:
    """The day it would have run before: spend broke off on it already."""
    if place == 0:
        return False
    day, spend = int(due[place - 1]), INDEX["spend"]
    short = ex.observed[spend, series, day] < rules.partial * ex.own[spend, series, day]
    return bool(stands.ran[series, day] and short and ex.score[spend, series, day] < rules.partial_score)


def _rows_say_so(panel: Panel, stands: Standing, series: int, start: int, days: int, rules: OutageRules) -> bool:
    """No row is there: whether so many missing ones in a row are more than chance."""
    known = slice(0, start + CONFIRMED_AFTER + 1)
    writes_zeros = bool((panel.present[series, known] & (panel.values["spend"][series, known] <= 0)).any())
    if writes_zeros and days < rules.zeros_written:
        return False
    return bool(stands.missing_rate[start] ** days <= 1 / rules.rows)


def outage_score(ex: Expectation, series: int, days: Sequence[int]) -> float:
    """How far the spend is away: standard deviations of a day's spend, as if a hundredth had been spent."""
    noise = ex.noise[INDEX["spend"], series, list(days)]
    return float(np.log(100) / np.nanmin(noise))
