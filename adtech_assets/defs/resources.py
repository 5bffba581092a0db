"""What assets, checks and sensors are given: the workspace, and DuckDB in memory for the checks.

Belongs here: resources. Does not: what is done with them.
"""

import dagster as dg
from dagster_duckdb import DuckDBResource

from adtech_assets.pipeline.workspace import Workspace


class WorkspaceResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The installation: its settings (adtech.yaml, environment) and its lake, read when a run needs them."""

    def open(self) -> Workspace:
        return Workspace.open()


def default_resources() -> dict[str, object]:
    """A fresh in-memory DuckDB a check: the store is Parquet, so no run ever locks another out."""
    return {"workspace": WorkspaceResource(), "duckdb": DuckDBResource(database=":memory:")}
