"""Insight: what moved in a week, and which parts did it."""

import dagster as dg

from adtech_assets.defs.assets.anomaly_scores import anomaly_scores
from adtech_assets.defs.assets.cleaned_metrics import cleaned_metrics
from adtech_assets.defs.failures import for_good
from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count, sample
from adtech_assets.defs.partitions import SAME_CLIENT, client_and_week_of, client_weeks
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline import week_steps
from adtech_assets.tables import DIAGNOSES


@dg.asset(
    deps=[
        dg.AssetDep(cleaned_metrics, partition_mapping=SAME_CLIENT),
        dg.AssetDep(anomaly_scores, partition_mapping=SAME_CLIENT),
    ],
    partitions_def=client_weeks,
    group_name="insight",
    kinds={"python", "polars", "parquet"},
    owners=OWNERS,
    metadata=definition_metadata(DIAGNOSES),
)
def diagnoses(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The week's days against the days before: account changes, the largest contributors of each dimension (they add
    up to the change), and what to do about it."""
    client, week = client_and_week_of(context.partition_key)
    with for_good():
        table = week_steps.diagnose(workspace.open(), client, week)
    columns = ["kind", "metric", "dimension", "member", "baseline_value", "current_value", "contribution", "playbook"]
    return dg.MaterializeResult(metadata={**row_count(table.height), "first": sample(table, columns)})
