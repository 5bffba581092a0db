"""The rulebook as asset checks: one check a rule, all rules of an asset in one Great Expectations run.

Belongs here: turning rules into specs and results into check results. Does not: rules (`quality/rules.yaml`) or their
engine (`quality/`). Loading this module imports no Great Expectations.
"""

from typing import Any

import dagster as dg
from dagster_duckdb import DuckDBResource

from adtech_assets.defs.metadata import table_value
from adtech_assets.defs.partitions import client_and_week_of, client_of, client_weeks, clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.pipeline.checking import check
from adtech_assets.quality.rulebook import Rule, rules_of_asset
from adtech_assets.quality.runner import RuleResult

_SEVERITIES = {"critical": dg.AssetCheckSeverity.ERROR}
_WARN = dg.AssetCheckSeverity.WARN
_ERROR_CHARACTERS = 3000
SOUND_INPUTS = "rests_on_sound_inputs"


def build_checks(*assets: dg.AssetsDefinition) -> dg.AssetChecksDefinition:
    """One check a rule of the assets, all in one step; a failing blocking rule of severity critical stops what comes after.

    Several assets are checked together once the last of them is made, so that a reader has the report before Great
    Expectations has been imported. Rules of the earlier ones then block what comes after the last one, through its
    check `rests_on_sound_inputs`: in between nothing leaves the house.
    """
    *inputs, last = assets
    name = last.key.path[-1]
    rules = {
        dg.AssetCheckKey(asset.key, rule.id): rule for asset in assets for rule in rules_of_asset(asset.key.path[-1])
    }
    gates = [rule for key, rule in rules.items() if key.asset_key != last.key and rule.blocking]
    by_week = last.partitions_def == client_weeks
    specs = [_spec(key, rule, by_week, after=last) for key, rule in rules.items()]
    sound = dg.AssetCheckKey(last.key, SOUND_INPUTS)
    if inputs:
        specs.append(
            dg.AssetCheckSpec(
                SOUND_INPUTS, asset=last.key, blocking=True, partitions_def=client_weeks,
                description=f"No blocking rule of {', '.join(a.key.path[-1] for a in inputs)} fails. "
                "What to do if it does: see the failing check of that asset.",
            )
        )  # fmt: skip

    @dg.multi_asset_check(name=f"{name}_rules", specs=specs, can_subset=True)
    def rules_check(context, workspace: WorkspaceResource, duckdb: DuckDBResource):  # type: ignore[no-untyped-def]
        wanted = set(context.selected_asset_check_keys)
        chosen = [rule for key, rule in rules.items() if key in wanted or (sound in wanted and rule in gates)]
        partition = context.partition_key
        client, week = client_and_week_of(partition) if by_week else (client_of(partition), None)
        with duckdb.get_connection() as connection:
            results = check(workspace.open(), chosen, client, week, connection)
        where = {"client": client, **({"week": week.isoformat()} if week else {})}
        for result in results:
            key = dg.AssetCheckKey(dg.AssetKey(result.rule.asset), result.rule.id)
            if key in wanted:
                yield _result(key, result, where)
        if sound in wanted:
            yield _soundness(sound, [result for result in results if result.rule in gates], where)

    return rules_check


def _spec(key: dg.AssetCheckKey, rule: Rule, by_week: bool, after: dg.AssetsDefinition) -> dg.AssetCheckSpec:
    early = key.asset_key != after.key
    return dg.AssetCheckSpec(
        rule.id,
        asset=key.asset_key,
        description=f"{rule.why[:1].upper()}{rule.why[1:]}. What to do if it fails: {rule.remedy}",
        blocking=rule.blocking and not early,
        additional_deps=[after.key] if early else None,
        partitions_def=client_weeks if by_week else clients,
        metadata={
            "table": rule.table,
            "expectation": rule.kind,
            "severity": rule.severity,
            "dimension": rule.dimension,
        },
    )


def _soundness(key: dg.AssetCheckKey, gates: list[RuleResult], where: dict[str, str]) -> dg.AssetCheckResult:
    failed = [f"{result.rule.asset} / {result.rule.id}: {result.description}" for result in gates if not result.passed]
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(failed) or "every blocking rule of what the report rests on holds",
        metadata=where,
    )


def _result(key: dg.AssetCheckKey, result: RuleResult, where: dict[str, str]) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {**where, "table": result.rule.table}
    if result.observed is not None:
        metadata["observed"] = str(result.observed)
    if result.failing_count is not None:
        metadata["failing rows"] = result.failing_count
    if result.failing_rows:
        metadata["failing rows (sample)"] = table_value(result.failing_rows)
    if result.error:
        metadata["error"] = dg.MetadataValue.md(f"```\n{result.error[:_ERROR_CHARACTERS]}\n```")
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR if result.error else _SEVERITIES.get(result.rule.severity, _WARN),
        description=result.description,
        metadata=metadata,
    )
