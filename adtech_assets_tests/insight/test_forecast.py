"""Forecasts: causal, coherent, honest about what they do not know, never broken by odd data."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl
import pytest
from daily_frames import MONDAY, campaign, hostile, noisy_account
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.outlook.forecast import (
    BACKTEST_SCHEMA,
    COVERAGE_SCHEMA,
    FORECAST_SCHEMA,
    ForecastSettings,
    backtest,
    coverage,
    forecast,
)

EDGES = ("low_95", "low_80", "high_80", "high_95")
KEYS = ("level", "platform", "campaign", "metric")
WEEKEND = 5


def day(position: int) -> dt.date:
    return MONDAY + dt.timedelta(position)


def totals(made: pl.DataFrame, ahead: int = 30) -> pl.DataFrame:
    return made.filter(days_ahead=ahead)


@settings(max_examples=60)
@given(daily=hostile)
def test_no_table_is_too_odd(daily: pl.DataFrame) -> None:
    made = forecast(daily)
    assert made.schema == FORECAST_SCHEMA
    assert backtest(daily, (7,)).schema == BACKTEST_SCHEMA
    assert made.height == 30 * made.select(KEYS).n_unique()
    figures = made.filter(pl.col("status") != "not_enough_data").select("expected", "total", *EDGES)
    for column in figures:
        assert column.null_count() == 0
        assert column.is_finite().all()
        assert (column >= 0).all()


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), days=st.integers(22, 120))
def test_intervals_nest_and_the_daily_path_adds_up_to_the_total_and_campaigns_to_the_account(
    seed: int, days: int
) -> None:
    made = forecast(noisy_account(seed, days))
    for prefix, middle in (("", "expected"), ("total_", "total")):
        order = [f"{prefix}low_95", f"{prefix}low_80", middle, f"{prefix}high_80", f"{prefix}high_95"]
        for low, high in pairwise(order):
            assert (made[low] <= made[high]).all()
    paths = made.group_by(KEYS).agg(pl.col("expected").sum(), pl.col("total").sort_by("days_ahead").last())
    assert paths["expected"].to_list() == pytest.approx(paths["total"].to_list())
    sums = made.group_by("level", "metric", "date").agg(pl.col("expected").sum()).sort("metric", "date")
    account, campaigns = (sums.filter(level=level)["expected"].to_list() for level in ("account", "campaign"))
    assert account == pytest.approx(campaigns)


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000), known=st.integers(40, 189))
def test_a_backtest_s_forecast_is_the_one_that_would_have_been_made_that_day(seed: int, known: int) -> None:
    known -= known % 3  # origins lie three days apart
    daily = pl.concat([noisy_account(seed, 200), campaign("late", 140, start=day(60))])
    then = forecast(daily.filter(pl.col("date") < day(known))).filter(days_ahead=7)
    tested = backtest(daily, (7,)).filter(pl.col("made_on") == day(known - 1))
    assert tested.height
    both = tested.join(then, on=KEYS, how="left", nulls_equal=True, suffix="_then")
    for name in ("total", *(f"total_{edge}" for edge in EDGES)):
        assert both[name].to_list() == pytest.approx(both[f"{name}_then"].to_list()), name


def test_a_weekday_pattern_is_carried_on() -> None:
    made = forecast(campaign("a", 70, lambda d: 40 if d % 7 >= WEEKEND else 100)).filter(
        level="campaign", metric="spend"
    )
    week = made.sort("date")["expected"].to_list()[:7]
    assert week == pytest.approx([100] * 5 + [40] * 2, rel=0.01)


def test_a_day_of_rest_is_forecast_zero_whether_it_has_rows_or_not() -> None:
    resting = campaign("a", 70, lambda d: 0 if d % 7 >= WEEKEND else 100)
    always = campaign("b", 70)
    for daily in (resting, resting.filter(pl.col("spend") > 0)):
        made = forecast(pl.concat([daily, always])).filter(level="campaign", campaign="a", metric="spend").sort("date")
        assert made["expected"].to_list()[:7] == pytest.approx([100] * 5 + [0] * 2)


def test_an_ended_campaign_is_forecast_zero_and_a_new_one_says_that_too_little_is_known() -> None:
    daily = pl.concat([
        campaign("ended", 60), campaign("going", 90), campaign("new", 10, start=day(80)), campaign("paused", 88),
    ])  # fmt: skip
    made = totals(forecast(daily)).filter(level="campaign", metric="spend")
    status = dict(made.select("campaign", "status").rows())
    assert status == {"ended": "ended", "going": "ok", "new": "not_enough_data", "paused": "ok"}
    total = dict(made.select("campaign", "total").rows())
    assert (total["ended"], total["new"]) == (0, None)
    assert total["going"] == pytest.approx(3000)
    assert 0 < total["paused"] < 3000
    account = totals(forecast(daily)).row(
        by_predicate=(pl.col("level") == "account") & (pl.col("metric") == "spend"), named=True
    )
    assert account["total"] == pytest.approx(3000 + total["paused"] + 3000)


def test_an_export_that_lacks_the_last_days_of_all_campaigns_ends_no_campaign() -> None:
    daily = pl.concat([campaign("a", 60), campaign("b", 90).with_columns(platform=pl.lit("google_ads"))])
    made = totals(forecast(daily)).filter(level="campaign", campaign="a", metric="spend")
    assert made["status"].to_list() == ["ok"]
    assert made["total"].to_list() == pytest.approx([3000])


def test_one_odd_day_does_not_move_the_forecast() -> None:
    calm = totals(forecast(campaign("a", 90)))
    odd = totals(forecast(campaign("a", 90, lambda d: 2000 if d == 88 else 100)))
    of = pl.col("level") == "campaign", pl.col("metric") == "spend"
    assert odd.filter(*of)["total"][0] == pytest.approx(calm.filter(*of)["total"][0], rel=0.1)


def test_a_short_history_has_wider_intervals() -> None:
    def width(days: int) -> float:
        made = totals(forecast(noisy_account(3, days))).filter(level="campaign", metric="spend")
        return float(((made["total_high_80"] - made["total_low_80"]) / made["total"]).mean())  # type: ignore[arg-type]

    assert width(28) > 1.3 * width(180)


def test_unknown_is_not_zero() -> None:
    made = forecast(campaign("a", 60).with_columns(revenue=pl.lit(None, pl.Float64)))
    status = dict(totals(made).filter(level="account").select("metric", "status").rows())
    assert status == {"spend": "ok", "conversions": "ok", "revenue": "not_enough_data"}
    assert made.filter(metric="revenue")["total"].null_count() == made.filter(metric="revenue").height


def test_the_same_rows_in_another_order_give_the_same_forecast() -> None:
    daily = noisy_account(5, 60)
    assert forecast(daily).equals(forecast(daily.sample(fraction=1, shuffle=True, seed=1)))


def test_other_horizons_are_a_setting() -> None:
    assert forecast(noisy_account(1, 60), ForecastSettings(days_ahead=7))["days_ahead"].max() == 7


def test_intervals_hold_as_often_as_they_say_on_a_steady_account() -> None:
    """Many more accounts, and harder ones: bench/forecast.py."""
    rows = pl.concat([backtest(noisy_account(seed, 150), (7, 14)) for seed in range(4)])
    table = coverage(rows).filter(level="campaign")
    assert table.schema == COVERAGE_SCHEMA
    assert table["forecasts"].min() > 300  # type: ignore[operator]
    assert table["coverage_80"].is_between(0.75, 0.97).all()
    assert table["coverage_95"].is_between(0.91, 1).all()
    assert (table["wape"] < table["wape_last_week"]).all()
