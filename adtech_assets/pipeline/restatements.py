"""What `adtech restatements` answers: per file what it changed, totals by month, and the ledger.

Belongs here: putting the stored tables into the answer's form. Does not: finding changes (`metrics`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from adtech_assets.lake import Part
from adtech_assets.metrics import cleaning
from adtech_assets.metrics.model import totals
from adtech_assets.metrics.succession.history import EVENTS
from adtech_assets.metrics.succession.renames import PROVEN, SUSPECTED
from adtech_assets.pipeline.decisions import decisions_of
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.tables import CLEANED, RENAMES, RESTATEMENTS, UPLOAD_CHANGES, VANISHED

_MONTH = pl.col("date").dt.strftime("%Y-%m").alias("month")


def answer(workspace: Workspace, client: str, since: dt.date | None = None) -> dict[str, Any]:
    """The answer as JSON values. `since`: only uploads whose export was made on that day or later (totals: all)."""
    part, lake = Part(client), workspace.lake
    changes = lake.read(UPLOAD_CHANGES, part)
    told = changes.filter(pl.col("taken") >= since) if since else changes
    files = dict(workspace.uploads(client).select("upload_id", "file").iter_rows())
    recent = pl.Series(told["upload_id"])
    vanished = lake.read(VANISHED, part).filter(pl.col("missing_in").is_in(recent.implode()))
    renames = lake.read(RENAMES, part).filter(pl.col("upload_id").is_in(recent.implode()))
    restated = lake.read(RESTATEMENTS, part).filter(pl.col("changed_in").is_in(recent.implode()))
    renamed_since = (pl.col("stated_as") != pl.col("stated_before_as")).fill_null(False)
    return {
        "files": [_file(row, files) for row in told.sort("sequence").to_dicts()],
        "totals": _totals(
            cleaning.before_renames(
                workspace.raw_rows(client), workspace.uploads(client), decisions_of(workspace, client)
            )
        ),
        "totals_renames_resolved": _totals(lake.read(CLEANED, part)),
        "ledger": {
            "renames": _renames(renames.filter(status=PROVEN), files),
            "vanished": _vanished(vanished, files),
            "partial_reexports": _partial(told, files),
            "changes": _changes(restated.filter(~renamed_since), files),
            "changes_across_renames": _changes(restated.filter(renamed_since), files),
            "suspected_renames": _renames(renames.filter(status=SUSPECTED), files),
        },
    }


def _file(row: dict[str, Any], files: dict[str, str]) -> dict[str, Any]:
    counts = {event: row[event] for event in EVENTS}
    return {"file": files[row["upload_id"]], "platform": row["platform"], **counts, "upload_id": row["upload_id"]}


def _totals(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return rows.group_by("platform", _MONTH).agg(totals()).sort("platform", "month").to_dicts()


def _renames(renames: pl.DataFrame, files: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "file": files[row["upload_id"]], "platform": row["platform"], "old": row["old"], "new": row["new"],
            "days": row["shared_days"], "days_equal_spend": row["days_equal_spend"],
            "first_day": row["first_day"].isoformat(), "last_day": row["last_day"].isoformat(),
        }
        for row in renames.sort("sequence", "platform", "old").to_dicts()
    ]  # fmt: skip


def _vanished(vanished: pl.DataFrame, files: dict[str, str]) -> list[dict[str, Any]]:
    """One entry a campaign and the file that misses it. Back: where most of its days are."""
    grouped = vanished.group_by("missing_in", "platform", "campaign", maintain_order=True).agg(
        pl.len().alias("days"),
        pl.col("date").min().alias("first_day"),
        pl.col("date").max().alias("last_day"),
        pl.col("spend").sum().round(2),
        pl.when(pl.col("explained_by").is_not_null().all()).then(pl.col("explained_by").first()).alias("explained_by"),
        pl.col("back_in").drop_nulls().mode().first().alias("back_in"),
    )
    return [
        {
            "file": files[row["missing_in"]], "platform": row["platform"], "campaign": row["campaign"],
            "days": row["days"], "first_day": row["first_day"].isoformat(), "last_day": row["last_day"].isoformat(),
            "spend": row["spend"], "explained_by": row["explained_by"], "back_in": files.get(row["back_in"]),
        }
        for row in grouped.to_dicts()
    ]  # fmt: skip


def _partial(changes: pl.DataFrame, files: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "file": files[row["upload_id"]], "platform": row["platform"], "rows_missing": row["vanished"],
            "campaigns": row["campaigns_vanished"], "healed_by": files.get(row["healed_by"] or ""),
            "rows_back": row["rows_back"], "confirmed": row["confirmed"],
        }
        for row in changes.filter("partial").sort("sequence").to_dicts()
    ]  # fmt: skip


def _changes(restated: pl.DataFrame, files: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "platform": row["platform"], "campaign": row["stated_as"] or row["campaign"], "day": row["date"].isoformat(),
            "metric": row["metric"], "old": row["old"], "new": row["new"], "age_days": row["age_days"],
            "file": files[row["changed_in"]], "first_seen_in": files[row["first_seen_in"]],
        }
        for row in restated.to_dicts()
    ]  # fmt: skip
