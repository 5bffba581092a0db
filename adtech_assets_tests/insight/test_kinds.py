"""Each kind of anomaly on quiet hand-made accounts: what bears its name, and what looks like it and does not."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from test_anomalies import C1, PLAIN, TOLERANCE, between, day, steady, times, told

from adtech_assets.insight.anomalies import Context, score

Told = tuple[str, str | None, dt.date, dt.date]
WINS = ("conversions", "revenue")
WEEKDAY = pl.col("date").dt.weekday()
SEEDS = pytest.mark.parametrize("seed", [1, 4])


def stopped(frame: pl.DataFrame, rows: pl.Expr) -> pl.DataFrame:
    return times(frame, rows, 0.0)


@SEEDS
def test_quiet_campaigns_raise_no_alarm_even_where_a_third_of_the_rows_is_missing(seed: int) -> None:
    assert told(steady(seed=seed)) == []
    assert told(steady(seed=seed).sample(fraction=0.66, seed=seed)) == []


@SEEDS
@pytest.mark.parametrize("days", [1, 2])
def test_one_or_two_days_of_twice_the_spend_are_a_spend_spike(seed: int, days: int) -> None:
    frame = times(steady(seed=seed), C1 & between(44, 43 + days), 2.4)
    assert told(frame) == [("spend_spike", "C1", day(44), day(43 + days))]


@SEEDS
@pytest.mark.parametrize("last", [46, 47, 50, 83], ids=["3 days", "4 days", "a week", "it stays"])
def test_a_rise_of_three_days_or_more_was_meant(seed: int, last: int) -> None:
    assert told(times(steady(seed=seed), C1 & between(44, last), 2.4)) == []


@SEEDS
def test_a_campaign_that_spends_on_thursdays_only_is_as_usual(seed: int) -> None:
    other_days = C1 & (WEEKDAY != 4)
    assert told(steady(seed=seed).filter(~other_days)) == []
    assert told(stopped(steady(seed=seed), other_days)) == []


@SEEDS
def test_thursdays_that_are_four_times_other_days_are_as_usual(seed: int) -> None:
    assert told(times(steady(seed=seed), C1 & (WEEKDAY == 4), 4.0)) == []


@SEEDS
def test_once_a_few_thursdays_were_seen_they_are_as_usual(seed: int) -> None:
    findings = told(times(steady(seed=seed), C1 & (WEEKDAY == 4), 4.0))
    assert [finding for finding in findings if finding[2] > day(21)] == []


@pytest.mark.parametrize("days", [4, 5, 6, 7])
@SEEDS
def test_days_with_a_third_of_the_conversions_are_a_performance_drop(seed: int, days: int) -> None:
    frame = times(steady(seed=seed), C1 & between(44, 43 + days), 0.3, WINS)
    [(kind, campaign, start, end)] = told(frame)
    assert (kind, campaign) == ("performance_drop", "C1")
    assert abs((start - day(44)).days) <= TOLERANCE["performance_drop"]
    assert abs((end - day(43 + days)).days) <= TOLERANCE["performance_drop"]


def of_c1(findings: list[Told]) -> list[Told]:
    return [finding for finding in findings if finding[1] == "C1"]


def with_conversions(usual: float, low: tuple[float, ...]) -> pl.DataFrame:
    """C1 counts the same number every day, but for some days."""
    frame = steady().with_columns(conversions=pl.when(C1).then(pl.lit(usual)).otherwise("conversions"))
    for number, value in enumerate(low):
        here = C1 & between(44 + number, 44 + number)
        frame = frame.with_columns(conversions=pl.when(here).then(pl.lit(value)).otherwise("conversions"))
    return frame.with_columns(revenue=pl.col("conversions") * 80)


def test_two_conversions_instead_of_four_are_nothing_whatever_the_budget_of_false_alarms() -> None:
    for low in ((0, 1, 0, 1), (0, 0, 0, 0)):
        assert of_c1(told(with_conversions(1.0, low), Context(false_alarm_weeks=5))) == []


def test_half_of_many_conversions_over_the_same_days_is_a_drop() -> None:
    drop = [("performance_drop", "C1", day(44), day(47))]
    assert told(with_conversions(40.0, (20, 20, 20, 20))) == drop
    assert told(with_conversions(20.0, (10, 10, 10, 10))) == drop
    # Twenty instead of forty in all: where more false alarms are accepted than by default.
    assert of_c1(told(with_conversions(10.0, (5, 5, 5, 5)), Context(false_alarm_weeks=20))) == drop


def test_fewer_conversions_from_less_spend_are_no_drop() -> None:
    assert told(times(steady(), C1 & between(44, 83), 0.4)) == []


@pytest.mark.parametrize("seed", range(1, 11))
def test_no_conversions_while_clicks_go_on_are_an_outage_of_tracking_on_just_those_days(seed: int) -> None:
    frame = times(steady(seed=seed), C1 & between(44, 46), 0.0, WINS)
    findings = score(frame, PLAIN)[1].filter(pl.col("campaign") == "C1", pl.col("start") > day(30))
    assert findings.select("kind", "start", "end", "observed").rows() == [("tracking_outage", day(44), day(46), 0.0)]


def test_no_conversions_and_no_clicks_are_no_outage_of_tracking() -> None:
    frame = times(steady(seed=4), C1 & between(44, 46), 0.0, ("clicks", *WINS))
    assert "tracking_outage" not in {kind for kind, *_ in told(frame)}


@SEEDS
def test_revenue_four_times_from_the_same_orders_is_a_revenue_spike(seed: int) -> None:
    assert told(times(steady(seed=seed), C1 & between(44, 44), 4.0, ("revenue",))) == [
        ("revenue_spike", "C1", day(44), day(44))
    ]


@SEEDS
def test_more_revenue_from_as_much_more_spend_is_no_revenue_spike(seed: int) -> None:
    kinds = {kind for kind, *_ in told(times(steady(seed=seed), C1 & between(44, 44), 3.0))}
    assert kinds == {"spend_spike"}


def wearing(seed: int, fall: float = 0.4) -> pl.DataFrame:
    """C1's click-through rate slides for four weeks from day 40 on."""
    worn = (pl.col("date") - day(40)).dt.total_days().clip(0, 28) / 28 * fall
    return steady(seed=seed).with_columns(clicks=pl.when(C1).then(pl.col("clicks") * (1 - worn)).otherwise("clicks"))


