"""Which reports are due: the latest complete week until it is mailed, and every reported week whose figures changed.

Belongs here: that decision, pure, and the reading it needs. Does not: making reports, or requesting runs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from adtech_assets.lake import Part
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.tables import DELIVERIES, REPORTS, WEEK_DIGESTS


@dataclass(frozen=True)
class Due:
    """A report to make. `digest` is the fingerprint of the figures it will print."""

    week: dt.date
    digest: str
    reason: Literal["new", "revised", "undelivered"]


def plan(
    current: Mapping[dt.date, str], complete: set[dt.date], reported: Mapping[dt.date, str], undelivered: set[dt.date]
) -> list[Due]:
    """Due reports, oldest first. `current`: week -> fingerprint now; `reported`: week -> fingerprint when reported;
    `undelivered`: reported weeks whose newest version has not been mailed, which counts for the latest week only
    (older ones are backfills that nobody asked to mail)."""
    due = [
        Due(week, current[week], "revised")
        for week, digest in reported.items()
        if week in current and current[week] != digest
    ]
    latest = max(complete, default=None)
    if latest is not None and latest not in reported:
        due.append(Due(latest, current[latest], "new"))
    elif latest in undelivered and latest not in {item.week for item in due}:
        due.append(Due(latest, current[latest], "undelivered"))
    return sorted(due, key=lambda d: d.week)


def due_reports(workspace: Workspace, client: str) -> list[Due]:
    """What `plan` says for a client as its tables stand."""
    digests = workspace.lake.read(WEEK_DIGESTS, Part(client))
    current = dict(digests.select("week", "digest").iter_rows())
    complete = set(digests.filter(pl.col("complete")).get_column("week"))
    reported, undelivered = {}, set()
    for week in workspace.lake.weeks(REPORTS, client):
        versions = workspace.lake.read(REPORTS, Part(client, week)).sort("version")
        if versions.height:
            reported[week] = versions.get_column("digest")[-1]
            sent = workspace.lake.read(DELIVERIES, Part(client, week)).get_column("version")
            if versions.get_column("version")[-1] not in sent:
                undelivered.add(week)
    return plan(current, complete, reported, undelivered)
