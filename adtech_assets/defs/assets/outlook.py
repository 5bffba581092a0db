"""Insight: where the figures are heading, and whether the month's budget will be met."""

import dagster as dg

from adtech_assets.defs.assets.cleaned_metrics import cleaned_metrics
from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count, sample
from adtech_assets.defs.partitions import client_of, clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline.outlook import look_ahead
from adtech_assets.tables import FORECAST, LIFECYCLE, PACING, TRENDS


@dg.asset(
    deps=[cleaned_metrics],
    partitions_def=clients,
    group_name="insight",
    kinds={"python", "polars", "parquet"},
    owners=OWNERS,
    metadata=definition_metadata(FORECAST),
)
def outlook(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Trends, weekday and month patterns, phases of campaigns, a forecast with measured intervals, budget pacing."""
    made = look_ahead(workspace.open(), client_of(context.partition_key))
    forecast = made[FORECAST]
    phases = made[LIFECYCLE].sort("phase", "campaign", nulls_last=True)
    return dg.MaterializeResult(
        metadata={
            **row_count(forecast.height),
            "trends found": made[TRENDS].filter(made[TRENDS]["direction"].is_in(["up", "down"])).height,
            "phases": sample(phases, ["campaign", "phase", "since", "metric", "change"]),
            "pacing": sample(made[PACING], ["level", "campaign", "spent", "projected", "budget", "band", "side"]),
        }
    )
