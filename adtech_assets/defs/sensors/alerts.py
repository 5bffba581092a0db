"""Looks at every finished run and tells people what failed: refused files, failed rules, failed steps, killed processes.

A plain sensor with a cursor of its own, not a run-status sensor: Dagster moves the cursor of those on even where the
sensor fails, and looks at five runs a tick. Here the cursor moves when the alert is on disk. Belongs here: when to
look, and sending what waits. Does not: what a run says (`run_results.py`), text and transport (`alerting/`).
"""

import datetime as dt
import time

import dagster as dg
from pydantic import BaseModel

from adtech_assets.alerting import Alert, Desk, Failure
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.defs.sensors.run_results import RUN, alert_of, client_and_week, title_of

_EVERY_SECONDS, _DELIVER_SECONDS = 5, 15
_TICK_SECONDS = 20  # a tick may take 60, and sends as well; what is left is for the next one
_FIRST_LOOK = dt.timedelta(hours=1)
_OVERLAP = dt.timedelta(minutes=2)
_RETRY_PATIENCE = dt.timedelta(minutes=10)
_WILL_RETRY, _RETRY_RUN = "dagster/will_retry", "dagster/auto_retry_run_id"
_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


class Looked(BaseModel):
    """The cursor: up to when runs were looked at, which of the last minutes were, and which wait for their retry.

    By time of change and not by number: of two runs the later one may be done first, and its record be seen first.
    """

    until: dt.datetime
    recent: dict[str, dt.datetime] = {}
    retrying: dict[str, dt.datetime] = {}

    @classmethod
    def read(cls, cursor: str | None, now: dt.datetime) -> "Looked":
        return cls.model_validate_json(cursor) if cursor else cls(until=now - _FIRST_LOOK)

    def with_run(self, run_id: str, changed: dt.datetime) -> "Looked":
        until = max(self.until, changed)
        recent = {**self.recent, run_id: changed}
        kept = {known: when for known, when in recent.items() if when > until - 2 * _OVERLAP}
        return self.model_copy(update={"until": until, "recent": kept})


@dg.sensor(minimum_interval_seconds=_EVERY_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def run_alerts(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SkipReason:
    """What finished runs have to say, one message a run; what was told before is not told again."""
    now = dt.datetime.now(dt.UTC)
    opened = workspace.open()
    desk, url = Desk.of(opened.settings), opened.settings.webserver_url
    looked = Looked.read(context.cursor, now)
    told = 0
    ends = time.monotonic() + _TICK_SECONDS
    for record in finished(context.instance, looked):
        run, changed = record.dagster_run, record.update_timestamp
        failed = run.status == dg.DagsterRunStatus.FAILURE
        will_retry = failed and run.tags.get(_WILL_RETRY) == "true"
        alert = _alert(context.instance, run, url, failed, _ended(record), will_retry)
        told += desk.tell(alert, now) is not None
        looked = looked.with_run(run.run_id, changed)
        if will_retry:
            looked = looked.model_copy(update={"retrying": {**looked.retrying, run.run_id: now}})
        context.update_cursor(looked.model_dump_json())
        if time.monotonic() > ends:
            break
    looked, more = _given_up_retries(context.instance, looked, desk, url, now)
    context.update_cursor(looked.model_dump_json())
    if told + more:
        context.log.info("alerts: %s", desk.deliver(now).sentence)
    return dg.SkipReason(f"{told + more} told" if told + more else "no run has news")


def finished(instance: dg.DagsterInstance, looked: Looked) -> list[dg.RunRecord]:
    """Runs that ended since, oldest change first, without those looked at."""
    since = looked.until - _OVERLAP
    records = instance.get_run_records(dg.RunsFilter(statuses=_FINISHED, updated_after=since))
    new = (r for r in records if looked.recent.get(r.dagster_run.run_id) is None)
    return sorted(new, key=lambda record: record.update_timestamp)


def _ended(record: dg.RunRecord) -> dt.datetime:
    return dt.datetime.fromtimestamp(record.end_time, dt.UTC) if record.end_time else record.update_timestamp


def _alert(
    instance: dg.DagsterInstance, run: dg.DagsterRun, url: str, failed: bool, at: dt.datetime, will_retry: bool
) -> Alert:
    """A run whose events cannot be read is told as such: it must not keep the runs after it from being told."""
    try:
        return alert_of(instance, run, url, failed, at, will_retry)
    except Exception as error:  # noqa: BLE001 - said in the alert
        said = f"the results of this run could not be read: {type(error).__name__}: {error}"
        return Alert(
            id=f"run-{run.run_id}",
            title=title_of(run, at),
            link=f"{url}/runs/{run.run_id}",
            at=at,
            failures=(Failure(RUN, run.job_name, "ERROR", said),),
            client=client_and_week(run)[0],
            run_id=run.run_id,
            failed=failed,
        )


def _given_up_retries(
    instance: dg.DagsterInstance, looked: Looked, desk: Desk, url: str, now: dt.datetime
) -> tuple[Looked, int]:
    """Runs that were to be started again: forgotten once they were, told if nothing came of it."""
    waiting, told = {}, 0
    for run_id, since in looked.retrying.items():
        run = instance.get_run_by_id(run_id)
        if run is None or _is_retried(instance, run):
            continue
        if now - since < _RETRY_PATIENCE:
            waiting[run_id] = since
            continue
        told += desk.tell(_alert(instance, run, url, True, since, will_retry=False), now) is not None
    return looked.model_copy(update={"retrying": waiting}), told


def _is_retried(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    if run.tags.get(_RETRY_RUN):
        return True
    group = instance.get_run_group(run.run_id)
    return group is not None and any(other.parent_run_id == run.run_id for other in group[1])


@dg.sensor(minimum_interval_seconds=_DELIVER_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def alert_delivery(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SkipReason:
    """Sends alerts that wait because a channel did not take them, after a pause that grows; says how many wait."""
    desk = Desk.of(workspace.open().settings)
    delivery = desk.deliver()
    desk.tell_of_dead_channels()
    if delivery.waiting or delivery.undelivered:
        context.log.warning("alerts: %s", delivery.sentence)
    return dg.SkipReason(delivery.sentence)
