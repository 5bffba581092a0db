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
from adtech_assets.exports.mapping import ClientMapping, FileMapping, read_mapping
from adtech_assets.exports.reader import READER_VERSION, Export, read_export, refuse_larger, upload_id
from adtech_assets.exports.refusal import Refusal
from adtech_assets.lake import Part, forget_interrupted, write_atomic
from adtech_assets.metrics import cleaning, weekly
from adtech_assets.pipeline.decisions import decisions_of
from adtech_assets.pipeline.scoring import score_days
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.tables import (
    ANOMALY_SCORES,
    CHECKSUMS,
    CLEANED,
    CONSERVATION,
    FINDINGS,
    NAMES,
    PERIOD_ROWS,
    QUARANTINE,
    RAW_ROWS,
    RENAMES,
    RESTATEMENTS,
    UPLOAD_CHANGES,
    UPLOAD_COLUMNS,
    UPLOADS,
    VANISHED,
    WEEK_DIGESTS,
    WEEKLY,
    WEEKS_AS_FIRST_STATED,
)

_OF_THE_LAKE = {"sequence", "file", "arrived_at"}


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

    A file is known by its bytes: the same file under another name or again changes nothing. Only where a newer version
    of a file is replaced by an earlier one is the earlier one the newest upload from then on. A refused upload is tried
    again each time while its file lies in the inbox, because settings may have changed.
    """
    now = now or dt.datetime.now(dt.UTC)
    part = Part(client)
    known = {row["upload_id"]: row for row in workspace.uploads(client).to_dicts()}
    before = set(known)
    forget_interrupted(workspace.lake.archive(client, "any", "").parent)
    refused_files: set[str] = set()
    present: set[str] = set()
    mapping = _mapping(workspace, client)
    for path in inbox.exports_of(workspace.inbox, client, workspace.settings.inbox):
        row = _ingest_file(workspace, client, path, mapping, known, now)
        if _is_back(row, path, known):
            row = _dropped_again(workspace, client, row, path, known, now)
        known[row["upload_id"]] = row
        present.add(row["upload_id"])
        if row["status"] == "refused":
            refused_files.add(path.name)
            inbox.reject(path, row["reason"])
    inbox.clear_rejections(workspace.inbox / client, refused_files)
    kept = [row for row in known.values() if row["status"] != "refused" or row["upload_id"] in present]
    _reread_outdated(workspace, client, mapping, kept)
    uploads = UPLOADS.conform(pl.DataFrame(kept, schema=UPLOADS.schema, orient="row")).sort("sequence")
    workspace.lake.write(UPLOADS, part, uploads)
    return Ingested(uploads, tuple(row["upload_id"] for row in kept if row["upload_id"] not in before))


def _is_back(row: dict[str, Any], path: Path, known: dict[str, dict[str, Any]]) -> bool:
    """Whether an upload lies again where a newer one had taken its place: the newest read under this name is another."""
    if row["status"] == "refused":
        return False
    others = (one for one in known.values() if one["upload_id"] != row["upload_id"] and one["status"] != "refused")
    return any(one["file"] == path.name and one["sequence"] > row["sequence"] for one in others)


def _dropped_again(
    workspace: Workspace,
    client: str,
    row: dict[str, Any],
    path: Path,
    known: dict[str, dict[str, Any]],
    now: dt.datetime,
) -> dict[str, Any]:
    """A known upload as the newest of all, under the name it now lies under: two names that swapped their files would
    else take turns for ever."""
    archived = workspace.lake.archive(client, row["upload_id"], path.suffix.lower())
    if not archived.is_file():
        write_atomic(archived, path.read_bytes())
    return {**row, "file": path.name, "sequence": _next_sequence(known), "arrived_at": now}


def _next_sequence(known: dict[str, dict[str, Any]]) -> int:
    return max((row["sequence"] for row in known.values()), default=0) + 1


def _mapping(workspace: Workspace, client: str) -> ClientMapping | Refusal:
    """The client's mapping; the refusal that every new file gets where it is not valid."""
    try:
        return read_mapping(workspace.inbox / client)
    except Refusal as refusal:
        return refusal


