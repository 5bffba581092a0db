"""Bronze: every dropped file as it is, and its typed rows."""

import dagster as dg

from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count, sample
from adtech_assets.defs.partitions import client_of, clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline import client_steps
from adtech_assets.tables import UPLOADS

_SHOWN = ["file", "status", "platform", "level", "period_start", "period_end", "rows_read", "spend_read", "reason"]


@dg.asset(
    partitions_def=clients,
    group_name="bronze",
    kinds={"python", "polars", "parquet"},
    owners=OWNERS,
    metadata=definition_metadata(UPLOADS),
)
def raw_uploads(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Every file of the client's inbox: the original bytes archived by content hash, how it was read, and its typed
    rows with upload id and line number. A file that cannot be read without guessing is refused with a sentence beside it."""
    client = client_of(context.partition_key)
    ingested = client_steps.ingest(workspace.open(), client)
    for row in ingested.refused.iter_rows(named=True):
        context.log.warning("%s refused: %s", row["file"], row["reason"])
    return dg.MaterializeResult(
        metadata={
            **row_count(int(ingested.uploads["rows_read"].sum() or 0)),
            "files": ingested.uploads.height,
            "new files": len(ingested.new),
            "refused files": ingested.refused.height,
            "uploads": sample(ingested.uploads, _SHOWN),
        }
    )
