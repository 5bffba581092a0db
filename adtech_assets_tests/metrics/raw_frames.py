"""Raw rows and uploads as a reader would hand them over, built by hand: what a file says, without a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from adtech_assets.metrics.cleaning import Cleaned, clean
from adtech_assets.tables import RAW_ROWS, UPLOADS

ARRIVED = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")
Row = dict[str, Any]
File = tuple[list[Row], Row]


def january(day: int) -> dt.date:
    return dt.date(2025, 1, day)


def row(first: dt.date | None, last: dt.date | None, campaign: str | None = "A", **other: Any) -> Row:
    """One row of a file. A metric given as text that is no number makes it a problem row, as the reader would."""
    metrics: Row = {"spend": 10.5, "impressions": 100, "clicks": 5, "conversions": 1, "revenue": 60.0}
    made = {"date": first, "last_day": last, "platform": "google_ads", "channel": "Search", "campaign": campaign}
    made |= metrics | other
    unread = [name for name in METRICS if isinstance(made[name], str)]
    if unread:
        made |= {"problem": "not a number", "problem_column": unread[0], "text": f'{{"{unread[0]}":"x"}}'}
        made |= dict.fromkeys(unread)
    return made


def line(day: int, campaign: str | None = "A", **other: Any) -> Row:
    """A row about one day of January 2025."""
    return row(january(day), january(day), campaign, **other)


def week(monday: int, campaign: str | None = "A", **other: Any) -> Row:
    """A row about the seven days from one day of January 2025 on: an ISO week where that is a Monday (6, 13, 20)."""
    return row(january(monday), january(monday) + dt.timedelta(days=6), campaign, **other)


def file(*rows: Row, **facts: Any) -> File:
    """A file of these rows; `facts` are columns of its table uploads."""
    return list(rows), facts


def frames(files: Sequence[File]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tables raw_rows and uploads of files that came in this order. `total_rows`: so many more lines of the file."""
    raw, uploads = [], []
    for number, (rows, given) in enumerate(files, start=1):
        facts, identity = {**given}, f"{number:012x}"
        totals = facts.pop("total_rows", 0)
        raw += [{"source_row": place, **r, "upload_id": identity} for place, r in enumerate(rows, start=2)]
        days = [r["date"] for r in rows if r["date"] is not None]
        ends = [r["last_day"] for r in rows if r["last_day"] is not None]
        problems = sum("problem" in r for r in rows)
        uploads.append({
            "upload_id": identity, "sequence": number, "file": f"{number}.csv", "status": "ok", "kind": "ads",
            "platform": "google_ads", "arrived_at": ARRIVED, "rows_read": len(rows) + totals, "rows_total": totals,
            "rows_typed": len(rows) - problems, "rows_problem": problems,
            "period_start": min(days, default=None), "period_end": max(ends, default=None),
            "spend_read": float(sum(r["spend"] or 0 for r in rows)), **facts,
        })  # fmt: skip
    return (
        RAW_ROWS.conform(pl.DataFrame(raw, schema_overrides=RAW_ROWS.schema, infer_schema_length=None)),
        UPLOADS.conform(pl.DataFrame(uploads, schema_overrides=UPLOADS.schema, infer_schema_length=None)),
    )


def cleaned(*files: File | list[Row]) -> Cleaned:
    """What cleaning makes of files that came in this order."""
    return clean(*frames([f if isinstance(f, tuple) else file(*f) for f in files]))
