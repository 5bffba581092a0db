"""Looking up stored findings.

Belongs here: which finding a person means. Does not: making findings (`scoring`).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from adtech_assets.lake import Part
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import CLIENT_SLUG
from adtech_assets.tables import FINDINGS


def find_one(workspace: Workspace, finding_id: str, client: str | None = None) -> tuple[str, dict[str, Any]]:
    """The client and the row of the one stored finding whose id begins so. LookupError says what is wrong."""
    owners = [client] if client else workspace.lake.clients(FINDINGS)
    if client and not CLIENT_SLUG.fullmatch(client):
        raise LookupError(f"{client!r} is no client")
    found = [
        (owner, row)
        for owner in owners
        for row in workspace.lake.read(FINDINGS, Part(owner))
        .filter(pl.col("finding_id").str.starts_with(finding_id))
        .to_dicts()
    ]
    if not found:
        whose = f"{client} has no" if client else "no client has a"
        raise LookupError(f"{whose} finding {finding_id!r}; ids are in the report's JSON and in the table findings")
    if len(found) > 1:
        ids = ", ".join(sorted({f"{row['finding_id']} ({owner})" for owner, row in found})[:5])
        raise LookupError(f"{finding_id!r} begins the ids of several findings: {ids}")
    return found[0]
