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
          "rows_total": 1, "rows_typed": 214, "rows_problem": 1, "spend_read": 2140.0, "dimensions": "campaign,ad",
          "period_start": MONDAY, "period_end": MONDAY + dt.timedelta(days=13)}  # fmt: skip
    return _frame("uploads", [
        {"upload_id": FIRST, "sequence": 1, "file": "march.csv", **ok},
        {"upload_id": SECOND, "sequence": 2, "file": "late.csv", **ok, "rows_read": 14, "rows_total": 0,
         "rows_typed": 14, "rows_problem": 0, "spend_read": 231.0, "dimensions": "campaign"},
        {"upload_id": SHOP, "sequence": 3, "file": "orders.csv", **ok, "kind": "shop", "platform": "shopify_sales",
         "currency": "DKK", "spend_read": 0.0, "grain": "none", "rows_read": 3, "rows_total": 0, "rows_typed": 3,
         "rows_problem": 0, "period_start": None, "period_end": None},
    ])  # fmt: skip


def _raw_rows() -> pl.DataFrame:
    days = [MONDAY + dt.timedelta(days=offset) for offset in range(14)]
    first = [
        {"upload_id": FIRST, "source_row": line + 2, "date": days[line % 14], "last_day": days[line % 14], "spend": 10.0,
         "clicks": 2.0}
        for line in range(214)
    ]  # fmt: skip
    second = [
        {"upload_id": SECOND, "source_row": line + 2, "date": day, "last_day": day, "spend": 10.0 + line,
         "impressions": 1000.0, "clicks": 20.0, "conversions": 2.0, "revenue": 55.5 + line}
        for line, day in enumerate(days)
    ]  # fmt: skip
    orders = [{"upload_id": SHOP, "source_row": line + 2, "revenue": 80.0} for line in range(3)]
    problem = {"upload_id": FIRST, "source_row": 216, "problem": "spend 'abc' is no number", "text": '{"Cost": "abc"}'}
    return _frame("raw_rows", [*first, *second, *orders, problem])


def _checksums() -> pl.DataFrame:
    return _frame("checksums", [
        {"upload_id": FIRST, "source_row": 217, "label": "Total: Campaigns", "metric": metric, "rows_sum": rows,
         "file_total": total, "tolerance": 0.5, "ok": True}
        for metric, rows, total in (("spend", 2140.0, 2139.99), ("clicks", 428.0, 428.0))
    ])  # fmt: skip


def _columns() -> pl.DataFrame:
    """The columns of the uploads; the second ad export has those of the first."""
    ads = [("Day", "date", "day"), ("Campaign", "campaign", "text"), ("Cost", "spend", "number"),
           ("Impr.", "impressions", "number"), ("Clicks", "clicks", "number"), ("Conversions", "conversions", "number"),
           ("Conv. value", "revenue", "number"), ("Avg. CPC", None, "text")]  # fmt: skip
    shop = [("Day", "date", "day"), ("Total sales", "revenue", "number")]
    return _frame("upload_columns", [
        {"upload_id": upload, "position": place, "header": header, "field": field, "type": kind}
        for upload, columns in ((FIRST, ads), (SECOND, ads), (SHOP, shop))
        for place, (header, field, kind) in enumerate(columns, start=1)
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
         "observed": 90.0, "expected": 36.0, "low": 30.0, "high": 42.0, "severity": "warning", "money_at_stake": 54.0,
         "scope": "campaign", "sentence": "Spend came to 90 instead of about 36."}
        for number, (kind, campaign) in enumerate([("spend_spike", "Brand"), ("ctr_decline", "Shoes")])
    ])  # fmt: skip


def _scores(cleaned: pl.DataFrame) -> pl.DataFrame:
    scored = cleaned.unpivot(
        ["spend", "impressions", "clicks", "conversions", "revenue"],
        index=["date", "platform", "channel", "campaign"], variable_name="metric", value_name="observed",
    ).with_columns(
        pl.col("observed").alias("expected"), (pl.col("observed") - 2).alias("low"),
        (pl.col("observed") + 2).alias("high"), pl.lit(0.0).alias("score"), pl.lit(0.4).alias("forest_score"),
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
        {"kind": "cause", "rank": 1, **period, "segment": "campaign=Brand", "contribution": 60.0, "effect": "volume",
         "fault": "delivery", "confidence": 0.9},
        {"kind": "driver", "rank": 3, **period, "metric": "roas", "dimension": "campaign", "member": "Brand",
         "rate": 0.5, "mix": 0.25, "contribution": 0.75},
        {"kind": "change", "rank": 2, **period, "metric": "roas", "baseline_value": 2.0, "current_value": 2.75},
    ])  # fmt: skip


