"""Anomalies of one export file, without a store: read, clean, score.

Belongs here: that way, and its answers as rows of a CSV or lines of a batch. Does not: reading, cleaning or scoring.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import Field

from adtech_assets import batch
from adtech_assets.exports.inspection import inspect_file
from adtech_assets.insight import anomalies
from adtech_assets.metrics import cleaning, weekly
from adtech_assets.pipeline.scoring import special_days_of
from adtech_assets.settings import Settings
from adtech_assets.tables import RAW_ROWS, UPLOADS

COLUMNS = ("campaign", "date", "end", "metric", "kind", "score", "expected", "observed", "severity")
SHARED = "shared_"
"""Before the kind of what campaigns of a channel, or the account, did together; such rows name no campaign."""


class Unscorable(batch.Unanswerable):
    """The file has nothing to score, with the sentence that says why."""


class Request(batch.Request):
    """A request of a batch."""

    client: str | None = None
    weeks: float | None = Field(None, ge=5)


def findings_of(file: Path, settings: Settings, client: str | None = None, weeks: float | None = None,
         mapping: Path | None = None) -> pl.DataFrame:  # fmt: skip
    """Table FINDINGS of a file. Unscorable says why there can be none.

    client: whose settings count (budget of false alarms, country). weeks: campaign-weeks per false alarm.
    """
    profile = settings.client(client or "")
    export = inspect_file(file, settings.reader, settings.inbox.max_file_bytes, mapping, profile.currency)
    if export.refused:
        raise Unscorable(f"{file.name}: {export.facts['reason']}")
    if export.facts.get("kind") != "ads" or export.rows.is_empty():
        raise Unscorable(f"{file.name}: read as {export.facts.get('platform')}, with no advertising figures to score")
    facts = {**dict.fromkeys(UPLOADS.columns), **export.facts}
    facts |= {"file": file.name, "sequence": 1, "arrived_at": _the_day_after(export.facts.get("period_end"))}
    uploads = UPLOADS.conform(pl.DataFrame([facts], schema=UPLOADS.schema, orient="row"))
    decisions = cleaning.Decisions(names=settings.names, restatement=settings.restatement, recovery=settings.recovery)
    daily = weekly.daily(cleaning.clean(RAW_ROWS.conform(export.rows), uploads, decisions).current)
    if daily.is_empty():
        raise Unscorable(f"{file.name}: its figures cover periods, not days. What to do: export it with a day column")
    context = anomalies.Context(
        false_alarm_weeks=weeks or profile.false_alarm_weeks, special_days=special_days_of(profile, daily)
    )
    return anomalies.score(daily, settings.insight, context)[1]


def as_rows(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings as rows of the CSV, columns COLUMNS, ordered by date."""
    shared = pl.col("scope") != "campaign"
    return findings.sort("start", "campaign", "kind", nulls_last=True).select(
        pl.col("campaign").fill_null(""),
        pl.col("start").alias("date"),
        "end",
        "metric",
        pl.when(shared).then(pl.lit(SHARED) + pl.col("kind")).otherwise("kind").alias("kind"),
        "score",
        "expected",
        "observed",
        "severity",
    )


def _the_day_after(last: dt.date | None) -> dt.datetime:
    """When the file counts as made: the answer must not hang on the day it is asked on."""
    day = (last or dt.date(1970, 1, 1)) + dt.timedelta(days=1)
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


def answer_lines(lines: Sequence[str], settings: Settings) -> list[dict[str, Any]]:
    """One answer a request line: its `id` and `findings` (rows of the CSV), or `error`."""

    def answer(asked: Request) -> dict[str, Any]:
        found = as_rows(findings_of(asked.file, settings, asked.client, asked.weeks, asked.mapping))
        return {"findings": found.with_columns(pl.col("date", "end").cast(pl.String)).to_dicts()}

    return batch.answer_lines(lines, Request, answer)
