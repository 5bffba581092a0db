"""The evidence of one insight: a segment's metric in two periods, what lies beneath it, and whether its days differ.

Belongs here: from daily rows of one segment to figures and tests. Does not: the statistics themselves (`significance`),
which segments are looked at (root-cause search), sentences and ids of a report (`narrative.evidence`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array
from adtech_assets.insight.significance import (
    RULES,
    Comparison,
    EvidenceRules,
    compare,
    difference,
    finite,
    relative_to,
)
from adtech_assets.metrics.model import ADDITIVE, RATIOS, ratio, semantic_model, total
from adtech_assets.metrics.spans import WEEK

COUNTED = ("spend", "impressions", "clicks", "conversions")
"""Sums that tell how much lies beneath a figure, in the order of the chain: each is rarer than the one before."""
COUNTED_BY = {"revenue": "conversions"}
"""Amounts that come with an event of another column."""


@dataclass(frozen=True)
class Windows:
    """Two periods, first and last day each; ValueError where one ends before it begins, or they overlap."""

    baseline: tuple[dt.date, dt.date]
    current: tuple[dt.date, dt.date]

    def __post_init__(self) -> None:
        for name, (first, last) in (("baseline", self.baseline), ("current", self.current)):
            if first > last:
                raise ValueError(f"the {name} period begins on {first} and ends before, on {last}")
        if self.baseline[0] <= self.current[1] and self.current[0] <= self.baseline[1]:
            raise ValueError(
                f"the baseline {_span(self.baseline)} and the current period {_span(self.current)} overlap"
            )

    def week_over_week(self) -> Windows:
        """The last seven days of the current period against the seven before them."""
        last = self.current[1]
        starts = last - dt.timedelta(days=WEEK - 1), last - dt.timedelta(days=2 * WEEK - 1)
        return Windows((starts[1], starts[0] - dt.timedelta(days=1)), (starts[0], last))


@dataclass(frozen=True)
class Sample:
    """What lies beneath the figure of one period."""

    start: dt.date
    end: dt.date
    calendar_days: int
    days: int
    """Days with a figure of the metric."""
    spend: float | None
    """Sums of the known days, not scaled; None: unknown."""
    impressions: float | None
    clicks: float | None
    conversions: float | None


@dataclass(frozen=True)
class Change:
    """A metric in two periods."""

    baseline: Sample
    current: Sample
    baseline_value: float | None
    """Additive: mean of the known baseline days x known current days. Ratio: ratio of sums."""
    current_value: float | None
    delta: float | None
    relative: float | None
    """delta / |baseline_value|; None where that is 0."""
    whole_weeks: bool
    """Both periods hold every weekday equally often, unknown days left aside."""
    comparison: Comparison
    enough: bool
    reason: str | None
    """Why it is not enough, or what could not be told although it is."""


@dataclass(frozen=True)
class Evidence:
    """What an insight about one segment's metric rests on."""

    metric: str
    change: Change
    week_over_week: Change

    @property
    def enough(self) -> bool:
        """Enough data to say something about `change`."""
        return self.change.enough

    @property
    def reason(self) -> str | None:
        return self.change.reason

    def as_record(self) -> dict[str, Any]:
        """For JSON: the fields of `change` beside `metric` and `week_over_week`; ISO dates, None for what is unknown."""
        record = {"metric": self.metric, **asdict(self.change), "week_over_week": asdict(self.week_over_week)}
        return {name: _plain(value) for name, value in record.items()}


def evidence(
    daily: pl.DataFrame,
    metric: str,
    windows: Windows,
    rules: EvidenceRules = RULES,
    account_days: Collection[dt.date] | None = None,
) -> Evidence:
    """Evidence for a change of `metric` in one segment; KeyError for a metric that the semantic model does not have.

    daily: `date` and additive metrics, one row a day (rows of one day are summed); null, NaN, infinite or no column is
    unknown. account_days: days for which the account has data. A day of these without a row of the segment is a day on
    which it did nothing, and counts 0; without `account_days` a missing day is unknown. A ratio is taken over the days
    on which both its sides are known.
    """
    semantic_model().metric(metric)
    sums = _sums(daily)
    account = frozenset(account_days or ())
    main, weeks = (_change(sums, metric, pair, rules, account) for pair in (windows, windows.week_over_week()))
    return Evidence(metric, main, weeks)


def _sums(daily: pl.DataFrame) -> pl.DataFrame:
    """date, ADDITIVE as finite floats or null, one row a day, and `present`."""
    lacking = [pl.lit(None, pl.Float64).alias(name) for name in ADDITIVE if name not in daily.columns]
    numbers = pl.col(ADDITIVE).cast(pl.Float64)
    known = daily.with_columns(lacking).select(pl.col("date").cast(pl.Date), pl.when(numbers.is_finite()).then(numbers))
    summed = known.filter(pl.col("date").is_not_null()).group_by("date").agg(total(name) for name in ADDITIVE)
    numbers = pl.col(ADDITIVE)
    return summed.select("date", pl.when(numbers.is_finite()).then(numbers), present=pl.lit(True))


