"""Watches the other sensors: one whose ticks fail, or that no longer ticks, is told like any other problem.

Dagster itself says nothing of a broken sensor, and the inbox would simply stay unread. Belongs here: judging ticks. Does
not: repairing anything. Where Dagster's daemon is down nothing ticks, this neither: watch its process from outside.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg
from pydantic import BaseModel

from adtech_assets.alerting import Alert, Desk, Failure
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.defs.sensors.run_results import sentence_of

_EVERY_SECONDS = 30
_PAUSE = dt.timedelta(
    minutes=5
)  # a longer one means that nobody was watching (asleep, stopped): silence proves nothing
_OVERLAP = dt.timedelta(minutes=2)  # ticks carry the time they began: one under way at the last look is finished now
_CALM = dt.timedelta(hours=1)
_TICKS = 200
_SENSOR, _FAILED, _STARTED, _STOPPED = "SENSOR", "FAILURE", "STARTED", "STOPPED"
TICKS = "ticks"


@dataclass(frozen=True)
class Tick:
    """One look of a sensor: when, and what went wrong (None: nothing)."""

    at: dt.datetime
    error: str | None = None


@dataclass(frozen=True)
class Watched:
    """A sensor that should be running: its last tick, and those since it was last watched, newest first."""

    name: str
    last: dt.datetime | None
    ticks: tuple[Tick, ...] = ()


class Watch(BaseModel):
    """The cursor: since when without a pause, and up to when, sensors were watched; and when each last failed."""

    since: dt.datetime
    until: dt.datetime
    failed: dict[str, dt.datetime] = {}

    @classmethod
    def read(cls, cursor: str | None, now: dt.datetime) -> "Watch":
        before = cls.model_validate_json(cursor) if cursor else cls(since=now, until=now - _PAUSE)
        watched_on = abs(now - before.until) <= _PAUSE and cursor is not None
        return before if watched_on else cls(since=now, until=min(before.until, now), failed=before.failed)

    def after(self, sensors: Iterable["Watched"], now: dt.datetime) -> "Watch":
        """The cursor of the next look."""
        failed = {s.name: tick.at for s in sensors for tick in reversed(s.ticks) if tick.error is not None}
        return Watch(since=self.since, until=now, failed={**self.failed, **failed})


def judge(sensors: Iterable[Watched], watch: Watch, now: dt.datetime, silent: dt.timedelta) -> tuple[
    list[Failure], list[tuple[str, str]]
]:  # fmt: skip
    """What is wrong with the sensors, and the (sensor, "ticks") pairs that are well.

    A failed tick is told also where a later one went through, as a warning; one still failing, or silent, is an error.
    A sensor is well again when nothing failed for an hour: one that fails now and then is one problem, not many.
    """
    failures, well = [], []
    for sensor in sensors:
        failed = [tick for tick in sensor.ticks if tick.error is not None]
        if failed:
            still = sensor.ticks[0].error is not None
            failures.append(_broken(sensor.name, failed[0].error or "", still))
        elif now - max(sensor.last or watch.since, watch.since) > silent:
            failures.append(_silent(sensor.name, silent))
        elif sensor.ticks and now - watch.failed.get(sensor.name, now - _CALM) >= _CALM:
            well.append((f"sensor {sensor.name}", TICKS))
    return failures, well


def _broken(name: str, error: str, still: bool) -> Failure:
    said = f"the sensor failed: {error}" if still else f"the sensor failed, and went through when tried again: {error}"
    remedy = (
        "Until it runs, nothing it starts happens. Correct what the sentence names; if it names no cause of yours, see "
        "the tick's trace in Dagster under Automation, and report it."
    )
    return Failure(f"sensor {name}", TICKS, "ERROR" if still else "WARN", said, remedy=remedy, about=f"failed {error}")


def _silent(name: str, silent: dt.timedelta) -> Failure:
    said = f"the sensor should run and has not for more than {silent.total_seconds() / 60:.0f} minutes"
    remedy = "See Automation in Dagster; where others run, start Dagster again (make up)."
    return Failure(f"sensor {name}", TICKS, "ERROR", said, remedy=remedy, about="silent")


def watched_sensors(instance: dg.DagsterInstance, names: Sequence[str], since: dt.datetime) -> list[Watched]:
    """The sensors of these names that are switched on, with their finished ticks since a moment."""
    states = {s.name: s for s in instance.all_instigator_state() if s.instigator_type.value == _SENSOR}
    found = []
    for name in names:
        state = states.get(name)
        if state is None:
            found.append(Watched(name, None))
            continue
        if state.status.value == _STOPPED:
            continue
        last = getattr(state.instigator_data, "last_tick_timestamp", None)
        after = since.timestamp()
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, after=after, limit=_TICKS)
        done = [
            Tick(dt.datetime.fromtimestamp(t.timestamp, dt.UTC), _error(t.status.value, t.error))
            for t in ticks
            if t.status.value != _STARTED
        ]
        newest = sorted(done, key=lambda tick: tick.at, reverse=True)
        found.append(Watched(name, dt.datetime.fromtimestamp(last, dt.UTC) if last else None, tuple(newest)))
    return found


def _error(status: str, error: object) -> str | None:
    return sentence_of(error) if status == _FAILED else None  # type: ignore[arg-type]


@dg.sensor(minimum_interval_seconds=_EVERY_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def watchdog(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SkipReason:
    """Sensors whose ticks fail or stay away, told once a window; its own failed ticks it tells when it runs again."""
    now = dt.datetime.now(dt.UTC)
    opened = workspace.open()
    repository = context.repository_def
    running = (
        [s for s in repository.sensor_defs if s.default_status is not dg.DefaultSensorStatus.STOPPED]
        if repository
        else []
    )
    names = sorted(sensor.name for sensor in running)
    watch = Watch.read(context.cursor, now)
    sensors = watched_sensors(context.instance, names, watch.until - _OVERLAP)
    silent = dt.timedelta(minutes=opened.settings.alerts.silent_minutes)
    failures, well = judge(sensors, watch, now, silent)
    alert = Alert(
        id=f"sensors-{now:%Y%m%dT%H%M%S%f}",
        title="adtech: sensors",
        link=f"{opened.settings.webserver_url}/automation",
        at=now,
        failures=tuple(failures),
        passed=tuple(well),
    )
    told = Desk.of(opened.settings).tell(alert, now)
    context.update_cursor(watch.after(sensors, now).model_dump_json())
    if told:
        context.log.warning(told.text)
    broken = ", ".join(failure.asset for failure in failures)
    return dg.SkipReason(f"not well: {broken}" if broken else f"{len(sensors)} sensors are well")
