"""What successive uploads do to each other, told from frames: counts, ledger, renames, missing slices, drift."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_frames import Row, cleaned, file, january, line, week

from adtech_assets.metrics.cleaning import Cleaned, Decisions, clean
from adtech_assets.metrics.naming.aliases import Aliases, DimensionAliases
from adtech_assets.metrics.succession.maturity import usual_drift
from adtech_assets.settings import Restatement
from adtech_assets.tables import TABLES


def counts(result: Cleaned) -> list[tuple[int, ...]]:
    table = result.succession.upload_changes
    return table.select("new", "changed", "unchanged", "vanished", "reappeared").rows()


def days(first: int, last: int, campaign: str, **other: object) -> list[Row]:
    """A campaign's days, each with figures of its own."""
    return [line(d, campaign, **({"spend": 10.0 + d, "impressions": 1000 + d} | other)) for d in range(first, last + 1)]


def test_what_an_upload_did_is_counted() -> None:
    first = [*days(6, 12, "A"), *days(6, 12, "B")]
    second = [*days(7, 13, "A", revenue=70.0), *days(7, 9, "B"), *days(11, 13, "B")]
    third = [*days(7, 14, "A", revenue=70.0), *days(7, 14, "B")]
    result = cleaned(first, second, third)
    assert counts(result) == [(14, 0, 0, 0, 0), (2, 6, 5, 1, 0), (2, 0, 13, 0, 1)]


def test_the_order_is_that_of_the_days_the_files_say_they_were_made_not_of_arrival() -> None:
    newer = file(line(6, spend=12.0), as_of=january(20))
    older = file(line(6, spend=9.0), as_of=january(10))
    result = cleaned(newer, older)
    assert result.current["spend"].to_list() == [12.0]
    assert result.succession.restatements.filter(metric="spend").select("old", "new", "age_days").rows() == [
        (9.0, 12.0, 14)
    ]


def test_the_age_of_a_change_counts_to_the_last_day_the_export_covers() -> None:
    changed = [line(6, spend=11.0), line(16)]
    ledger = cleaned([line(6)], changed).succession.restatements
    assert ledger.select("metric", "age_days").rows() == [("spend", 10)]


def test_an_old_value_names_the_upload_that_first_stated_it() -> None:
    ledger = cleaned([line(6)], [line(6)], [line(6, spend=12.0)]).succession.restatements
    assert ledger.select("first_seen_in", "changed_in").rows() == [(f"{1:012x}", f"{3:012x}")]


# --- renames ----------------------------------------------------------------------------------------------------


def renamed(shared: int = 7, **changed: object) -> Cleaned:
    """`Old` runs from the 1st to the 10th, and is called `New` in a file that begins later."""
    old = [*days(1, 10, "Old"), *days(1, 10, "Other", spend=3.0)]
    again = [{**r, "campaign": "New"} for r in days(11 - shared, 10, "Old")]
    again[0] |= changed
    return cleaned(old, [*again, *days(11, 11, "New"), *days(11 - shared, 11, "Other", spend=3.0)])


def test_a_rename_proven_by_seven_equal_days_is_applied_and_nothing_counts_twice() -> None:
    result = renamed()
    assert set(result.current["campaign"]) == {"New", "Other"}
    assert result.current.filter(campaign="New")["spend"].sum() == sum(10.0 + d for d in range(1, 12))
    found = result.succession.renames.select("old", "new", "status", "shared_days", "days_equal_spend").rows()
    assert found == [("Old", "New", "proven", 7, 7)]
    assert set(result.succession.vanished["explained_by"]) == {"rename"}


@pytest.mark.parametrize(("shared", "changed"), [(6, {}), (7, {"spend": 4.44}), (9, {"impressions": 7})])
def test_weaker_evidence_is_only_suggested_and_both_names_stay(shared: int, changed: Row) -> None:
    result = renamed(shared, **changed)
    assert result.succession.renames["status"].to_list() == ["suspected"]
    assert {"Old", "New"} < set(result.current["campaign"])
    assert result.succession.vanished["explained_by"].to_list() == [None] * shared


def test_the_last_day_of_the_older_export_was_still_running_and_may_have_grown() -> None:
    old = [*days(1, 9, "Old"), line(10, "Old", spend=4.0, impressions=300)]
    grown = cleaned(old, days(1, 11, "New"))
    assert grown.succession.renames.select("status", "shared_days", "days_equal_spend").rows() == [("proven", 10, 9)]
    shrunk = cleaned([*days(1, 9, "Old"), line(10, "Old", spend=99.0)], days(1, 11, "New"))
    assert shrunk.succession.renames["status"].to_list() == ["suspected"]


