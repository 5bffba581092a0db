"""The leaf table: sums of both periods, the baseline brought to the days of the current one."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from adtech_assets.insight.decomposition import split
from adtech_assets.insight.two_periods import NotEnoughData, periods_of

BASELINE = (dt.date(2025, 3, 3), dt.date(2025, 3, 16))
CURRENT = (dt.date(2025, 3, 17), dt.date(2025, 3, 23))


def days(first: dt.date, last: dt.date, **columns: object) -> pl.DataFrame:
    return pl.DataFrame({"date": pl.date_range(first, last, eager=True)}).with_columns(
        pl.lit(v).alias(k) for k, v in columns.items()
    )


@pytest.mark.parametrize("lazy", [False, True])
def test_the_baseline_is_brought_to_the_days_of_the_current_period_that_have_data(lazy: bool) -> None:
    rows = pl.concat(
        [
            days(dt.date(2025, 3, 1), dt.date(2025, 3, 23), campaign="a", spend=10.0),
            days(dt.date(2025, 3, 10), dt.date(2025, 3, 16), campaign="b", spend=4.0),
            days(dt.date(2025, 3, 17), dt.date(2025, 3, 17), campaign=None, spend=3.0).cast({"campaign": pl.String}),
        ]
    ).filter(~pl.col("date").is_in([dt.date(2025, 3, 5), dt.date(2025, 3, 20), dt.date(2025, 3, 21)]))
    periods = periods_of(rows.lazy() if lazy else rows, BASELINE, CURRENT, ["campaign", "country"])
    assert periods.columns[:4] == ["campaign", "country", "spend_before", "spend"]
    assert dict(zip(periods["campaign"], periods["spend"], strict=True)) == {None: 3, "a": 50, "b": None}
    assert dict(zip(periods["campaign"], periods["spend_before"], strict=True)) == pytest.approx(
        {None: None, "a": 130 * 5 / 13, "b": 28 * 5 / 13}
    )
    assert periods["clicks"].null_count() == 3
    assert periods["country"].null_count() == 3


def test_a_week_row_counts_its_seven_days_and_only_where_it_lies_in_the_window() -> None:
    mondays = [dt.date(2025, 3, 3), dt.date(2025, 3, 10), dt.date(2025, 3, 17)]
    rows = pl.DataFrame(
        {"date": mondays, "last_day": [day + dt.timedelta(days=6) for day in mondays], "clicks": [70, 140, 80]}
    )
    assert periods_of(rows, BASELINE, CURRENT, []).select("clicks_before", "clicks").rows() == [(105, 80)]
    short = (BASELINE[0], BASELINE[1] - dt.timedelta(days=1))
    assert periods_of(rows, short, CURRENT, []).select("clicks_before", "clicks").rows() == [(70, 80)]


def test_a_period_without_rows_is_not_enough_data() -> None:
    rows = days(*CURRENT, spend=1.0)
    with pytest.raises(NotEnoughData, match="no row lies in the baseline period, 2025-03-03 to 2025-03-16"):
        periods_of(rows, BASELINE, CURRENT, [])
    with pytest.raises(NotEnoughData, match="current period"):
        periods_of(rows, CURRENT, BASELINE, [])


def test_periods_that_overlap_are_counted_each_by_itself() -> None:
    rows = days(BASELINE[0], CURRENT[1], spend=1.0)
    periods = periods_of(rows, (BASELINE[0], CURRENT[1]), CURRENT, [])
    assert periods.select("spend_before", "spend").rows() == [(7, 7)]


def test_the_order_of_the_rows_does_not_show() -> None:
    rows = pl.concat([days(BASELINE[0], CURRENT[1], campaign=f"c{n}", spend=0.1 * n) for n in range(40)])
    one, other = (
        periods_of(frame, BASELINE, CURRENT, ["campaign"])
        for frame in (rows, rows.sample(fraction=1, shuffle=True, seed=3))
    )
    assert one.equals(other)
    assert split(one, "spend", ["campaign"], 5).equals(split(other, "spend", ["campaign"], 5))
