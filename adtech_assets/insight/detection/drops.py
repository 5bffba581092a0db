"""Days running on which results stay far below what a campaign's past and its spend would bring.

Belongs here: performance_drop, and tracking_outage, the case in which clicks go on and nothing at all is counted. Does
not: the expectation (`baseline`), drops of a whole channel (`together`).

A window of days is judged against the level BEFORE it, so that a drop does not become its own normal. The name may use
the days after it, at most `CONFIRMED_AFTER`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, Flags, Positions, quotient
from adtech_assets.insight.detection.baseline import Expectation
from adtech_assets.insight.detection.dispersion import low_count_score
from adtech_assets.insight.detection.event import Event, runs
from adtech_assets.insight.detection.panel import INDEX, Panel

CONFIRMED_AFTER = 11
"""Days after its last one from which a drop is no longer reconsidered."""
ALL = slice(None)
ORDERS = 10
"""Where only revenue is known, a usual day counts as so many orders."""


@dataclass(frozen=True)
class DropRules:
    """What a drop is beside its score. Shares are of what was expected."""

    windows: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 9)
    ratio: float = 0.65
    day: float = 0.85
    """A day of it lies below this."""
    longest: int = 14
    """Days; a longer one has become the campaign's level."""
    spend: float = 0.5
    """A campaign keeps spending at this share of its usual spend."""
    known: float = 0.6
    """Share of a window's days that have figures."""
    near: float = 0.35
    """Expectations by past, spend and clicks that differ by less than this log are one, in three readings; else the
    lowest counts."""
    kin_expected: float = 4.0
    kin_ratio: float = 0.75
    kin_share: float = 0.6
    """Where so many others of the channel, at least two, lie below `kin_ratio` in the same days, it is the channel's."""
    after_days: int = 7
    after_least: int = 5
    after_share: float = 0.7
    """Days after it that stay below this share of the level before: a new level, no drop."""
    after_variance: float = 0.7
    """Part of the level's variance that is left once the days after it are known as well."""
    outage_expected: float = 20.0
    """Conversions missed, none counted, from which it is the counting that stopped."""
    outage_share: float = 0.7
    """... if they are this share of all that was missed."""
    outage_clicks: float = 0.6
    """Clicks go on at this share of what the spend would bring."""


@dataclass(frozen=True)
class Results:
    """What is counted: conversions, or revenue in units of an order where nobody counts them."""

    metric: str
    count: Array
    scale: Array
    """[series, day]: counts per unit of the metric."""
    plain: int
    given_spend: int
    given_clicks: int | None


def find(panel: Panel, ex: Expectation, threshold: Array, rules: DropRules | None = None) -> list[Event]:
    """All drops and outages of tracking. threshold: [series, day], the score from which a window bears the name."""
    rules = rules or DropRules()
    results = _results(panel)
    if np.isnan(results.count).all():
        return []
    running = _running(panel, ex, rules)
    score, first = _best_window(panel, ex, results, running, rules)
    found: list[Event] = []
    for series in np.flatnonzero((score >= threshold).any(axis=1)).tolist():
        found.extend(
            _of_series(panel, ex, results, running, series, score[series], first[series], threshold[series], rules)
        )
    return found


def _results(panel: Panel) -> Results:
    conversions, revenue = panel.values["conversions"], panel.values["revenue"]
    if (~np.isnan(conversions)).sum() >= (~np.isnan(revenue)).sum() / 2:
        of_one = np.ones(conversions.shape)
        return Results(
            "conversions", conversions, of_one, INDEX["conversions"], INDEX["conversions_per_spend"], INDEX["cvr"]
        )
    known = np.cumsum(~np.isnan(revenue), axis=1)
    mean = quotient(np.cumsum(np.nan_to_num(revenue), axis=1), known.astype(np.float64))
    before = np.concatenate([np.full((panel.series, 1), np.nan), mean[:, :-1]], axis=1)
    count = ORDERS * quotient(revenue, before)
    return Results("revenue", count, quotient(count, revenue), INDEX["revenue"], INDEX["roas"], None)


def _running(panel: Panel, ex: Expectation, rules: DropRules) -> Flags:
    """[series, day]: delivers, and spends at least half of what is usual; unknown spend counts as spending."""
    usual = np.nan_to_num(ex.own[INDEX["spend"]])
    running: Flags = panel.delivered & ~(panel.values["spend"] < rules.spend * usual)
    return running


