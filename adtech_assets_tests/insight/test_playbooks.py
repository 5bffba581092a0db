"""Playbooks: each fires where its trouble is planted, names the right segment, and keeps quiet in ordinary accounts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import pytest
from creative_accounts import FURNITURE, UNTIL, account
from daily_frames import noisy_account
from planted_weeks import (
    BEFORE,
    COUNTED,
    MESSAGES,
    NOW,
    WEEK,
    finding,
    is_,
    launched,
    lifecycle,
    mixed,
    moved_to_retargeting,
    ordinary,
    pacing,
    since,
    times,
)
from pydantic import ValidationError

from adtech_assets.insight.insights import WeekInsights, find_insights
from adtech_assets.insight.playbooks import HowToTest, playbooks
from adtech_assets.settings import Insight
from adtech_assets.tables import FINDINGS

SETTINGS = Insight()
NONE = FINDINGS.empty()
ON_WEEKEND = pl.col("date").dt.weekday() >= 6
AUDIENCES = ("Hikers", "Cyclists", "Runners")
Planted = tuple[pl.DataFrame, pl.DataFrame, Mapping[str, pl.DataFrame], str]

YIELD = ("conversions", "revenue")
CHAIN = ("clicks", *YIELD)


def _rows(frame: pl.DataFrame, segment: str) -> Planted:
    return frame, NONE, {}, segment


def _of(
    segment: dict[str, str], *metrics: str, by: float, when: pl.Expr | None = None, **more: tuple[str, ...]
) -> Planted:
    """An ordinary account in which metrics of a segment are multiplied, since a day or throughout."""
    where = is_(**segment) if when is None else is_(**segment) & when
    frame = times(ordinary(**more), where, *metrics, by=by)  # type: ignore[arg-type]
    return _rows(frame, "&".join(f"{name}={value}" for name, value in segment.items()))


def _said(findings: pl.DataFrame, frame: pl.DataFrame | None = None, segment: str = "campaign=Brand 1") -> Planted:
    return (ordinary() if frame is None else frame), findings, {}, segment


def _gap() -> Planted:
    nothing = dict.fromkeys(("campaign", "observed", "money_at_stake", "weeks_by_chance"))
    return _said(finding("volume_gap", scope="platform", **nothing), segment="platform=meta_ads")


PLANTED: dict[str, Callable[[], Planted]] = {
    "tracking_outage": lambda: _of({"campaign": "Brand 2"}, *YIELD, by=0, when=since(17)),
    "landing_page_or_offer": lambda: _of({"device": "mobile"}, *YIELD, by=0.4, when=NOW),
    "performance_drop": lambda: _said(finding("performance_drop", "conversions"), ordinary().with_columns(clicks=None)),
    "order_value_drop": lambda: _of({"campaign": "Brand 3"}, "revenue", by=0.4, when=NOW),
    "creative_fatigue": lambda: _of({"campaign": "Brand 4"}, *CHAIN, by=0.5, when=NOW),
    "audience_saturation": lambda: _of({"audience": "Hikers"}, *CHAIN, by=0.5, when=NOW, audience=AUDIENCES),
    "cpm_inflation": lambda: _of({"campaign": "Brand 5"}, *COUNTED, by=0.45, when=NOW),
    "budget_exhaustion": lambda: _said(finding("budget_exhaustion", observed=10.0)),
    "delivery_drop": lambda: _of({"country": "FR"}, "spend", *COUNTED, by=0.3, when=NOW),
    "mix_shift": lambda: _rows(mixed(), "creative_type="),
    "efficiency_drop": lambda: (
        ordinary(),
        NONE,
        {"lifecycle": lifecycle("conversions_per_spend")},
        "campaign=Brand 1",
    ),
    "spend_spike": lambda: _said(finding("spend_spike")),
    "revenue_spike": lambda: _said(finding("revenue_spike", "revenue")),
    "check_data": lambda: _of({"campaign": "Brand 1"}, "spend", by=100, when=pl.col("date") == WEEK),
    "volume_gap": _gap,
    "learning_phase": lambda: _rows(launched(), "campaign=Brand 6"),
    "scale_winner": lambda: _of({"campaign": "Brand 2"}, *YIELD, by=2.0),
    "move_budget": lambda: _of({"campaign": "Brand 2"}, *YIELD, by=0.4),
    "wasted_spend": lambda: _of({"campaign": "Brand 2"}, *YIELD, by=0.0),
    "country_mismatch": lambda: _of({"country": "FR"}, *YIELD, by=0.4, country=("DE", "FR", "ES")),
    "device_mismatch": lambda: _of({"device": "tablet"}, *YIELD, by=0.4, device=("mobile", "desktop", "tablet")),
    "cannibalised_retargeting": lambda: _rows(moved_to_retargeting(), "audience=Retargeting 30 days"),
    "weekday_budget": lambda: _rows(times(ordinary(), ON_WEEKEND, *YIELD, by=0.4), ""),
    "message_that_works": lambda: _of({"creative_message": MESSAGES[0]}, *YIELD, by=2.0, creative_message=MESSAGES),
}


def look(planted: Planted) -> WeekInsights:
    frame, findings, outlook, _ = planted
    return find_insights(frame, findings, WEEK, SETTINGS, outlook=outlook)


def test_every_playbook_has_a_planted_case() -> None:
    assert set(PLANTED) == set(playbooks())


@pytest.mark.parametrize("playbook", sorted(PLANTED))
def test_a_playbook_fires_where_its_trouble_is_planted_and_names_the_segment(playbook: str) -> None:
    planted = PLANTED[playbook]()
    found = look(planted)
    rows = found.recommendations.filter(pl.col("playbook") == playbook)
    assert rows.height >= 1, found.insights.select("fault", "segment", "playbook")
    assert any(segment.startswith(planted[3]) for segment in rows["segment"]), rows["segment"].to_list()
    if planted[3] == "":
        assert "" in rows["segment"].to_list()
    insight = found.insights.filter(pl.col("insight_id").is_in(rows["insight_id"].to_list()))
    assert insight.height == rows.height


@pytest.fixture(scope="module")
def quiet_weeks() -> list[WeekInsights]:
    """20 accounts in which nothing is planted."""
    more: tuple[dict[str, Any], ...] = ({}, {"audience": AUDIENCES}, {"creative_message": MESSAGES})
    frames = [ordinary(100 + seed, **more[seed % 3]) for seed in range(14)]
    frames += [noisy_account(seed, 21, campaigns=2 + seed) for seed in range(6)]
    return [find_insights(frame, NONE, WEEK, SETTINGS) for frame in frames]


@pytest.mark.parametrize("playbook", sorted(PLANTED))
def test_a_playbook_keeps_quiet_in_ordinary_accounts(playbook: str, quiet_weeks: list[WeekInsights]) -> None:
    """One playbook in one of 20 accounts at most: tests say 5 % false ones of their own accord."""
    fired = [week for week in quiet_weeks if playbook in week.recommendations["playbook"].to_list()]
    assert len(fired) <= 1


def test_at_most_one_in_ten_ordinary_accounts_gets_any_advice(quiet_weeks: list[WeekInsights]) -> None:
    advised = [
        week.recommendations.select("playbook", "segment") for week in quiet_weeks if week.recommendations.height
    ]
    assert len(advised) <= 2, advised


def test_an_ordinary_week_says_what_was_looked_at(quiet_weeks: list[WeekInsights]) -> None:
    for week in quiet_weeks:
        reasons = " ".join(week.hypotheses["reason"].to_list())
        assert "ordinary drift" in reasons or week.insights.height
        assert {"cause", "opportunity"} <= set(week.hypotheses["source"])


def test_playbooks_promise_no_figures_and_name_a_metric_to_watch() -> None:
    for key, book in playbooks().items():
        assert not any(char.isdigit() for char in book.title + book.advice + book.when), key
        assert book.evidence and book.test_it.success and 0 < book.share <= 1
    with pytest.raises(ValidationError, match="no metric 'likes'"):
        HowToTest(metric="likes", days=1, success="more")


def test_a_spend_a_hundred_times_too_high_is_checked_and_no_money_is_claimed() -> None:
    frame = PLANTED["check_data"]()[0]
    clean = look(_rows(ordinary(), ""))
    for findings in (
        NONE,
        finding("spend_spike", observed=90_000.0, expected=900.0, money_at_stake=89_100.0, end=WEEK),
    ):
        found = find_insights(frame, findings, WEEK, SETTINGS)
        [odd] = found.insights.filter(pl.col("playbook") == "check_data").to_dicts()
        assert (odd["segment"], odd["money"], odd["severity"]) == ("campaign=Brand 1", None, "critical")
        assert odd["finding_id"] == (findings["finding_id"][0] if findings.height else None)
        [advice] = found.recommendations.filter(pl.col("playbook") == "check_data").to_dicts()
        assert advice["expected_effect"] is None
        assert found.insights.filter(pl.col("playbook") != "check_data").height == clean.insights.height
        assert "taken as the usual" in " ".join(found.hypotheses["reason"].to_list())


def test_a_new_campaign_is_not_judged_by_its_return() -> None:
    frame = times(launched(), is_(campaign="Brand 6"), "conversions", "revenue", by=0.0)
    found = find_insights(frame, NONE, WEEK, SETTINGS)
    about = found.recommendations.filter(pl.col("segment").str.contains("Brand 6"))
    assert about["playbook"].to_list() == ["learning_phase"]
    assert about["expected_effect"].to_list() == [None]


def test_retargeting_is_no_winner_and_prospecting_not_poor_beside_it() -> None:
    frame = ordinary(audience=("Prospecting", "Retargeting 30 days"))
    frame = times(frame, is_(audience="Retargeting 30 days"), "conversions", "revenue", by=2.5)
    found = find_insights(frame, NONE, WEEK, SETTINGS)
    assert not found.insights.filter(pl.col("segment").str.contains("audience")).height


def test_a_budget_that_runs_out_before_the_month_is_said() -> None:
    found = find_insights(ordinary(), NONE, WEEK, SETTINGS, outlook={"pacing": pacing()})
    assert found.recommendations["playbook"].to_list() == ["budget_exhaustion"]
    assert found.recommendations["segment"].to_list() == ["campaign=Brand 1"]


def test_new_messages_rest_on_messages_of_the_account_and_their_figures() -> None:
    found = find_insights(account(FURNITURE), NONE, UNTIL - dt.timedelta(6), SETTINGS)
    rows = found.recommendations.filter(pl.col("playbook") == "message_that_works")
    assert rows.height == 2 and rows["messages"].is_not_null().all()
    drafts = json.loads(rows["messages"][0])
    assert drafts
    for draft in drafts:
        assert draft["text"] not in FURNITURE
        assert draft["rests_on"] and {source["text"] for source in draft["rests_on"]} <= set(FURNITURE)
        assert all(source["figures"]["spend"] > 0 for source in draft["rests_on"])


def test_implausible_spend_of_the_days_before_is_set_right_without_a_word_in_the_week() -> None:
    frame = times(ordinary(), is_(campaign="Brand 1") & (pl.col("date") == BEFORE), "spend", by=100)
    found = find_insights(frame, NONE, WEEK, SETTINGS)
    assert found.insights.is_empty()
    assert "taken as the usual" in " ".join(found.hypotheses["reason"].to_list())
