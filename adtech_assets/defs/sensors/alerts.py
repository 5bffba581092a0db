"""Reads every finished run's check results and tells people what failed: refused files, failed rules, failed steps.

Run-status sensors, because a failed check that does not block leaves its run a success. A channel that takes nothing
fails the tick, which is visible and tried again; the alert is not lost. Belongs here: noticing. Does not: text and
transport (`alerting.py`).
"""

import re
from collections.abc import Iterator

import dagster as dg

from adtech_assets.alerting import Alert, Failure, send
from adtech_assets.defs.resources import WorkspaceResource

_EVERY_SECONDS = 5
_ROWS = "failing rows (sample)"
_CLASS = re.compile(r"^[A-Za-z_][\w.]*: ")  # what Python puts before the sentence


def failed_checks(instance: dg.DagsterInstance, run_id: str) -> Iterator[Failure]:
    """The failed checks of a run, as its events state them."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        event = entry.dagster_event
        if event is None:
            continue
        evaluation = event.asset_check_evaluation_data
        if evaluation.passed:
            continue
        rows = evaluation.metadata.get(_ROWS)
        yield Failure(
            asset=evaluation.asset_key.to_user_string(),
            check=evaluation.check_name,
            severity=evaluation.severity.value,
            description=evaluation.description or "",
            rows=[record.data for record in rows.records] if isinstance(rows, dg.TableMetadataValue) else [],
        )


def failed_steps(instance: dg.DagsterInstance, run_id: str) -> Iterator[Failure]:
    """The failed steps of a run; a step that failed because of its checks is told by them."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        error = event.step_failure_data.error if event else None
        if event is None or (error and error.cls_name == "DagsterAssetCheckFailedError"):
            continue
        innermost = error
        while innermost and innermost.cause:
            innermost = innermost.cause
        said = _CLASS.sub("", innermost.message.strip()) if innermost else "no error was recorded"
        yield Failure(asset=event.step_key or "run", check="step", severity="ERROR", description=said)


def alert_of(instance: dg.DagsterInstance, run: dg.DagsterRun, webserver_url: str, failed: bool) -> Alert | None:
    """What a finished run has to say, None if nothing."""
    failures = [*failed_checks(instance, run.run_id), *failed_steps(instance, run.run_id)]
    if failed and not failures:
        failures = [Failure("run", run.job_name, "ERROR", "the run stopped without saying why; see its log")]
    if not failures:
        return None
    part = run.tags.get("dagster/partition", "")
    worst = "failed" if failed else "has findings"
    return Alert(
        title=f"adtech: {part.replace('|', ', week of ')} {run.job_name} {worst} ({len(failures)})",
        run_id=run.run_id,
        link=f"{webserver_url}/runs/{run.run_id}",
        failures=tuple(failures),
    )


def _tell(context: dg.RunStatusSensorContext, workspace: WorkspaceResource, failed: bool) -> None:
    opened = workspace.open()
    alert = alert_of(context.instance, context.dagster_run, opened.settings.webserver_url, failed)
    if alert is not None:
        send(alert, opened.settings.alerts, opened.outbox)
        context.log.info("alert sent for run %s: %d failures", alert.run_id, len(alert.failures))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    minimum_interval_seconds=_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def alerts_of_successful_runs(context: dg.RunStatusSensorContext, workspace: WorkspaceResource) -> None:
    """Failed checks of runs that went through."""
    _tell(context, workspace, failed=False)


@dg.run_failure_sensor(minimum_interval_seconds=_EVERY_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def alerts_of_failed_runs(context: dg.RunFailureSensorContext, workspace: WorkspaceResource) -> None:
    """Failed checks and steps of runs that stopped."""
    _tell(context, workspace, failed=True)
