"""Evidence from tables: complete, in order, and silent about what is unknown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from adtech_assets.narrative.collect import collect
from adtech_assets.narrative.evidence import Evidence, EvidenceItem
from adtech_assets.narrative.guardrail import check
from adtech_assets.narrative.writer import write
from adtech_assets.tables import DIAGNOSES, FINDINGS, RECOMMENDATIONS, WEEKLY

WEEK = dt.date(2025, 3, 10)


def _row(
    level: str, member: str | None, now: dict[str, float], was: dict[str, float] | None = None, **other: Any
) -> dict[str, Any]:
    row: dict[str, Any] = {"week": WEEK, "level": level, "member": member, "days": 7, "complete": True, **other, **now}
    for metric, value in (was or {}).items():
        row[f"{metric}_previous"] = value
        row[f"{metric}_change"] = now[metric] / value - 1 if value else None
    return row


def _weekly(*rows: dict[str, Any]) -> pl.DataFrame:
    return WEEKLY.conform(pl.DataFrame(list(rows), infer_schema_length=None))


ACCOUNT = _row(
    "account", "", {"spend": 300.0, "revenue": 900.0, "roas": 3.0}, {"spend": 200.0, "revenue": 800.0, "roas": 4.0}
)
FULL = _weekly(
    ACCOUNT,
    _row(
        "campaign",
        "Clay Search",
        {"spend": 200.0, "revenue": 400.0, "roas": 2.0},
        {"spend": 100.0, "revenue": 500.0, "roas": 5.0},
    ),
    _row("campaign", "Clay  Social", {"spend": 100.0, "revenue": 500.0, "roas": 5.0}),
    {**ACCOUNT, "week": WEEK - dt.timedelta(days=7), "spend": 200.0},
)


def _collect(
    weekly: pl.DataFrame, findings: pl.DataFrame | None = None, diagnoses: pl.DataFrame | None = None, **other: Any
) -> Evidence:
    advice = RECOMMENDATIONS.empty()
    given: dict[str, Any] = {"context": [], "notes": [], "currency": "EUR", "recommendations": advice, **other}
    return collect(
        client="clay",
        client_name="Clay Club",
        locale="en_GB",
        week=WEEK,
        weekly=weekly,
        uploads=["abc123"],
        findings=FINDINGS.empty() if findings is None else findings,
        diagnoses=DIAGNOSES.empty() if diagnoses is None else diagnoses,
        **given,
    )


def _of(evidence: Evidence, kind: str, metric: str, segment: dict[str, str] | None = None) -> EvidenceItem:
    return next(i for i in evidence.items if (i.kind, i.metric, i.segment) == (kind, metric, segment or {}))


def test_changes_shares_and_rankings_of_the_week() -> None:
    evidence = _collect(FULL)
    spend = _of(evidence, "change", "spend")
    assert (spend.from_, spend.to, spend.abs, spend.pct, spend.unit) == (200.0, 300.0, 100.0, 0.5, "EUR")
    assert spend.baseline is not None
    assert spend.baseline.start == WEEK - dt.timedelta(days=7)
    assert spend.uploads == ("abc123",)
    assert spend.source == "weekly_aggregates: client = clay, week = 2025-03-10, level = account"
    assert _of(evidence, "value", "spend", {"campaign": "Clay Social"}).value == 100.0
    assert _of(evidence, "share", "spend", {"campaign": "Clay Search"}).value == 200 / 300
    assert _of(evidence, "rank", "roas").ranking == (("Clay Social", 5.0), ("Clay Search", 2.0))
    assert [i.id for i in evidence.items] == [f"e{n:02d}" for n in range(1, len(evidence.items) + 1)]
    assert evidence.today == dt.date(2025, 3, 17)


def test_what_is_unknown_makes_no_item() -> None:
    evidence = _collect(_weekly(_row("account", "", {"spend": 300.0, "conversions": 12.0, "cac": 25.0})))
    assert {i.metric for i in evidence.items} == {"spend", "conversions", "cac"}
    text = " ".join(s.text for s in write(evidence, WEEK).sentences)
    assert "revenue" not in text.lower()
    assert "click" not in text.lower()
    assert "12" in text


def test_an_unknown_currency_is_no_currency() -> None:
    evidence = _collect(FULL, currency=None)
    assert evidence.currency is None
    assert _of(evidence, "change", "spend").unit == "currency"


def test_a_level_with_a_nameless_member_has_no_ranking() -> None:
    evidence = _collect(
        _weekly(
            ACCOUNT,
            _row("channel", "Search", {"spend": 1.0}),
            _row("channel", "Social", {"spend": 2.0}),
            _row("channel", None, {"spend": 3.0}),
        )
    )
    assert not [i for i in evidence.items if i.kind == "rank"]


def test_one_campaign_name_on_two_platforms_is_told_apart() -> None:
    evidence = _collect(
        _weekly(
            ACCOUNT,
            _row("campaign", "Brand", {"spend": 200.0}, platform="google_ads"),
            _row("campaign", "Brand", {"spend": 100.0}, platform="meta_ads"),
        )
    )
    assert [i.segment["campaign"] for i in evidence.items if i.kind == "share"] == [
        "Brand (Google Ads)",
        "Brand (Meta)",
    ]


def _finding(
    finding_id: str, start: dt.date, end: dt.date, severity: str = "warning", money: float | None = None
) -> dict[str, Any]:
    return {
        "finding_id": finding_id,
        "kind": "spend_spike",
        "campaign": "Clay Search",
        "metric": "spend",
        "start": start,
        "end": end,
        "observed": 90.0,
        "expected": 25.0,
        "low": 15.0,
        "high": 35.0,
        "score": 9.0,
        "severity": severity,
        "money_at_stake": money,
    }


def test_anomalies_of_the_week_the_gravest_first() -> None:
    day = dt.timedelta(days=1)
    findings = FINDINGS.conform(
        pl.DataFrame(
            [
                _finding("small", WEEK, WEEK),
                _finding("grave", WEEK + day, WEEK + day, "critical", 65.0),
                _finding("over", WEEK - 9 * day, WEEK - day),
                _finding("into", WEEK - 3 * day, WEEK + day),
            ],
            infer_schema_length=None,
        )
    )
    evidence = _collect(FULL, findings)
    assert [i.name for i in evidence.items if i.kind == "anomaly"] == ["grave", "into", "small"]
    assert _of(evidence, "value", "money_at_stake", {"campaign": "Clay Search"}).value == 65.0


def test_drivers_recommendations_context_and_notes_follow() -> None:
    shared = {"metric": "revenue", "dimension": "campaign", "start": WEEK, "end": WEEK + dt.timedelta(days=6),
              "baseline_start": WEEK - dt.timedelta(days=14), "baseline_end": WEEK - dt.timedelta(days=1)}  # fmt: skip
    diagnoses = DIAGNOSES.conform(
        pl.DataFrame(
            [
                {
                    **shared,
                    "rank": 1,
                    "kind": "change",
                    "dimension": None,
                    "baseline_value": 1000.0,
                    "current_value": 900.0,
                },
                {
                    **shared,
                    "rank": 1,
                    "kind": "driver",
                    "member": "Clay Search",
                    "contribution": -150.0,
                    "share_of_change": 1.5,
                },
                {
                    **shared,
                    "rank": 2,
                    "kind": "driver",
                    "member": "(other)",
                    "contribution": 50.0,
                    "share_of_change": -0.5,
                },
                {
                    **shared,
                    "rank": 3,
                    "kind": "driver",
                    "member": "Old",
                    "contribution": 9.0,
                    "start": WEEK - dt.timedelta(days=70),
                    "end": WEEK - dt.timedelta(days=64),
                },
            ],
            infer_schema_length=None,
        )
    )
    holiday = EvidenceItem(
        id="x",
        kind="context",
        what="holiday",
        name="Harvest Friday",
        place="Netherlands",
        start=WEEK,
        end=WEEK,
        simulated=False,
    )
    note = EvidenceItem(id="y", kind="note", what="refused", text="The file clay.csv was refused.")
    advice = [{"rank": 1, "playbook": "efficiency_drop", "segment": "campaign=Clay Search", "metric": "revenue",
               "expected_effect": 70.0}]  # fmt: skip
    recommendations = RECOMMENDATIONS.conform(pl.DataFrame(advice))
    evidence = _collect(FULL, diagnoses=diagnoses, recommendations=recommendations, context=[holiday], notes=[note])
    assert [i.segment for i in evidence.items if i.kind == "driver"] == [{"campaign": "Clay Search"}]
    text = {s.section: s.text for s in write(evidence, WEEK).sentences}
    assert "Clay Search" in text["causes"] or "Harvest Friday" in text["causes"]
    assert "about €70 a week is at stake" in text["actions"]
    assert text["notes"] == note.text
    assert len({i.id for i in evidence.items}) == len(evidence.items)
    for sentence in write(evidence, WEEK).sentences:
        assert check(sentence.text, evidence, sentence.evidence_ids, numbers="en_GB").ok


def test_no_data_at_all_still_makes_evidence_and_a_headline() -> None:
    evidence = _collect(WEEKLY.empty())
    assert evidence.items == ()
    assert write(evidence, WEEK).of("headline")
