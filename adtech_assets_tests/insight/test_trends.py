"""Trends: found where they are, none where there are none, whatever weekday, unit or gap."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from daily_frames import MONDAY, campaign, hostile, noisy_account
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.outlook.patterns import PATTERNS_SCHEMA, patterns
from adtech_assets.insight.outlook.rank_trend import rank_trend
from adtech_assets.insight.outlook.trends import (
    MOVING_AVERAGES_SCHEMA,
    TREND_METRICS,
    TRENDS_SCHEMA,
    moving_averages,
    trends,
)

WEEKEND = 5


def one(table: pl.DataFrame, metric: str, level: str = "campaign") -> dict[str, object]:
    """The only row of a metric and level."""
    rows = table.filter(level=level, metric=metric)
    assert rows.height == 1
    return rows.row(0, named=True)


def test_a_straight_rise_is_strong_and_measured_exactly() -> None:
    found = one(trends(campaign("a", 56, lambda day: 100 + 2 * day)), "spend")
    assert (found["status"], found["direction"], found["strength"]) == ("ok", "up", "strong")
    assert found["slope_per_day"] == pytest.approx(2, rel=0.1)
    assert found["change_per_week"] == pytest.approx(14 / found["middle"], rel=0.1)  # type: ignore[operator]
    assert found["p_value"] < 1e-6  # type: ignore[operator]
    assert (found["start"], found["end"]) == (MONDAY + dt.timedelta(28), MONDAY + dt.timedelta(55))


def test_a_weekday_pattern_alone_is_no_trend() -> None:
    weekend = campaign("a", 70, lambda day: 40 if day % 7 >= WEEKEND else 100)
    for end in range(63, 70):
        found = one(trends(weekend, MONDAY + dt.timedelta(end)), "spend")
        assert (found["direction"], found["strength"]) == ("flat", "none")
        assert abs(found["change_per_week"]) < 0.01  # type: ignore[arg-type]


def test_a_falling_click_rate_is_seen_though_clicks_follow_a_jumping_spend() -> None:
    rng = np.random.default_rng(4)
    spend = rng.uniform(50, 150, 60)
    table = trends(campaign("a", 60, lambda day: spend[day], clicks=lambda day: 2 * 0.985**day))
    assert one(table, "ctr")["direction"] == "down"
    assert one(table, "ctr")["strength"] == "strong"
    assert one(table, "spend")["direction"] == "flat"


def test_the_account_s_ratio_is_a_ratio_of_sums() -> None:
    small = campaign("small", 30, 10, clicks=8.0)
    table = trends(pl.concat([campaign("large", 30, 90, clicks=2.0), small]))
    assert one(table, "cpc", "account")["average_7"] == pytest.approx(100 / (180 + 80))


def test_outliers_do_not_make_a_trend() -> None:
    found = one(trends(campaign("a", 56, lambda day: 1000 if day in (52, 54) else 100 + day % 3)), "spend")
    assert found["strength"] == "none"


def test_a_short_history_says_so_instead_of_guessing() -> None:
    found = one(trends(campaign("a", 9, lambda day: 100 + 10 * day)), "spend")
    assert found["status"] == "not_enough_data"
    assert [found[name] for name in ("slope_per_day", "p_value", "r2", "direction", "strength")] == [None] * 5
    assert found["average_7"] == pytest.approx(150)


def test_days_after_the_day_asked_for_change_nothing() -> None:
    daily, on = noisy_account(1, 90), MONDAY + dt.timedelta(59)
    assert trends(daily, on).equals(trends(daily.filter(pl.col("date") <= on)))


def test_noise_that_resembles_the_day_before_is_seldom_called_a_trend() -> None:
    """The plain Mann-Kendall test finds a trend at 1 % in about one in ten of these series."""
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(2000, 78))
    wander = np.zeros_like(steps)
    for day in range(1, 78):
        wander[:, day] = 0.5 * wander[:, day - 1] + steps[:, day]
    independent, wandering = rank_trend(steps[:, 50:]), rank_trend(wander[:, 50:])
    assert np.mean(independent.p < 0.05) <= 0.06
    assert np.mean(wandering.p < 0.05) <= 0.08
    assert np.mean(wandering.p < 0.01) <= 0.03


def test_the_statistics_are_those_of_scipy_where_days_are_independent() -> None:
    from scipy.stats import kendalltau, theilslopes

    rng = np.random.default_rng(2)
    values = rng.normal(size=(5, 30)) + 0.05 * np.arange(30)
    found = rank_trend(values)
    for row, series in enumerate(values):
        slope, intercept, _, _ = theilslopes(series, method="joint")
        assert found.slope[row] == pytest.approx(slope)
        assert found.intercept[row] == pytest.approx(intercept)
        assert found.tau[row] == pytest.approx(kendalltau(np.arange(30), series).statistic)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1000),
    factor=st.sampled_from([1e-3, 0.25, 7.0, 1e4]),
    gaps=st.sets(st.integers(0, 27), max_size=10),
)
def test_scaling_the_values_scales_the_slope_and_nothing_else(seed: int, factor: float, gaps: set[int]) -> None:
    values = np.random.default_rng(seed).gamma(20, 5, (1, 28))
    values[0, list(gaps)] = np.nan
    once, scaled = rank_trend(values), rank_trend(values * factor)
    assert scaled.slope == pytest.approx(once.slope * factor)
    assert (scaled.p, scaled.tau, scaled.r2) == (
        pytest.approx(once.p),
        pytest.approx(once.tau),
        pytest.approx(once.r2),
    )


@given(value=st.floats(0.01, 1e6), days=st.integers(1, 80))
@settings(max_examples=30)
def test_a_constant_series_has_no_trend(value: float, days: int) -> None:
    table = trends(campaign("a", days, value)).filter(pl.col("status") == "ok")
    assert set(table["strength"]) <= {"none"}
    assert set(table["direction"]) <= {"flat"}
    assert table["p_value"].fill_null(1).min() in (None, 1)


@settings(max_examples=60)
@given(daily=hostile)
def test_no_table_is_too_odd(daily: pl.DataFrame) -> None:
    for build, schema in (
        (trends, TRENDS_SCHEMA),
        (moving_averages, MOVING_AVERAGES_SCHEMA),
        (patterns, PATTERNS_SCHEMA),
    ):
        table = build(daily)
        assert table.schema == schema
        for name, dtype in schema.items():
            if dtype == pl.Float64:
                assert table[name].is_finite().all(), name


def test_unknown_metrics_stay_unknown() -> None:
    daily = campaign("a", 40).drop("revenue").with_columns(clicks=pl.lit(None, pl.Float64))
    table = trends(daily)
    unknown = table.filter(pl.col("metric").is_in(["clicks", "ctr", "cvr", "cpc", "revenue", "roas"]))
    assert set(unknown["status"]) == {"not_enough_data"}
    assert unknown.select("average_7", "slope_per_day").null_count().row(0) == (unknown.height, unknown.height)
    assert set(table["metric"]) == set(TREND_METRICS)


def test_moving_averages_are_of_the_last_seven_days_known() -> None:
    daily = campaign("a", 10, lambda day: float(day)).filter(pl.col("date") != MONDAY + dt.timedelta(8))
    averages = dict(moving_averages(daily).filter(level="campaign", metric="spend").select("date", "average_7").rows())
    assert averages[MONDAY + dt.timedelta(2)] is None
    assert averages[MONDAY + dt.timedelta(7)] == pytest.approx(4)
    assert averages[MONDAY + dt.timedelta(9)] == pytest.approx((3 + 4 + 5 + 6 + 7 + 9) / 6)


def test_weekday_factors_are_named_by_their_weekday_and_say_on_how_many_weeks_they_rest() -> None:
    for shift in range(7):  # data may end on any day of the week
        daily = campaign("a", 40 + shift, lambda day: 50 if day % 7 == WEEKEND else 100)
        factors = patterns(daily).filter(level="campaign", metric="spend", cycle="weekday")
        assert factors["position"].to_list() == list(range(1, 8))
        assert factors["factor"].to_list() == pytest.approx([100 / (650 / 7)] * 5 + [50 / (650 / 7), 100 / (650 / 7)])
        assert factors["repeats"].min() >= 4  # type: ignore[operator]


def test_months_have_factors_only_after_three_years() -> None:
    december = 12

    def spend(day: int) -> float:
        return 200 if (MONDAY + dt.timedelta(day)).month == december else 100

    short = patterns(campaign("a", 800, spend)).filter(cycle="month", metric="spend", level="account")
    assert (short["factor"].null_count(), short.height) == (12, 12)
    long = patterns(campaign("a", 4 * 366, spend)).filter(cycle="month", metric="spend", level="account")
    factors = dict(long.select("position", "factor").rows())
    assert factors[december] / factors[6] == pytest.approx(2, rel=0.01)
    assert long["repeats"].min() >= 2  # type: ignore[operator]
