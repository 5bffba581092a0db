"""Small sound tables for every rule, and for every rule the smallest change that breaks it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from adtech_assets.metrics.weekly import aggregate, digests
from adtech_assets.tables import TABLES

Tables = dict[str, pl.DataFrame]
Mutation = Callable[[Tables], Tables]

FIRST, SECOND, SHOP = "0a1b2c3d4e5f", "5f4e3d2c1b0a", "c0ffee123456"
MONDAY = dt.date(2026, 3, 2)
CONTENT = "ab" * 32


def _frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    filled = [dict.fromkeys(TABLES[table].columns) | row for row in rows]
    return pl.DataFrame(filled, schema=TABLES[table].schema, orient="row")


def _uploads() -> pl.DataFrame:
    arrived = dt.datetime(2026, 3, 20, 8, tzinfo=dt.UTC)
    ok = {"status": "ok", "platform": "google_ads", "kind": "ads", "grain": "day", "currency": "EUR",
          "arrived_at": arrived, "rows_read": 216,
          "rows_total": 1, "rows_typed": 214, "rows_problem": 1, "spend_read": 330.0,
          "period_start": MONDAY, "period_end": MONDAY + dt.timedelta(days=13)}  # fmt: skip
    return _frame("uploads", [
        {"upload_id": FIRST, "sequence": 1, "file": "march.csv", **ok},
        {"upload_id": SECOND, "sequence": 2, "file": "late.csv", **ok, "rows_read": 14, "rows_total": 0,
         "rows_typed": 14, "rows_problem": 0},
        {"upload_id": SHOP, "sequence": 3, "file": "orders.csv", **ok, "kind": "shop", "platform": "shopify_sales",
         "currency": "DKK", "grain": "none", "rows_read": 3, "rows_total": 0, "rows_typed": 3, "rows_problem": 0,
         "period_start": None, "period_end": None},
    ])  # fmt: skip


def _raw_rows() -> pl.DataFrame:
    days = [MONDAY + dt.timedelta(days=offset) for offset in range(14)]
    good = [
        {
            "upload_id": upload,
            "source_row": line + 2,
            "date": days[line % 14],
            "last_day": days[line % 14],
            "spend": 10.0,
        }
        for upload, lines in ((FIRST, 214), (SECOND, 14))
        for line in range(lines)
    ]
    orders = [{"upload_id": SHOP, "source_row": line + 2, "revenue": 80.0} for line in range(3)]
    problem = {"upload_id": FIRST, "source_row": 216, "problem": "spend 'abc' is no number", "text": '{"Cost": "abc"}'}
    return _frame("raw_rows", [*good, *orders, problem])


def _checksums() -> pl.DataFrame:
    return _frame("checksums", [
        {"upload_id": FIRST, "source_row": 217, "label": "Total: Campaigns", "metric": metric, "rows_sum": rows,
         "file_total": total, "tolerance": 0.5, "ok": True}
        for metric, rows, total in (("spend", 2140.0, 2139.99), ("clicks", 400.0, 400.0))
    ])  # fmt: skip


def _cleaned() -> pl.DataFrame:
    return _frame("cleaned_metrics", [
        {"date": MONDAY + dt.timedelta(days=day), "days": 1, "last_day": MONDAY + dt.timedelta(days=day),
         "platform": "google_ads", "channel": "Search", "campaign": campaign,
         "spend": 10.0 + day, "impressions": 1000.0, "clicks": 20.0, "conversions": 2.0, "revenue": 55.5 + day,
         "upload_id": upload, "source_row": day + 2, "source_rows": 1}
        for campaign, upload in (("Brand", FIRST), ("Shoes", SECOND))
        for day in range(14)
    ])  # fmt: skip


def _conservation(cleaned: pl.DataFrame) -> pl.DataFrame:
    spend = cleaned.group_by("upload_id").agg("spend").select("upload_id", pl.col("spend").list.sum())
    by_upload = dict(spend.iter_rows())
    same = {"rows_current": 14, "rows_duplicate": 0, "spend_duplicate": 0.0, "rows_period": 0, "spend_period": 0.0}
    return _frame("conservation", [
        {"upload_id": FIRST, "file": "march.csv", **same, "rows_read": 216, "rows_total": 1, "rows_quarantined": 1,
         "rows_kept": 212, "rows_superseded": 198, "rows_period": 2, "spend_period": 70.0,
         "spend_quarantined": 0.25, "spend_read": by_upload[FIRST] + 70.25, "spend_kept": by_upload[FIRST],
         "spend_current": by_upload[FIRST]},
        {"upload_id": SECOND, "file": "late.csv", **same, "rows_read": 14, "rows_total": 0, "rows_quarantined": 0,
         "rows_kept": 14, "rows_superseded": 0,
         "spend_quarantined": 0.0, "spend_read": by_upload[SECOND], "spend_kept": by_upload[SECOND],
         "spend_current": by_upload[SECOND]},
    ])  # fmt: skip


def _findings() -> pl.DataFrame:
    return _frame("findings", [
        {"finding_id": f"f{number}", "kind": kind, "platform": "google_ads", "channel": "Search", "campaign": campaign,
         "metric": "spend", "start": MONDAY + dt.timedelta(days=8), "end": MONDAY + dt.timedelta(days=9),
         "observed": 90.0, "expected": 36.0, "low": 30.0, "high": 42.0, "severity": "warning", "money_at_stake": 54.0}
        for number, (kind, campaign) in enumerate([("spend_spike", "Brand"), ("ctr_decline", "Shoes")])
    ])  # fmt: skip


def _scores(cleaned: pl.DataFrame) -> pl.DataFrame:
    scored = cleaned.select(
        "date", "platform", "channel", "campaign", pl.lit("spend").alias("metric"), pl.col("spend").alias("observed"),
        pl.col("spend").alias("expected"), (pl.col("spend") - 2).alias("low"), (pl.col("spend") + 2).alias("high"),
        pl.lit(0.0).alias("score"), pl.lit(0.4).alias("forest_score"),
    )  # fmt: skip
    return TABLES["anomaly_scores"].conform(scored)


def _diagnoses() -> pl.DataFrame:
    period = {"start": MONDAY + dt.timedelta(days=7), "end": MONDAY + dt.timedelta(days=13),
              "baseline_start": MONDAY, "baseline_end": MONDAY + dt.timedelta(days=6), "metric": "spend"}  # fmt: skip
    return _frame("diagnoses", [
        {"kind": "change", "rank": 1, **period, "baseline_value": 182.0, "current_value": 280.0},
        {"kind": "driver", "rank": 1, **period, "dimension": "campaign", "member": "Brand", "contribution": 60.0,
         "effect": "volume"},
        {"kind": "driver", "rank": 2, **period, "dimension": "campaign", "member": "Shoes", "contribution": 38.0,
         "effect": "mix"},
        {"kind": "recommendation", "rank": 1, **period, "playbook": "cap_budget", "finding_id": "f0"},
    ])  # fmt: skip


def _narratives() -> pl.DataFrame:
    texts = [("headline", "Spend rose by a half", "v1"), ("summary", "Brand spent most of it", "v2, d1"),
             ("notes", "Weather is simulated", None)]  # fmt: skip
    return _frame("narratives", [
        {"position": place, "section": section, "text": text, "evidence_ids": ids, "writer": "builtin"}
        for place, (section, text, ids) in enumerate(texts, start=1)
    ])  # fmt: skip


def sound_tables() -> Tables:
    """A set of tables in which every rule holds."""
    cleaned, findings = _cleaned(), _findings()
    weekly = aggregate(cleaned)
    fingerprints = digests(weekly, looks_back=1)
    week = MONDAY + dt.timedelta(days=7)
    spend = weekly.filter(pl.col("level") == "account", pl.col("week") == week).get_column("spend").item()
    report = {"pdf": "acme/2026-03-09.pdf", "pdf_bytes": 9000, "pages": 2, "headline": "Spend rose by a half"}
    latest = fingerprints.filter(pl.col("week") == week).get_column("digest").item()
    given: Tables = {
        "uploads": _uploads(),
        "raw_rows": _raw_rows(),
        "checksums": _checksums(),
        "period_rows": _frame("period_rows", [
            {"upload_id": FIRST, "source_row": line, "first_day": MONDAY, "spend": 35.0} for line in (214, 215)
        ]),
        "cleaned_metrics": cleaned,
        "conservation": _conservation(cleaned),
        "quarantine": _frame("quarantine", [
            {"upload_id": FIRST, "source_row": 216, "file": "march.csv", "reason": "spend is no number", "spend": 0.25}
        ]),
        "weekly_aggregates": weekly,
        "week_digests": fingerprints,
        "findings": findings,
        "anomaly_scores": _scores(cleaned),
        "diagnoses": _diagnoses(),
        "narratives": _narratives(),
        "weekly_reports": _frame("weekly_reports", [
            {**report, "version": 1, "digest": "older", "content_digest": "cd" * 32, "spend": 1.0},
            {**report, "version": 2, "digest": latest, "content_digest": CONTENT, "spend": spend},
        ]),
        "report_deliveries": _frame("report_deliveries", [
            {"version": 2, "content_digest": CONTENT, "recipients": "", "transport": "outbox", "path": "acme/1.eml",
             "message_id": "<0123456789ab@reports.localhost>"}
        ]),
    }  # fmt: skip
    return {name: given.get(name, table.empty()) for name, table in TABLES.items()}


def in_view(tables: Tables, folder: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with a view per table over its Parquet file, as in production."""
    con = duckdb.connect()
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
        con.execute(f"create view {name} as from read_parquet('{folder / name}.parquet')")
    return con