def _readings(ex: Expectation, results: Results) -> Iterator[tuple[int, Array]]:
    """The measures that say what to expect, each with what it is measured against."""
    for measure in (results.plain, results.given_spend, results.given_clicks):
        if measure is not None:
            yield measure, ex.per[measure]


def _expected(
    ex: Expectation, results: Results, days: Positions, since: Positions, rules: DropRules, series: slice = ALL
) -> tuple[Array, Array]:
    """[series, len(days)]: expected count of each day as the level before `since` leads to expect, and the shared
    movement of the reading that counts."""
    logs, shares = [], []
    for measure, per in _readings(ex, results):
        base = np.where(per[series, days] > 0, per[series, days], np.nan)
        logs.append(np.log(base) + ex.level[measure, series][:, since] + ex.filtered.season[measure, series][:, days])
        shares.append(ex.filtered.shared[measure, series][:, days])
    stacked = np.stack(logs)
    plain, given = stacked[0], np.where(np.isnan(stacked[1]), stacked[0], stacked[1])
    rest = np.where(np.isnan(stacked), given[None], stacked)
    near = np.abs(plain - given) < rules.near
    log = np.where(near, rest.mean(axis=0), np.fmin(plain, given))
    shared = np.where(plain < given, shares[0], shares[1])
    return np.exp(log) * results.scale[series, days], shared


