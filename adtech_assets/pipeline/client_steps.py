"""The steps that take one client's whole history: ingest, clean, aggregate, score.

A history is recomputed from the immutable rows of its uploads each time, so that late files, restatements and
look-back windows need no special case. Belongs here: these four steps. Does not: what they calculate.
"""

from __future__ import annotations

import datetime as dt
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from adtech_assets import inbox
from adtech_assets.exports.reader import READER_VERSION, Export, read_export, upload_id
from adtech_assets.insight import anomalies
from adtech_assets.lake import Part, forget_interrupted, write_atomic
from adtech_assets.metrics import cleaning, weekly
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.tables import (
    ANOMALY_SCORES,
    CLEANED,
    CONSERVATION,
    FINDINGS,
    NAMES,
    QUARANTINE,
    RAW_ROWS,
    RESTATEMENTS,
    UPLOADS,
    VANISHED,
    WEEK_DIGESTS,
    WEEKLY,
)


@dataclass(frozen=True)
class Ingested:
    """What `ingest` found: all uploads of the client, and the ids that are new."""

    uploads: pl.DataFrame
    new: tuple[str, ...]

    @property
    def refused(self) -> pl.DataFrame:
        return self.uploads.filter(pl.col("status") == "refused")


def ingest(workspace: Workspace, client: str, now: dt.datetime | None = None) -> Ingested:
    """Archive every file of the client's inbox, read what is new, and say beside each refused file why.

    A file is known by its bytes: the same file under another name or again changes nothing. A refused upload is
    tried again each time while its file lies in the inbox, because settings may have changed.
    """
    now = now or dt.datetime.now(dt.UTC)
    part = Part(client)
    known = {row["upload_id"]: row for row in workspace.uploads(client).to_dicts()}
    before = set(known)
    forget_interrupted(workspace.lake.archive(client, "any", "").parent)
    refused_files: set[str] = set()
    present: set[str] = set()
    for path in inbox.exports_of(workspace.inbox, client, workspace.settings.inbox):
        row = _ingest_file(workspace, client, path, known, now)
        known[row["upload_id"]] = row
        present.add(row["upload_id"])
        if row["status"] == "refused":
            refused_files.add(path.name)
            inbox.reject(path, row["reason"])
    inbox.clear_rejections(workspace.inbox / client, refused_files)
    kept = [row for row in known.values() if row["status"] != "refused" or row["upload_id"] in present]
    _reread_outdated(workspace, client, kept)
    uploads = UPLOADS.conform(pl.DataFrame(kept, schema=UPLOADS.schema, orient="row")).sort("sequence")
    workspace.lake.write(UPLOADS, part, uploads)
    return Ingested(uploads, tuple(row["upload_id"] for row in kept if row["upload_id"] not in before))


def _ingest_file(
    workspace: Workspace, client: str, path: Path, known: dict[str, dict[str, Any]], now: dt.datetime
) -> dict[str, Any]:
    limit = workspace.settings.inbox.max_file_bytes
    if (size := path.stat().st_size) > limit:
        reason = f"the file has {size:,} bytes, more than the setting inbox.max_file_bytes ({limit:,}) allows"
        identity = upload_id(f"{path.name}:{size}".encode())
        return _row(known, {"upload_id": identity, "bytes": size, "status": "refused", "reason": reason}, path, now)
    data = path.read_bytes()
    identity = upload_id(data)
    if identity in known and known[identity]["status"] != "refused" and known[identity]["reader"] == READER_VERSION:
        return known[identity]
    archived = workspace.lake.archive(client, identity, path.suffix.lower())
    with ThreadPoolExecutor(1) as beside:
        # The disk takes the original while it is read; it counts as read only when both are done.
        archiving = None if archived.is_file() else beside.submit(write_atomic, archived, data)
        export = _read(workspace, client, data)
        if archiving:
            archiving.result()
    return _row(known, export.facts, path, now)


def _read(workspace: Workspace, client: str, data: bytes) -> Export:
    export = read_export(data, workspace.settings.reader)
    if not export.refused:
        workspace.lake.write(RAW_ROWS, Part(client, upload=export.facts["upload_id"]), export.rows)
    return export


def _row(known: dict[str, dict[str, Any]], facts: Any, path: Path, now: dt.datetime) -> dict[str, Any]:
    earlier = known.get(facts["upload_id"])
    sequence = earlier["sequence"] if earlier else max((row["sequence"] for row in known.values()), default=0) + 1
    arrived = earlier["arrived_at"] if earlier else now
    blank = dict.fromkeys(UPLOADS.columns)
    return {**blank, **facts, "file": path.name, "sequence": sequence, "arrived_at": arrived}


def _reread_outdated(workspace: Workspace, client: str, rows: list[dict[str, Any]]) -> None:
    """Uploads that an older reader read are read again from their archived bytes."""
    for row in rows:
        if row["status"] == "refused" or row["reader"] == READER_VERSION:
            continue
        archived = workspace.lake.archive(client, row["upload_id"], Path(row["file"]).suffix.lower())
        if archived.is_file():
            row.update(_read(workspace, client, archived.read_bytes()).facts)


def clean(workspace: Workspace, client: str) -> cleaning.Cleaned:
    """Raw rows -> cleaned_metrics, quarantine, conservation, restatements, vanished, names."""
    cleaned = cleaning.clean(workspace.raw_rows(client), workspace.uploads(client))
    part = Part(client)
    workspace.lake.write(QUARANTINE, part, cleaned.quarantine)
    workspace.lake.write(CONSERVATION, part, cleaned.conservation)
    workspace.lake.write(RESTATEMENTS, part, cleaned.restatements)
    workspace.lake.write(VANISHED, part, cleaned.vanished)
    workspace.lake.write(NAMES, part, cleaned.names)
    workspace.lake.write(CLEANED, part, cleaned.current)
    return cleaned


def aggregate(workspace: Workspace, client: str) -> pl.DataFrame:
    """cleaned_metrics -> weekly_aggregates."""
    table = weekly.aggregate(workspace.lake.read(CLEANED, Part(client)))
    workspace.lake.write(WEEKLY, Part(client), table)
    return table


def score(workspace: Workspace, client: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """cleaned_metrics -> anomaly_scores and findings, and the fingerprints of the weeks that tell which reports are due."""
    part = Part(client)
    daily = weekly.daily(workspace.lake.read(CLEANED, part))
    scores, findings = anomalies.score(daily, workspace.settings.insight)
    workspace.lake.write(ANOMALY_SCORES, part, scores)
    workspace.lake.write(FINDINGS, part, findings)
    looks_back = math.ceil(workspace.settings.insight.baseline_days / 7)
    digests = weekly.digests(workspace.lake.read(WEEKLY, part), looks_back)
    workspace.lake.write(WEEK_DIGESTS, part, digests)
    return scores, findings
