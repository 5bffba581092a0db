"""Run the rulebook on stored tables: which tables a rule sees, and the DuckDB connection that shows them.

Belongs here: which parts of the tables rules read. Does not: rules (`quality/rules.yaml`) or their engine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from adtech_assets.lake import Part
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.quality.rulebook import Rule
from adtech_assets.tables import (
    CHECKSUMS,
    DELIVERIES,
    DIAGNOSES,
    FINDINGS,
    RAW_ROWS,
    REPORTS,
    SENTENCES,
    TABLES,
    UPLOAD_COLUMNS,
)

if TYPE_CHECKING:
    import duckdb

    from adtech_assets.quality.runner import RuleResult

OF_AN_UPLOAD = (RAW_ROWS, CHECKSUMS, UPLOAD_COLUMNS)
OF_A_WEEK = (DIAGNOSES, SENTENCES, REPORTS, DELIVERIES)


def check(
    workspace: Workspace,
    rules: Sequence[Rule],
    client: str,
    week: dt.date | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> list[RuleResult]:
    """The results of rules for one client (and week), in their order. `connection`: an in-memory DuckDB to use."""
    import duckdb

    from adtech_assets.quality.runner import run_rules

    if connection is not None:
        show_tables(workspace, connection, client, week)
        return run_rules(connection, rules)
    with duckdb.connect() as own:
        show_tables(workspace, own, client, week)
        return run_rules(own, rules)


def show_tables(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, client: str, week: dt.date | None = None
) -> None:
    """Views of all tables of one client; those kept by week only where a week is given, findings then as of that week."""
    parts = {}
    for table in TABLES.values():
        if table in OF_AN_UPLOAD:
            parts[table] = workspace.raw_parts(client)
        elif table is FINDINGS and week is not None:
            parts[table] = [Part(client, week)]
        elif table in OF_A_WEEK:
            parts[table] = [Part(client, week)] if week else []
        else:
            parts[table] = [Part(client)]
    workspace.lake.views(connection, parts)
