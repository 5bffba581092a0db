"""Running rules: the traps of Great Expectations on DuckDB, and what people get to read."""

from __future__ import annotations

import datetime as dt
import decimal
import gc
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quality_frames import MUTATIONS, in_view, sound_tables

from adtech_assets.quality.rulebook import Rule, rulebook, rules_for, rules_of_asset
from adtech_assets.quality.runner import plain, preload, run_rules


def _rule(kind: str, identity: str = "rule", where: dict[str, Any] | None = None, **args: Any) -> Rule:
    return Rule.model_validate({
        "id": identity, "asset": "cleaned_metrics", "layer": "silver", "table": "cleaned_metrics", "kind": kind, "args": args,
        "severity": "warning", "where": where, "dimension": "validity", "why": "so it was agreed",
        "remedy": "Correct the file.", "locate": ["campaign"],
    })  # fmt: skip


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Five rows: campaign a-e, spend 0-4, the last campaign's platform unknown."""
    connection = duckdb.connect()
    connection.execute(
        "create view cleaned_metrics as select chr(97 + i::int) as campaign, i::double as spend, 10.0 * i as revenue,"
        " 'Search' as channel,"
        " case when i < 4 then 'google_ads' end as platform, date '2026-03-02' + i::int as date"
        " from range(5) numbers(i)"
    )
    yield connection
    connection.close()


BOUNDS = {"column": "spend", "min_value": 0, "max_value": 3}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ExpectColumnPairValuesAToBeGreaterThanB": (
        {"column_A": "revenue", "column_B": "spend", "or_equal": True},
        {"column_A": "spend", "column_B": "revenue", "or_equal": True},
    ),
    "ExpectColumnValuesToBeBetween": (BOUNDS | {"max_value": 4}, BOUNDS),
    "ExpectColumnValuesToBeInSet": (
        {"column": "platform", "value_set": ["google_ads"]},
        {"column": "platform", "value_set": ["meta_ads"]},
    ),
    "ExpectColumnValuesToBeNull": ({"column": "platform", "mostly": 0.2}, {"column": "platform"}),
    "ExpectColumnValuesToBeUnique": ({"column": "campaign"}, {"column": "platform"}),
    "ExpectColumnValuesToMatchRegex": (
        {"column": "campaign", "regex": "^[a-e]{1}$"},
        {"column": "campaign", "regex": "[a-d]"},
    ),
    "ExpectColumnValuesToNotBeInSet": (
        {"column": "campaign", "value_set": ["f"]},
        {"column": "campaign", "value_set": ["e"]},
    ),
    "ExpectColumnValuesToNotBeNull": ({"column": "campaign"}, {"column": "platform"}),
    "ExpectColumnValuesToNotMatchRegex": (
        {"column": "campaign", "regex": r"\bf\b"},
        {"column": "campaign", "regex": r"\be\b"},
    ),
    "ExpectCompoundColumnsToBeUnique": (
        {"column_list": ["campaign", "platform"]},
        {"column_list": ["platform", "channel"]},
    ),
    "ExpectTableRowCountToBeBetween": ({"min_value": 5}, {"min_value": 6}),
    "UnexpectedRowsExpectation": (
        {"unexpected_rows_query": "select * from {batch} where spend < 0"},
        {"unexpected_rows_query": "select this.campaign from {batch} this join {batch} that using (campaign)"},
    ),
}
"""Kind -> arguments that hold, arguments that fail."""


def test_every_kind_in_use_is_among_those_tried() -> None:
    assert {rule.kind for rule in rulebook().rules} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_works_on_duckdb(kind: str, con: duckdb.DuckDBPyConnection) -> None:
    holds, fails = run_rules(con, [_rule(kind, **arguments) for arguments in KINDS[kind]])
    assert (holds.error, fails.error) == (None, None)
    assert (holds.passed, fails.passed) == (True, False)


