"""From odd days to events with a name: which days of which campaign are a spike, a drop or an outage.

Belongs here: the rule of each kind, on arrays. Does not: scores (`baseline`, `forest`), the slow decline (`trend`),
money and severity (`anomalies`).

Days are scored with earlier days only. Names may use hindsight: a rise that stays is a new level, not a spike, and a
campaign that never spends again has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.baseline import Expectation, stable
from adtech_assets.insight.panel import INDEX, Array, Flags, Panel
from adtech_assets.insight.trend import runs
from adtech_assets.settings import Insight


@dataclass(frozen=True)
class Rules:
    """How far from expected a day must be to bear a name, beside its score. Factors of the expected value."""

    backed_share: float = 0.75
    """Share of the alert score that is enough when the forest finds the day odd as well."""
    spike_days: int = 2
    spend_spike: float = 1.7
    revenue_spike: float = 2.0
    order_value: float = 1.8
    """Revenue per conversion from which the day's orders are worth too much to be true ..."""
    order_value_revenue: float = 1.2
    """... if revenue itself is above this."""
    drop: float = 0.6
    drop_windows: tuple[int, ...] = (2, 3, 4, 5, 6, 7)
    drop_days: int = 14
    """A longer drop has become the campaign's level."""
    drop_share: float = 0.9
    """Share of the alert score that is enough for several days together ..."""
    drop_sure_days: int = 4
    """... from this many; fewer need all of it."""
    drop_noise: float = 0.08
    """Relative noise of a sum over several days, and of what was expected of it."""
    drop_day: float = 0.85
    """A day of a drop lies below this."""
    drop_spend: float = 0.5
    """The campaign keeps spending at least this factor of its expected spend."""
    outage: float = 0.1
    outage_days: int = 4
    running_share: float = 0.8
    """Share of its recent days, and of its same weekdays, on which a campaign spent if it would have run."""
    running_days: int = 14
    same_weekdays: int = 4
    peers_share: float = 0.5
    """An outage shared by more than this share of the account's other campaigns is the account's own doing."""


@dataclass(frozen=True)
class Event:
    """One anomaly of a series, by position of its first and last day."""

    kind: str
    metric: str
    series: int
    start: int
    end: int
    score: float


def find(
    panel: Panel, expectation: Expectation, forest: Array, backing: Array, settings: Insight, rules: Rules | None = None
) -> list[Event]:
    """All events but the slow decline, ordered by series and day."""
    rules = rules or Rules()
    odd = forest >= backing[None]
    found = [
        *_spikes(panel, expectation, odd, settings, rules),
        *_drops(panel, expectation, odd, settings, rules),
        *_outages(panel, expectation, rules),
    ]
    return sorted(found, key=lambda e: (e.series, e.start, e.kind))


def _spikes(panel: Panel, ex: Expectation, odd: Flags, settings: Insight, rules: Rules) -> list[Event]:
    """Days on which a campaign spends, or earns, far more than is normal; more revenue from more spend is no spike."""
    spend, revenue, roas, aov = (INDEX[name] for name in ("spend", "revenue", "roas", "aov"))
    spent_much = ex.observed[spend] / _positive(ex.expected[spend]) >= rules.spend_spike
    earned = np.fmin(ex.score[revenue], ex.score[roas])
    factor = ex.observed[revenue] / _positive(np.fmax(ex.expected[revenue], ex.expected[roas]))
    value = ex.observed[aov] / _positive(ex.expected[aov])
    dear = (value >= rules.order_value) & (factor >= rules.order_value_revenue)
    cases = (
        ("spend_spike", "spend", ex.score[spend], spent_much, _enough(ex.score[spend], odd, settings, rules)),
        (
            "revenue_spike", "revenue", np.fmax(earned, np.where(dear, ex.score[aov], np.nan)),
            (factor >= rules.revenue_spike) | dear,
            _enough(earned, odd, settings, rules) | (dear & _enough(ex.score[aov], odd, settings, rules)),
        ),
    )  # fmt: skip
    found = []
    for kind, metric, score, high, odd_enough in cases:
        alarm = high & odd_enough
        for series in np.flatnonzero(alarm.any(axis=1)).tolist():
            for first, last in runs(high[series], gap=1):
                inside = slice(first, last + 1)
                if last - first < rules.spike_days and alarm[series, inside].any():
                    found.append(Event(kind, metric, series, first, last, float(np.nanmax(score[series, inside]))))
    return found


def _enough(score: Array, odd: Flags, settings: Insight, rules: Rules) -> Flags:
    alert = settings.alert_score
    return (score >= alert) | ((score >= rules.backed_share * alert) & odd)