def cell(table: str, column: str, value: Any, at: int = 0) -> Mutation:
    """Sets the cell of a row; -1 is the last row."""

    def mutate(tables: Tables) -> Tables:
        frame = tables[table]
        row = at % frame.height
        new = pl.Series([value], dtype=frame.schema[column])
        values = pl.concat([frame[column][:row], new, frame[column][row + 1 :]]).alias(column)
        return tables | {table: frame.with_columns(values)}

    return mutate


def every(table: str, column: str, value: Any) -> Mutation:
    """Sets a column of all rows."""
    return lambda tables: tables | {table: tables[table].with_columns(pl.lit(value).alias(column))}


def week_row(table: str) -> Mutation:
    """Makes the first row the week that begins on its day."""
    until = MONDAY + dt.timedelta(days=6)
    return both(cell(table, "days", 7), cell(table, "last_day", until))


def repeated(table: str, row: int = 0, **changed: Any) -> Mutation:
    """Appends a row once more, with other values in some columns."""

    def mutate(tables: Tables) -> Tables:
        frame = tables[table]
        copy = frame[row : row + 1].with_columns(
            pl.lit(value, dtype=frame.schema[column]).alias(column) for column, value in changed.items()
        )
        return tables | {table: pl.concat([frame, copy])}

    return mutate