@pytest.mark.parametrize(
    ("where", "tested"),
    [
        ({"column": "platform", "operator": "==", "value": "google_ads"}, 4),
        ({"column": "campaign", "operator": "!=", "value": "a"}, 4),
        ({"column": "spend", "operator": "<", "value": 2}, 2),
        ({"column": "spend", "operator": "<=", "value": 2}, 3),
        ({"column": "spend", "operator": ">", "value": 2.5}, 2),
        ({"column": "spend", "operator": ">=", "value": 2}, 3),
        ({"column": "campaign", "operator": "in", "value": ("a", "b")}, 2),
        ({"column": "platform", "operator": "is_null"}, 1),
        ({"column": "platform", "operator": "not_null"}, 4),
    ],
    ids=lambda value: value["operator"] if isinstance(value, dict) else "",
)
def test_a_condition_limits_the_rows_that_are_tested(
    where: dict[str, Any], tested: int, con: duckdb.DuckDBPyConnection
) -> None:
    (result,) = run_rules(con, [_rule("ExpectColumnValuesToNotBeNull", where=where, column="campaign")])
    assert (result.error, result.element_count) == (None, tested)


def test_results_come_in_the_order_of_the_rules_even_across_tables(tmp_path: Path) -> None:
    con = in_view(sound_tables(), tmp_path)
    rules = [
        rules_for("findings")[0],
        *rules_for("uploads"),
        *rules_for("findings")[1:],
        *reversed(rules_for("narratives")),
    ]
    assert [result.rule for result in run_rules(con, rules)] == rules


def test_failing_rows_are_located_and_few(con: duckdb.DuckDBPyConnection) -> None:
    (result,) = run_rules(con, [_rule("ExpectColumnValuesToBeBetween", column="spend", max_value=0)], sample=2)
    assert result.failing_rows == [{"campaign": "b", "spend": 1.0}, {"campaign": "c", "spend": 2.0}]
    assert (result.element_count, result.failing_count) == (5, 4)
    assert result.description == "4 of 5 rows fail: so it was agreed"


def test_failing_rows_of_sql_are_few_sorted_and_plain(con: duckdb.DuckDBPyConnection) -> None:
    query = "select date, now() as moment, spend / 0 as ratio from {batch} order by date desc"
    (result,) = run_rules(con, [_rule("UnexpectedRowsExpectation", unexpected_rows_query=query)], sample=2)
    assert [row["date"] for row in result.failing_rows] == ["2026-03-02", "2026-03-03"]
    assert result.failing_count == 5
    json.dumps(result.failing_rows, allow_nan=False)


def test_a_share_of_failing_rows_may_be_allowed(con: duckdb.DuckDBPyConnection) -> None:
    (result,) = run_rules(con, [_rule("ExpectColumnValuesToNotBeNull", column="platform", mostly=0.8)])
    assert (result.passed, result.failing_count) == (True, 1)
    assert result.description == "1 of 5 rows fails, which is within the limit"


def test_row_rules_pass_on_an_empty_table_and_the_count_rule_does_not(tmp_path: Path) -> None:
    con = in_view({name: frame.clear() for name, frame in sound_tables().items()}, tmp_path)
    results = run_rules(con, rulebook().rules)
    assert [result.rule.id for result in results if result.error] == []
    assert {result.rule.id for result in results if not result.passed} == {
        "has_readable_upload", "has_headline", "report_exists",
    }  # fmt: skip
    (spend,) = (result for result in results if result.rule.id == "spend_not_negative")
    assert (spend.element_count, spend.failing_count, spend.description) == (0, 0, "There was no row to test")