def test_days_without_spend_prove_nothing() -> None:
    quiet = [line(d, "Old", spend=0.0, impressions=0) for d in range(1, 11)]
    result = cleaned(quiet, [{**r, "campaign": "New"} for r in quiet])
    assert result.succession.renames.is_empty()


def test_two_names_with_the_same_history_are_not_chosen_between() -> None:
    old = days(1, 10, "Old")
    result = cleaned(old, [{**r, "campaign": name} for name in ("New 1", "New 2") for r in old])
    assert set(result.succession.renames["status"]) == {"suspected"}


def test_a_campaign_that_goes_on_under_its_name_was_not_renamed() -> None:
    old = days(1, 10, "Old")
    result = cleaned(old, [*({**r, "campaign": "Copy"} for r in old), *days(10, 11, "Old")])
    assert result.succession.renames.is_empty()


def test_a_name_that_changes_in_the_middle_of_a_file_counts_its_days_once() -> None:
    old = days(1, 14, "Old")
    new = [*days(1, 4, "Old"), *({**r, "campaign": "New"} for r in days(5, 14, "Old"))]
    result = cleaned([*old, *account("B")], [*new, *account("B")])
    assert result.current["spend"].sum() == sum(r["spend"] for r in (*old, *account("B")))
    assert result.current.filter(campaign="Old").height == 4 and result.succession.renames["altogether"].to_list() == [
        False
    ]
    assert set(result.succession.vanished["explained_by"]) == {"rename"}


def test_a_name_that_stood_for_another_campaign_is_not_taken_for_a_rename() -> None:
    own = [line(d, "X", spend=1000.0) for d in range(1, 6)]
    brand = days(1, 20, "Brand")
    taken = [{**r, "campaign": "X"} for r in days(6, 20, "Brand")]
    other = account("B", last=20)
    result = cleaned([*own, *account("B", last=8)], [*brand, *other], [*taken, *other])
    assert result.current.filter(pl.col("spend") == 1000.0).height == 5
    assert result.succession.renames["status"].to_list() == ["suspected"]
    together = cleaned([*own, *brand, *other], [*taken, *other])
    assert together.succession.renames.is_empty() and together.current.filter(pl.col("spend") == 1000.0).height == 5


def test_twins_that_are_filtered_out_in_turn_are_two_campaigns() -> None:
    twins = [{**r, "campaign": name} for name in ("A", "B") for r in days(1, 14, "A")]
    rest = account("C")
    one, other = (([r for r in twins if r["campaign"] == name]) for name in ("A", "B"))
    result = cleaned([*twins, *rest], [*other, *rest], [*one, *rest])
    assert result.current["spend"].sum() == sum(r["spend"] for r in (*twins, *rest))


def test_a_new_name_may_come_an_export_later() -> None:
    old, rest = days(1, 14, "Old"), account("B")
    result = cleaned([*old, *rest], rest, [*({**r, "campaign": "New"} for r in old), *rest])
    assert result.current["spend"].sum() == sum(r["spend"] for r in (*old, *rest))
    assert result.succession.vanished["explained_by"].to_list() == ["rename"] * 14


def test_a_rename_there_and_back_counts_once() -> None:
    old = days(1, 10, "Old")
    new = [{**r, "campaign": "New"} for r in old]
    result = cleaned(old, new, old)
    assert result.current["spend"].sum() == sum(r["spend"] for r in old)
    assert result.succession.renames["status"].to_list() == ["proven", "proven"]


def test_a_chain_of_renames_ends_in_the_last_name() -> None:
    first = days(1, 10, "One")
    second = [{**r, "campaign": "Two"} for r in days(2, 11, "One")]
    third = [{**r, "campaign": "Three"} for r in days(3, 12, "One")]
    result = cleaned(first, second, third)
    assert set(result.current["campaign"]) == {"Three"}
    assert result.current["spend"].sum() == sum(10.0 + d for d in range(1, 13))


def test_a_name_used_again_for_another_campaign_is_that_campaign() -> None:
    old = days(1, 10, "Brand")
    renamed_ = [{**r, "campaign": "Brand EU"} for r in old]
    result = cleaned(old, renamed_, [*renamed_, *days(11, 12, "Brand"), *days(11, 12, "Brand EU", spend=1.0)])
    spend = dict(result.current.group_by("campaign").agg(pl.col("spend").sum()).iter_rows())
    assert spend == {"Brand EU": sum(r["spend"] for r in old) + 2.0, "Brand": 43.0}


