"""Rules about what a file covers and what its total row says: each also where it must keep silent."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from quality_frames import FIRST, MONDAY, SECOND, SHOP, Mutation, both, cell, every, in_view, repeated, sound_tables

from adtech_assets.quality.rulebook import rulebook, rules_of_asset
from adtech_assets.quality.runner import RuleResult, run_rules

SUNDAY, MONTH_END = MONDAY + dt.timedelta(days=6), MONDAY + dt.timedelta(days=30)


def result_of(rule: str, folder: Path, *changes: Mutation) -> RuleResult:
    con = in_view(both(*changes)(sound_tables()), folder)
    (found,) = run_rules(con, [found for found in rulebook().rules if found.id == rule])
    con.close()
    assert found.error is None
    return found


def only(table: str, upload: str, **values: Any) -> Mutation:
    """Sets columns of the rows of one upload."""

    def mutate(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        frame = tables[table]
        new = {
            name: pl.when(pl.col("upload_id") == upload).then(pl.lit(v, frame.schema[name])).otherwise(name)
            for name, v in values.items()
        }
        return tables | {table: frame.with_columns(**new)}

    return mutate


def test_a_total_row_that_differs_is_named_with_file_metric_both_sums_and_the_difference(tmp_path: Path) -> None:
    off = both(cell("checksums", "file_total", 2100.0), cell("checksums", "ok", False))
    found = result_of("total_row_equals_rows", tmp_path, off)
    (row,) = found.failing_rows
    assert not found.passed and found.rule.severity == "warning" and not found.rule.blocking
    assert (row["file"], row["metric"], row["rows_sum"], row["file_total"]) == ("march.csv", "spend", 2140.0, 2100.0)
    assert row["difference"] == pytest.approx(40.0)


def test_a_difference_that_rounding_explains_is_no_difference(tmp_path: Path) -> None:
    assert result_of("total_row_equals_rows", tmp_path, cell("checksums", "file_total", 2140.5)).passed


def test_what_the_reader_says_is_not_equal_fails_whatever_the_sums(tmp_path: Path) -> None:
    assert not result_of("total_row_equals_rows", tmp_path, cell("checksums", "ok", False, 1)).passed


def test_an_upload_of_a_period_is_told_once_with_its_rows_and_the_way_to_days(tmp_path: Path) -> None:
    month = only("raw_rows", SECOND, date=MONDAY, last_day=MONTH_END)
    found = result_of("figures_by_day_or_week", tmp_path, month)
    (row,) = found.failing_rows
    assert (row["file"], row["rows"], row["spend"]) == ("late.csv", 14, 231.0)
    assert "in no weekly report" in found.description and found.rule.severity == "warning"
    for way in ("Segment > Time > Day", "By time > Day", "time breakdown Daily", "By Day"):
        assert way in found.rule.remedy


@pytest.mark.parametrize(
    ("values", "passes"),
    [
        ({"date": MONDAY, "last_day": SUNDAY}, True),
        ({"date": MONDAY + dt.timedelta(days=1), "last_day": SUNDAY + dt.timedelta(days=1)}, False),
        ({"date": MONDAY, "last_day": SUNDAY - dt.timedelta(days=1)}, False),
        ({"date": None, "last_day": None}, False),
        ({"date": None, "last_day": None, "problem": "no day"}, True),
    ],
    ids=["ISO week", "Tuesday to Monday", "six days", "no time at all", "set aside"],
)
def test_only_what_is_neither_a_day_nor_an_iso_week_is_told(
    values: dict[str, Any], passes: bool, tmp_path: Path
) -> None:
    assert result_of("figures_by_day_or_week", tmp_path, only("raw_rows", SECOND, **values)).passed is passes


def test_a_file_that_names_no_time_may_have_rows_without_days_and_no_other(tmp_path: Path) -> None:
    timeless = only("raw_rows", SECOND, date=None, last_day=None)
    assert not result_of("usable_row_has_date", tmp_path, timeless).passed
    assert result_of("usable_row_has_date", tmp_path, timeless, only("uploads", SECOND, grain="none")).passed
    backwards = both(cell("raw_rows", "last_day", MONDAY - dt.timedelta(days=1)), only("uploads", FIRST, grain="none"))
    assert not result_of("usable_row_has_date", tmp_path, backwards).passed


def test_files_of_a_shop_are_in_no_account_of_ads_and_in_no_currency_of_ads(tmp_path: Path) -> None:
    con = in_view(sound_tables(), tmp_path)
    rules = [*rules_of_asset("raw_uploads"), *rules_of_asset("cleaned_metrics")]
    assert [r.rule.id for r in run_rules(con, rules) if not r.passed] == []
    con.close()
    ads = only("uploads", SHOP, kind="ads")
    assert not result_of("every_upload_accounted", tmp_path, ads).passed
    assert not result_of("one_currency", tmp_path, ads).passed


def test_a_figure_of_a_shop_file_must_not_be_among_the_advertising_figures(tmp_path: Path) -> None:
    assert not result_of("metric_traced_to_upload", tmp_path, cell("cleaned_metrics", "upload_id", SHOP)).passed


def test_a_week_row_fills_the_days_of_its_week(tmp_path: Path) -> None:
    def weeks(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        mondays = tables["cleaned_metrics"].filter(pl.col("date").dt.weekday() == 1)
        whole = mondays.with_columns(days=pl.lit(7, pl.Int64), last_day=pl.col("date").dt.offset_by("6d"))
        return tables | {"cleaned_metrics": whole}

    for rule in ("no_missing_days", "days_covered_known", "weeks_without_days"):
        assert result_of(rule, tmp_path, weeks).passed
    meta = repeated("cleaned_metrics", 0, platform="meta_ads", date=MONDAY + dt.timedelta(days=28))
    assert result_of("weeks_without_days", tmp_path, weeks, every("cleaned_metrics", "platform", "x_ads"), meta).passed


def test_a_period_is_checked_to_the_cent(tmp_path: Path) -> None:
    assert not result_of("period_rows_accounted", tmp_path, cell("period_rows", "spend", 34.9)).passed
    assert not result_of("spend_conserved", tmp_path, cell("conservation", "spend_period", 69.9)).passed
    assert not result_of("rows_conserved", tmp_path, cell("conservation", "rows_period", 1)).passed
