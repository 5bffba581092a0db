"""The rulebook as a page: it says what runs, and `docs/rulebook.md` is that page."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from adtech_assets.cli import app
from adtech_assets.quality.rendering import as_json, as_markdown, condition
from adtech_assets.quality.rulebook import rulebook

PAGE = Path(__file__).parents[2] / "docs" / "rulebook.md"
BOOK = rulebook()
BY_ID = {rule.id: rule for rule in BOOK.rules}


def test_the_page_in_docs_is_the_rulebook() -> None:
    assert PAGE.read_text("utf-8") == as_markdown(BOOK), "run: adtech rulebook --out docs/rulebook.md"


def test_every_rule_is_on_the_page_once_with_what_to_do() -> None:
    page = as_markdown(BOOK)
    for rule in BOOK.rules:
        assert page.count(f"\n#### {rule.id}\n") == sum(rule.id == other.id for other in BOOK.rules)
        assert " ".join(rule.remedy.split()) in page


def test_sql_that_rules_share_is_printed_once() -> None:
    page = as_markdown(BOOK)
    assert page.count("list_intersect") == 1
    assert "with {column_pairs}" in page


def test_every_layer_has_rules_and_every_condition_has_words() -> None:
    assert {rule.layer for rule in BOOK.rules} == {"bronze", "silver", "gold", "insight", "delivery"}
    assert not [rule.id for rule in BOOK.rules if rule.kind in condition(rule)]


def test_conditions_read_as_sentences() -> None:
    assert condition(BY_ID["most_rows_usable"]) == "`problem` is empty, in at least 95% of the rows"
    assert condition(BY_ID["pdf_not_empty"]) == "`pdf_bytes` is more than 0"
    assert condition(BY_ID["days_of_a_week"]) == "`days` is at least 1 and at most 7"
    assert condition(BY_ID["refusal_has_reason"]) == "`reason` is known; only rows where `status` is `refused`"
    assert condition(BY_ID["rows_conserved"]) == "no upload is selected by the SQL"


def test_the_command_writes_the_page_or_the_data(tmp_path: Path) -> None:
    file = tmp_path / "new" / "rules.json"
    done = CliRunner().invoke(app, ["rulebook", "--json", "--out", str(file)])
    assert done.exit_code == 0 and json.loads(file.read_text("utf-8")) == json.loads(as_json(BOOK))
    assert CliRunner().invoke(app, ["rulebook"]).stdout == as_markdown(BOOK)
    assert CliRunner().invoke(app, ["rulebook", "--out", str(tmp_path / "new" / "rules.json" / "x")]).exit_code == 1