@SEEDS
def test_a_click_rate_that_slides_for_four_weeks_is_a_decline_and_a_step_of_the_same_size_is_not(seed: int) -> None:
    [(kind, campaign, start, end)] = told(wearing(seed))
    assert (kind, campaign) == ("ctr_decline", "C1")
    assert abs((start - day(40)).days) <= 7 and end > day(61)
    assert told(times(steady(seed=seed), C1 & between(54, 83), 0.6, ("clicks",))) == []


@SEEDS
@pytest.mark.parametrize("days", [1, 2, 3, 4])
def test_rows_of_zeros_of_a_running_campaign_are_an_exhausted_budget(seed: int, days: int) -> None:
    frame = stopped(steady(seed=seed), C1 & between(44, 43 + days))
    assert told(frame) == [("budget_exhaustion", "C1", day(44), day(43 + days))]


def test_an_exhausted_budget_is_said_at_the_end_of_the_data_too() -> None:
    frame = stopped(steady(days=46), C1 & between(44, 45))
    assert told(frame) == [("budget_exhaustion", "C1", day(44), day(45))]


@SEEDS
def test_missing_rows_of_an_export_that_leaves_out_days_without_spend_are_an_exhausted_budget(seed: int) -> None:
    out = C1 & between(44, 46)
    findings = score(steady(seed=seed).filter(~out), PLAIN)[1]
    assert findings.select("kind", "campaign", "start", "end", "observed").rows() == [
        ("budget_exhaustion", "C1", day(44), day(46), 0.0)
    ]


@SEEDS
def test_a_single_missing_row_is_nothing(seed: int) -> None:
    assert told(steady(seed=seed).filter(~(C1 & between(44, 44)))) == []


@SEEDS
@pytest.mark.parametrize("zeros", [True, False], ids=["rows of zeros", "no rows"])
def test_a_pause_of_ten_days_an_end_and_free_weekends_are_no_exhausted_budget(seed: int, zeros: bool) -> None:
    for off in (between(44, 53), pl.col("date") >= day(44), WEEKDAY > 5):
        frame = stopped(steady(seed=seed), C1 & off) if zeros else steady(seed=seed).filter(~(C1 & off))
        assert told(frame) == []
