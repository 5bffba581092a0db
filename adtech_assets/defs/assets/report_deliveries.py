"""Delivery: what was mailed to whom, once per version."""

import dagster as dg

from adtech_assets.defs.assets.weekly_reports import weekly_reports
from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count
from adtech_assets.defs.partitions import client_and_week_of, client_weeks
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline import delivery
from adtech_assets.tables import DELIVERIES


@dg.asset(
    deps=[weekly_reports],
    partitions_def=client_weeks,
    group_name="delivery",
    kinds={"python", "smtp"},
    owners=OWNERS,
    retry_policy=dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS),
    metadata=definition_metadata(DELIVERIES),
)
def report_deliveries(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The newest version of the report, mailed once where it is news: by SMTP where it is set up, else as a complete .eml
    in the outbox."""
    client, week = client_and_week_of(context.partition_key)
    table = delivery.deliver(workspace.open(), client, week)
    last = table.sort("version").row(-1, named=True)
    return dg.MaterializeResult(
        metadata={
            **row_count(table.height),
            "transport": last["transport"],
            "recipients": len(last["recipients"].split(",")) if last["recipients"] else 0,
            "version": last["version"],
            "message id": last["message_id"],
            "eml": last["path"] or last["transport"],
        }
    )
