"""Rules about what changed since the last export of a kind: columns, number of rows, age of the figures."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from quality_frames import (
    FIRST,
    MONDAY,
    SECOND,
    Mutation,
    Tables,
    both,
    cell,
    days,
    every,
    in_view,
    longer_history,
    regular_uploads,
    renamed_column,
    sound_tables,
    uploaded,
)

from adtech_assets.quality.rulebook import rulebook
from adtech_assets.quality.runner import RuleResult, run_rules

DRIFT = (
    "metric_column_kept", "column_type_kept", "metric_read_from_same_column", "no_column_gone", "no_column_new",
)  # fmt: skip
RULES = {rule.id: rule for rule in rulebook().rules}


def results_of(folder: Path, rules: tuple[str, ...], *changes: Mutation) -> dict[str, RuleResult]:
    con = in_view(both(*changes)(sound_tables()), folder)
    found = {result.rule.id: result for result in run_rules(con, [RULES[rule] for rule in rules])}
    con.close()
    assert [result.error for result in found.values() if result.error] == []
    return found


def failing(folder: Path, *changes: Mutation) -> set[str]:
    return {rule for rule, result in results_of(folder, DRIFT, *changes).items() if not result.passed}


def columns(upload: str, *named: tuple[str, str | None]) -> Mutation:
    """Puts these columns (header, field) in place of an upload's; an upload that is new comes last."""

    def mutate(tables: Tables) -> Tables:
        old = tables["upload_columns"].filter(pl.col("upload_id") != upload)
        rows = [
            {"upload_id": upload, "position": i, "header": h, "field": f, "type": "number" if f else "text"}
            for i, (h, f) in enumerate(named, start=1)
        ]
        new = pl.DataFrame(rows, schema=old.schema)
        uploads = tables["uploads"]
        if upload not in uploads["upload_id"]:
            last = uploads.filter(upload_id=SECOND).with_columns(
                upload_id=pl.lit(upload), sequence=pl.col("sequence").max() + uploads.height
            )
            uploads = pl.concat([uploads, last.select(uploads.columns)])
        return tables | {"upload_columns": pl.concat([old, new]), "uploads": uploads}

    return mutate


DAILY = (("Day", "date"), ("Campaign", "campaign"), ("Cost", "spend"), ("Clicks", "clicks"), ("Revenue", "revenue"))
BY_AD = (("Day", "date"), ("Ad", "ad"), ("Campaign", "campaign"), ("Cost", "spend"), ("Impr.", "impressions"))


def test_a_lost_metric_is_named_with_the_column_it_was_read_from(tmp_path: Path) -> None:
    found = results_of(tmp_path, DRIFT, renamed_column("Conv. value", gone=True))
    lost = found.pop("metric_column_kept")
    (row,) = lost.failing_rows
    assert (row["file"], row["metric"], row["column_before"]) == ("late.csv", "revenue", "Conv. value")
    assert (row["compared_with"], lost.rule.severity) == ("march.csv", "warning")
    assert all(result.passed for result in found.values())


def test_another_order_of_columns_is_nothing(tmp_path: Path) -> None:
    assert failing(tmp_path, columns(FIRST, *DAILY), columns(SECOND, *reversed(DAILY))) == set()


def test_a_column_that_is_renamed_and_understood_is_no_column_gone(tmp_path: Path) -> None:
    renamed = [("Kosten" if header == "Cost" else header, field) for header, field in DAILY]
    assert failing(tmp_path, columns(FIRST, *DAILY), columns(SECOND, *renamed)) == {"metric_read_from_same_column"}


def test_a_column_that_nobody_reads_any_more_is_a_lost_metric(tmp_path: Path) -> None:
    unread = [("Total value", None) if field == "revenue" else (header, field) for header, field in DAILY]
    assert failing(tmp_path, columns(FIRST, *DAILY), columns(SECOND, *unread)) == {
        "metric_column_kept",
        "no_column_new",
    }


def test_micros_and_results_count_as_the_metric_they_are(tmp_path: Path) -> None:
    before = [*DAILY, ("Results", "results")]
    after = [("Cost micros", "spend_micros") if f == "spend" else (h, f) for h, f in DAILY] + [("Conv.", "conversions")]
    found = failing(tmp_path, columns(FIRST, *before), columns(SECOND, *after))
    assert "metric_column_kept" not in found and "no_column_new" not in found


def test_two_reports_that_take_turns_are_each_compared_with_their_own(tmp_path: Path) -> None:
    turns = both(columns(FIRST, *DAILY), columns(SECOND, *BY_AD), columns("a1", *DAILY), columns("a2", *BY_AD))
    assert failing(tmp_path, turns) == set()
    lost = results_of(tmp_path, DRIFT, turns, columns("a3", *DAILY[:-1]))["metric_column_kept"]
    assert [(row["metric"], row["upload_id"]) for row in lost.failing_rows] == [("revenue", "a3")]


def test_what_was_said_once_is_not_said_again_of_the_next_file(tmp_path: Path) -> None:
    lost = both(columns(FIRST, *DAILY), columns(SECOND, *DAILY[:-1]), columns("a3", *DAILY[:-1]))
    rows = results_of(tmp_path, DRIFT, lost)["metric_column_kept"].failing_rows
    assert [row["upload_id"] for row in rows] == [SECOND]
    long_ago = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)

    def older(tables: Tables) -> Tables:
        arrived = pl.when(pl.col("upload_id") == "a3").then("arrived_at").otherwise(pl.lit(long_ago))
        return tables | {"uploads": tables["uploads"].with_columns(arrived.alias("arrived_at"))}

    assert failing(tmp_path, lost, older) == set()


