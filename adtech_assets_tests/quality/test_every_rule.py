"""Every rule of the rulebook: it holds on sound tables, and a small change of the data breaks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from quality_frames import MUTATIONS, in_view, sound_tables

from adtech_assets.quality.rulebook import SQL_KIND, Rule, rulebook
from adtech_assets.quality.runner import RuleResult, run_rules

RULES = rulebook().rules
IDS = [f"{rule.table}.{rule.id}" for rule in RULES]
WHOLE_TABLE = {"ExpectTableRowCountToBeBetween"}


@pytest.fixture(scope="module")
def on_sound_tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RuleResult]:
    con = in_view(sound_tables(), tmp_path_factory.mktemp("sound"))
    results = run_rules(con, RULES)
    con.close()
    return {result.rule.id: result for result in results}


def test_every_rule_has_a_change_that_breaks_it() -> None:
    assert set(MUTATIONS) == {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_it_holds_on_sound_tables(rule: Rule, on_sound_tables: dict[str, RuleResult]) -> None:
    result = on_sound_tables[rule.id]
    assert result.error is None
    assert result.passed, result


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_broken_data_fail_it_and_are_shown(rule: Rule, tmp_path: Path) -> None:
    con = in_view(MUTATIONS[rule.id](sound_tables()), tmp_path)
    (result,) = run_rules(con, [rule])
    con.close()
    assert result.error is None
    assert not result.passed
    assert rule.why in result.description
    json.dumps(result.failing_rows, allow_nan=False)
    if rule.kind not in WHOLE_TABLE:
        assert min(result.failing_count or 0, 20) == len(result.failing_rows) > 0
    if rule.kind == SQL_KIND:
        assert result.description.startswith(rule.count(result.failing_count or 0))