def _ingest_file(
    workspace: Workspace,
    client: str,
    path: Path,
    mapping: ClientMapping | Refusal,
    known: dict[str, dict[str, Any]],
    now: dt.datetime,
) -> dict[str, Any]:
    size = path.stat().st_size
    try:
        refuse_larger(size, workspace.settings.inbox.max_file_bytes)
    except Refusal as refusal:
        return _row(known, _refused(upload_id(f"{path.name}:{size}".encode()), size, refusal), path, now)
    data = path.read_bytes()
    identity = upload_id(data)
    if isinstance(mapping, Refusal):
        is_read = identity in known and known[identity]["status"] != "refused"
        return known[identity] if is_read else _row(known, _refused(identity, size, mapping), path, now)
    own = mapping.of(path.name)
    if _is_read(known.get(identity), own):
        return known[identity]
    archived = workspace.lake.archive(client, identity, path.suffix.lower())
    with ThreadPoolExecutor(1) as beside:
        # The disk takes the original while it is read; it counts as read only when both are done.
        archiving = None if archived.is_file() else beside.submit(write_atomic, archived, data)
        export = _read(workspace, client, data, own, identity)
        if archiving:
            archiving.result()
    return _row(known, export.facts, path, now)


def _refused(identity: str, size: int, refusal: Refusal) -> dict[str, Any]:
    return {"upload_id": identity, "bytes": size, "status": "refused", "reason": str(refusal)}


def _is_read(row: dict[str, Any] | None, own: FileMapping | None) -> bool:
    """Whether an upload was read, by this version of the reader and under this mapping."""
    if row is None or row["status"] == "refused":
        return False
    return bool(row["reader"] == READER_VERSION and row["mapping"] == (own.digest if own else None))


def _read(workspace: Workspace, client: str, data: bytes, own: FileMapping | None, identity: str) -> Export:
    home = workspace.settings.client(client).currency
    export = read_export(data, workspace.settings.reader, own, home, identity)
    if not export.refused:
        part = Part(client, upload=export.facts["upload_id"])
        workspace.lake.write(RAW_ROWS, part, export.rows)
        workspace.lake.write(CHECKSUMS, part, export.checksums)
        workspace.lake.write(UPLOAD_COLUMNS, part, export.columns)
    return export


def _row(known: dict[str, dict[str, Any]], facts: Any, path: Path, now: dt.datetime) -> dict[str, Any]:
    earlier = known.get(facts["upload_id"])
    sequence = earlier["sequence"] if earlier else _next_sequence(known)
    arrived = earlier["arrived_at"] if earlier else now
    blank = dict.fromkeys(UPLOADS.columns)
    return {**blank, **facts, "file": path.name, "sequence": sequence, "arrived_at": arrived}


def _reread_outdated(
    workspace: Workspace, client: str, mapping: ClientMapping | Refusal, rows: list[dict[str, Any]]
) -> None:
    """Uploads that an older reader read, or that were read under another mapping, are read again from their archived
    bytes. What can no longer be read stays as it was read, with a note."""
    if isinstance(mapping, Refusal):
        return
    for row in rows:
        own = mapping.of(row["file"])
        if row["status"] == "refused" or _is_read(row, own):
            continue
        archived = workspace.lake.archive(client, row["upload_id"], Path(row["file"]).suffix.lower())
        if not archived.is_file():
            continue
        export = _read(workspace, client, archived.read_bytes(), own, row["upload_id"])
        if export.refused:
            kept = {name: export.facts[name] for name in ("reader", "mapping")}
            row.update(kept, notes=f"kept as read before; read again it would be refused: {export.facts['reason']}")
        else:
            row.update({**dict.fromkeys(UPLOADS.columns.keys() - _OF_THE_LAKE), **export.facts})


def clean(workspace: Workspace, client: str) -> cleaning.Cleaned:
    """Raw rows -> cleaned_metrics, quarantine, period_rows, conservation, names, and what uploads did to each other."""
    cleaned = cleaning.clean(workspace.raw_rows(client), workspace.uploads(client), decisions_of(workspace, client))
    told = cleaned.succession
    tables = {
        QUARANTINE: cleaned.quarantine, PERIOD_ROWS: cleaned.period_rows, CONSERVATION: cleaned.conservation,
        RESTATEMENTS: told.restatements, VANISHED: told.vanished, RENAMES: told.renames,
        UPLOAD_CHANGES: told.upload_changes, WEEKS_AS_FIRST_STATED: told.weeks, NAMES: cleaned.names,
        CLEANED: cleaned.current,
    }  # fmt: skip
    for table, frame in tables.items():
        workspace.lake.write(table, Part(client), frame)
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
    scores, findings = score_days(workspace, client, daily)
    workspace.lake.write(ANOMALY_SCORES, part, scores)
    workspace.lake.write(FINDINGS, part, findings)
    looks_back = math.ceil(workspace.settings.insight.baseline_days / 7)
    digests = weekly.digests(workspace.lake.read(WEEKLY, part), looks_back)
    workspace.lake.write(WEEK_DIGESTS, part, digests)
    return scores, findings