def _insights() -> Tables:
    """An insight, the advice that rests on it, and a line of the decision log."""
    said = {
        "insight_id": "0123456789ab", "rank": 1, "kind": "cause", "metric": "spend", "segment": "campaign=Brand",
        "confidence": 0.9, "money": 60.0, "start": MONDAY + dt.timedelta(days=7), "baseline_end": MONDAY + dt.timedelta(days=6),
        "enough": False, "reason": "not enough data: 1 day", "finding_id": "f0",
    }  # fmt: skip
    advice = {"rank": 1, "playbook": "cap_budget", "segment": "campaign=Brand", "insight_id": "0123456789ab",
              "finding_id": "f0", "test_it": "Spend is back."}  # fmt: skip
    return {
        "insights": _frame("insights", [said]),
        "recommendations": _frame("recommendations", [advice]),
        "hypotheses": _frame("hypotheses", [{"source": "cause", "metric": "spend", "kept": True, "reason": "fits"}]),
    }


def _narratives() -> pl.DataFrame:
    texts = [("headline", "Spend rose by a half", "v1"), ("summary", "Brand spent most of it", "v2, d1"),
             ("notes", "Weather is simulated", None)]  # fmt: skip
    return _frame("narratives", [
        {"position": place, "section": section, "text": text, "evidence_ids": ids, "writer": "builtin"}
        for place, (section, text, ids) in enumerate(texts, start=1)
    ])  # fmt: skip


def _outlook() -> Tables:
    """Two days ahead, a trend, a phase and a month of the account."""
    account = {"level": "account", "platform": None, "channel": None, "campaign": None}
    made_on = MONDAY + dt.timedelta(days=13)
    return {
        "trends": _frame("trends", [
            {**account, "metric": metric, "start": MONDAY, "end": made_on, "known_days": 14, "status": "ok",
             "direction": direction, "strength": "none", "p_value": 0.004, "tau": 0.3, "r2": 0.4}
            for metric, direction in (("spend", "up"), ("clicks", "flat"))
        ]),
        "lifecycle": _frame("lifecycle", [
            {"platform": "google_ads", "channel": "Search", "campaign": "Brand", "on": made_on, "status": "ok",
             "phase": "plateau"}
        ]),
        "forecast": _frame("forecast", [
            {**account, "metric": "spend", "made_on": made_on, "date": made_on + dt.timedelta(days=ahead),
             "days_ahead": ahead, "status": "ok", "expected": 50.0, "low_95": 30.0, "low_80": 40.0, "high_80": 60.0,
             "high_95": 70.0, "total": 50.0 * ahead}
            for ahead in (1, 2)
        ]),
        "pacing": _frame("pacing", [
            {**account, "month": MONDAY.replace(day=1), "on": made_on, "status": "ok", "spent": 400.0,
             "projected": 900.0, "budget": 1000.0, "band": "green", "side": "on"}
        ]),
    }  # fmt: skip


