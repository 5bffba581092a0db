"""The rule that a client's exports come in their usual rhythm: where it speaks, and where it must keep silent."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from quality_frames import Mutation, Tables, arriving, both, in_view, sound_tables

from adtech_assets.quality.rulebook import rulebook
from adtech_assets.quality.runner import RuleResult, run_rules

RULE = next(rule for rule in rulebook().rules if rule.id == "client_on_time")
TODAY = dt.datetime.now(dt.UTC).date()
WORKDAYS = [ago for ago in range(60, 0, -1) if (TODAY - dt.timedelta(days=ago)).isoweekday() <= 5]
LAST_FRIDAY = next(ago for ago in range(1, 8) if (TODAY - dt.timedelta(days=ago)).isoweekday() == 5)
MONTHLY = (123, 92, 61, 31)


def checked(folder: Path, *changes: Mutation) -> RuleResult:
    con = in_view(both(*changes)(sound_tables()), folder)
    (found,) = run_rules(con, [RULE])
    con.close()
    assert found.error is None
    return found


def beside(*days_ago: int, platform: str) -> Mutation:
    """Adds the uploads of another platform."""

    def mutate(tables: Tables) -> Tables:
        more = arriving(*days_ago, platform=platform)(tables)["uploads"].with_columns(pl.col("sequence") + 1000)
        return tables | {"uploads": pl.concat([tables["uploads"], more])}

    return mutate


def covering(*ends: int) -> Mutation:
    """Sets how many days before today each upload's figures end."""

    def mutate(tables: Tables) -> Tables:
        days = pl.Series([TODAY - dt.timedelta(days=end) for end in ends], dtype=pl.Date)
        return tables | {"uploads": tables["uploads"].with_columns(days.alias("period_end"))}

    return mutate


@pytest.mark.parametrize(
    "days_ago",
    [
        (),
        (40,),
        (40, 40, 40, 40, 40, 40),
        (60, 53, 46),
        (35, 28, 21, 14, 7),
        (36, 29, 22, 15, 8),
        (35, 29, 20, 15, 9),
        tuple(range(20, 0, -1)),
        tuple(range(20, 1, -1)),
        tuple(ago for ago in WORKDAYS if ago >= LAST_FRIDAY),
        MONTHLY,
        (*(ago + 7 for ago in MONTHLY),),
        (90, 80, 40, 37, 30),
        (56, 49, 42, 21, 14, 8),
        (400, 393, 386, 379, 372, 365),
    ],
    ids=[
        "no upload", "one", "a history in one day", "too few to tell", "weekly, due today", "weekly, a day late",
        "weekly by and large", "daily", "daily, today's not yet", "on working days, after the weekend",
        "monthly, due today", "monthly, a week late", "irregular", "weekly with a holiday", "ended a year ago",
    ],
)  # fmt: skip
def test_no_alarm(days_ago: tuple[int, ...], tmp_path: Path) -> None:
    assert checked(tmp_path, arriving(*days_ago)).passed


@pytest.mark.parametrize(
    "days_ago",
    [
        (56, 49, 42, 35, 28, 21, 14),
        tuple(range(20, 5, -1)),
        tuple(ago for ago in WORKDAYS if ago >= LAST_FRIDAY + 7),
        (*(ago + 14 for ago in MONTHLY),),
        (100, 45, 38, 31, 24, 17),
    ],
    ids=["weekly, a week late", "daily, days late", "on working days, a week late", "monthly", "a bulk, then weekly"],
)
def test_an_export_that_is_missing_is_named(days_ago: tuple[int, ...], tmp_path: Path) -> None:
    found = checked(tmp_path, arriving(*days_ago))
    (row,) = found.failing_rows
    assert not found.passed and found.rule.severity == "warning" and not found.rule.blocking
    assert (row["platform"], row["days_ago"]) == ("google_ads", days_ago[-1])
    assert row["newest_file"] == f"{len(days_ago)}.csv"


def test_each_platform_has_a_rhythm_of_its_own(tmp_path: Path) -> None:
    weekly, daily = (35, 28, 21, 14, 7), tuple(range(20, 5, -1))
    found = checked(tmp_path, arriving(*weekly), beside(*daily, platform="meta_ads"))
    assert [row["platform"] for row in found.failing_rows] == ["meta_ads"]


def test_a_history_dropped_over_several_days_makes_no_rhythm(tmp_path: Path) -> None:
    assert checked(tmp_path, arriving(30, 29, 28, 27, 26), covering(31, 200, 300, 100, 60)).passed


def test_a_corrected_old_file_is_no_delivery(tmp_path: Path) -> None:
    late = arriving(56, 49, 42, 35, 28, 2)
    assert not checked(tmp_path, late, covering(57, 50, 43, 36, 29, 40)).passed


def test_refused_files_do_not_count(tmp_path: Path) -> None:
    def refused(tables: Tables) -> Tables:
        status = pl.when(pl.col("sequence") == 6).then(pl.lit("refused")).otherwise("status").alias("status")
        return tables | {"uploads": tables["uploads"].with_columns(status)}

    assert not checked(tmp_path, arriving(56, 49, 42, 35, 28, 1), refused).passed
