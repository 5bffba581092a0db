"""Evidence of a segment's change: the right figures, what lies beneath them, and JSON that any reader takes."""

from __future__ import annotations

import datetime as dt
import json
import math

import polars as pl
import pytest
from daily_frames import MONDAY, SCHEMA, campaign, hostile
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.change_evidence import Windows, evidence
from adtech_assets.insight.significance import EvidenceRules
from adtech_assets.metrics.model import ADDITIVE, RATIOS

pytestmark = pytest.mark.filterwarnings("error")

START = MONDAY + dt.timedelta(14)
WINDOWS = Windows((MONDAY, START - dt.timedelta(1)), (START, START + dt.timedelta(6)))
ALL_DAYS = tuple(MONDAY + dt.timedelta(day) for day in range(21))


def account(before: float = 100.0, now: float = 50.0, **rates: object) -> pl.DataFrame:
    """Three weeks of one segment: spend a day before and since START, other metrics per unit of spend."""
    wave = (0.9, 1.1, 1.0)
    return campaign("a", 21, lambda day: (before if day < 14 else now) * wave[day % 3], **rates)


def on(first: int, last: int) -> pl.Expr:
    """Rows of the days at these positions."""
    return pl.col("date").is_between(MONDAY + dt.timedelta(first), MONDAY + dt.timedelta(last))


def test_an_additive_baseline_is_brought_to_the_length_of_the_current_days() -> None:
    found = evidence(account(), "spend", WINDOWS)
    rows = account()
    before = rows.filter(on(0, 13))["spend"].sum()
    now = rows.filter(on(14, 20))["spend"].sum()
    change = found.change
    assert change.baseline_value == pytest.approx(before / 2)
    assert change.current_value == pytest.approx(now)
    assert change.delta == pytest.approx(now - before / 2)
    assert change.relative == pytest.approx((now - before / 2) / (before / 2))
    assert (change.baseline.days, change.current.days, change.whole_weeks) == (14, 7, True)
    assert change.baseline.spend == pytest.approx(before)
    assert change.comparison.effect_size == "very large"
    assert found.enough and found.reason is None


def test_a_ratio_is_a_ratio_of_sums_and_not_a_mean_of_ratios() -> None:
    rows = account(conversions=lambda day: 0.5 if day == 0 else 0.1)
    found = evidence(rows, "cvr", WINDOWS).change
    before = rows.filter(on(0, 13))
    assert found.baseline_value == pytest.approx(before["conversions"].sum() / before["clicks"].sum())
    assert found.comparison.mean_baseline == pytest.approx((before["conversions"] / before["clicks"]).mean())
    assert evidence(account(), "cpm", WINDOWS).change.current_value == pytest.approx(10.0)


def test_a_ratio_is_taken_over_the_days_on_which_both_sides_are_known() -> None:
    """Clicks of days without known conversions would lower the rate."""
    rows = account(conversions=0.2).with_columns(conversions=pl.when(on(3, 6)).then(None).otherwise("conversions"))
    found = evidence(rows, "cvr", WINDOWS).change
    assert found.baseline_value == pytest.approx(0.1)
    assert (found.baseline.days, found.comparison.dropped_baseline) == (10, 4)


def test_a_day_without_denominator_is_unknown_and_not_zero() -> None:
    rows = account(clicks=lambda day: 0.0 if day == 20 else 2.0)
    found = evidence(rows, "cvr", WINDOWS).change
    assert (found.current.days, found.comparison.dropped_current) == (6, 1)


def test_week_against_week_takes_the_seven_days_before() -> None:
    weeks = evidence(account(), "spend", WINDOWS).week_over_week
    days = [(period.start, period.end) for period in (weeks.baseline, weeks.current)]
    assert days == [(START - dt.timedelta(7), START - dt.timedelta(1)), (START, START + dt.timedelta(6))]
    assert weeks.comparison.n_baseline == weeks.comparison.n_current == 7


def test_a_missing_day_is_unknown_unless_the_account_ran_on_it() -> None:
    rows = account().filter(~on(17, 20))
    unknown = evidence(rows, "spend", WINDOWS).change
    assert unknown.current.days == 3
    assert unknown.baseline_value == pytest.approx(unknown.comparison.mean_baseline * 3)
    idle = evidence(rows, "spend", WINDOWS, account_days=ALL_DAYS).change
    assert idle.current.days == 7
    assert idle.current_value == pytest.approx(unknown.current_value)
    assert idle.relative == pytest.approx(150 / 700 - 1)


def test_a_segment_that_is_new_had_nothing_while_the_account_ran() -> None:
    rows = account().filter(on(14, 20))
    found = evidence(rows, "conversions", WINDOWS, account_days=ALL_DAYS).change
    assert (found.baseline_value, found.relative, found.baseline.days) == (0, None, 14)
    assert found.enough
    before_the_account = evidence(rows, "conversions", WINDOWS).change
    assert (before_the_account.baseline_value, before_the_account.enough) == (None, False)


