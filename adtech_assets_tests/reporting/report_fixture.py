"""An invented client with thirteen weeks of figures, as a `ReportContent`; every part can be replaced."""

from __future__ import annotations

import datetime as dt
import math
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from adtech_assets.metrics import weekly
from adtech_assets.narrative.evidence import Evidence, EvidenceItem, Narrative, Period, Sentence
from adtech_assets.reporting.content import ReportContent
from adtech_assets.tables import (
    ANOMALY_SCORES,
    CHECKSUMS,
    CLEANED,
    CONSERVATION,
    DIAGNOSES,
    FINDINGS,
    QUARANTINE,
    RESTATEMENTS,
    UPLOADS,
)

TEMPLATES = Path(__file__).parents[2] / "templates"
WEEK = dt.date(2025, 3, 17)
SUNDAY = WEEK + dt.timedelta(days=6)
FIRST = WEEK - dt.timedelta(weeks=12)
UPLOAD = "3f9a1c0b77de"
CAMPAIGNS = {
    "Harbour_Search_Brand": ("Search", 170, 6.1),
    "Harbour_Search_Generic": ("Search", 120, 3.2),
    "Harbour_Display": ("Display", 80, 1.6),
    "FB_Prospecting": ("Facebook", 140, 2.4),
    "FB_Retargeting": ("Facebook", 90, 5.4),
    "IG_Influencer": ("Instagram", 110, 2.9),
    "IG_Stories": ("Instagram", 70, 2.1),
    "Newsletter_Weekly": ("Email", 50, 8.3),
}


def cleaned_rows(campaigns: dict[str, tuple[str, float, float]] | None = None, seed: int = 7) -> pl.DataFrame:
    """Table cleaned_metrics: a row a day and campaign, with a spike of spend and two days without any."""
    rng, rows = random.Random(seed), []
    for name, (channel, budget, roas) in (campaigns or CAMPAIGNS).items():
        for offset in range(13 * 7):
            day = FIRST + dt.timedelta(days=offset)
            spend = budget * (0.7 if day.weekday() > 4 else 1.0) * rng.uniform(0.85, 1.15)
            spend *= 3.5 if name == "FB_Prospecting" and day == WEEK + dt.timedelta(days=2) else 1
            spend *= 0 if name == "Harbour_Display" and day >= WEEK + dt.timedelta(days=5) else 1
            revenue = min(spend, budget * 1.2) * roas * rng.uniform(0.75, 1.25) * (1 + 0.1 * math.sin(offset / 9))
            rows.append({
                "date": day, "days": 1, "last_day": day, "platform": "shop_export", "channel": channel,
                "campaign": name, "spend": round(spend, 2),
                "impressions": round(spend * 95), "clicks": round(spend * 2.1), "conversions": round(revenue / 88),
                "revenue": round(revenue, 2), "upload_id": UPLOAD, "source_row": len(rows) + 2, "source_rows": 1,
            })  # fmt: skip
    return CLEANED.conform(pl.DataFrame(rows))


def _frame(table: Any, *rows: dict[str, Any]) -> pl.DataFrame:
    return table.conform(pl.DataFrame(list(rows), infer_schema_length=None)) if rows else table.empty()


def findings() -> pl.DataFrame:
    day = WEEK + dt.timedelta(days=2)
    shared = {"platform": "shop_export", "metric": "spend"}
    return _frame(
        FINDINGS,
        {**shared, "finding_id": "f1", "kind": "spend_spike", "channel": "Facebook", "campaign": "FB_Prospecting",
         "start": day, "end": day, "observed": 487.31, "expected": 141.2, "low": 112.4, "high": 172.9, "score": 11.2,
         "severity": "critical", "money_at_stake": 346.11},
        {**shared, "finding_id": "f2", "kind": "budget_exhaustion", "channel": "Display", "campaign": "Harbour_Display",
         "start": WEEK + dt.timedelta(days=5), "end": SUNDAY, "observed": 0.0, "expected": 112.5, "low": 84.0,
         "high": 139.5, "score": -7.1, "severity": "warning", "money_at_stake": 180.25},
    )  # fmt: skip


