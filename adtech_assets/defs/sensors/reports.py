"""Watches finished runs of `client_metrics`: each week whose report is due gets a run of `weekly_report`.

A plain sensor that waits inside its tick, not a run-status sensor: those are evaluated every five seconds at best,
and the report is what the user is waiting for. The cursor is the newest finished run it has answered.
"""

import datetime as dt

import dagster as dg

from adtech_assets.defs.jobs import CLIENT_TAG, client_metrics, weekly_report
from adtech_assets.defs.partitions import client_week_key
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.defs.sensors.polling import watch
from adtech_assets.pipeline.due import Due, due_reports

PARTITION_NAME_TAG = "dagster/partition"
_IDLE_SECONDS = 0.5  # between looks while no run is under way; one takes seconds, so it is seen before its end
UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
)


@dg.sensor(job=weekly_report, minimum_interval_seconds=1, default_status=dg.DefaultSensorStatus.RUNNING)
def reports(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult | dg.SkipReason:
    """After a client's run: the latest complete week, and reported weeks whose figures changed since."""
    opened = workspace.open()
    settings = opened.settings.inbox
    answered = float(context.cursor) if context.cursor else 0.0

    idle = False

    def look() -> list[dg.RunRecord] | None:
        nonlocal idle
        records = changed_after(context.instance, answered)
        idle = not any(record.dagster_run.status in UNFINISHED for record in records)
        return succeeded(records) or None

    def pause() -> float:
        return max(settings.poll_seconds, _IDLE_SECONDS) if idle else settings.poll_seconds

    finished = watch(look, settings.poll_window_seconds, pause)
    if finished is None:
        return dg.SkipReason("no client's metrics have changed")
    requests = []
    for record in finished:
        run = record.dagster_run
        if client := run.tags.get(PARTITION_NAME_TAG):
            requests += requests_for(client, run.run_id, due_reports(opened, client))
    return dg.SensorResult(run_requests=requests, cursor=repr(max(_changed_at(record) for record in finished)))


def changed_after(instance: dg.DagsterInstance, moment: float) -> list[dg.RunRecord]:
    """Runs of client_metrics, done or under way, whose record changed after a moment (seconds since 1970), oldest first.

    By time of change and not by number: of two clients' runs the later one may be done first.
    """
    since = dt.datetime.fromtimestamp(moment, dt.UTC)
    statuses = [dg.DagsterRunStatus.SUCCESS, *UNFINISHED]
    records = instance.get_run_records(
        dg.RunsFilter(job_name=client_metrics.name, statuses=statuses, updated_after=since)
    )
    return sorted((record for record in records if _changed_at(record) > moment), key=_changed_at)


def succeeded(records: list[dg.RunRecord]) -> list[dg.RunRecord]:
    """Those that brought new figures."""
    return [record for record in records if record.dagster_run.status == dg.DagsterRunStatus.SUCCESS]


def _changed_at(record: dg.RunRecord) -> float:
    return record.update_timestamp.timestamp()


def requests_for(client: str, run_id: str, due: list[Due]) -> list[dg.RunRequest]:
    """The key names the run that asked: a report that failed is asked for again by the client's next run."""
    return [
        dg.RunRequest(
            run_key=f"{client}:{item.week}:{item.digest}:{run_id}",
            partition_key=client_week_key(client, item.week),
            tags={CLIENT_TAG: client, "adtech/reason": item.reason},
        )
        for item in due
    ]
