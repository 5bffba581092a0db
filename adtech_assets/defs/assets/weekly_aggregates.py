"""Gold: week by dimension."""

import dagster as dg
import polars as pl

from adtech_assets.defs.assets.cleaned_metrics import cleaned_metrics
from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count, sample
from adtech_assets.defs.partitions import client_of, clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline import client_steps
from adtech_assets.tables import WEEKLY


@dg.asset(
    deps=[cleaned_metrics],
    partitions_def=clients,
    group_name="gold",
    kinds={"python", "polars", "parquet"},
    owners=OWNERS,
    metadata=definition_metadata(WEEKLY),
)
def weekly_aggregates(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Sums and ratios of sums by ISO week for the account and every dimension, with the week before beside each."""
    weekly = client_steps.aggregate(workspace.open(), client_of(context.partition_key))
    account = weekly.filter(pl.col("level") == "account").sort("week", descending=True)
    return dg.MaterializeResult(
        metadata={
            **row_count(weekly.height),
            "weeks": account.height,
            "latest weeks": sample(account, ["week", "days", "complete", "spend", "revenue", "roas", "spend_change"]),
        }
    )