def test_what_is_unknown_in_all_rows_of_a_period_is_not_zero_on_the_days_between() -> None:
    rows = account().filter(~on(2, 5))
    rows = rows.with_columns(conversions=pl.when(pl.col("date") >= START).then("conversions"))
    found = evidence(rows, "conversions", WINDOWS, account_days=ALL_DAYS).change
    assert (found.baseline.days, found.baseline_value, found.baseline.conversions) == (0, None, None)


def test_rows_of_one_day_are_summed() -> None:
    twice = pl.concat([account(), account()])
    once = evidence(account(), "revenue", WINDOWS).change
    found = evidence(twice, "revenue", WINDOWS).change
    assert found.current_value == pytest.approx(2 * once.current_value)
    assert found.relative == pytest.approx(once.relative)


@pytest.mark.parametrize("metric", ["conversions", "revenue", "cvr", "roas", "cac", "aov"])
def test_a_handful_of_conversions_is_not_enough_whatever_the_metric(metric: str) -> None:
    rows = account(conversions=0.0005)
    found = evidence(rows, metric, WINDOWS)
    assert not found.enough
    assert str(found.reason).startswith("not enough data: 0.875 conversions in both periods together, 5 needed")
    assert evidence(rows, "ctr", WINDOWS).enough
    assert evidence(rows, metric, WINDOWS, EvidenceRules(min_events=0)).enough


@pytest.mark.parametrize("metric", [*ADDITIVE, *RATIOS])
def test_a_history_of_one_day_or_none_is_said_to_be_too_short(metric: str) -> None:
    for rows in (account().head(0), account().tail(1), pl.DataFrame({"date": []})):
        found = evidence(rows, metric, WINDOWS)
        assert not found.enough
        assert str(found.reason).startswith("not enough data: 0 baseline days")


def test_a_metric_that_the_file_does_not_have_is_unknown() -> None:
    found = evidence(account().drop("impressions"), "ctr", WINDOWS)
    assert (found.change.baseline_value, found.change.current.impressions, found.enough) == (None, None, False)


def test_infinite_figures_are_unknown() -> None:
    odd = account().with_columns(spend=pl.when(pl.col("date") == START).then(math.inf).otherwise("spend"))
    found = evidence(odd, "spend", WINDOWS).change
    assert (found.current.days, found.comparison.dropped_current) == (6, 1)


def test_an_unknown_metric_and_impossible_periods_are_refused() -> None:
    with pytest.raises(KeyError, match="likes"):
        evidence(account(), "likes", WINDOWS)
    with pytest.raises(ValueError, match="overlap"):
        Windows((MONDAY, START), (START, START))
    with pytest.raises(ValueError, match="ends before"):
        Windows((START, MONDAY), (START, START))


def test_the_record_has_iso_dates_and_both_comparisons() -> None:
    record = evidence(account(), "roas", WINDOWS).as_record()
    assert record["metric"] == "roas"
    assert record["baseline"]["start"] == "2025-01-06"
    assert record["week_over_week"]["baseline"]["start"] == "2025-01-13"
    assert record["enough"] is True
    assert set(record["comparison"]) == set(record["week_over_week"]["comparison"])


@settings(max_examples=150, deadline=None)
@given(rows=hostile, metric=st.sampled_from([*ADDITIVE, *RATIOS]), zeros=st.booleans())
def test_whatever_the_rows_are_the_record_is_valid_json_and_says_why_it_is_not_enough(
    rows: pl.DataFrame, metric: str, zeros: bool
) -> None:
    account_days = ALL_DAYS if zeros else None
    found = evidence(rows, metric, WINDOWS, account_days=account_days)
    assert json.loads(json.dumps(found.as_record(), allow_nan=False)) == found.as_record()
    for change in (found.change, found.week_over_week):
        assert change.enough or str(change.reason).startswith("not enough data: ")
        assert not change.enough or None not in (change.baseline_value, change.current_value)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=1)
    assert evidence(shuffled, metric, WINDOWS, account_days=account_days) == found


amounts = st.lists(st.one_of(st.none(), st.floats()), min_size=21, max_size=21)


@settings(max_examples=100, deadline=None)
@given(numerator=amounts, denominator=amounts)
def test_not_even_the_largest_floats_give_a_nan_or_an_infinity(
    numerator: list[float | None], denominator: list[float | None]
) -> None:
    rows = pl.DataFrame({"date": ALL_DAYS, "conversions": numerator, "spend": denominator}, schema_overrides=SCHEMA)
    for metric in ("spend", "conversions", "cac"):
        found = evidence(rows, metric, WINDOWS, EvidenceRules(min_events=0))
        json.dumps(found.as_record(), allow_nan=False)
        assert not found.enough or None not in (found.change.baseline_value, found.change.current_value)


def test_days_that_cancel_out_leave_a_ratio_that_cannot_be_told() -> None:
    rows = account().with_columns(spend=pl.when(on(0, 6)).then(-100.0).when(on(7, 13)).then(100.0).otherwise("spend"))
    found = evidence(rows, "roas", WINDOWS)
    assert (found.change.baseline_value, found.enough) == (None, False)
    assert found.reason == "not enough data: the sums of the baseline days give no roas"
