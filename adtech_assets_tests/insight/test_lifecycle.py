"""Phases of campaigns: each is found, with its first day and its evidence."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from daily_frames import MONDAY, campaign, hostile, noisy_account
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.outlook.lifecycle import LIFECYCLE_SCHEMA, PHASES, lifecycle

NOISE = np.random.default_rng(7).gamma(400, 1 / 400, 400)
DAYS = 120


def day(position: int) -> dt.date:
    return MONDAY + dt.timedelta(position)


def noisy(base: float = 100) -> pl.DataFrame:
    """Another campaign, so that the account goes on."""
    return campaign("other", DAYS, lambda d: base * NOISE[d])


def phase_of(one: pl.DataFrame, on: int = DAYS - 1) -> dict[str, object]:
    """The phase of campaign `a` beside a steady other one."""
    table = lifecycle(pl.concat([one, noisy()]), day(on))
    return table.row(by_predicate=pl.col("campaign") == "a", named=True)


def test_a_steady_campaign_is_on_its_plateau_since_before_the_data() -> None:
    found = phase_of(campaign("a", DAYS, lambda d: 100 * NOISE[-d - 1]))
    assert (found["status"], found["phase"], found["since_known"]) == ("ok", "plateau", False)
    assert (found["launch_seen"], found["last_delivery"]) == (False, day(DAYS - 1))


def test_a_launch_is_learning_then_rising_then_growth() -> None:
    rising = campaign("a", 60, lambda d: (30 + 6 * d) * NOISE[d], start=day(60))
    early, late, after = (phase_of(rising, on) for on in (63, 72, 85))
    assert (early["phase"], early["stage"], early["since"], early["days_in_phase"]) == (
        "launch",
        "learning",
        day(60),
        4,
    )
    assert (late["phase"], late["stage"], late["launch_seen"]) == ("launch", "rising", True)
    assert (after["phase"], after["stage"], after["since"], after["since_known"]) == ("growth", None, day(74), True)
    assert after["metric"] in ("spend", "conversions")
    assert after["now"] > after["before"] > 0  # type: ignore[operator]


def test_a_tired_creative_is_fatigue_with_the_click_rate_as_evidence() -> None:
    tired = campaign(
        "a", DAYS, lambda d: 100 * NOISE[-d - 1], clicks=lambda d: 2 * NOISE[2 * d] * (0.985 ** max(0, d - 90)),
        conversions=lambda d: 0.1 * NOISE[d + 7],
    )  # fmt: skip
    found = phase_of(tired)
    assert (found["phase"], found["metric"]) == ("fatigue", "ctr")
    assert found["change"] == pytest.approx(0.985**28 - 1, abs=0.08)
    assert found["p_value"] < 0.01  # type: ignore[operator]
    assert day(95) <= found["since"] <= day(112)  # type: ignore[operator]
    assert (found["start"], found["end"]) == (day(DAYS - 28), day(DAYS - 1))


def test_fewer_conversions_per_spend_are_fatigue_too() -> None:
    tired = campaign("a", DAYS, lambda d: 100 * NOISE[-d - 1], conversions=lambda d: NOISE[d] * 0.98 ** max(0, d - 90))
    assert (phase_of(tired)["phase"], phase_of(tired)["metric"]) == ("fatigue", "conversions_per_spend")


def test_spend_taken_back_is_a_decline_and_no_fatigue() -> None:
    found = phase_of(campaign("a", DAYS, lambda d: 100 * NOISE[-d - 1] * 0.97 ** max(0, d - 90)))
    assert (found["phase"], found["metric"]) == ("decline", "spend")


@pytest.mark.parametrize("zeros", [False, True], ids=["rows left out", "rows of zeros"])
def test_a_campaign_ends_when_it_stays_silent_while_the_account_goes_on(zeros: bool) -> None:
    daily = campaign("a", DAYS, lambda d: 100 if d < 80 else 0)
    daily = daily if zeros else daily.filter(pl.col("spend") > 0)
    assert phase_of(daily, 85)["phase"] == "plateau"
    found = phase_of(daily, 90)
    assert (found["phase"], found["since"], found["days_in_phase"]) == ("ended", day(80), 11)
    assert found["last_delivery"] == day(79)


def test_a_campaign_that_comes_back_after_its_end_is_launched_again() -> None:
    daily = campaign("a", DAYS, lambda d: 0 if 60 <= d < 90 else 100).filter(pl.col("spend") > 0)
    found = phase_of(daily, 95)
    assert (found["phase"], found["since"], found["launch_seen"]) == ("launch", day(90), True)


def test_an_account_that_stops_ends_no_campaign() -> None:
    """Nobody knows what happened on days the platform's export does not cover."""
    google = noisy().with_columns(platform=pl.lit("google_ads"))
    table = lifecycle(pl.concat([campaign("a", 80), google]))
    assert table.filter(campaign="a")["phase"].to_list() != ["ended"]


def test_phases_of_a_day_do_not_change_with_later_data() -> None:
    daily = noisy_account(2, 100)
    for on in (40, 70, 90):
        assert lifecycle(daily, day(on)).equals(lifecycle(daily.filter(pl.col("date") <= day(on))))


@settings(max_examples=40)
@given(daily=hostile, on=st.none() | st.integers(-5, 70).map(day))
def test_no_table_is_too_odd(daily: pl.DataFrame, on: dt.date | None) -> None:
    table = lifecycle(daily, on)
    assert table.schema == LIFECYCLE_SCHEMA
    assert table["phase"].is_in([*PHASES[1:], None], nulls_equal=True).all()
    assert (table["phase"].is_null() == (table["status"] == "not_enough_data")).all()
    assert (table["days_in_phase"].drop_nulls() >= 1).all()
    assert table["change"].drop_nulls().is_finite().all()
