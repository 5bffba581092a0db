"""Which reports are due: the latest complete week, and every reported week whose figures have changed since.

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
from adtech_assets.tables import REPORTS, WEEK_DIGESTS


@dataclass(frozen=True)
class Due:
    """A report to make. `digest` is the fingerprint of the figures it will print."""

    week: dt.date
    digest: str
    reason: Literal["new", "revised"]


def plan(current: Mapping[dt.date, str], complete: set[dt.date], reported: Mapping[dt.date, str]) -> list[Due]:
    """Due reports, oldest first. `current`: week -> fingerprint now; `reported`: week -> fingerprint when reported."""
    due = [
        Due(week, current[week], "revised")
        for week, digest in reported.items()
        if week in current and current[week] != digest
    ]
    latest = max(complete, default=None)
    if latest is not None and latest not in reported:
        due.append(Due(latest, current[latest], "new"))
    return sorted(due, key=lambda d: d.week)


def due_reports(workspace: Workspace, client: str) -> list[Due]:
    """What `plan` says for a client as its tables stand."""
    digests = workspace.lake.read(WEEK_DIGESTS, Part(client))
    current = dict(digests.select("week", "digest").iter_rows())
    complete = set(digests.filter(pl.col("complete")).get_column("week"))
    reported = {}
    for week in workspace.lake.weeks(REPORTS, client):
        versions = workspace.lake.read(REPORTS, Part(client, week))
        if versions.height:
            reported[week] = versions.sort("version").get_column("digest")[-1]
    return plan(current, complete, reported)