def sound_tables() -> Tables:
    """A set of tables in which every rule holds."""
    cleaned, findings = _cleaned(), _findings()
    weekly = aggregate(cleaned)
    fingerprints = digests(weekly, looks_back=1)
    week = MONDAY + dt.timedelta(days=7)
    account = weekly.filter(pl.col("level") == "account", pl.col("week") == week)
    spend, revenue = account.select("spend", "revenue").row(0)
    report = {"pdf": "acme/2026-03-09.pdf", "pdf_bytes": 9000, "pages": 2, "headline": "Spend rose by a half"}
    latest = fingerprints.filter(pl.col("week") == week).get_column("digest").item()
    given: Tables = {
        "uploads": _uploads(),
        "upload_columns": _columns(),
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
        "upload_changes": _frame("upload_changes", [
            {"upload_id": identity, "kind": "ads", "platform": "google_ads", "sequence": place, "new": 14, "vanished": 0,
             "partial": False, "confirmed": False, "stands_apart": False}
            for place, identity in enumerate((FIRST, SECOND), start=1)
        ]),
        "weekly_aggregates": weekly,
        "week_digests": fingerprints,
        "findings": findings,
        "anomaly_scores": _scores(cleaned),
        **_outlook(),
        "diagnoses": _diagnoses(),
        **_insights(),
        "narratives": _narratives(),
        "weekly_reports": _frame("weekly_reports", [
            {**report, "version": 1, "digest": "older", "content_digest": "cd" * 32, "spend": 1.0, "revenue": 2.0},
            {**report, "version": 2, "digest": latest, "content_digest": CONTENT, "spend": spend, "revenue": revenue},
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


def arriving(*days_ago: int, platform: str = "google_ads") -> Mutation:
    """Puts in place of the uploads one for each of these days before today, with figures up to the day before."""

    def mutate(tables: Tables) -> Tables:
        now = dt.datetime.now(dt.UTC)
        return tables | {
            "uploads": _frame("uploads", [
                {"upload_id": f"{place:012x}", "sequence": place, "file": f"{place}.csv", "status": "ok",
                 "platform": platform, "kind": "ads", "arrived_at": now - dt.timedelta(days=ago),
                 "period_end": (now - dt.timedelta(days=ago + 1)).date()}
                for place, ago in enumerate(days_ago, start=1)
            ])
        }  # fmt: skip

    return mutate


def longer_history(days: int = 70) -> Mutation:
    """Puts in place of the metrics one campaign of these many days, every day alike but for its spend."""

    def mutate(tables: Tables) -> Tables:
        first = tables["cleaned_metrics"].filter(campaign="Brand").head(1)
        offsets = pl.DataFrame({"offset": range(days)})
        rows = offsets.join(first, how="cross").with_columns(
            pl.col("date") + pl.duration(days="offset"), pl.col("last_day") + pl.duration(days="offset"),
            pl.col("spend") + pl.col("offset"), clicks=pl.lit(200.0), conversions=pl.lit(20.0),
        )  # fmt: skip
        return tables | {"cleaned_metrics": rows.select(first.columns)}

    return mutate


def days(where: pl.Expr, **values: Any) -> Mutation:
    """Sets columns of the metrics on some days; a value of None leaves the days out."""

    def mutate(tables: Tables) -> Tables:
        frame = tables["cleaned_metrics"]
        new = {name: pl.when(where).then(pl.lit(v, frame.schema[name])).otherwise(name) for name, v in values.items()}
        return tables | {"cleaned_metrics": frame.with_columns(**new) if values else frame.filter(~where)}

    return mutate


def day_copied(tables: Tables) -> Tables:
    """The second day of the metrics has the figures of the first."""
    frame = tables["cleaned_metrics"]
    copy = frame.filter(date=MONDAY).with_columns(date=pl.lit(_TUESDAY), last_day=pl.lit(_TUESDAY))
    return tables | {"cleaned_metrics": pl.concat([frame.filter(pl.col("date") != _TUESDAY), copy])}


def renamed_column(header: str, /, **changed: Any) -> Mutation:
    """Changes a column of the second upload's header; `gone=True` takes it out."""

    def mutate(tables: Tables) -> Tables:
        frame = tables["upload_columns"]
        at = (pl.col("upload_id") == SECOND) & (pl.col("header") == header)
        if changed.get("gone"):
            return tables | {"upload_columns": frame.filter(~at)}
        new = {name: pl.when(at).then(pl.lit(v, frame.schema[name])).otherwise(name) for name, v in changed.items()}
        return tables | {"upload_columns": frame.with_columns(**new)}

    return mutate


def uploaded(**columns: list[Any]) -> Mutation:
    """Sets columns of uploads, a list with a value for each."""
    return lambda tables: (
        tables
        | {
            "uploads": tables["uploads"].with_columns(
                pl.Series(name, values, dtype=TABLES["uploads"].schema[name]) for name, values in columns.items()
            )
        }
    )


def regular_uploads(count: int = 6) -> Mutation:
    """Uploads of one report, a week apart until today, each of the 7 days before it with 70 rows."""
    now = dt.datetime.now(dt.UTC).date()
    ends = [now - dt.timedelta(days=7 * ago + 1) for ago in range(count)][::-1]
    return both(
        arriving(*range(7 * count - 7, -1, -7)),
        uploaded(period_start=[end - dt.timedelta(days=6) for end in ends], period_end=ends, rows_typed=[70] * count,
                 grain=["day"] * count, dimensions=["campaign"] * count),
    )  # fmt: skip


_ACCOUNT_ROW = 0  # aggregate() sorts the first week's account row first
_TUESDAY, _FUTURE = MONDAY + dt.timedelta(days=1), dt.date(2026, 3, 22)
_VANISHED = _frame("vanished", [
    {"kind": "ads", "platform": "google_ads", "campaign": "Winter", "date": MONDAY, "spend": 5.0, "upload_id": FIRST,
     "missing_in": SECOND}
])  # fmt: skip
_SLICE = {"kind": "ads", "platform": "google_ads", "account": "", "campaign": "Brand", "date": MONDAY, "days": 1,
          "metric": "spend"}  # fmt: skip
_BROKEN_LEDGER = _frame("restatements", [
    {**_SLICE, "old": 1.0, "new": 2.0, "first_seen_in": FIRST, "changed_in": SECOND, "sequence": 2},
    {**_SLICE, "old": 3.0, "new": 10.0, "first_seen_in": SECOND, "changed_in": FIRST, "sequence": 3},
])  # fmt: skip
_LEDGER_OF_OTHERS = _frame("restatements", [
    {**_SLICE, "old": 1.0, "new": 2.0, "first_seen_in": FIRST, "changed_in": SECOND, "sequence": 2}
])  # fmt: skip
_RENAME = {"platform": "google_ads", "account": "", "old": "Brand", "new": "Shoes", "sequence": 9}
_UNCHANGED = _frame("restatements", [
    {"platform": "google_ads", "campaign": "Brand", "date": MONDAY, "metric": "spend", "old": 1.0, "new": 1.0,
     "first_seen_in": FIRST, "changed_in": SECOND, "sequence": 2}
])  # fmt: skip
_TWO_NAMES = _frame("names", [
    {"dimension": "campaign", "spelling": "brand", "name": name, "rows": 1} for name in ("Brand", "Brand DE")
])  # fmt: skip


def _with_accounts(raw: pl.DataFrame) -> pl.DataFrame:
    """The rows with two more of the first upload, which name an account each."""
    more = raw.filter(upload_id=FIRST).head(2)
    more = more.with_columns(account=pl.Series(["North", "South"]), source_row=pl.Series([900, 901]))
    return pl.concat([raw, more]).with_columns(platform=pl.lit("google_ads"))


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
    "currency_well_formed": cell("uploads", "currency", "€", 1),
    "upload_volume_usual": both(regular_uploads(), cell("uploads", "rows_typed", 7, -1)),
    "upload_not_shrunk": every("uploads", "dimensions", "campaign"),
    "data_fresh": both(regular_uploads(), cell("uploads", "period_end", dt.date(2026, 1, 1), -1)),
    "client_on_time": arriving(*range(60, 20, -7)),
    "upload_period_in_order": cell("uploads", "period_end", dt.date(2026, 1, 1)),
    # upload_columns
    "upload_has_columns": emptied("upload_columns"),
    "metric_column_kept": renamed_column("Conv. value", gone=True),
    "column_type_kept": renamed_column("Conv. value", type="text"),
    "metric_read_from_same_column": renamed_column("Clicks", header="Clicks (all)"),
    "no_column_gone": renamed_column("Avg. CPC", gone=True),
    "no_column_new": renamed_column("Avg. CPC", header="Avg. CPM"),
    # raw_rows
    "raw_spend_stored": cell("raw_rows", "spend", 10.01),
    "day_stated_once": both(every("raw_rows", "extra", "{}"), repeated("raw_rows", 214, spend=99.0)),
    "raw_rows_stored": dropped("raw_rows"),
    "raw_row_unique": repeated("raw_rows"),
    "usable_row_has_date": cell("raw_rows", "date", None),
    "problem_row_keeps_text": cell("raw_rows", "text", None, -1),
    "most_rows_usable": every("raw_rows", "problem", "no number"),
    # checksums
    "checksum_counts_stored_rows": cell("checksums", "rows_sum", 2139.98),
    "total_row_equals_rows": cell("checksums", "file_total", 2139.0),
    # cleaned_metrics
    "metrics_not_empty": emptied("cleaned_metrics"),
    "metric_key_unique": repeated("cleaned_metrics", spend=99.0),
    "metric_date_known": cell("cleaned_metrics", "date", None),
    "metric_platform_known": cell("cleaned_metrics", "platform", None),
    "metric_campaign_known": cell("cleaned_metrics", "campaign", None),
    "figures_finite": cell("cleaned_metrics", "revenue", float("inf")),
    "date_plausible": cell("cleaned_metrics", "date", dt.date(1926, 3, 2)),
    "spend_has_impressions": cell("cleaned_metrics", "impressions", 0.0),
    "conversions_have_clicks": days(pl.col("date") > MONDAY + dt.timedelta(days=9), clicks=0.0),
    "revenue_has_conversions": days(pl.col("date") > MONDAY + dt.timedelta(days=9), conversions=0.0),
    "price_plausible": cell("cleaned_metrics", "spend", 1700.0),
    "no_day_copied": day_copied,
    "metric_still_counted": both(
        longer_history(), days(pl.col("date") > MONDAY + dt.timedelta(days=66), conversions=0.0)
    ),
    "no_weekday_missing": both(
        longer_history(), days((pl.col("date").dt.weekday() == 7) & (pl.col("date") > MONDAY + dt.timedelta(days=40)))
    ),
    "metric_spend_known": both(*(cell("cleaned_metrics", "spend", None, row) for row in range(3))),
    "spend_not_negative": cell("cleaned_metrics", "spend", -0.01),
    "counts_not_negative": cell("cleaned_metrics", "clicks", -1.0),
    "platforms_reach_the_same_day": lambda tables: (
        tables
        | {
            "cleaned_metrics": pl.concat(
                [
                    tables["cleaned_metrics"],
                    tables["cleaned_metrics"]
                    .filter(campaign="Shoes")
                    .head(9)
                    .with_columns(platform=pl.lit("meta_ads")),
                ]
            )
        }
    ),
    "clicks_cost_something": days(pl.col("date") >= MONDAY + dt.timedelta(days=7), spend=0.0),
    "accounts_named_throughout": lambda tables: tables | {"raw_rows": _with_accounts(tables["raw_rows"])},
    "upload_belongs_to_the_account": cell("upload_changes", "stands_apart", True, 1),
    "history_not_rewritten": lambda tables: (
        tables
        | {
            "restatements": _frame(
                "restatements",
                [
                    {
                        **_SLICE,
                        "date": MONDAY + dt.timedelta(days=day),
                        "old": 10.0,
                        "new": 6.0,
                        "first_seen_in": FIRST,
                        "changed_in": SECOND,
                        "sequence": 2,
                        "age_days": 20,
                    }
                    for day in range(7)
                ],
            )
        }
    ),
    "no_week_copied": lambda tables: (
        tables
        | {
            "weekly_aggregates": tables["weekly_aggregates"].with_columns(
                spend=pl.lit(70.0),
                spend_previous=pl.lit(70.0),
                impressions=pl.lit(7.0),
                impressions_previous=pl.lit(7.0),
                clicks=pl.lit(1.0),
                clicks_previous=pl.lit(1.0),
            )
        }
    ),
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
    "few_rows_quarantined": cell("conservation", "rows_read", 10),
    "quarantine_has_reason": cell("quarantine", "reason", None),
    "quarantine_accounted": emptied("quarantine"),
    "period_rows_accounted": dropped("period_rows"),
    "untouched_upload_conserved": cell("cleaned_metrics", "clicks", 21.0, -1),
    "few_rows_duplicate": cell("conservation", "rows_duplicate", 12),
    "spelling_resolved_once": lambda tables: tables | {"names": _TWO_NAMES},
    "no_campaign_vanished": lambda tables: tables | {"vanished": _VANISHED},
    "no_partial_reexport": cell("upload_changes", "partial", True, 1),
    "every_upload_followed": dropped("upload_changes"),
    "no_suspected_rename": lambda tables: tables | {"renames": _frame("renames", [{**_RENAME, "status": "suspected"}])},
    "rename_status_known": lambda tables: tables | {"renames": _frame("renames", [{**_RENAME, "status": "perhaps"}])},
    "proven_rename_applied": lambda tables: tables | {"renames": _frame("renames", [{**_RENAME, "status": "proven"}])},
    "first_statement_unique": lambda tables: (
        tables
        | {
            "weeks_as_first_stated": _frame(
                "weeks_as_first_stated",
                [{"week": MONDAY, "metric": "spend", "first": first, "now": 2.0} for first in (1.0, 2.0)],
            )
        }
    ),
    "ledger_unbroken": lambda tables: tables | {"restatements": _BROKEN_LEDGER},
    "ledger_ends_in_metrics": lambda tables: tables | {"restatements": _LEDGER_OF_OTHERS},
    "alike_names_decided": lambda tables: (
        tables
        | {
            "names": _frame(
                "names",
                [
                    {
                        "dimension": "campaign",
                        "spelling": "Brnad",
                        "name": "Brnad",
                        "rows": 1,
                        "how": "suggested",
                        "candidate": "Brand",
                    }
                ],
            )
        }
    ),
    "restatement_changes_something": lambda tables: tables | {"restatements": _UNCHANGED},
    # weekly_aggregates
    "weeks_not_empty": emptied("weekly_aggregates"),
    "week_is_monday": cell("weekly_aggregates", "week", _TUESDAY),
    "weekly_key_unique": repeated("weekly_aggregates"),
    "account_equals_metrics": cell("cleaned_metrics", "revenue", 56.0),
    "campaigns_add_up_to_account": cell("weekly_aggregates", "clicks", 279.0, _ACCOUNT_ROW),
    "levels_add_up_to_account": cell("weekly_aggregates", "conversions", 27.0, _ACCOUNT_ROW),
    "week_days_counted": cell("weekly_aggregates", "days", 6, _ACCOUNT_ROW),
    "week_complete_at_its_sunday": cell("weekly_aggregates", "complete", False, _ACCOUNT_ROW),
    "every_week_has_digest": dropped("week_digests"),
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
    "scores_account_for_metrics": cell("anomaly_scores", "observed", 11.0),
    # findings
    "finding_id_unique": cell("findings", "finding_id", "f1"),
    "finding_kind_known": cell("findings", "kind", "odd"),
    "finding_severity_known": cell("findings", "severity", "high"),
    "finding_in_order": cell("findings", "end", MONDAY),
    "finding_within_data": cell("findings", "end", _FUTURE),
    # outlook
    "trend_status_known": cell("trends", "status", "odd"),
    "trend_direction_known": cell("trends", "direction", "sideways"),
    "trend_p_value_is_share": cell("trends", "p_value", 1.5),
    "trend_has_significance": cell("trends", "p_value", None),
    "phase_known": cell("lifecycle", "phase", "puberty"),
    "phase_names_campaign": cell("lifecycle", "campaign", "Winter"),
    "forecast_after_data": cell("forecast", "date", MONDAY),
    "forecast_edges_in_order": cell("forecast", "low_80", 80.0),
    "forecast_adds_up": cell("forecast", "total", 500.0, -1),
    "pacing_band_known": cell("pacing", "band", "blue"),
    "projected_not_below_spent": cell("pacing", "projected", 100.0),
    "finding_scope_known": cell("findings", "scope", "world"),
    "finding_has_a_sentence": cell("findings", "sentence", None),
    "finding_has_no_second": repeated("findings", finding_id="f9"),
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
    "rate_and_mix_add_up": cell("diagnoses", "mix", 0.5, 4),
    "cause_is_sure_or_not": cell("diagnoses", "confidence", 1.5, 3),
    "cause_says_what_happened": cell("diagnoses", "fault", None, 3),
    "change_starts_from_the_week": cell("diagnoses", "current_value", 281.0),
    # insights, recommendations, hypotheses
    "insight_kind_known": cell("insights", "kind", "rumour"),
    "insight_said_once": repeated("insights"),
    "insights_few_enough_to_read": both(*(repeated("insights", insight_id=f"{n:012x}") for n in range(10))),
    "insight_confidence_in_range": cell("insights", "confidence", 1.5),
    "insight_money_not_negative": cell("insights", "money", -1.0),
    "insight_compares_with_days_before": cell("insights", "baseline_end", MONDAY + dt.timedelta(days=7)),
    "insight_says_what_lacks": cell("insights", "reason", None),
    "insight_finding_known": cell("insights", "finding_id", "f9"),
    "recommendation_has_playbook": cell("recommendations", "playbook", None),
    "recommendation_rests_on_insight": cell("recommendations", "insight_id", "ffffffffffff"),
    "recommendation_answers_finding": cell("recommendations", "finding_id", "f9"),
    "recommendation_given_once": repeated("recommendations", rank=2),
    "recommendation_says_how_to_test": cell("recommendations", "test_it", None),
    "decision_has_reason": cell("hypotheses", "reason", None),
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
    "report_revenue_equals_week": cell("weekly_reports", "revenue", 1.0, 1),
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
