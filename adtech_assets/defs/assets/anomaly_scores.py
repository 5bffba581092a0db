"""Insight: how far each day lies from what its own past led to expect."""

import dagster as dg

from adtech_assets.defs.assets.cleaned_metrics import cleaned_metrics
from adtech_assets.defs.assets.weekly_aggregates import weekly_aggregates
from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count, sample
from adtech_assets.defs.partitions import client_of, clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline import client_steps
from adtech_assets.tables import ANOMALY_SCORES


@dg.asset(
    deps=[cleaned_metrics, weekly_aggregates],
    partitions_def=clients,
    group_name="insight",
    kinds={"python", "scikitlearn", "parquet"},
    owners=OWNERS,
    metadata=definition_metadata(ANOMALY_SCORES),
)
def anomaly_scores(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Day x campaign x metric, each day scored with earlier days only, and the findings an account manager would name."""
    scores, findings = client_steps.score(workspace.open(), client_of(context.partition_key))
    columns = ["kind", "campaign", "metric", "start", "end", "observed", "expected", "severity", "money_at_stake"]
    return dg.MaterializeResult(
        metadata={
            **row_count(scores.height),
            "findings": findings.height,
            "newest findings": sample(findings.sort("start", descending=True), columns),
        }
    )
