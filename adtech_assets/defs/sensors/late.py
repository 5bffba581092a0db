"""Asks on a timer whether clients are late, records the answer as an asset check, and tells it.

Runs record the same check and do not tell it: a run cannot see whether a client is no longer late because its export
came, or only because the rule gave up waiting for it.
Belongs here: the timer. Does not: what late means (`quality/rules.yaml`) or how it is asked (`pipeline/lateness.py`).
"""

import datetime as dt
import time
from collections.abc import Mapping

import dagster as dg
from pydantic import BaseModel

from adtech_assets.alerting import Alert, Desk
from adtech_assets.defs.metadata import table_value
from adtech_assets.defs.partitions import clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.defs.sensors.run_results import ROWS, failure_of
from adtech_assets.pipeline.lateness import ON_TIME, is_late, lateness
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.quality.runner import RuleResult

_EVERY_SECONDS = 60
_TICK_SECONDS = 25
_GIVEN_UP = "given up waiting"


class Asked(BaseModel):
    """The cursor: when each client was last asked about, and whether it was on time then."""

    at: dict[str, dt.datetime] = {}
    on_time: dict[str, bool] = {}


@dg.sensor(minimum_interval_seconds=_EVERY_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def late_clients(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult:
    """A client whose newest export is later than its usual rhythm is told, now and then, until the export comes or the
    rule gives it up."""
    opened, now = workspace.open(), dt.datetime.now(dt.UTC)
    asked = Asked.model_validate_json(context.cursor) if context.cursor else Asked()
    desk, url = Desk.of(opened.settings), opened.settings.webserver_url
    settings = opened.settings.alerts
    pause = dt.timedelta(minutes=settings.late_check_minutes)
    events: list[dg.AssetCheckEvaluation] = []
    present = present_clients(opened, context.instance)
    ends = time.monotonic() + _TICK_SECONDS
    waiting = due(present, asked.at, now, pause)
    over = [c for c in present if c not in waiting and asked.on_time.get(c) is False and not is_late(opened, c)]
    for client in (*over, *waiting):
        evaluation = look(opened, client)
        if evaluation is None or time.monotonic() > ends:
            break
        ending = ""
        if evaluation.passed and asked.on_time.get(client) is not True:
            ending = _GIVEN_UP if gave_up(opened, desk, evaluation, client) else ""
        desk.tell(alert_of(evaluation, client, url, now, ending), now, settings.late_repeat_hours)
        # A check's record is for changes: the event log need not hear the same every hour.
        if asked.on_time.get(client) is not evaluation.passed:
            events.append(evaluation)
        asked.at[client], asked.on_time[client] = now, evaluation.passed
    late = sorted(client for client in present if asked.on_time.get(client) is False)
    said = f"late: {', '.join(late)}" if late else "no client is late"
    kept = Asked(at=_of(asked.at, present), on_time=_of(asked.on_time, present))
    return dg.SensorResult(skip_reason=said, cursor=kept.model_dump_json(), asset_events=events)


def present_clients(workspace: Workspace, instance: dg.DagsterInstance) -> list[str]:
    """Clients that were run and still have their folder: one that left is not late."""
    known = instance.get_dynamic_partitions(clients.name or "")
    return sorted(client for client in known if (workspace.inbox / client).is_dir())


def due(present: list[str], at: Mapping[str, dt.datetime], now: dt.datetime, pause: dt.timedelta) -> list[str]:
    """Whom to ask about now: those not asked about for `pause`, the longest first."""
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    waiting = [client for client in present if abs(now - at.get(client, never)) >= pause]
    return sorted(waiting, key=lambda client: (at.get(client, never), client))


def look(workspace: Workspace, client: str) -> dg.AssetCheckEvaluation | None:
    """The check's evaluation for a client's partition; None where the rulebook has no such rule."""
    result = lateness(workspace, client)
    return None if result is None else evaluation_of(result, client)


def gave_up(workspace: Workspace, desk: Desk, evaluation: dg.AssetCheckEvaluation, client: str) -> bool:
    """Whether a client told to be late stopped being so without having sent anything."""
    asset = evaluation.asset_key.to_user_string()
    told = [p for p in desk.problems() if (p.key.client, p.key.asset, p.key.check) == (client, asset, ON_TIME)]
    return any(is_late(workspace, client, problem.seen) for problem in told)


def evaluation_of(result: RuleResult, client: str) -> dg.AssetCheckEvaluation:
    """A rule's result as Dagster records it, for the client's partition."""
    wrong = result.error is not None or result.rule.severity == "critical"
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(result.rule.asset),
        check_name=result.rule.id,
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR if wrong else dg.AssetCheckSeverity.WARN,
        description=result.description,
        metadata={"client": client, ROWS: table_value(result.failing_rows)},
        partition=client,
    )


def alert_of(evaluation: dg.AssetCheckEvaluation, client: str, url: str, now: dt.datetime, ending: str = "") -> Alert:
    """A late client, or the end of its being late; `ending`: how, where the export did not come."""
    asset = evaluation.asset_key.to_user_string()
    return Alert(
        id=f"late-{client}-{now:%Y%m%dT%H%M%S%f}",
        title=f"adtech: {client}, late export",
        link=f"{url}/assets/{asset}?view=checks",
        at=now,
        failures=() if evaluation.passed else (failure_of(evaluation),),
        passed=((asset, evaluation.check_name),) if evaluation.passed else (),
        client=client,
        ending=ending,
    )


def _of(values: Mapping[str, object], present: list[str]) -> dict[str, object]:
    return {client: value for client, value in values.items() if client in present}
