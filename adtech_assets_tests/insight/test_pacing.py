"""Budget pacing: what was spent, where the month ends, and in which band."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from daily_frames import MONDAY, campaign, hostile, noisy_account
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.outlook.forecast import forecast
from adtech_assets.insight.outlook.pacing import PACING_SCHEMA, Budgets, pacing

MARCH_10 = dt.date(2025, 3, 10)
STEADY = pl.concat([campaign("a", 64, 60), campaign("b", 64, 40).with_columns(platform=pl.lit("google_ads"))])


def row(table: pl.DataFrame, level: str, name: str | None = None) -> dict[str, object]:
    """The only row of a level and name."""
    of = table.filter(pl.col("level") == level)
    of = of if name is None else of.filter(pl.col(level) == name)
    assert of.height == 1
    return of.row(0, named=True)


def test_a_steady_account_is_projected_to_the_month_s_end() -> None:
    assert STEADY["date"].max() == MARCH_10
    found = row(pacing(STEADY, {"account": 3000}), "account")
    assert (found["month"], found["on"], found["days_left"]) == (dt.date(2025, 3, 1), MARCH_10, 21)
    assert (found["spent"], found["unknown_days"]) == (1000, 0)
    assert found["projected"] == pytest.approx(3100)
    assert found["deviation"] == pytest.approx(3100 / 3000 - 1)
    assert (found["band"], found["side"], found["status"]) == ("green", "on", "ok")
    assert found["suggested_daily_spend"] == pytest.approx(2000 / 21)
    assert found["expected_daily_spend"] == pytest.approx(100)
    assert found["used_up_on"] == dt.date(2025, 3, 30)
    assert found["projected_low_95"] <= found["projected_low_80"] <= 3100 <= found["projected_high_80"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("budget", "band", "side"),
    [
        (3100 / 1.10, "green", "on"), (3100 / 1.11, "amber", "over"), (3100 / 1.21, "red", "over"),
        (3100 / 0.9, "green", "on"), (3100 / 0.85, "amber", "under"), (3100 / 0.7, "red", "under"), (0, "red", "over"),
    ],
)  # fmt: skip
def test_bands_are_by_distance_from_the_budget(budget: float, band: str, side: str) -> None:
    found = row(pacing(STEADY, {"account": budget}), "account")
    assert (found["band"], found["side"]) == (band, side)


def test_platforms_and_campaigns_have_budgets_of_their_own_and_months_may_differ() -> None:
    budgets: Budgets = {"platforms": {"google_ads": 1240}, "campaigns": {"a": {"default": 9, "2025-03": 1860}}}
    table = pacing(STEADY, budgets)
    assert row(table, "account")["band"] is None
    assert row(table, "account")["projected"] == pytest.approx(3100)
    assert row(table, "platform", "google_ads")["deviation"] == pytest.approx(0)
    assert row(table, "campaign", "a")["deviation"] == pytest.approx(0)
    assert row(table, "campaign", "b")["budget"] is None


def test_a_budget_for_something_that_has_not_run_is_listed_without_a_projection() -> None:
    found = row(pacing(STEADY, {"campaigns": {"Summer": 500}}), "campaign", "Summer")
    assert (found["status"], found["spent"], found["projected"], found["budget"]) == (
        "not_enough_data",
        None,
        None,
        500,
    )


def test_a_budget_already_used_up_is_dated_and_leaves_nothing_to_spend() -> None:
    found = row(pacing(STEADY, {"account": 450}), "account")
    assert (found["used_up_on"], found["suggested_daily_spend"]) == (dt.date(2025, 3, 5), 0)


def test_a_finished_month_is_what_was_spent() -> None:
    found = row(pacing(STEADY, {"account": 2800}, dt.date(2025, 2, 28)), "account")
    assert (found["status"], found["days_left"], found["projected"]) == ("month_over", 0, pytest.approx(2800))
    assert (found["projected_low_95"], found["suggested_daily_spend"]) == (found["spent"], None)


def test_an_ended_campaign_spends_no_more() -> None:
    daily = pl.concat([STEADY, campaign("ended", 57, 30)])  # last on March 3
    assert row(pacing(daily), "campaign", "ended")["projected"] == 90


def test_days_missing_from_the_export_are_counted() -> None:
    gap = STEADY.filter(~pl.col("date").is_between(dt.date(2025, 3, 4), dt.date(2025, 3, 6)))
    found = row(pacing(gap, {"account": 3000}), "account")
    assert (found["unknown_days"], found["spent"]) == (3, 700)


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf")])
def test_a_budget_that_is_no_amount_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="monthly budget"):
        pacing(STEADY, {"account": wrong})


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), on=st.integers(30, 88))
def test_the_projection_is_spend_so_far_plus_the_forecast(seed: int, on: int) -> None:
    daily = noisy_account(seed, 90)
    last = MONDAY + dt.timedelta(on)
    found = row(pacing(daily, on=last), "account")
    known = daily.filter(pl.col("date") <= last)
    path = forecast(known).filter(pl.col("date").dt.month() == last.month, level="account", metric="spend")
    spent = known.filter(pl.col("date") >= last.replace(day=1))["spend"].sum()
    assert found["projected"] == pytest.approx(spent + path["expected"].sum())


@settings(max_examples=40)
@given(daily=hostile, budget=st.none() | st.floats(0, 1e6), on=st.none() | st.integers(-5, 70))
def test_no_table_is_too_odd(daily: pl.DataFrame, budget: float | None, on: int | None) -> None:
    day = None if on is None else MONDAY + dt.timedelta(on)
    budgets: Budgets = {} if budget is None else {"account": budget, "campaigns": {"a": budget}}
    table = pacing(daily, budgets, day)
    assert table.schema == PACING_SCHEMA
    assert (table["spent"].drop_nulls() >= 0).all()
    assert (table["band"].is_null() | table["budget"].is_not_null()).all()