def _period(sums: pl.DataFrame, first: dt.date, last: dt.date, account: frozenset[dt.date]) -> pl.DataFrame:
    """One row a calendar day, with 0 on days on which the account ran and the segment did not."""
    days = pl.date_range(first, last, eager=True).alias("date")
    ran = pl.Series("ran", [day in account for day in days.to_list()], pl.Boolean)
    rows = pl.DataFrame([days, ran]).join(sums, on="date", how="left", maintain_order="left")
    # A metric that is unknown in all the rows there are is not known to be 0 between them.
    idle = not rows["present"].any()
    stated = [name for name in ADDITIVE if (sums if idle else rows)[name].count()]
    silent = pl.col("ran") & pl.col("present").is_null()
    return rows.with_columns(pl.when(silent).then(0.0).otherwise(pl.col(name)).alias(name) for name in stated)


def _change(
    sums: pl.DataFrame, metric: str, windows: Windows, rules: EvidenceRules, account: frozenset[dt.date]
) -> Change:
    rows_before, rows_now = _period(sums, *windows.baseline, account), _period(sums, *windows.current, account)
    days_before, days_now = _values(rows_before, metric), _values(rows_now, metric)
    baseline, current = _sample(rows_before, days_before), _sample(rows_now, days_now)
    tested = compare(_array(days_before), _array(days_now), rules)
    if metric in RATIOS:
        before, now = _ratio_of_sums(rows_before, metric), _ratio_of_sums(rows_now, metric)
    else:
        before, now = _brought_to(current.days, days_before), _brought_to(current.days, days_now)
    delta = difference(before, now)
    lacking = (
        _too_few_days(tested, rules)
        or _untold(metric, before, now)
        or _too_few_events(metric, baseline, current, rules)
    )
    return Change(
        baseline=baseline,
        current=current,
        baseline_value=before,
        current_value=now,
        delta=delta,
        relative=relative_to(delta, before),
        whole_weeks=baseline.calendar_days % WEEK == 0 and current.calendar_days % WEEK == 0,
        comparison=tested,
        enough=lacking is None,
        reason=lacking or tested.reason,
    )


def _brought_to(days: int, values: pl.Series) -> float | None:
    """The sum of the known days times `days` by their number; None without days."""
    known = values.count()
    return finite(float(values.sum()) * (days / known)) if known and days else None


def _array(values: pl.Series) -> Array:
    numbers: Array = values.fill_null(np.nan).to_numpy()
    return numbers


def _values(rows: pl.DataFrame, metric: str) -> pl.Series:
    """[day] of the metric; null where unknown."""
    values = rows.select(ratio(metric) if metric in RATIOS else pl.col(metric)).to_series()
    return rows.select(pl.when(values.is_finite()).then(values)).to_series()


def _ratio_of_sums(rows: pl.DataFrame, metric: str) -> float | None:
    sides = _sides(metric)
    return finite(rows.drop_nulls(sides).select(total(name) for name in sides).select(ratio(metric)).item())


def _sides(metric: str) -> list[str]:
    """The columns a metric is computed from."""
    definition = semantic_model().metric(metric)
    return [side for side in (definition.numerator, definition.denominator) if side] or [metric]


def _sample(rows: pl.DataFrame, values: pl.Series) -> Sample:
    first, last = rows["date"][0], rows["date"][-1]
    sums = rows.select(total(name) for name in COUNTED).row(0, named=True)
    return Sample(first, last, rows.height, values.count(), **{name: finite(value) for name, value in sums.items()})


def _too_few_days(tested: Comparison, rules: EvidenceRules) -> str | None:
    return tested.reason if min(tested.n_baseline, tested.n_current) < rules.min_days else None


def _untold(metric: str, before: float | None, now: float | None) -> str | None:
    """Days with figures whose sums give none: denominators that cancel out, or more than a float holds."""
    unknown = [name for name, value in (("baseline", before), ("current", now)) if value is None]
    return f"not enough data: the sums of the {' and '.join(unknown)} days give no {metric}" if unknown else None


def _too_few_events(metric: str, baseline: Sample, current: Sample, rules: EvidenceRules) -> str | None:
    """An amount or a rate of next to no events says nothing, however many days it has."""
    event = max((COUNTED_BY.get(side, side) for side in _sides(metric)), key=COUNTED.index)
    counts = getattr(baseline, event), getattr(current, event)
    if event == "spend" or None in counts or sum(counts) >= rules.min_events:
        return None
    return f"not enough data: {sum(counts):g} {event} in both periods together, {rules.min_events:g} needed"


def _span(window: tuple[dt.date, dt.date]) -> str:
    return f"{window[0]}..{window[1]}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value.isoformat() if isinstance(value, dt.date) else value