def _best_window(
    panel: Panel, ex: Expectation, results: Results, running: Flags, rules: DropRules
) -> tuple[Array, Positions]:
    """[series, day]: score of the most surprising window that ends on the day, 0 for none; and the window's first day."""
    series, days = results.count.shape
    best, first = np.zeros((series, days)), np.zeros((series, days), dtype=np.int64)
    kin = (panel.channels[:, None] == panel.channels[None]) & ~np.eye(series, dtype=np.bool_)
    count, day = results.count, np.arange(days)
    for window in rules.windows:
        since = np.maximum(day - window + 1, 0)
        seen, hoped, squares, known, moved = (np.zeros((series, days)) for _ in range(5))
        for back in range(min(window, days)):
            at = np.maximum(day - back, 0)
            expected, shared = _expected(ex, results, at, since, rules)
            usable = (day - window + 1 >= 0) & running[:, at] & ~np.isnan(expected) & ~np.isnan(count[:, at])
            seen += np.where(usable, count[:, at], 0)
            hoped += np.where(usable, expected, 0)
            squares += np.where(usable, expected**2, 0)
            moved += np.where(usable, expected * shared, 0)
            known += usable
        excused = hoped * np.exp(np.minimum(quotient(moved, hoped, missing=0.0), 0))
        score = low_count_score(seen, excused, _variance(ex, results, squares, excused, since))
        fit = (known >= np.maximum(2, rules.known * window)) & (seen < rules.ratio * excused)
        own = np.where((hoped >= rules.kin_expected) & (known >= max(1, window // 2)), quotient(seen, hoped), np.nan)
        low, told = (kin @ flags.astype(np.float64) for flags in (own < rules.kin_ratio, ~np.isnan(own)))
        fit &= ~((low >= 2) & (low >= rules.kin_share * told))
        better = fit & (score > best)
        best, first = np.where(better, score, best), np.where(better, since[None], first)
    return best, first


def _variance(ex: Expectation, results: Results, squares: Array, expected: Array, since: Positions) -> Array:
    """[series, day]: relative variance of a window's sum beyond counting: days' own noise, and the level's doubt."""
    noise, level = (
        np.fmin(values[results.plain][:, since], values[results.given_spend][:, since])
        for values in (ex.filtered.noise, ex.filtered.level_variance)
    )
    result: Array = quotient(squares, expected**2, missing=0.0) * noise + level
    return result


def _of_series(
    panel: Panel,
    ex: Expectation,
    results: Results,
    running: Flags,
    series: int,
    score: Array,
    first: Positions,
    threshold: Array,
    rules: DropRules,
) -> Iterator[Event]:
    count, runs_on = results.count[series], running[series] & ~np.isnan(results.count[series])
    everyday, own = np.arange(panel.days), slice(series, series + 1)
    for start, at, best in _windows(score, first, threshold):
        expected = _expected(ex, results, everyday, np.full(panel.days, start), rules, own)[0][0]
        shared = np.exp(np.minimum(ex.shared[results.plain, series], 0))
        level = np.where(np.isnan(expected), 0.0, expected * shared)
        extent = _extent(runs_on, count, level, start, at, rules)
        if extent is None:
            continue
        begin, last = extent
        if not 1 <= last - begin < rules.longest:
            continue
        sure = _confirmed(ex, results, series, count, level, runs_on, begin, last, best, rules)
        if sure < threshold[at]:
            continue
        silent = _silent(panel, ex, series, count, level, runs_on, begin, last, rules)
        kind = "tracking_outage" if silent else "performance_drop"
        yield Event(kind, results.metric, series, *(silent or (begin, last)), sure)


def _windows(score: Array, first: Positions, threshold: Array) -> list[tuple[int, int, float]]:
    """Of windows above the threshold that overlap or touch, the best: its first and last day, and its score."""
    best: list[tuple[int, int, float]] = []
    reach = -2
    for day in np.flatnonzero(score >= threshold).tolist():
        begin, value = int(first[day]), float(score[day])
        if best and begin <= reach + 1:
            if value > best[-1][2]:
                best[-1] = (begin, day, value)
        else:
            best.append((begin, day, value))
        reach = day
    return best


def _extent(
    runs_on: Flags, count: Array, level: Array, start: int, end: int, rules: DropRules
) -> tuple[int, int] | None:
    """First and last low day of a window, and the days beside it that are as low as a drop is."""
    low = runs_on & (count < rules.day * level)
    inside = np.flatnonzero(low[start : end + 1])
    if len(inside) == 0:
        return None
    begin, last = start + int(inside[0]), start + int(inside[-1])
    beside = ~runs_on | (count < rules.ratio * level)
    while begin > 0 and beside[begin - 1]:
        begin -= 1
    while last + 1 < len(beside) and beside[last + 1]:
        last += 1
    running = np.flatnonzero(runs_on[begin : last + 1])
    return begin + int(running[0]), begin + int(running[-1])


def _confirmed(
    ex: Expectation,
    results: Results,
    series: int,
    count: Array,
    level: Array,
    runs_on: Flags,
    begin: int,
    last: int,
    score: float,
    rules: DropRules,
) -> float:
    """The score with the days after it in mind: results that stay below are a new level (0), results that come back
    lower than before leave less of a drop."""
    days = slice(last + 1, last + 1 + CONFIRMED_AFTER)
    at = np.flatnonzero(runs_on[days])[: rules.after_days] + last + 1
    hoped = float(level[at].sum())
    if len(at) < rules.after_least or hoped <= 0:
        return score
    back = float(count[at].sum()) / hoped
    if back < rules.after_share:
        return 0.0
    if back >= 1:
        return score
    inside = np.flatnonzero(runs_on[begin : last + 1]) + begin
    noise, doubt = (
        float(np.fmin(values[results.plain, series, begin], values[results.given_spend, series, begin]))
        for values in (ex.filtered.noise, ex.filtered.level_variance)
    )
    variance = np.array(noise / len(inside) + rules.after_variance * doubt)
    expected = np.array(level[inside].sum() * np.sqrt(back))
    return min(score, float(low_count_score(np.array(count[inside].sum()), expected, variance)))


def _silent(
    panel: Panel,
    ex: Expectation,
    series: int,
    count: Array,
    level: Array,
    runs_on: Flags,
    begin: int,
    last: int,
    rules: DropRules,
) -> tuple[int, int] | None:
    """First and last day on which nothing at all was counted though clicks went on: the counting stopped, not the
    buying. None if there are no such days, or too little was to be expected of them."""
    inside = np.flatnonzero(runs_on[begin : last + 1]) + begin
    lost = float(np.sum(level[inside] - count[inside]))
    for first, end in runs(count[inside] == 0, gap=1):
        days = inside[first : end + 1]
        clicks, usual = panel.values["clicks"][series, days], ex.own[INDEX["clicks"], series, days]
        go_on = np.nansum(clicks) >= rules.outage_clicks * np.nansum(usual) > 0
        missed = float(level[days].sum())
        if missed >= rules.outage_expected and missed >= rules.outage_share * lost and go_on:
            return int(days[0]), int(days[-1])
    return None