def decided(aliases: Aliases, *uploads: list[Row]) -> Cleaned:
    from raw_frames import frames

    return clean(*frames([file(*rows) for rows in uploads]), Decisions(aliases=aliases))


def test_the_user_may_overrule_a_rename_and_may_say_one() -> None:
    old = days(1, 10, "Old")
    new = [{**r, "campaign": "New"} for r in old]
    apart = Aliases(campaign=DimensionAliases(apart=(("Old", "New"),)))
    result = decided(apart, old, new)
    assert set(result.current["campaign"]) == {"Old", "New"}
    assert result.succession.renames["status"].to_list() == ["overruled"]
    same = Aliases(campaign=DimensionAliases(same=(("New", "Old"),)))
    changed = [{**r, "spend": r["spend"] + 1} for r in new]
    result = decided(same, old, changed)
    assert set(result.current["campaign"]) == {"New"}
    assert result.current["spend"].sum() == sum(r["spend"] for r in changed)
    assert set(result.succession.vanished["explained_by"]) == {"rename"}


# --- missing slices ----------------------------------------------------------------------------------------------


def account(names: str, first: int = 1, last: int = 14) -> list[Row]:
    return [r for name in names for r in days(first, last, name)]


def partial(result: Cleaned) -> list[tuple[object, ...]]:
    table = result.succession.upload_changes.filter("partial")
    return table.select("upload_id", "vanished", "campaigns_vanished", "healed_by", "rows_back").rows()


def test_many_running_campaigns_missing_at_once_are_a_partial_re_export() -> None:
    result = cleaned(account("ABCDEFGH"), account("ABCDE"))
    assert partial(result) == [(f"{2:012x}", 42, 3, None, 0)]
    assert result.current.height == 8 * 14, "what is missing is kept"


def test_the_next_export_that_brings_them_back_heals_it() -> None:
    result = cleaned(account("ABCDEFGH"), account("ABCDE"), account("ABCDEFGH", last=15))
    assert partial(result) == [(f"{2:012x}", 42, 3, f"{3:012x}", 42)]
    assert set(result.succession.vanished["back_in"]) == {f"{3:012x}"}


def test_a_few_days_that_come_back_do_not_heal_it() -> None:
    result = cleaned(account("ABCDEFGH"), account("ABCDE"), [*account("ABCDE", last=15), *days(14, 15, "F")])
    assert partial(result)[0] == (f"{2:012x}", 42, 3, None, 1)


def test_one_campaign_that_comes_back_was_missing_from_a_partial_one() -> None:
    result = cleaned(account("ABC"), account("AB"), account("ABC", last=15))
    assert [row[:2] for row in partial(result)] == [(f"{2:012x}", 14)]


def test_campaigns_that_ended_long_ago_may_be_filtered_out() -> None:
    ended = [*account("ABCDE"), *account("FGH", last=5)]
    result = cleaned(ended, account("ABCDE"))
    assert partial(result) == [] and result.succession.vanished.height == 15


def test_a_rename_is_no_partial_re_export() -> None:
    old = account("ABCDEFGH")
    new = [{**r, "campaign": f"{r['campaign']} 2026"} if r["campaign"] in "FGH" else r for r in old]
    assert partial(cleaned([{**r, "spend": r["spend"] + ord(str(r["campaign"]))} for r in old],
                           [{**r, "spend": r["spend"] + ord(str(r["campaign"])[0])} for r in new])) == []  # fmt: skip


def test_a_confirmed_one_is_marked() -> None:
    from raw_frames import frames

    given_ = frames([file(*account("ABCDEFGH")), file(*account("ABCDE"))])
    table = clean(*given_, Decisions(confirmed=frozenset({f"{2:012x}"}))).succession.upload_changes
    assert table.filter("partial")["confirmed"].to_list() == [True]


def test_a_file_of_other_campaigns_misses_nothing() -> None:
    result = cleaned(account("ABCD"), account("EFGH"), account("ABCD", last=15))
    assert result.succession.vanished.is_empty() and partial(result) == []


def test_accounts_are_told_apart_where_every_row_names_one() -> None:
    north = [{**r, "account": "North"} for r in account("AB")]
    south = [{**r, "account": "South", "spend": r["spend"] * 3} for r in account("AC")]
    result = cleaned(north, south)
    assert result.current["spend"].sum() == sum(r["spend"] for r in (*north, *south))
    assert result.succession.vanished.is_empty()
    without = cleaned(account("AB"), north)
    assert without.current.height == 28, "a file without the column is of the same account"


