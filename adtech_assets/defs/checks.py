"""The rulebook as asset checks: one check a rule, all rules of an asset in one Great Expectations run.

Belongs here: turning rules into specs and results into check results. Does not: rules (`quality/rules.yaml`) or their
engine (`quality/`). Loading this module imports no Great Expectations.
"""

import dagster as dg
from dagster_duckdb import DuckDBResource

from adtech_assets.defs.metadata import table_value
from adtech_assets.defs.partitions import client_and_week_of, client_of, client_weeks, clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline.checking import check
from adtech_assets.quality.rulebook import Rule, rules_of_asset
from adtech_assets.quality.runner import RuleResult

_SEVERITIES = {"critical": dg.AssetCheckSeverity.ERROR}
_ERROR_CHARACTERS = 3000


def build_checks(asset: dg.AssetsDefinition) -> dg.AssetChecksDefinition:
    """One check a rule of the asset; a failing blocking rule of severity critical stops what comes after it."""
    rules = rules_of_asset(asset.key.path[-1])
    by_week = asset.partitions_def == client_weeks

    @dg.multi_asset_check(
        name=f"{asset.key.path[-1]}_rules",
        specs=[_spec(asset, rule, by_week) for rule in rules],
        can_subset=True,
    )
    def rules_check(context, workspace: WorkspaceResource, duckdb: DuckDBResource):  # type: ignore[no-untyped-def]
        wanted = {key.name for key in context.selected_asset_check_keys}
        chosen = [rule for rule in rules if rule.id in wanted]
        key = context.partition_key
        client, week = client_and_week_of(key) if by_week else (client_of(key), None)
        with duckdb.get_connection() as connection:
            results = check(workspace.open(), asset.key.path[-1], client, week, connection, chosen)
        for result in results:
            yield _result(asset.key, result, client, week.isoformat() if week else None)

    return rules_check


def _spec(asset: dg.AssetsDefinition, rule: Rule, by_week: bool) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        rule.id,
        asset=asset.key,
        description=f"{rule.why} What to do if it fails: {rule.remedy}",
        blocking=rule.blocking,
        partitions_def=client_weeks if by_week else clients,
        metadata={"table": rule.table, "expectation": rule.kind, "severity": rule.severity, "dimension": rule.dimension},
    )


def _result(key: dg.AssetKey, result: RuleResult, client: str, week: str | None) -> dg.AssetCheckResult:
    metadata: dict[str, object] = {"client": client, "table": result.rule.table}
    if week:
        metadata["week"] = week
    if result.observed is not None:
        metadata["observed"] = str(result.observed)
    if result.failing_count is not None:
        metadata["failing rows"] = result.failing_count
    if result.failing_rows:
        metadata["failing rows (sample)"] = table_value(result.failing_rows)
    if result.error:
        metadata["error"] = dg.MetadataValue.md(f"```\n{result.error[:_ERROR_CHARACTERS]}\n```")
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=result.rule.id,
        passed=result.passed,
        severity=_SEVERITIES.get(result.rule.severity, dg.AssetCheckSeverity.WARN),
        description=result.description,
        metadata=metadata,
    )