def scores() -> pl.DataFrame:
    past = [(24, "revenue"), (41, "spend"), (42, "spend")]
    rows = [
        {"date": FIRST + dt.timedelta(days=offset), "campaign": "IG_Stories", "metric": metric, "kind": "spend_spike"}
        for offset, metric in past
    ]
    return _frame(ANOMALY_SCORES, *rows)


def diagnoses(table: pl.DataFrame) -> pl.DataFrame:
    """The account's revenue change and its parts by channel, taken from the weekly table, so that they add up."""
    now = table.filter(pl.col("week") == WEEK)
    whole = now.filter(pl.col("level") == "account").row(0, named=True)
    period = {"start": WEEK, "end": SUNDAY, "baseline_start": WEEK - dt.timedelta(days=7),
              "baseline_end": WEEK - dt.timedelta(days=1), "metric": "revenue"}  # fmt: skip
    change = {**period, "rank": 1, "kind": "change", "baseline_value": whole["revenue_previous"],
              "current_value": whole["revenue"]}  # fmt: skip
    parts = [
        {**period, "rank": rank, "kind": "driver", "dimension": "channel", "member": row["member"], "effect": "volume",
         "contribution": (row["revenue"] or 0.0) - (row["revenue_previous"] or 0.0)}
        for rank, row in enumerate(now.filter(pl.col("level") == "channel").to_dicts(), start=2)
    ]  # fmt: skip
    return _frame(DIAGNOSES, change, *parts)


def uploads() -> tuple[pl.DataFrame, pl.DataFrame]:
    files = _frame(
        UPLOADS,
        {"upload_id": UPLOAD, "sequence": 1, "file": "shop_export_2025-03-24.csv", "status": "ok", "kind": "ads",
         "grain": "day", "rows_read": 742, "rows_total": 1, "spend_read": 68412.55, "period_start": FIRST, "period_end": SUNDAY},
        {"upload_id": "90aa41c7d2e3", "sequence": 2, "file": "display.csv", "status": "refused", "rows_read": 0,
         "reason": "Column 'Cost' is missing; near match: 'Costs'. Rename it or map it in adtech.yaml."},
    )  # fmt: skip
    kept = _frame(CONSERVATION, {
        "upload_id": UPLOAD, "file": "shop_export_2025-03-24.csv", "rows_read": 742, "rows_total": 1,
        "rows_quarantined": 11, "rows_duplicate": 3, "rows_period": 0, "spend_period": 0.0, "rows_kept": 727,
        "rows_current": 727, "spend_read": 68412.55,
        "spend_quarantined": 640.12, "spend_duplicate": 220.5, "spend_kept": 67551.93, "spend_current": 67551.93,
        "spend_recovered": 0.0,
    })  # fmt: skip
    return files, kept


def checksums() -> pl.DataFrame:
    """The total row of the first file: equal to its rows but for rounding."""
    row = {"upload_id": UPLOAD, "source_row": 744, "label": "Total", "tolerance": 0.5, "ok": True}
    return _frame(
        CHECKSUMS,
        {**row, "metric": "spend", "rows_sum": 68412.55, "file_total": 68412.54},
        {**row, "metric": "conversions", "rows_sum": 3120.0, "file_total": 3120.0},
    )


