"""Advice follows from evidence: every row names its finding or the figures it rests on."""

from __future__ import annotations

import datetime as dt

import polars as pl

from adtech_assets.demo import demo_frame
from adtech_assets.insight.anomalies import score
from adtech_assets.insight.drivers import diagnose
from adtech_assets.insight.recommendations import playbooks, recommend
from adtech_assets.settings import Insight
from adtech_assets.tables import CLEANED, DIAGNOSES, FINDINGS

SETTINGS = Insight()
WEEK = dt.date(2025, 3, 10)


def week_of(rows: list[tuple[str, float, float, float, float]]) -> pl.DataFrame:
    """Diagnoses of campaigns given as (name, spend before, revenue before, spend now, revenue now) a day."""
    frame = [
        {
            "date": WEEK + dt.timedelta(days=d),
            "campaign": n,
            "spend": s if d >= 0 else s0,
            "revenue": r if d >= 0 else r0,
        }
        for d in range(-14, 7)
        for n, s0, r0, s, r in rows
    ]
    return diagnose(CLEANED.conform(pl.DataFrame(frame)), WEEK, SETTINGS)


def test_every_finding_of_the_week_gets_its_playbook_and_names_the_finding() -> None:
    frame = demo_frame(1).with_columns(platform=pl.lit("demo"))
    findings = score(frame, SETTINGS)[1]
    advice = recommend(diagnose(CLEANED.conform(frame), WEEK, SETTINGS), findings, WEEK, SETTINGS)
    assert advice.schema == DIAGNOSES.schema
    answer = advice.filter(pl.col("playbook") == "performance_drop").row(0, named=True)
    finding = findings.filter(pl.col("kind") == "performance_drop", pl.col("campaign") == "FB_Retargeting").row(
        0, named=True
    )
    assert (answer["finding_id"], answer["member"]) == (finding["finding_id"], "FB_Retargeting")
    assert 0 < answer["expected_effect"] <= finding["money_at_stake"]
    assert not advice.filter(pl.col("playbook") == "spend_spike").height, "that was another week"
    assert advice["expected_effect"].is_sorted(descending=True)
    assert set(advice["kind"]) == {"recommendation"}


def test_a_poor_campaign_beside_a_good_one_is_told_to_give_money() -> None:
    advice = recommend(
        week_of([("good", 100, 600, 100, 600), ("poor", 100, 80, 100, 80)]), FINDINGS.empty(), WEEK, SETTINGS
    )
    row = advice.row(0, named=True)
    assert (advice.height, row["playbook"], row["member"], row["finding_id"]) == (1, "move_budget", "poor", None)
    assert row["expected_effect"] == 0.2 * 700


def test_a_lower_yield_and_a_growing_winner_get_their_advice() -> None:
    rows = [("tired", 100.0, 400.0, 100.0, 260.0), ("winner", 100.0, 400.0, 130.0, 600.0)]
    advice = dict(recommend(week_of(rows), FINDINGS.empty(), WEEK, SETTINGS).select("member", "playbook").rows())
    assert advice == {"tired": "efficiency_drop", "winner": "scale_winner"}


def test_a_quiet_week_gets_no_advice_and_empty_tables_do_no_harm() -> None:
    quiet = week_of([("a", 100, 300, 100, 300), ("b", 100, 320, 100, 310)])
    assert recommend(quiet, FINDINGS.empty(), WEEK, SETTINGS).is_empty()
    assert recommend(DIAGNOSES.empty(), FINDINGS.empty(), WEEK, SETTINGS).is_empty()


def test_there_is_a_playbook_for_every_kind_of_finding() -> None:
    kinds = {"spend_spike", "performance_drop", "revenue_spike", "ctr_decline", "budget_exhaustion"}
    assert kinds <= set(playbooks())
    assert all(p.title and p.advice and p.test_it for p in playbooks().values())
