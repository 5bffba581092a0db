"""The rulebook as data: what is read is checked, and reading it stays cheap."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from adtech_assets.quality.rulebook import read_rules, rulebook, rules_for, rules_of_asset, sql_fragments
from adtech_assets.tables import TABLES

ASSETS = (
    "raw_uploads", "cleaned_metrics", "weekly_aggregates", "anomaly_scores", "outlook", "diagnoses", "narratives",
    "weekly_reports", "report_deliveries",
)  # fmt: skip
SOUND: dict[str, Any] = {
    "id": "spend_known",
    "kind": "ExpectColumnValuesToNotBeNull",
    "args": {"column": "spend"},
    "severity": "critical",
    "dimension": "completeness",
    "why": "spend must be known",
    "remedy": "Export with the cost column.",
}


def _book(*rules: dict[str, Any], table: str = "cleaned_metrics") -> str:
    part = {"asset": "cleaned_metrics", "layer": "silver", "locate": [], "rules": list(rules)}
    return yaml.safe_dump({"limits": {"money": 0.005}, "tables": {table: part}})


@pytest.mark.parametrize("asset", ASSETS)
def test_every_stored_asset_has_at_least_four_rules(asset: str) -> None:
    assert len(rules_of_asset(asset)) >= 4


def test_rules_are_found_by_table_and_by_asset() -> None:
    assert {rule.table for rule in rules_for("findings")} == {"findings"}
    assert {"week_digests", "anomaly_scores", "findings"} == {rule.table for rule in rules_of_asset("anomaly_scores")}
    assert sum(len(rules_of_asset(asset)) for asset in ASSETS) == len(rulebook().rules)
    assert rules_of_asset("star_schema") == ()


def test_all_six_dimensions_of_quality_are_covered() -> None:
    assert len(Counter(rule.dimension for rule in rulebook().rules)) == 6


def test_a_rule_says_which_other_tables_must_be_in_view() -> None:
    reads = {rule.id: rule.reads for rule in rulebook().rules}
    assert reads["report_spend_equals_week"] == ("weekly_aggregates", "week_digests")
    assert reads["spend_not_negative"] == ()
    assert all(name in TABLES for names in reads.values() for name in names)


def test_no_placeholder_is_left_in_sql() -> None:
    assert not [rule.id for rule in rulebook().rules if rule.sql and "$" in rule.sql]


def test_sql_follows_from_the_semantic_model() -> None:
    (rule,) = (rule for rule in rulebook().rules if rule.id == "metric_key_unique")
    assert sql_fragments()["dimensions"] in (rule.sql or "")


def test_failing_rows_are_counted_in_words() -> None:
    by_id = {rule.id: rule for rule in rulebook().rules}
    assert by_id["rows_conserved"].count(1) == "1 upload"
    assert by_id["one_currency"].count(2) == "2 currencies"
    assert by_id["spend_not_negative"].count(5000) == "5,000 rows"


def test_a_sound_rule_is_read() -> None:
    (rule,) = read_rules(_book(SOUND)).rules
    assert (rule.asset, rule.table, rule.blocking, rule.sql) == ("cleaned_metrics", "cleaned_metrics", False, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Spend Known"}, "pattern"),
        ({"severity": "fatal"}, "critical"),
        ({"severity": "warning", "blocking": True}, "only a critical rule may block"),
        ({"args": {"column": "cost"}}, "has no column cost"),
        ({"where": {"column": "cost", "operator": "is_null"}}, "has no column cost"),
        ({"where": {"column": "spend", "operator": "is_null", "value": 1}}, "does not fit"),
        ({"where": {"column": "spend", "operator": ">"}}, "does not fit"),
        ({"colour": "red"}, "Extra inputs"),
        ({"sql": "select 1"}, "Extra inputs|SQL reads"),
    ],
    ids=str,
)
def test_a_wrong_rule_is_refused_with_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read_rules(_book(SOUND | change))


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ValidationError, match="there is no table 'clean'"):
        read_rules(_book(SOUND, table="clean"))


def test_two_rules_of_one_asset_cannot_share_an_id() -> None:
    with pytest.raises(ValidationError, match="two rules 'spend_known'"):
        read_rules(_book(SOUND, SOUND))


def test_reading_the_rulebook_imports_neither_gx_nor_sqlalchemy() -> None:
    code = (
        "import sys\n"
        "from adtech_assets.quality import rulebook, runner\n"
        "assert rulebook.rulebook().rules\n"
        "heavy = {'great_expectations', 'sqlalchemy', 'pandas', 'scipy', 'altair'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