def story(table: pl.DataFrame) -> tuple[Evidence, Narrative]:
    """Evidence from the weekly table and sentences that cite it."""
    row = table.filter((pl.col("week") == WEEK) & (pl.col("level") == "account")).row(0, named=True)
    week, before = (
        Period(start=WEEK, end=SUNDAY),
        Period(start=WEEK - dt.timedelta(days=7), end=WEEK - dt.timedelta(days=1)),
    )

    def change(name: str, metric: str, unit: str) -> EvidenceItem:
        return EvidenceItem.model_validate({
            "id": name, "kind": "change", "metric": metric, "period": week, "baseline": before, "unit": unit,
            "from": row[f"{metric}_previous"], "to": row[metric], "pct": row[f"{metric}_change"], "uploads": (UPLOAD,),
            "source": f"weekly_aggregates: week={WEEK}, level=account",
        })  # fmt: skip

    anomaly = {
        "kind": "anomaly",
        "metric": "spend",
        "unit": "EUR",
        "uploads": (UPLOAD,),
        "start": WEEK + dt.timedelta(2),
    }
    items = (
        change("e1", "revenue", "EUR"), change("e2", "spend", "EUR"), change("e3", "roas", "ratio"),
        EvidenceItem.model_validate({**anomaly, "id": "e4", "segment": {"campaign": "FB_Prospecting"},
            "observed": 487.31, "low": 112.4, "high": 172.9,
            "finding": "spend_spike", "source": "findings: finding_id=f1"}),
        EvidenceItem.model_validate({**anomaly, "id": "e5", "segment": {"campaign": "Harbour_Display"}, "observed": 0.0,
            "low": 84.0, "high": 139.5, "finding": "budget_exhaustion", "source": "findings: finding_id=f2"}),
        EvidenceItem(id="e6", kind="context", what="weather", name="rain", place="Aarhus", start=WEEK, end=SUNDAY,
            simulated=True, detail="31 mm in the week", source="weather: simulated"),
    )  # fmt: skip
    said: list[tuple[Any, str, tuple[str, ...]]] = [
        ("headline", "One day of runaway Facebook spend pulled the return down", ("e3", "e4")),
        ("summary", f"Revenue was €{row['revenue']:,.0f} on €{row['spend']:,.0f} of spend.", ("e1", "e2")),
        ("summary", f"ROAS was {row['roas']:.2f}, after {row['roas_previous']:.2f} the week before.", ("e3",)),
        ("summary", "Email held its level; Facebook cost more without selling more.", ("e1",)),
        ("anomalies", "FB_Prospecting spent €487.31 on Wednesday; about €141 was to be expected.", ("e4",)),
        ("anomalies", "Harbour_Display spent nothing on Saturday and Sunday: its budget may have run out.", ("e5",)),
        ("causes", "Most of the fall comes from channels that sold less per euro.", ("e1", "e3")),
        ("causes", "It rained in Aarhus (simulated); that may be a coincidence.", ("e6",)),
        ("actions", "Check the daily cap of FB_Prospecting; about €346 is at stake per such day.", ("e4",)),
        ("actions", "Re-pace the weekend budget of Harbour_Display, or pause it.", ("e5",)),
        ("actions", "Leave Search untouched: it earns the most per euro.", ("e3",)),
    ]  # fmt: skip
    sentences = tuple(Sentence(section=s, text=t, evidence_ids=ids) for s, t, ids in said)
    evidence = Evidence(client="harbour", currency="EUR", locale="en_GB", today=SUNDAY, items=items)
    return evidence, Narrative(sentences=sentences)


def report_content(cleaned: pl.DataFrame | None = None, **changes: Any) -> ReportContent:
    """The rich report, or the same with other rows or other parts."""
    rows = cleaned_rows() if cleaned is None else cleaned
    table = weekly.aggregate(rows)
    evidence, narrative = story(weekly.aggregate(cleaned_rows()))
    files, kept = uploads()
    restated = _frame(RESTATEMENTS, {
        "platform": "shop_export", "campaign": "IG_Stories", "date": WEEK, "metric": "revenue",
        "old": 120.0, "new": 164.5,
    })  # fmt: skip
    content = ReportContent(
        client="harbour", client_name="Harbour & Sons Outfitters", brand_color="#1f4e79", currency="EUR",
        locale="en_GB",
        week=WEEK, version=2, revised=True, revision_note="Replaces version 1: revenue was 12,300.10 and is 12,344.60.",
        evidence=evidence, narrative=narrative, weekly=table, daily=weekly.daily(rows), findings=findings(),
        scores=scores(), diagnoses=diagnoses(table), uploads=files, conservation=kept,
        quarantine=_frame(QUARANTINE, {"spend": 640.12}, *[{"spend": None}] * 10),
        restatements=restated, simulated=True, checksums=checksums(),
    )  # fmt: skip
    return replace(content, **changes)
