"""Weekly figures are sums and ratios of sums; a week is compared only with a week of as many days."""

import datetime as dt

import polars as pl
import pytest

from adtech_assets.metrics import weekly
from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.tables import CLEANED

MONDAY = dt.date(2025, 1, 6)


def rows(days: int, start: dt.date = MONDAY, campaign: str = "A", **values: float | None) -> pl.DataFrame:
    metrics = {"spend": 10.0, "impressions": 1000.0, "clicks": 20.0, "conversions": 2.0, "revenue": 50.0, **values}
    frame = pl.DataFrame({"date": [start + dt.timedelta(days=i) for i in range(days)]})
    named = {"platform": "generic_ads", "channel": "Email", "campaign": campaign, "upload_id": "a" * 12, "days": 1}
    filled = frame.with_columns(**{k: pl.lit(v) for k, v in {**named, **metrics}.items()}, last_day=pl.col("date"))
    return CLEANED.conform(filled)


def week_rows(weeks: int, start: dt.date = MONDAY, reaching: int = 7, **values: float | None) -> pl.DataFrame:
    """Week rows as cleaning keeps them; the figures of the last one reach so many days."""
    mondays = rows(weeks * 7, start, **values).filter(pl.col("date").dt.weekday() == 1)
    last = pl.col("date").dt.offset_by("6d")
    running = pl.when(pl.col("date") == pl.col("date").max()).then(pl.col("date") + pl.duration(days=reaching - 1))
    return mondays.with_columns(days=pl.lit(7, pl.Int64), last_day=running.otherwise(last))


def account(table: pl.DataFrame, week: dt.date) -> dict:
    return table.filter((pl.col("level") == "account") & (pl.col("week") == week)).row(0, named=True)


def test_ratios_are_ratios_of_sums() -> None:
    table = weekly.aggregate(pl.concat([rows(7), rows(7, campaign="B", spend=30.0, revenue=30.0)]))
    assert account(table, MONDAY)["roas"] == pytest.approx(80 / 40)


def test_every_level_adds_up_to_the_account() -> None:
    table = weekly.aggregate(pl.concat([rows(14), rows(14, campaign="B", spend=3.0)]))
    for level in ("platform", "channel", "campaign"):
        assert table.filter(level=level).group_by("week").agg(pl.col("spend").sum())[
            "spend"
        ].to_list() == pytest.approx([91.0, 91.0])


def test_what_is_unknown_stays_unknown() -> None:
    row = account(weekly.aggregate(rows(7, clicks=None, revenue=None)), MONDAY)
    assert row["clicks"] is None and row["ctr"] is None and row["roas"] is None and row["cac"] == 5.0


def test_a_zero_denominator_gives_no_ratio() -> None:
    assert account(weekly.aggregate(rows(7, conversions=0.0)), MONDAY)["cac"] is None


def test_the_week_before_is_beside_each_week() -> None:
    later = MONDAY + dt.timedelta(7)
    row = account(weekly.aggregate(pl.concat([rows(7), rows(7, later, spend=15.0)])), later)
    assert row["spend_previous"] == 70.0 and row["spend_change"] == pytest.approx(0.5)


def test_half_a_week_is_not_compared_with_a_whole_one() -> None:
    later = MONDAY + dt.timedelta(7)
    row = account(weekly.aggregate(pl.concat([rows(7), rows(3, later)])), later)
    assert row["spend_previous"] is None and row["spend_change"] is None and row["complete"] is False


def test_the_latest_complete_week_is_the_last_whose_sunday_has_data() -> None:
    assert weekly.latest_complete_week(weekly.aggregate(rows(10))) == MONDAY
    assert weekly.latest_complete_week(weekly.aggregate(rows(3))) is None


def test_no_rows_make_no_weeks() -> None:
    assert weekly.aggregate(CLEANED.empty()).is_empty() and weekly.daily(CLEANED.empty()).is_empty()


def test_a_campaign_on_two_channels_is_one_campaign_named_after_its_main_channel() -> None:
    both = pl.concat([rows(7), rows(7, spend=2.0).with_columns(channel=pl.lit("Search"))])
    table = weekly.aggregate(both).filter(level="campaign")
    assert table.select("member", "channel", "spend").rows() == [("A", "Email", 84.0)]
    daily = weekly.daily(both)
    assert daily.height == 7 and daily["spend"].to_list() == [12.0] * 7 and set(daily.columns) >= set(ADDITIVE)


def test_a_digest_changes_with_its_own_week_and_not_with_weeks_far_away() -> None:
    table = rows(70)
    before = dict(weekly.digests(weekly.aggregate(table), 2).select("week", "digest").iter_rows())
    touched = table.with_columns(spend=pl.when(pl.col("date") == MONDAY).then(11.0).otherwise("spend"))
    after = dict(weekly.digests(weekly.aggregate(touched), 2).select("week", "digest").iter_rows())
    changed = sorted(week for week in before if before[week] != after[week])
    assert changed == [MONDAY + dt.timedelta(weeks=i) for i in range(3)]


def test_week_rows_are_whole_weeks_with_seven_days_of_data_compared_week_over_week() -> None:
    table = weekly.aggregate(pl.concat([week_rows(1), week_rows(1, MONDAY + dt.timedelta(7), spend=15.0)]))
    first, second = account(table, MONDAY), account(table, MONDAY + dt.timedelta(7))
    assert (first["days"], first["complete"], second["days"], second["complete"]) == (7, True, 7, True)
    assert (second["spend"], second["spend_previous"]) == (15.0, 10.0)
    assert second["spend_change"] == pytest.approx(0.5)
    assert weekly.latest_complete_week(table) == MONDAY + dt.timedelta(7)


def test_a_week_of_days_is_compared_with_a_week_that_was_one_row() -> None:
    later = MONDAY + dt.timedelta(7)
    row = account(weekly.aggregate(pl.concat([week_rows(1, spend=70.0), rows(7, later)])), later)
    assert (row["days"], row["spend_previous"], row["spend_change"]) == (7, 70.0, 0.0)


def test_a_week_row_and_days_of_other_campaigns_are_one_week_of_seven_days() -> None:
    table = weekly.aggregate(pl.concat([week_rows(1, spend=70.0), rows(3, campaign="B")]))
    assert account(table, MONDAY)["days"] == 7 and account(table, MONDAY)["spend"] == 100.0
    days = dict(table.filter(level="campaign").select("member", "days").iter_rows())
    assert days == {"A": 7, "B": 3}


@pytest.mark.parametrize("reaching", [1, 3, 6])
def test_a_running_week_row_is_not_complete_and_not_compared_with_a_whole_week(reaching: int) -> None:
    table = weekly.aggregate(week_rows(2, reaching=reaching))
    running = account(table, MONDAY + dt.timedelta(7))
    assert (running["days"], running["complete"], running["spend_previous"]) == (reaching, False, None)
    assert weekly.latest_complete_week(table) == MONDAY


def test_the_statistics_of_days_see_no_week_rows() -> None:
    assert weekly.daily(week_rows(4)).is_empty()
    both = pl.concat([week_rows(2).with_columns(channel=pl.lit("Search"), spend=pl.lit(9e9)), rows(7)])
    daily = weekly.daily(both)
    assert daily["spend"].to_list() == [10.0] * 7 and daily["channel"].unique().to_list() == ["Email"]