BROKEN = {
    "a column that is not there": _rule("ExpectColumnValuesToNotBeNull", column="device"),
    "a kind that does not exist": _rule("ExpectMiracles"),
    "an argument that does not exist": _rule("ExpectColumnValuesToNotBeNull", column="spend", hopefully=1),
    "a value of another type": _rule("ExpectColumnValuesToBeBetween", column="date", min_value="soon"),
    "SQL that cannot be parsed": _rule("UnexpectedRowsExpectation", unexpected_rows_query="selec * from {batch}"),
    "SQL on a table that is not there": _rule(
        "UnexpectedRowsExpectation", unexpected_rows_query="select * from {batch} join nowhere using (campaign)"
    ),
    "a regular expression that is none": _rule("ExpectColumnValuesToMatchRegex", column="campaign", regex="("),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_error_is_a_failed_result_and_leaves_other_rules_alone(broken: Rule, con: duckdb.DuckDBPyConnection) -> None:
    around = [_rule("ExpectColumnValuesToBeBetween", column="spend", min_value=0, max_value=bound) for bound in (9, 1)]
    first, middle, last = run_rules(con, [around[0], broken, around[1]])
    assert middle.error
    assert not middle.passed
    assert middle.description.startswith("The check could not be run: ")
    assert "\n" not in middle.description
    assert (first.passed, first.error, last.passed, last.failing_count) == (True, None, False, 3)


def test_rules_of_a_table_that_is_not_in_view_have_not_passed(con: duckdb.DuckDBPyConnection) -> None:
    results = run_rules(con, [*rules_for("findings"), _rule("ExpectTableRowCountToBeBetween", min_value=1)])
    assert all(result.error and "findings" in result.error for result in results[:-1])
    assert results[-1].passed


def test_nothing_is_printed_and_the_connection_stays_the_callers(
    con: duckdb.DuckDBPyConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    con.execute("begin transaction")
    con.execute("create table mine as select 1 as one")
    run_rules(con, [_rule(kind, **arguments) for kind, pair in KINDS.items() for arguments in pair])
    assert capfd.readouterr() == ("", "")
    con.execute("rollback")
    names = [row[0] for row in con.execute("select table_name from information_schema.tables").fetchall()]
    assert names == ["cleaned_metrics"]


def test_a_database_file_opened_for_reading_will_do(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "a.duckdb") as writer:
        writer.execute("create table cleaned_metrics as select 'a' as campaign, -1.0 as spend")
    with duckdb.connect(tmp_path / "a.duckdb", read_only=True) as reader:
        (result,) = run_rules(reader, [_rule("ExpectColumnValuesToBeBetween", column="spend", min_value=0)])
    assert result.failing_rows == [{"campaign": "a", "spend": -1.0}]


def test_the_same_data_give_the_same_results(tmp_path: Path) -> None:
    tables = MUTATIONS["metric_traced_to_upload"](sound_tables())
    tables["cleaned_metrics"] = tables["cleaned_metrics"].with_columns(pl.lit("ffffffffffff").alias("upload_id"))
    con = in_view(tables, tmp_path)
    rules = rules_of_asset("cleaned_metrics")
    assert run_rules(con, rules, sample=3) == run_rules(con, rules, sample=3)


def test_two_threads_do_not_mix_their_runs(tmp_path: Path) -> None:
    results: dict[int, list[bool]] = {}

    def run(bound: int) -> None:
        own = duckdb.connect()
        own.execute("create table cleaned_metrics as select 'a' as campaign, 5.0 as spend")
        rule = _rule("ExpectColumnValuesToBeBetween", column="spend", max_value=bound)
        results[bound] = [run_rules(own, [rule])[0].passed for _ in range(3)]

    threads = [threading.Thread(target=run, args=(bound,)) for bound in (4, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {4: [False] * 3, 6: [True] * 3}


def test_preloading_may_happen_in_a_thread_and_twice() -> None:
    thread = threading.Thread(target=preload)
    thread.start()
    preload()
    thread.join()
    assert gc.isenabled()


def test_no_rules_are_no_results(con: duckdb.DuckDBPyConnection) -> None:
    assert run_rules(con, []) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.float64("nan"), None),
        (decimal.Decimal("1.50"), 1.5),
        (float("inf"), None),
        (dt.date(2026, 3, 2), "2026-03-02"),
        (dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC), "2026-03-02T08:00:00+00:00"),
        ({"day": dt.date(2026, 3, 2), "values": (1, None)}, {"day": "2026-03-02", "values": [1, None]}),
        (b"bytes", "b'bytes'"),
    ],
    ids=str,
)
def test_values_become_plain(value: Any, expected: Any) -> None:
    assert plain(value) == expected


@given(st.recursive(st.floats() | st.dates() | st.decimals() | st.text() | st.none(), st.lists))
def test_any_value_can_be_written_as_json(value: Any) -> None:
    json.dumps(plain(value), allow_nan=False)