def test_a_file_of_older_days_is_not_compared_with_one_of_newer_days(tmp_path: Path) -> None:
    older = uploaded(period_end=[MONDAY + dt.timedelta(days=13), MONDAY - dt.timedelta(days=1), None])
    assert failing(tmp_path, renamed_column("Conv. value", gone=True), older) == set()


def test_an_empty_column_of_results_is_a_slow_week_and_an_empty_cost_is_not(tmp_path: Path) -> None:
    assert failing(tmp_path, renamed_column("Conversions", type="empty")) == set()
    assert failing(tmp_path, renamed_column("Cost", type="empty")) == {"column_type_kept"}


def test_other_platforms_and_refused_files_are_left_out(tmp_path: Path) -> None:
    gone = renamed_column("Conv. value", gone=True)
    assert failing(tmp_path, gone, cell("uploads", "platform", "meta_ads", 1)) == set()
    assert failing(tmp_path, gone, cell("uploads", "status", "refused", 1)) == set()


def test_hostile_headers_break_nothing(tmp_path: Path) -> None:
    evil = columns(SECOND, ("'; drop table uploads; --", None), ("{batch}", None), ("", None), ("Cost", "spend"))
    assert {"no_column_new"} <= failing(tmp_path, columns(FIRST, *DAILY), evil, columns("a1", *DAILY, ("{x}", None)))


@pytest.mark.parametrize(
    ("rows", "passes"),
    [([70, 70, 70, 70, 70, 30], True), ([70, 70, 70, 70, 70, 20], False), ([70, 70, 70, 70, 70, 700], False),
     ([20, 200, 40, 150, 20, 300], True), ([70, 70, 700], True)],
    ids=["a quiet week", "rows missing", "rows doubled and more", "never the same", "too few to tell"],
)  # fmt: skip
def test_rows_a_day_are_compared_with_earlier_files(rows: list[int], passes: bool, tmp_path: Path) -> None:
    found = results_of(
        tmp_path, ("upload_volume_usual",), regular_uploads(len(rows)), uploaded(rows_typed=rows)
    )["upload_volume_usual"]  # fmt: skip
    assert found.passed is passes


@pytest.mark.parametrize(
    ("ends", "passes"),
    [
        ((1, 1, 1, 1, 1, 1), True),
        ((1, 2, 1, 3, 2, 4), True),
        ((1, 1, 1, 1, 1, 8), False),
        ((400, 300, 9, 9, 9, 9), True),
    ],
    ids=["up to yesterday", "now and then a day less", "the last range again", "always a week behind"],
)
def test_figures_that_end_where_the_last_export_ended_are_stale(
    ends: tuple[int, ...], passes: bool, tmp_path: Path
) -> None:
    today = dt.datetime.now(dt.UTC).date()
    until = [today - dt.timedelta(days=7 * ago + end) for ago, end in zip(range(5, -1, -1), ends, strict=True)]
    found = results_of(tmp_path, ("data_fresh",), regular_uploads(), uploaded(period_end=until))["data_fresh"]
    assert found.passed is passes


def test_a_smaller_file_of_the_same_days_is_told(tmp_path: Path) -> None:
    same = every("uploads", "dimensions", "campaign")
    (row,) = results_of(tmp_path, ("upload_not_shrunk",), same)["upload_not_shrunk"].failing_rows
    assert (row["file"], row["rows"], row["before"], row["rows_before"]) == ("late.csv", 14, "march.csv", 214)
    later = uploaded(period_start=[MONDAY, MONDAY + dt.timedelta(days=7), None])
    assert results_of(tmp_path, ("upload_not_shrunk",), same, later)["upload_not_shrunk"].passed


LATELY = pl.col("date") > MONDAY + dt.timedelta(days=66)


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ((days(LATELY, conversions=0.0),), False),
        ((days(LATELY, conversions=None),), False),
        ((days(LATELY, conversions=None), renamed_column("Conversions", field=None)), True),
        ((days(pl.col("date") > MONDAY + dt.timedelta(days=67), conversions=0.0),), True),
        ((days(LATELY, conversions=0.0, clicks=0.0, impressions=0.0, spend=0.0),), True),
        (
            (days(LATELY, conversions=0.0), days(pl.col("date") <= MONDAY + dt.timedelta(days=66), conversions=1.0)),
            True,
        ),
        ((days(pl.col("conversions") > 0, conversions=0.0),), True),
        ((days(LATELY, impressions=0.0),), False),
        ((days(LATELY, revenue=0.0),), False),
    ],
    ids=[
        "zero",
        "blank",
        "no such column",
        "two days",
        "paused",
        "few at any time",
        "never any",
        "impressions",
        "revenue",
    ],
)
def test_a_metric_that_stops_while_what_leads_to_it_goes_on(
    changes: tuple[Mutation, ...], passes: bool, tmp_path: Path
) -> None:
    one_upload = every("cleaned_metrics", "upload_id", SECOND)
    found = results_of(tmp_path, ("metric_still_counted",), longer_history(), one_upload, *changes)
    result: Any = found["metric_still_counted"]
    assert result.passed is passes
    assert len(result.failing_rows) == (0 if passes else 1)


def test_a_file_by_something_it_does_not_name_states_no_day_twice(tmp_path: Path) -> None:
    def hidden(tables: Tables) -> Tables:
        rows = tables["raw_rows"]
        twice = rows.filter(upload_id=SECOND).with_columns(pl.col("source_row") + 100, spend=pl.lit(1.5))
        return tables | {"raw_rows": pl.concat([rows, twice]).with_columns(extra=pl.lit("{}"))}

    assert results_of(tmp_path, ("day_stated_once",), hidden)["day_stated_once"].passed
