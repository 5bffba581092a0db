"""Nothing is lost in silence: rows and spend of every upload are kept, set aside with a reason, or counted as copies."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_frames import ARRIVED, Row, cleaned, file, frames, january, line, row, week

from adtech_assets.metrics.cleaning import Cleaned, clean
from adtech_assets.metrics.naming.names import ALL_CAMPAIGNS
from adtech_assets.tables import CLEANED, CONSERVATION, PERIOD_ROWS

JANUARY = (dt.date(2025, 1, 1), dt.date(2025, 1, 31))


def assert_conserved(result: Cleaned) -> None:
    for found in result.conservation.to_dicts():
        parts = ("total", "quarantined", "duplicate", "period", "kept")
        assert found["rows_read"] == sum(found[f"rows_{part}"] for part in parts)
        assert found["rows_kept"] == found["rows_current"] + found["rows_superseded"]
        spend = sum(found[f"spend_{part}"] for part in parts[1:])
        assert found["spend_read"] == pytest.approx(spend, abs=0.001)
    assert result.conservation["rows_period"].sum() == result.period_rows.height


def test_the_newest_upload_wins_a_slice_and_the_old_value_stays_in_the_ledger() -> None:
    result = cleaned([line(6), line(7)], [line(6, spend=12.0)])
    assert result.current.sort("date")["spend"].to_list() == [12.0, 10.5]
    assert result.succession.restatements.select("metric", "old", "new").rows() == [("spend", 10.5, 12.0)]
    assert_conserved(result)


def test_a_campaign_level_and_an_ad_level_file_of_the_same_days_never_add_up_twice() -> None:
    fine = [line(6, adset=f"set {i}", spend=5.25, impressions=50, clicks=2, revenue=30.0) for i in (1, 2)]
    result = cleaned([line(6, adset="all")], fine)
    assert result.current["spend"].sum() == 10.5 and result.current.height == 2
    assert_conserved(result)


def test_rows_of_one_key_are_summed_and_whole_row_copies_dropped_and_counted() -> None:
    result = cleaned([line(6), line(6), line(6, spend=1.5)])
    assert result.current.select("spend", "source_rows").row(0) == (12.0, 2)
    assert result.conservation["rows_duplicate"][0] == 1
    assert_conserved(result)


def test_a_slice_a_newer_upload_covers_but_no_longer_names_is_kept_and_flagged() -> None:
    result = cleaned([line(6, "A"), line(6, "B"), line(7, "A")], [line(6, "A"), line(7, "A", spend=9.0)])
    assert result.current.filter(campaign="B").height == 1
    assert result.succession.vanished.select("campaign", "date", "spend").rows() == [("B", january(6), 10.5)]


def test_a_slice_outside_the_days_of_newer_uploads_has_not_vanished() -> None:
    assert cleaned([line(6, "A"), line(9, "B")], [line(6, "A"), line(8, "A")]).succession.vanished.is_empty()


def test_spellings_are_one_campaign_and_numbered_ones_are_not() -> None:
    result = cleaned(
        [line(6, "Spring_Sale"), line(7, "spring  sale"), line(8, "Spring_Sale"), line(8, "Spring Sale 2")]
    )
    assert sorted(result.current["campaign"].unique()) == ["Spring Sale 2", "Spring_Sale"]
    assert set(result.names.filter(pl.col("name") == "Spring_Sale")["spelling"]) == {"Spring_Sale", "spring  sale"}


def test_negative_figures_and_days_after_the_files_arrival_are_quarantined_with_their_text() -> None:
    future = dt.date(2031, 1, 8)
    result = cleaned([line(6), line(7, spend=-4.0), row(future, future)])
    assert result.quarantine["reason"].to_list() == ["spend is negative", "the day lies after the file's arrival"]
    assert '"spend":"-4.0"' in result.quarantine["text"][0] and result.quarantine["source_row"].to_list() == [3, 4]
    assert_conserved(result)


def test_blank_figures_stay_unknown_and_never_become_zero() -> None:
    result = cleaned([line(6, spend=None), line(7)])
    assert result.current.sort("date")["spend"].to_list() == [None, 10.5]


def test_a_missing_factor_is_recovered_from_the_rows_own_ratios_and_marked() -> None:
    known = {"conversions": 2, "impressions": 1000}
    rows = [
        line(6, **known, spend=None, clicks=None, revenue=100.0, reported_ctr=0.02, reported_roas=4.0),
        line(7, **known, spend=10.0, clicks=20, revenue=None, reported_ctr=0.02, reported_roas=3.5),
    ]
    result = cleaned(rows)
    first, second = result.current.sort("date").to_dicts()
    assert (first["spend"], first["clicks"], first["recovered"]) == (25.0, 20.0, "spend,clicks")
    assert (second["revenue"], second["recovered"]) == (35.0, "revenue")
    assert result.conservation["spend_recovered"][0] == 25.0
    assert_conserved(result)


def test_only_advertising_becomes_advertising_metrics() -> None:
    orders = file(line(6, "order 1", spend=None, revenue=500.0), line(7, None), kind="shop", platform="shopify_orders")
    web = file(line(6, spend=99.0), kind="web", platform="ga4")
    result = cleaned([line(6)], orders, web)
    assert result.current.select("campaign", "spend").rows() == [("A", 10.5)]
    assert result.conservation["file"].to_list() == ["1.csv"]
    assert result.names["spelling"].to_list() == ["Search", "A"]
    assert_conserved(result)


def test_a_client_with_nothing_but_shop_data_has_no_figures_and_no_error() -> None:
    result = cleaned(file(line(6), kind="shop"))
    assert result.current.is_empty() and result.conservation.is_empty() and result.period_rows.is_empty()


def test_a_week_row_is_kept_under_its_monday_and_a_day_is_one_day() -> None:
    result = cleaned([week(6), line(14)])
    found = result.current.select("date", "days", "last_day").rows()
    assert found == [(january(6), 7, january(12)), (january(14), 1, january(14))]
    assert_conserved(result)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        JANUARY,
        (january(7), january(13)),
        (january(5), january(11)),
        (january(6), january(11)),
        (january(6), january(19)),
        (january(6), None),
        (None, january(12)),
        (None, None),
    ],
    ids=["month", "Tuesday week", "Sunday week", "six days", "two weeks", "open end", "no first day", "no time at all"],
)
def test_a_row_of_another_period_is_kept_apart_as_it_is_and_never_spread(
    first: dt.date | None, last: dt.date | None
) -> None:
    result = cleaned([row(first, last, "A", adset="x", spend=31.0), line(6, "B")])
    assert result.current["campaign"].to_list() == ["B"]
    (kept,) = result.period_rows.to_dicts()
    assert (kept["first_day"], kept["last_day"], kept["campaign"], kept["spend"]) == (first, last, "A", 31.0)
    assert (kept["upload_id"], kept["source_row"], kept["adset"]) == ("000000000001", 2, "x")
    assert result.conservation.select("rows_period", "spend_period", "rows_kept").row(0) == (1, 31.0, 1)
    assert_conserved(result)


def test_rows_of_a_period_are_stored_as_stated_without_recovered_values() -> None:
    result = cleaned([row(*JANUARY, spend=None, revenue=100.0, reported_roas=4.0), line(6)])
    assert result.period_rows["spend"].to_list() == [None]
    assert result.conservation.select("spend_period", "spend_recovered").row(0) == (0.0, 0.0)
    assert_conserved(result)


def test_copies_of_a_period_row_are_dropped_and_counted_like_any_other() -> None:
    result = cleaned([row(*JANUARY), row(*JANUARY), row(*JANUARY, spend=1.0)])
    assert result.conservation.select("rows_period", "rows_duplicate", "rows_kept").row(0) == (2, 1, 0)
    assert_conserved(result)


def test_total_rows_stay_in_the_account_of_a_period_only_upload() -> None:
    result = cleaned(file(row(*JANUARY), row(*JANUARY, "B"), total_rows=2))
    assert result.conservation.select("rows_read", "rows_total", "rows_period").row(0) == (4, 2, 2)
    assert result.current.is_empty()
    assert_conserved(result)


def test_a_running_week_or_month_is_no_fault_but_one_that_starts_after_the_files_arrival_is() -> None:
    wednesday = dt.datetime(2025, 1, 8, 9, tzinfo=dt.UTC)
    rows = [week(6), row(*JANUARY), week(13, "B"), row(dt.date(2025, 2, 1), dt.date(2025, 2, 28), "B")]
    result = cleaned(file(*rows, arrived_at=wednesday))
    assert result.current["date"].to_list() == [january(6)] and result.period_rows.height == 1
    assert result.quarantine["reason"].unique().to_list() == ["the day lies after the file's arrival"]
    assert '"last_day":"2025-01-19"' in result.quarantine["text"][0]
    assert_conserved(result)


def test_a_running_week_reaches_the_day_its_file_was_taken_and_no_further() -> None:
    wednesday = dt.datetime(2025, 1, 8, 9, tzinfo=dt.UTC)
    taken = cleaned(file(week(6), arrived_at=wednesday)).current
    assert taken.select("days", "last_day").row(0) == (7, january(8))
    stated = cleaned(file(week(6), week(6, "B"), as_of=january(7), arrived_at=ARRIVED)).current
    assert stated["last_day"].to_list() == [january(7)] * 2
    assert cleaned(file(week(6), as_of=january(2))).current["last_day"].to_list() == [january(6)]


def test_a_week_row_counts_only_where_the_platform_has_no_day_of_that_week() -> None:
    meta = week(6, platform="meta_ads", spend=3.0)
    result = cleaned([week(6, spend=70.0), week(13, spend=80.0), meta], [line(8, "B", spend=1.0)])
    found = result.current.select("date", "platform", "spend").sort("spend").rows()
    assert found == [(january(8), "google_ads", 1.0), (january(6), "meta_ads", 3.0), (january(13), "google_ads", 80.0)]
    assert result.conservation["rows_superseded"].to_list() == [1, 0]
    assert_conserved(result)


def test_days_win_over_week_rows_whichever_came_first() -> None:
    days, weeks = [line(day) for day in range(6, 13)], [week(6, spend=73.5)]
    for files in ((days, weeks), (weeks, days)):
        result = cleaned(*files)
        assert result.current["spend"].to_list() == [10.5] * 7
        assert result.succession.restatements.is_empty() and result.succession.vanished.is_empty()
        assert_conserved(result)


def test_a_newer_week_row_replaces_the_older_of_its_slice_and_the_old_value_stays_in_the_ledger() -> None:
    running = file(week(6, spend=20.0), arrived_at=dt.datetime(2025, 1, 8, tzinfo=dt.UTC))
    result = cleaned(running, [week(6, spend=70.0)])
    assert result.current.select("spend", "last_day").rows() == [(70.0, january(12))]
    assert result.succession.restatements.select("date", "metric", "old", "new").rows() == [
        (january(6), "spend", 20.0, 70.0)
    ]
    assert_conserved(result)


def by_place(*rows: Row, **facts: object) -> tuple[list[Row], Row]:
    return file(*rows, dimensions="device", **facts)


def test_rows_without_a_campaign_are_called_all_campaigns() -> None:
    result = cleaned(by_place(line(6, None, device="phone"), line(6, None, device="desktop"), week(13, None)))
    assert result.current["campaign"].to_list() == [ALL_CAMPAIGNS] * 3
    assert result.current["spend"].sum() == 31.5
    assert_conserved(result)


def test_rows_without_a_campaign_count_only_on_days_without_rows_that_have_one() -> None:
    placements = by_place(line(6, None, spend=99.0), line(7, None, spend=98.0), line(6, None, platform="meta_ads"))
    for files in (([line(6)], placements), (placements, [line(6)])):
        result = cleaned(*files)
        found = result.current.select("date", "platform", "campaign", "spend").sort("spend", "platform").rows()
        assert found == [
            (january(6), "google_ads", "A", 10.5),
            (january(6), "meta_ads", ALL_CAMPAIGNS, 10.5),
            (january(7), "google_ads", ALL_CAMPAIGNS, 98.0),
        ]
        assert sorted(result.conservation["rows_superseded"]) == [0, 1]
        assert result.succession.restatements.is_empty() and result.succession.vanished.is_empty()
        assert_conserved(result)


def test_week_rows_without_a_campaign_count_only_in_weeks_without_rows_that_have_one() -> None:
    result = cleaned(by_place(week(6, None, spend=99.0), week(13, None, spend=98.0)), [week(6)])
    assert result.current.select("date", "campaign").rows() == [(january(6), "A"), (january(13), ALL_CAMPAIGNS)]
    assert_conserved(result)


def test_of_several_files_without_campaigns_the_newest_wins_as_one_slice() -> None:
    placement = by_place(line(6, None, device="phone", spend=4.0), line(6, None, device="desktop", spend=6.0))
    region = by_place(*(line(6, None, location=place, spend=3.5) for place in ("Aarhus", "Bergen", "Turku")))
    result = cleaned(placement, region)
    assert result.current["location"].to_list() == ["Aarhus", "Bergen", "Turku"]
    assert result.current["spend"].sum() == 10.5
    assert ("spend", 10.0, 10.5) in result.succession.restatements.select("metric", "old", "new").rows()
    assert_conserved(result)


def test_figures_of_slices_that_are_not_in_use_are_no_restatements() -> None:
    result = cleaned([line(6)], by_place(line(6, None, spend=4.0)), by_place(line(6, None, spend=5.0)))
    assert result.succession.restatements.is_empty() and result.current["campaign"].to_list() == ["A"]


def test_a_campaign_called_all_campaigns_is_not_mistaken_for_all_campaigns() -> None:
    result = cleaned([line(6, ALL_CAMPAIGNS, spend=1.0), line(6, "B", spend=2.0)], by_place(line(6, None, spend=99.0)))
    assert result.current["spend"].sum() == 3.0
    assert_conserved(result)


def test_a_blank_campaign_in_a_file_that_has_campaigns_stays_unknown() -> None:
    result = cleaned([line(6), line(6, None, spend=1.0)])
    assert sorted(result.current["spend"]) == [1.0, 10.5] and result.current["campaign"].null_count() == 1


def test_nothing_vanishes_because_of_a_file_without_campaigns_or_of_a_period_or_of_weeks() -> None:
    both = [line(6, "A"), line(6, "B"), line(13, "A")]
    for newer in (
        by_place(line(6, None), line(13, None)),
        file(row(*JANUARY, "A")),
        file(week(6, "A"), week(13, "A")),
        file(line(6, "A"), line(13, "A"), kind="shop"),
    ):
        assert cleaned(both, newer).succession.vanished.is_empty()


def test_rows_of_a_period_do_not_widen_the_days_a_newer_file_covers() -> None:
    assert cleaned([line(6, "A"), line(9, "B")], [line(6, "A"), row(*JANUARY, "A")]).succession.vanished.is_empty()


def test_a_campaign_that_newer_week_rows_no_longer_name_is_kept_and_flagged() -> None:
    result = cleaned([week(6, "A"), week(6, "B")], [week(6, "A", spend=11.0)])
    assert result.succession.vanished.select("campaign", "date").rows() == [("B", january(6))]
    assert result.current["spend"].sum() == 21.5


def test_the_frames_fit_their_tables() -> None:
    result = cleaned([line(6), week(13), row(*JANUARY)])
    assert result.current.schema == CLEANED.schema and result.period_rows.schema == PERIOD_ROWS.schema
    assert result.conservation.schema == CONSERVATION.schema


amounts = st.sampled_from([10.5, 0.0, None, -3.25, "x", 99.99])
campaigns = st.sampled_from(["A", "a", "B 1", "B 2", None])
covered = st.builds(january, st.integers(1, 20)).flatmap(
    lambda day: st.sampled_from([
        (day, day), (day, day), (day, day), (day - dt.timedelta(day.weekday()), day + dt.timedelta(6 - day.weekday())),
        (day, day + dt.timedelta(6)), JANUARY, (None, None),
    ])
)  # fmt: skip
lines = st.lists(
    st.builds(
        lambda span, c, spend, revenue: row(*span, c, spend=spend, revenue=revenue),
        covered,
        campaigns,
        amounts,
        amounts,
    ),
    min_size=1,
    max_size=25,
)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[Row], Row]:
    rows = draw(lines)
    if draw(st.booleans()):
        rows = [{**r, "campaign": None} for r in rows]
    return file(*rows, kind=draw(st.sampled_from(["ads", "ads", "ads", "shop"])), total_rows=draw(st.integers(0, 2)))


@given(st.lists(files(), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_rows_and_spend_are_conserved_whatever_the_defects(given_files: list[tuple[list[Row], Row]]) -> None:
    result = cleaned(*given_files, [line(10, "sure", spend=1.25)])
    assert_conserved(result)
    key = pl.struct("date", "platform", "channel", "campaign")
    assert result.current.select(key.is_duplicated().any()).item() is False
    assert result.conservation["spend_current"].sum() == pytest.approx(result.current["spend"].sum(), abs=0.001)


@given(st.lists(files(), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_no_money_is_added_up_twice_whatever_files_say_the_same(given_files: list[tuple[list[Row], Row]]) -> None:
    current = cleaned(*given_files).current.with_columns(week=pl.col("date").dt.truncate("1w"))
    per_week = current.group_by("platform", "week").agg(pl.col("days").n_unique())
    assert per_week["days"].max() in (None, 1), "days and week rows of one platform never share a week"
    named = pl.col("campaign") == ALL_CAMPAIGNS
    per_day = current.group_by("platform", "date", "days").agg(named.any().alias("any"), (~named).any().alias("other"))
    assert per_day.filter(pl.col("any") & pl.col("other")).is_empty()
    uploads = current.group_by("platform", "campaign", "date", "days").agg(pl.col("upload_id").n_unique())
    assert uploads["upload_id"].max() in (None, 1), "a slice comes from one upload"


def test_the_result_does_not_depend_on_the_order_of_the_rows() -> None:
    rows, uploads = frames([file(line(6), week(13), line(6, "B")), by_place(line(7, None), line(6, None))])
    ordered, reversed_ = clean(rows, uploads), clean(rows.reverse(), uploads.reverse())
    key = ["date", "platform", "campaign"]
    assert ordered.current.sort(key).equals(reversed_.current.sort(key))
    assert ordered.conservation.equals(reversed_.conservation)


said = st.dictionaries(st.tuples(st.integers(1, 3), st.sampled_from("AB")), st.sampled_from([10.5, 0.0, None]))


@given(st.lists(said, max_size=5))
@settings(max_examples=60, deadline=None)
def test_the_ledger_holds_every_change_between_successive_statements_of_a_slice(
    statements: list[dict[tuple[int, str], float | None]],
) -> None:
    expected, known = set(), {}
    for number, statement in enumerate(statements, start=2):
        for (day, name), spend in statement.items():
            old, by = known.get((day, name), (spend, 0))
            if old != spend:
                expected.add((january(day), name, old, spend, f"{by:012x}", f"{number:012x}"))
            if (day, name) not in known or old != spend:
                known[day, name] = spend, number
    rows = [[line(day, name, spend=spend) for (day, name), spend in made.items()] for made in statements]
    ledger = cleaned([line(9)], *rows).succession.restatements.filter(metric="spend")
    found = ledger.select("date", "campaign", "old", "new", "first_seen_in", "changed_in").rows()
    assert set(found) == expected and len(found) == len(expected)
