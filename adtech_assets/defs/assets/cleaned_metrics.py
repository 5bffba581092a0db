"""Silver: one current value per key."""

import dagster as dg

from adtech_assets.defs.assets.raw_uploads import raw_uploads
from adtech_assets.defs.failures import for_good
from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count, sample
from adtech_assets.defs.partitions import client_of, clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline import client_steps
from adtech_assets.tables import CLEANED, CONSERVATION


@dg.asset(
    deps=[raw_uploads],
    partitions_def=clients,
    group_name="silver",
    kinds={"python", "polars", "parquet"},
    owners=OWNERS,
    metadata=definition_metadata(CLEANED),
)
def cleaned_metrics(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """One current value per day and combination of dimensions: newest upload wins as a slice, names resolved, bad rows
    quarantined with a reason, every restated figure kept in a ledger, and an account of where every row and all spend went."""
    with for_good():
        cleaned = client_steps.clean(workspace.open(), client_of(context.partition_key))
    return dg.MaterializeResult(
        metadata={
            **row_count(cleaned.current.height),
            "spend": float(cleaned.current["spend"].sum() or 0),
            "quarantined rows": cleaned.quarantine.height,
            "restated figures": cleaned.succession.restatements.height,
            "vanished slices": cleaned.succession.vanished.height,
            "renamed campaigns": cleaned.succession.renames.height,
            "conservation": sample(cleaned.conservation, CONSERVATION.schema.names()),
        }
    )
