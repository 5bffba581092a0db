"""Delivery: the week's report as PDF, HTML and JSON."""

import base64

import dagster as dg

from adtech_assets.defs.assets.anomaly_scores import anomaly_scores
from adtech_assets.defs.assets.diagnoses import diagnoses
from adtech_assets.defs.assets.narratives import narratives
from adtech_assets.defs.assets.weekly_aggregates import weekly_aggregates
from adtech_assets.defs.failures import for_good
from adtech_assets.defs.metadata import OWNERS, definition_metadata, row_count
from adtech_assets.defs.partitions import SAME_CLIENT, client_and_week_of, client_weeks
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline import week_steps
from adtech_assets.tables import REPORTS

_PREVIEW_WIDTH = 480


@dg.asset(
    deps=[
        narratives,
        diagnoses,
        dg.AssetDep(weekly_aggregates, partition_mapping=SAME_CLIENT),
        dg.AssetDep(anomaly_scores, partition_mapping=SAME_CLIENT),
    ],
    partitions_def=client_weeks,
    group_name="delivery",
    kinds={"python", "altair", "pdf"},
    owners=OWNERS,
    metadata=definition_metadata(REPORTS),
)
def weekly_reports(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """A client-ready report. Figures that changed since the last version make a new version that says so."""
    from adtech_assets.reporting.pdf import first_page_png

    client, week = client_and_week_of(context.partition_key)
    with for_good():
        rendered = week_steps.render(workspace.open(), client, week)
    picture = base64.b64encode(first_page_png(rendered.pdf, _PREVIEW_WIDTH)).decode()
    row = rendered.row
    return dg.MaterializeResult(
        metadata={
            **row_count(row["version"]),
            "first page": dg.MetadataValue.md(f"![first page](data:image/png;base64,{picture})"),
            "PDF": dg.MetadataValue.path(rendered.pdf_path),
            "headline": row["headline"],
            "version": row["version"],
            "pages": row["pages"],
            "bytes": row["pdf_bytes"],
            **{name: row[name] for name in ("spend", "revenue") if row[name] is not None},
        }
    )