def emptied(table: str) -> Mutation:
    """Leaves no row."""
    return lambda tables: tables | {table: tables[table].clear()}


def dropped(table: str, row: int = 0) -> Mutation:
    """Leaves a row out."""
    return lambda tables: tables | {table: pl.concat([tables[table][:row], tables[table][row + 1 :]])}


def both(*mutations: Mutation) -> Mutation:
    """One change after the other."""

    def mutate(tables: Tables) -> Tables:
        for mutation in mutations:
            tables = mutation(tables)
        return tables

    return mutate


_ACCOUNT_ROW = 0  # aggregate() sorts the first week's account row first
_TUESDAY, _FUTURE = MONDAY + dt.timedelta(days=1), dt.date(2026, 3, 22)
_VANISHED = pl.DataFrame(
    [("google_ads", "Winter", MONDAY, 5.0, FIRST, SECOND)], schema=TABLES["vanished"].schema, orient="row"
)
_UNCHANGED = pl.DataFrame(
    [("google_ads", "Brand", MONDAY, "spend", 1.0, 1.0, FIRST, SECOND, 2)],
    schema=TABLES["restatements"].schema,
    orient="row",
)

MUTATIONS: dict[str, Mutation] = {
    # uploads
    "has_readable_upload": every("uploads", "status", "refused"),
    "every_upload_readable": both(
        cell("uploads", "status", "refused"), cell("uploads", "reason", "two readings of 1.234")
    ),
    "no_upload_empty": cell("uploads", "status", "empty"),
    "upload_status_known": cell("uploads", "status", "okay"),
    "refusal_has_reason": cell("uploads", "status", "refused"),
    "upload_rows_accounted": cell("uploads", "rows_typed", 213),
    "upload_id_well_formed": cell("uploads", "upload_id", "0A1B2C3D4E5F"),
    "upload_order_unique": cell("uploads", "sequence", 1, 1),
    "one_currency": cell("uploads", "currency", "USD"),
    "upload_kind_known": cell("uploads", "kind", None),
    "figures_by_day_or_week": cell("raw_rows", "last_day", MONDAY + dt.timedelta(days=30)),
    "upload_period_in_order": cell("uploads", "period_end", dt.date(2026, 1, 1)),
    # raw_rows
    "raw_rows_stored": dropped("raw_rows"),
    "raw_row_unique": repeated("raw_rows"),
    "usable_row_has_date": cell("raw_rows", "date", None),
    "problem_row_keeps_text": cell("raw_rows", "text", None, -1),
    "most_rows_usable": every("raw_rows", "problem", "no number"),
    # checksums
    "total_row_equals_rows": cell("checksums", "file_total", 2139.0),
    # cleaned_metrics
    "metrics_not_empty": emptied("cleaned_metrics"),
    "metric_key_unique": repeated("cleaned_metrics", spend=99.0),
    "metric_date_known": cell("cleaned_metrics", "date", None),
    "metric_platform_known": cell("cleaned_metrics", "platform", None),
    "metric_campaign_known": cell("cleaned_metrics", "campaign", None),
    "metric_spend_known": both(*(cell("cleaned_metrics", "spend", None, row) for row in range(3))),
    "spend_not_negative": cell("cleaned_metrics", "spend", -0.01),
    "counts_not_negative": cell("cleaned_metrics", "conversions", -1.0),
    "clicks_within_impressions": cell("cleaned_metrics", "clicks", 1001.0),
    "no_future_dates": cell("cleaned_metrics", "date", _FUTURE),
    "metric_traced_to_upload": cell("cleaned_metrics", "upload_id", "ffffffffffff"),
    "days_covered_known": cell("cleaned_metrics", "days", 7, 1),
    "weeks_without_days": week_row("cleaned_metrics"),
    "no_missing_days": both(dropped("cleaned_metrics", 19), dropped("cleaned_metrics", 5)),
    # conservation
    "every_upload_accounted": dropped("conservation", 1),
    "rows_conserved": cell("conservation", "rows_kept", 13),
    "spend_conserved": cell("conservation", "spend_quarantined", 0.26),
    "current_rows_add_up": cell("cleaned_metrics", "source_rows", 2),
    "current_spend_adds_up": cell("cleaned_metrics", "spend", 10.01),
    "few_rows_quarantined": cell("conservation", "rows_quarantined", 3),
    "quarantine_has_reason": cell("quarantine", "reason", None),
    "quarantine_accounted": emptied("quarantine"),
    "period_rows_accounted": dropped("period_rows"),
    "no_campaign_vanished": lambda tables: tables | {"vanished": _VANISHED},
    "restatement_changes_something": lambda tables: tables | {"restatements": _UNCHANGED},
    # weekly_aggregates
    "weeks_not_empty": emptied("weekly_aggregates"),
    "week_is_monday": cell("weekly_aggregates", "week", _TUESDAY),
    "weekly_key_unique": repeated("weekly_aggregates"),
    "account_equals_metrics": cell("cleaned_metrics", "revenue", 56.0),
    "campaigns_add_up_to_account": cell("weekly_aggregates", "clicks", 279.0, _ACCOUNT_ROW),
    "ratios_of_sums": cell("weekly_aggregates", "ctr", 0.03),
    "days_of_a_week": cell("weekly_aggregates", "days", 8),
    "previous_is_week_before": cell("weekly_aggregates", "spend_previous", 1.0, -1),
    "changes_are_relative": cell("weekly_aggregates", "spend_change", 1.0, -1),
    "week_has_one_digest": repeated("week_digests", digest="other"),
    # anomaly_scores
    "score_key_unique": repeated("anomaly_scores", score=1.0),
    "expected_above_low": cell("anomaly_scores", "low", 11.0),
    "expected_below_high": cell("anomaly_scores", "high", 9.0),
    "forest_score_is_share": cell("anomaly_scores", "forest_score", 1.01),
    "score_kind_known": cell("anomaly_scores", "kind", "odd"),
    "scored_days_have_data": cell("anomaly_scores", "date", _FUTURE),
    # findings
    "finding_id_unique": cell("findings", "finding_id", "f1"),
    "finding_kind_known": cell("findings", "kind", "odd"),
    "finding_severity_known": cell("findings", "severity", "high"),
    "finding_in_order": cell("findings", "end", MONDAY),
    "finding_within_data": cell("findings", "end", _FUTURE),
    "finding_names_campaign": cell("findings", "campaign", "Winter"),
    "stake_not_negative": cell("findings", "money_at_stake", -1.0),
    # diagnoses
    "diagnosis_kind_known": cell("diagnoses", "kind", "guess"),
    "diagnosis_in_order": cell("diagnoses", "end", MONDAY),
    "baseline_comes_before": cell("diagnoses", "baseline_end", MONDAY + dt.timedelta(days=7)),
    "effect_known": cell("diagnoses", "effect", "luck", 1),
    "diagnosis_metric_known": cell("diagnoses", "metric", "vibes"),
    "rank_unique": cell("diagnoses", "rank", 1, 2),
    "causes_add_up": cell("diagnoses", "contribution", 60.5, 1),
    "recommendation_has_playbook": cell("diagnoses", "playbook", None, 3),
    "recommendation_answers_finding": cell("diagnoses", "finding_id", "f9", 3),
    # narratives
    "has_headline": cell("narratives", "section", "summary"),
    "sentence_not_missing": cell("narratives", "text", None),
    "sentence_length": cell("narratives", "text", "  "),
    "section_known": cell("narratives", "section", "epilogue"),
    "sentence_rests_on_evidence": cell("narratives", "evidence_ids", ""),
    "sentence_evidence_known": cell("narratives", "evidence_ids", None),
    "position_unique": cell("narratives", "position", 2),
    "writer_known": cell("narratives", "writer", "ghost"),
    "no_placeholder_printed": cell("narratives", "text", "Spend rose by nan percent"),
    # weekly_reports
    "report_exists": emptied("weekly_reports"),
    "pdf_not_empty": cell("weekly_reports", "pdf_bytes", 0),
    "pdf_has_pages": cell("weekly_reports", "pages", 0),
    "versions_consecutive": cell("weekly_reports", "version", 3, 1),
    "report_has_headline": cell("weekly_reports", "headline", None),
    "content_digest_well_formed": cell("weekly_reports", "content_digest", "ab"),
    "pdf_path_below_reports": cell("weekly_reports", "pdf", "/etc/report.pdf"),
    "latest_report_current": cell("weekly_reports", "digest", "older", 1),
    "report_spend_equals_week": cell("weekly_reports", "spend", 1.0, 1),
    # report_deliveries
    "delivered_once": repeated("report_deliveries"),
    "delivery_has_message_id": cell("report_deliveries", "message_id", None),
    "message_id_well_formed": cell("report_deliveries", "message_id", "no brackets"),
    "transport_known": cell("report_deliveries", "transport", "pigeon"),
    "outbox_mail_has_path": cell("report_deliveries", "path", None),
    "delivered_report_exists": cell("report_deliveries", "version", 3),
    "latest_report_delivered": emptied("report_deliveries"),
}
"""Rule id -> the smallest change of the sound tables that breaks it."""