def _drops(panel: Panel, ex: Expectation, odd: Flags, settings: Insight, rules: Rules) -> list[Event]:
    """Days running on which conversions stay far below what the campaign's past and its spend would bring."""
    metric = "conversions" if (~np.isnan(panel.values["conversions"])).any() else "revenue"
    plain, given_spend = INDEX[metric], INDEX["conversions_per_spend" if metric == "conversions" else "roas"]
    score = np.fmax(ex.score[plain], ex.score[given_spend])
    expected = np.fmin(ex.expected[plain], ex.expected[given_spend])
    observed = ex.observed[plain]
    spends = ~(ex.observed[INDEX["spend"]] < rules.drop_spend * ex.expected[INDEX["spend"]])
    usable = ~np.isnan(observed) & (expected > 0) & panel.delivered & spends
    # Several days together are surer than each alone; what a day's own spread shows beyond chance stays.
    unit, spread = ex.unit[plain], np.maximum(ex.spread[plain], 1.0)
    low = usable & (observed < rules.drop_day * np.nan_to_num(expected))
    flagged = np.zeros(usable.shape, dtype=np.bool_)
    for window in rules.drop_windows:
        sums = [_trailing(np.where(usable, np.nan_to_num(v), 0.0), window) for v in (observed, expected, unit, usable)]
        seen, hoped, unit_sum, days = sums
        backed = (_trailing(np.where(odd, 1.0, 0.0), window) > 0) & (window >= rules.drop_sure_days)
        together = (_level(hoped, unit_sum / window, rules) - _level(seen, unit_sum / window, rules)) / spread
        alert = settings.alert_score * (rules.drop_share if window >= rules.drop_sure_days else 1.0)
        far = (together >= alert) | ((together >= rules.backed_share * alert) & backed)
        alarm = (days == window) & (seen < rules.drop * hoped) & far & low
        for back in range(window):
            flagged[:, : max(0, alarm.shape[1] - back)] |= alarm[:, back:]
    found = []
    for series in np.flatnonzero(flagged.any(axis=1)).tolist():
        for first, last in runs(flagged[series], gap=1):
            days_low = np.flatnonzero(low[series, first : last + 1]) + first
            start, end = int(days_low[0]), int(days_low[-1])
            if 0 < end - start < rules.drop_days:
                worst = float(np.nanmin(score[series, start : end + 1]))
                found.append(Event("performance_drop", metric, series, start, end, worst))
    return found


def _level(amount: Array, unit: Array, rules: Rules) -> Array:
    return stable(amount, np.where(unit > 0, unit, np.nan), rules.drop_noise)


def _trailing(values: Array, window: int) -> Array:
    """[series, day]: sum over the `window` days that end on the day (fewer at the start)."""
    running = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (window, 0))), axis=1)
    return running[:, window:] - running[:, :-window]


def _outages(panel: Panel, ex: Expectation, rules: Rules) -> list[Event]:
    """Days without money on which the campaign would have run: it ran before, ran on such weekdays, and runs again."""
    spend = panel.values["spend"]
    expected = ex.expected[INDEX["spend"]]
    usual = ex.own[INDEX["spend"]]
    dry = panel.present & (spend <= rules.outage * np.nan_to_num(usual, nan=-1.0)) & (usual > 0)
    running = panel.present & (spend > 0) & ~dry
    found = []
    for series in np.flatnonzero(dry.any(axis=1)).tolist():
        for first, last in runs(dry[series], gap=1):
            if _is_outage(panel, dry, running, series, first, last, rules):
                at = slice(first, last + 1)
                score = float(np.nanmin(ex.score[INDEX["spend"], series, at], initial=0.0))
                if np.nansum(expected[series, at]) > 0 or np.nansum(usual[series, at]) > 0:
                    found.append(Event("budget_exhaustion", "spend", series, first, last, score))
    return found


def _is_outage(panel: Panel, dry: Flags, running: Flags, series: int, first: int, last: int, rules: Rules) -> bool:
    if last - first + 1 > rules.outage_days:
        return False
    before = running[series, max(0, first - rules.running_days) : first]
    if before.size == 0 or before.mean() < rules.running_share:
        return False
    same = [first - 7 * week + day for week in range(1, rules.same_weekdays + 1) for day in range(last - first + 1)]
    known = [at for at in same if at >= 0 and panel.present[series, at]]
    if known and running[series, known].mean() < rules.running_share:
        return False
    others = np.delete(panel.present[:, first], series) & np.delete(_usual_runners(running, first, rules), series)
    stopped = np.delete(dry[:, first], series) & others
    if others.sum() > 1 and stopped.sum() > rules.peers_share * others.sum():
        return False
    # At the end of the data nobody can know; with later days at hand, a campaign that never returns has ended.
    return last == panel.days - 1 or bool(running[series, last + 1 :].any())


def _usual_runners(running: Flags, day: int, rules: Rules) -> Flags:
    """[series]: spent on most of the days before."""
    window = running[:, max(0, day - rules.running_days) : day]
    result: Flags = window.mean(axis=1) >= rules.running_share
    return result


def _positive(values: Array) -> Array:
    return np.where(values > 0, values, np.nan)
