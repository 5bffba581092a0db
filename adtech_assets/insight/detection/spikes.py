"""Days on which a campaign spends, or earns, far more than is normal, and then no longer.

Belongs here: the rules of spend_spike and revenue_spike, on arrays. Does not: the expectation (`baseline`).

A day's score rests on earlier days; the name may use the days after it, as far as `CONFIRMED_AFTER` of them: a rise that
stays is a new level, not a spike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, Flags
from adtech_assets.insight.detection.baseline import Expectation
from adtech_assets.insight.detection.event import Event
from adtech_assets.insight.detection.panel import INDEX, Panel
from adtech_assets.metrics.spans import WEEK

CONFIRMED_AFTER = 14
"""Days after its last one from which a spike is no longer reconsidered."""


@dataclass(frozen=True)
class SpikeRules:
    """What a spike is beside its score. Logs are natural: 0.3 is 35 % above expected."""

    longest: int = 2
    """Days; what lasts longer was meant."""
    spend: float = 0.30
    revenue: float = 0.40
    edge: float = 0.5
    """The days beside it that keep this share of its log belong to it."""
    after_days: int = 6
    """Running days after it that are looked at ..."""
    after_least: int = 2
    after_share: float = 0.5
    """... and whose middle must have lost this share of its log."""
    after_least_sure: int = 3
    after_doubt: float = 0.5
    """What remains of it afterwards counts against its score, this much for each standard deviation."""
    same_weekday: float = 0.6
    """A day as high as this share of it, by log above the level, a week before or after: such weekdays are so."""
    weeks_before: int = 3
    tail_days: int = 60
    tail_score: float = 3.0
    """A series of which the second largest score of the last days was above this is used to such days: scores are
    divided by as much."""
    near: float = 0.35
    """Two expectations of revenue (its own past; its spend) that differ by less than this log are one, in two readings,
    with less noise together ..."""
    together: float = 1.05
    order_value: float = 0.8
    """Weight of the score of revenue per conversion by itself, ..."""
    order_value_from: float = 0.5
    """... where revenue itself scores above this."""
    order_value_log: float = 0.6
    """Orders worth this much more than usual need revenue to lie above expected only by ..."""
    order_value_revenue: float = 0.15


@dataclass(frozen=True)
class Candidates:
    """One kind of spike on all days: arrays [series, day]."""

    kind: str
    metric: str
    score: Array
    log: Array
    """Log of observed against expected."""
    high: Flags
    """Far enough above expected to be told."""


def find(panel: Panel, ex: Expectation, thresholds: dict[str, Array], rules: SpikeRules | None = None) -> list[Event]:
    """All spikes. thresholds: kind -> [series, day], the score from which a day bears the name."""
    rules = rules or SpikeRules()
    found: list[Event] = []
    for one in (_spend(ex, rules), _revenue(panel, ex, rules)):
        hot = (one.score >= thresholds[one.kind]) & one.high
        for series in np.flatnonzero(hot.any(axis=1)).tolist():
            found.extend(_of_series(panel, ex, one, series, hot[series], thresholds[one.kind][series], rules))
    return found


def _spend(ex: Expectation, rules: SpikeRules) -> Candidates:
    spend = INDEX["spend"]
    score = used_to(ex.score[spend], rules)
    log = _log(ex.observed[spend], ex.expected[spend])
    return Candidates("spend_spike", "spend", score, log, log >= rules.spend)


def _revenue(panel: Panel, ex: Expectation, rules: SpikeRules) -> Candidates:
    """Revenue against its own past AND against what the day's spend would bring: more from more is no spike. An order
    value too good to be true counts as well."""
    revenue, roas, value = INDEX["revenue"], INDEX["roas"], INDEX["aov"]
    by_past, by_spend = ex.score[revenue], ex.score[roas]
    if np.isnan(panel.values["spend"]).all():
        plain = by_past
    else:
        apart = np.abs(_log(ex.expected[revenue], ex.expected[roas]))
        plain = np.where(apart < rules.near, (by_past + by_spend) / 2 * rules.together, np.fmin(by_past, by_spend))
    score = used_to(plain, rules)
    dear = used_to(ex.score[value], rules)
    both = np.where((dear > 1) & (plain > rules.order_value_from), (np.nan_to_num(score) + dear) / np.sqrt(2), -np.inf)
    lifted = np.fmax(rules.order_value * dear, both)
    score = np.fmax(score, np.where(plain > rules.order_value_from, lifted, -np.inf))
    log = _log(ex.observed[revenue], np.fmax(ex.expected[revenue], ex.expected[roas]))
    dear_log = _log(ex.observed[value], ex.expected[value])
    high = (log >= rules.revenue) | ((dear_log >= rules.order_value_log) & (log >= rules.order_value_revenue))
    return Candidates("revenue_spike", "revenue", np.nan_to_num(score, nan=-np.inf), log, high)


def used_to(score: Array, rules: SpikeRules) -> Array:
    """[series, day]: the score, smaller for series that often have such days; earlier days only; -inf where unknown."""
    known = np.nan_to_num(score, nan=-np.inf)
    before = np.pad(known[:, :-1], ((0, 0), (rules.tail_days + 1, 0)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(before, rules.tail_days, axis=1)[:, -known.shape[1] :]
    second = np.partition(windows, rules.tail_days - 2, axis=2)[:, :, rules.tail_days - 2]
    result: Array = known / np.maximum(1.0, second / rules.tail_score)
    return result


def _log(amount: Array, expected: Array) -> Array:
    usable = (amount > 0) & (expected > 0)
    logs: Array = np.where(usable, np.log(np.where(usable, amount, 1.0) / np.where(usable, expected, 1.0)), -np.inf)
    return logs


def _of_series(
    panel: Panel, ex: Expectation, one: Candidates, series: int, hot: Flags, threshold: Array, rules: SpikeRules
) -> Iterator[Event]:
    measure = INDEX[one.metric]
    observed, shared = ex.observed[measure, series], ex.shared[measure, series]
    done = -1
    for day in np.flatnonzero(hot).tolist():
        if day <= done:
            continue
        log = _log(observed, ex.usual(measure, series, day) * np.exp(shared))
        first, last = _extent(log >= rules.edge * one.log[series, day], day)
        done = last
        if last - first + 1 > rules.longest:
            continue
        if one.kind == "spend_spike" and _of_the_week(ex, measure, series, day, rules):
            continue
        score = float(one.score[series, first : last + 1].max())
        peak = float(one.log[series, first : last + 1].max())
        after = _after(panel, observed, log, series, last, rules)
        if len(after) >= rules.after_least:
            stays = float(np.median(after))
            if stays >= rules.after_share * peak:
                continue
            if len(after) >= rules.after_least_sure and stays > 0:
                score -= rules.after_doubt * stays / float(ex.noise[measure, series, day])
        if score >= threshold[day]:
            yield Event(one.kind, one.metric, series, first, last, score)


def _of_the_week(ex: Expectation, measure: int, series: int, day: int, rules: SpikeRules) -> bool:
    """The weekday is always so high, and the pattern has not learned it yet: weeks before, or the week after."""
    days = [day - WEEK * week for week in range(1, rules.weeks_before + 1)] + [day + WEEK]
    level = ex.per[measure, series] * np.exp(ex.level[measure, series, day])
    above = _log(ex.observed[measure, series], level)
    known = [above[at] for at in days if 0 <= at < len(above) and np.isfinite(above[at])]
    return bool(above[day] > 0 and any(value >= rules.same_weekday * above[day] for value in known))


def _extent(high: Flags, day: int) -> tuple[int, int]:
    first = last = day
    while first > 0 and high[first - 1]:
        first -= 1
    while last + 1 < len(high) and high[last + 1]:
        last += 1
    return first, last


def _after(panel: Panel, observed: Array, log: Array, series: int, last: int, rules: SpikeRules) -> Array:
    """Logs of the next running days, at most `after_days`, within `CONFIRMED_AFTER` days."""
    days = slice(last + 1, last + 1 + CONFIRMED_AFTER)
    ran = panel.delivered[series, days] & (np.nan_to_num(observed[days]) > 0)
    return log[days][ran][: rules.after_days]