def test_an_account_under_another_name_is_the_same_account() -> None:
    before = [{**r, "account": "Kettle Ltd"} for r in account("AB")]
    after = [{**r, "account": "Kettle Pty Ltd"} for r in account("AB", last=15)]
    result = cleaned(before, after)
    assert result.current["spend"].sum() == sum(r["spend"] for r in after)


def test_hand_kept_sheets_of_two_channels_do_not_overrule_each_other() -> None:
    by_hand = {"platform": "generic_ads"}
    facebook = [{**r, **by_hand, "channel": "Facebook"} for r in account("AB")]
    google = [{**r, **by_hand, "channel": "Google Ads", "spend": r["spend"] * 3} for r in account("AB")]
    result = cleaned(facebook, google)
    assert result.current["spend"].sum() == sum(r["spend"] for r in (*facebook, *google))
    again = cleaned(facebook, google, [{**r, "spend": r["spend"] + 1} for r in facebook])
    assert again.current["spend"].sum() == result.current["spend"].sum() + len(facebook)


# --- drift ------------------------------------------------------------------------------------------------------


def test_the_usual_drift_is_known_after_enough_mature_weeks() -> None:
    start = dt.date(2025, 1, 6)

    def row_of(day: int, conversions: float) -> Row:
        date = start + dt.timedelta(days=day)
        return {**line(6), "date": date, "last_day": date, "conversions": conversions}

    uploads = []
    for week_ in range(1, 10):
        last = 7 * week_
        uploads.append([row_of(d, 10.0 if d >= last - 7 else 11.0) for d in range(last)])
    weeks = cleaned(*uploads).succession.weeks
    first = weeks.filter(metric="conversions").sort("week").row(0, named=True)
    assert (first["first"], first["now"], first["age_first"], first["age_now"]) == (70.0, 77.0, 0, 56)
    drift = usual_drift(weeks, "conversions", Restatement())
    assert drift is not None and drift.median == pytest.approx(0.1) and drift.weeks == 5
    assert drift.days == 28
    younger = usual_drift(weeks, "conversions", Restatement(drift_weeks=6))
    assert younger is not None and younger.days == 21, "what is known of younger weeks, said with its age"
    assert usual_drift(weeks, "conversions", Restatement(drift_weeks=9)) is None
    spend = usual_drift(weeks, "spend", Restatement())
    assert spend is not None and spend.median == 0.0


def test_week_rows_have_a_history_too() -> None:
    result = cleaned([week(6), week(6, "B")], [week(6, spend=11.0), week(13)])
    assert counts(result) == [(2, 0, 0, 0, 0), (1, 1, 0, 1, 0)]


# --- against a plain retelling ------------------------------------------------------------------------------------

said = st.dictionaries(st.tuples(st.integers(1, 5), st.sampled_from("ABC")), st.sampled_from([1.0, 2.0, None]))


@given(st.lists(said, min_size=1, max_size=6))
@settings(max_examples=120, deadline=None)
def test_counts_are_those_of_a_plain_retelling(told: list[dict[tuple[int, str], float | None]]) -> None:
    uploads = [[line(9, "sure"), *(line(d, c, spend=s) for (d, c), s in t.items()), line(1, "sure")] for t in told]
    known: dict[tuple[int, str], float | None] = {}
    present: set[tuple[int, str]] = set()
    expected = []
    for statement in told:
        row: Counter[str] = Counter()
        for key, spend in statement.items():
            if key not in known:
                row["new"] += 1
            elif key not in present:
                row["reappeared"] += 1
            else:
                row["changed" if known[key] != spend else "unchanged"] += 1
        row["vanished"] = len(present - set(statement))
        known |= statement
        present = set(statement)
        expected.append(tuple(row[e] for e in ("new", "changed", "unchanged", "vanished", "reappeared")))
    sure = [(2, 0, 0, 0, 0), *[(0, 0, 2, 0, 0)] * (len(told) - 1)]
    both = [tuple(a + b for a, b in zip(x, y, strict=True)) for x, y in zip(expected, sure, strict=True)]
    assert counts(cleaned(*uploads)) == both


def test_the_frames_of_a_succession_fit_their_tables() -> None:
    told = cleaned(account("ABC"), account("AB")).succession
    for name in ("restatements", "vanished", "renames", "upload_changes"):
        assert getattr(told, name).schema == TABLES[name].schema
    assert told.weeks.schema == TABLES["weeks_as_first_stated"].schema
