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
    named = {"platform": "generic_ads", "channel": "Email", "campaign": campaign, "upload_id": "a" * 12}
    return CLEANED.conform(frame.with_columns(**{k: pl.lit(v) for k, v in {**named, **metrics}.items()}))


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
