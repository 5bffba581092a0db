"""Advice follows from insights: one playbook each, what it may bring, and figures of where that comes from."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from adtech_assets.insight.insight_tables import INSIGHT_COLUMNS, RECOMMENDATION_COLUMNS, frame
from adtech_assets.insight.playbooks import playbooks
from adtech_assets.insight.recommendations import RecommendationRules, recommend

WEEK = dt.date(2025, 3, 10)


def insights(*rows: dict[str, Any]) -> pl.DataFrame:
    """Insights about the returns of campaigns, with what a test says of them."""
    usual = {
        "kind": "opportunity", "metric": "roas", "segment": "campaign=Spring", "start": WEEK, "baseline_value": 4.0,
        "current_value": 2.0, "money": 1000.0, "confidence": 0.9, "enough": True, "playbook": "move_budget",
    }  # fmt: skip
    told = [{**usual, "rank": rank, "insight_id": f"{rank:012x}", **row} for rank, row in enumerate(rows, start=1)]
    return frame(told, INSIGHT_COLUMNS)


def test_the_expected_effect_is_the_playbooks_share_of_the_money_and_the_basis_says_so() -> None:
    [row] = recommend(insights({})).to_dicts()
    book = playbooks()["move_budget"]
    assert row["expected_effect"] == 1000 * book.share
    assert row["basis"] == (
        "ROAS of campaign “Spring”: 2 after 4; it is put at 1,000 a week, of which 50%, 500, is taken as what "
        "can be had."
    )
    assert (row["title"], row["advice"]) == (book.title, book.advice)
    assert row["test_it"] == f"Watch ROAS for 14 days. {book.test_it.success}"


def test_the_basis_of_a_cause_names_what_it_did_to_the_account() -> None:
    cause = {"kind": "cause", "metric": "revenue", "contribution": -1234.0, "playbook": "delivery_drop"}
    assert "changed that of the account by -1,234" in recommend(insights(cause))["basis"][0]


def test_most_money_comes_first_and_what_has_none_last() -> None:
    rows = [{"playbook": "wasted_spend"}, {"segment": "", "money": None}, {"segment": "device=mobile", "money": 9000.0}]
    table = recommend(insights(*rows))
    assert table.schema == pl.Schema(RECOMMENDATION_COLUMNS)
    assert table["expected_effect"].to_list() == [4500.0, 800.0, None]
    assert table["rank"].to_list() == [1, 2, 3]
    assert table["insight_id"].to_list() == ["000000000003", "000000000001", "000000000002"]
    assert "do not say what this is worth" in table["basis"][2]


def test_one_playbook_and_segment_is_advised_once() -> None:
    assert recommend(insights({}, {"metric": "cac"}))["insight_id"].to_list() == ["000000000001"]


def test_too_little_data_too_little_confidence_and_no_playbook_give_no_advice() -> None:
    rows = [{"enough": False}, {"confidence": 0.1, "segment": "a=1"}, {"playbook": None, "segment": "a=2"}]
    assert recommend(insights(*rows)).is_empty()
    assert recommend(insights(*rows), rules=RecommendationRules(least_confidence=0.0)).height == 1


def test_advice_about_the_figures_themselves_promises_no_money() -> None:
    [row] = recommend(insights({"playbook": "check_data"})).to_dicts()
    assert row["expected_effect"] is None and row["basis"].startswith("No money is promised")


def test_drafts_go_with_the_insight_they_belong_to() -> None:
    rows = insights({"playbook": "message_that_works"}, {})
    told = recommend(rows, messages={"000000000001": "[]"})
    assert dict(told.select("playbook", "messages").rows()) == {"message_that_works": "[]", "move_budget": None}


def test_at_most_ten_are_advised() -> None:
    assert recommend(insights(*({"segment": f"campaign={i}"} for i in range(14)))).height == 10


def test_no_insights_give_no_advice() -> None:
    assert recommend(insights()).equals(frame([], RECOMMENDATION_COLUMNS))


def test_figures_that_cannot_be_true_are_the_first_thing_to_look_at() -> None:
    rows = recommend(insights({"playbook": "scale_winner"}, {"playbook": "check_data", "money": None}))
    assert rows.get_column("playbook").to_list() == ["check_data", "scale_winner"]
