"""Insight: what moved in a week, and which parts did it."""

import dagster as dg

from adtech_assets.defs.assets.anomaly_scores import anomaly_scores
from adtech_assets.defs.assets.cleaned_metrics import cleaned_metrics
from adtech_assets.defs.failures import for_good
from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count, sample
from adtech_assets.defs.partitions import SAME_CLIENT, client_and_week_of, client_weeks
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.lake import Part
from adtech_assets.pipeline import week_steps
from adtech_assets.tables import DIAGNOSES, INSIGHTS, RECOMMENDATIONS


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
    """The week's days against the days before: account changes and their parts (they add up), the segments to blame, what
    is worth knowing with its evidence, what to do about it, and the log of what was thought of and dropped."""
    client, week = client_and_week_of(context.partition_key)
    with for_good():
        made = workspace.open()
        table = week_steps.diagnose(made, client, week)
        insights = made.lake.read(INSIGHTS, Part(client, week))
        advice = made.lake.read(RECOMMENDATIONS, Part(client, week))
    causes = table.filter(table["kind"] == "cause")
    return dg.MaterializeResult(
        metadata={
            **row_count(table.height),
            "insights": sample(insights, ["rank", "severity", "sentence", "money", "confidence", "insight_id"]),
            "recommendations": sample(advice, ["rank", "title", "segment", "expected_effect", "insight_id"]),
            "causes": sample(causes, ["metric", "segment", "effect", "fault", "contribution", "confidence"]),
        }
    )
