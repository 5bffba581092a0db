"""Delivery: the week in words, every number checked against its evidence."""

import dagster as dg

from adtech_assets.defs.assets.diagnoses import diagnoses
from adtech_assets.defs.assets.weekly_aggregates import weekly_aggregates
from adtech_assets.defs.metadata import OWNERS, definition_metadata, narrative_markdown, row_count
from adtech_assets.defs.partitions import SAME_CLIENT, client_and_week_of, client_weeks
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline import week_steps
from adtech_assets.tables import SENTENCES


@dg.asset(
    deps=[diagnoses, dg.AssetDep(weekly_aggregates, partition_mapping=SAME_CLIENT)],
    partitions_def=client_weeks,
    group_name="delivery",
    kinds={"python", "gemini"},
    owners=OWNERS,
    pool="gemini",
    metadata=definition_metadata(SENTENCES),
)
def narratives(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """The report's text with the evidence under each sentence. Gemini writes where a key is set, the built-in writer
    otherwise; a sentence that its evidence does not support is not printed."""
    client, week = client_and_week_of(context.partition_key)
    evidence, narrative = week_steps.narrate(workspace.open(), client, week)
    if narrative.fallback:
        context.log.warning("the built-in writer wrote this report: %s", narrative.fallback)
    return dg.MaterializeResult(
        metadata={
            **row_count(len(narrative.sentences)),
            "narrative": dg.MetadataValue.md(narrative_markdown(narrative)),
            "evidence items": len(evidence.items),
            "writer": narrative.model or "built-in",
            "fallback": narrative.fallback or "none",
            "sentences refused": narrative.refused,
            "input tokens": narrative.input_tokens,
            "output tokens": narrative.output_tokens,
        }
    )
