"""Sensors notice what went wrong, once: failed checks and steps, killed runs, broken sensors, late clients."""

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adtech_assets.defs.partitions import clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.defs.sensors import alerts, late, run_results, watchdog
from adtech_assets.defs.sensors.inbox import inbox as inbox_sensor
from adtech_assets.lake import Part
from adtech_assets.pipeline import lateness
from adtech_assets.pipeline.checking import check
from adtech_assets.pipeline.lateness import on_time_rule
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Settings
from adtech_assets.tables import UPLOADS

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)


class AlertWorkspace(WorkspaceResource):
    """A workspace below a folder of the test."""

    home: str

    def open(self) -> Workspace:
        return Workspace.open(Settings(home=Path(self.home)))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def look(tmp_path: Path, instance: dg.DagsterInstance) -> Callable[..., Any]:
    """One tick of a sensor after another, with the cursor of its last one."""
    cursors: dict[str, str | None] = {}

    def tick(sensor: dg.SensorDefinition, **parts: Any) -> Any:
        context = dg.build_sensor_context(
            instance=instance, cursor=cursors.get(sensor.name),
            resources={"workspace": AlertWorkspace(home=str(tmp_path))}, **parts,
        )  # fmt: skip
        result = sensor(context)
        cursors[sensor.name] = (result.cursor if isinstance(result, dg.SensorResult) else None) or context.cursor
        return result

    return tick


def told(home: Path) -> list[dict[str, str]]:
    log = home / "data" / "outbox" / "alerts.log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []


SWITCH = {"odd": True, "broken": False}


@dg.asset(
    name="raw_uploads",
    check_specs=[
        dg.AssetCheckSpec("every_upload_readable", asset="raw_uploads"),
        dg.AssetCheckSpec("no_upload_empty", asset="raw_uploads"),
    ],
)
def uploads() -> dg.MaterializeResult:
    if SWITCH["broken"]:
        raise ValueError("the disk is full")
    rows = dg.MetadataValue.table([dg.TableRecord({"file": "x.csv", "reason": "no day"})])
    return dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(
                check_name=name, passed=not SWITCH["odd"], severity=dg.AssetCheckSeverity.WARN,
                description="1 file fails", metadata={"failing rows (sample)": rows},
            )
            for name in ("every_upload_readable", "no_upload_empty")
        ]
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SWITCH, "odd", True)
    monkeypatch.setitem(SWITCH, "broken", False)


def run(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    return dg.materialize([uploads], instance=instance, tags=tags, raise_on_error=False).dagster_run


def test_one_run_is_one_message_with_remedy_rows_severity_and_link(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    made = run(instance, **{"dagster/partition": "acme|2026-11-09"})
    look(alerts.run_alerts)
    (line,) = told(tmp_path)
    assert (
        line["title"] == "adtech: acme, __ephemeral_asset_job__ of 9 Nov: 2 problems"
        and line["run"] == made.run_id
        and line["client"] == "acme"
    )
    assert "WARN raw_uploads / every_upload_readable: 1 file fails" in line["text"]
    assert "INFO raw_uploads / no_upload_empty" in line["text"], "a rule of severity info is no warning"
    assert "What to do: " in line["text"] and "file=x.csv, reason=no day" in line["text"]
    assert line["text"].endswith(f"http://localhost:3000/runs/{made.run_id}")


def test_a_file_that_stays_refused_is_told_once_and_its_end_too(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    for _ in range(3):
        run(instance, **{"dagster/partition": "acme"})
        look(alerts.run_alerts)
    assert len(told(tmp_path)) == 1
    SWITCH["odd"] = False
    run(instance, **{"dagster/partition": "acme"})
    look(alerts.run_alerts)
    assert "solved" in told(tmp_path)[-1]["title"] and len(told(tmp_path)) == 2
    SWITCH["odd"] = True
    run(instance, **{"dagster/partition": "acme"})
    look(alerts.run_alerts)
    assert len(told(tmp_path)) == 3


def test_runs_are_looked_at_once_and_a_clean_run_says_nothing(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    SWITCH["odd"] = False
    run(instance)
    first = look(alerts.run_alerts)
    assert "no run has news" in str(first.skip_message) and not told(tmp_path)
    assert not alerts.finished(instance, alerts.Looked.read(None, dt.datetime.now(dt.UTC)).with_run(
        instance.get_runs()[0].run_id, dt.datetime.now(dt.UTC)
    ))  # fmt: skip


def test_a_failed_step_is_told_by_its_cause_and_ends_with_the_next_good_run(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    SWITCH.update(broken=True, odd=False)
    run(instance)
    look(alerts.run_alerts)
    assert "ERROR raw_uploads / step: the disk is full" in told(tmp_path)[0]["text"]
    SWITCH["broken"] = False
    run(instance)
    look(alerts.run_alerts)
    assert "Solved: raw_uploads / step" in told(tmp_path)[1]["text"] and len(told(tmp_path)) == 2


def killed(instance: dg.DagsterInstance, **more: Any) -> dg.DagsterRun:
    """A run whose process was killed, as the launcher reports it."""
    made = instance.create_run_for_job(dg.define_asset_job("client_metrics", [uploads]).resolve(
        asset_graph=dg.Definitions([uploads]).resolve_asset_graph()
    ), **more)  # fmt: skip
    instance.report_run_failed(made, "the run's process ended unexpectedly (exit code -9)")
    found = instance.get_run_by_id(made.run_id)
    assert found is not None
    return found


def test_a_killed_run_without_any_event_is_told(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    killed(instance, tags={"dagster/partition": "acme"})
    look(alerts.run_alerts)
    (line,) = told(tmp_path)
    assert "ERROR run / client_metrics: the run's process ended unexpectedly (exit code -9)" in line["text"]


def test_a_run_that_is_tried_again_is_told_only_if_that_fails_too(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    first = killed(instance, tags={"dagster/partition": "acme", "dagster/will_retry": "true"})
    look(alerts.run_alerts)
    assert not told(tmp_path)
    again = {"parent_run_id": first.run_id, "root_run_id": first.run_id}
    killed(instance, tags={"dagster/partition": "acme", "dagster/retry_number": "1"}, **again)
    look(alerts.run_alerts)
    (line,) = told(tmp_path)
    assert line["title"] == "adtech: acme, figures, attempt 2 failed: 1 problem"


def test_a_retry_that_never_came_is_told(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(instance, tags={"dagster/will_retry": "true"})
    look(alerts.run_alerts)
    assert not told(tmp_path)
    monkeypatch.setattr(alerts, "_RETRY_PATIENCE", dt.timedelta(0))
    look(alerts.run_alerts)
    look(alerts.run_alerts)
    assert len(told(tmp_path)) == 1


def test_the_cursor_stays_where_the_alert_could_not_be_written(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    run(instance)
    (tmp_path / "data").mkdir()
    blocker = tmp_path / "data" / "outbox"
    blocker.write_text("no folder")
    with pytest.raises(OSError):
        look(alerts.run_alerts)
    blocker.unlink()
    look(alerts.run_alerts)
    assert len(told(tmp_path)) == 1


def test_delivery_says_in_its_tick_how_many_wait(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADTECH_ALERTS__URLS", '["json://127.0.0.1:9/"]')
    run(instance)
    look(alerts.run_alerts)
    said = str(look(alerts.alert_delivery).skip_message)
    assert "1 alert waits" in said and "channel 1 (json) takes nothing" in said


def test_the_check_on_a_reports_inputs_is_not_told_beside_what_it_repeats() -> None:
    @dg.asset(
        check_specs=[
            dg.AssetCheckSpec("causes_add_up", asset="r"),
            dg.AssetCheckSpec("rests_on_sound_inputs", asset="r"),
        ]
    )
    def r() -> dg.MaterializeResult:
        names = ("causes_add_up", "rests_on_sound_inputs")
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name=n, passed=False) for n in names])

    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.materialize([r], instance=instance).dagster_run
        assert [f.check for f in run_results.failed_checks(run_results.evaluations_of(instance, made.run_id))] == [
            "causes_add_up"
        ]


# --- sensors -----------------------------------------------------------------------------------------------------

SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
WATCH = watchdog.Watch(since=NOW - 60 * MINUTE, until=NOW - SECOND)


def judged(*sensors: watchdog.Watched, watch: watchdog.Watch = WATCH) -> tuple[list[str], list[str]]:
    failures, well = watchdog.judge(sensors, watch, NOW, 15 * MINUTE)
    return [f"{f.severity} {f.asset}" for f in failures], [name for name, _ in well]


def test_a_failing_a_recovered_a_silent_and_a_sound_sensor_are_told_apart() -> None:
    bad, good = watchdog.Tick(NOW - MINUTE, "no such folder"), watchdog.Tick(NOW - SECOND)
    assert judged(watchdog.Watched("inbox", NOW, (bad,))) == (["ERROR sensor inbox"], [])
    assert judged(watchdog.Watched("inbox", NOW, (good, bad))) == (["WARN sensor inbox"], [])
    assert judged(watchdog.Watched("inbox", NOW - 20 * MINUTE)) == (["ERROR sensor inbox"], [])
    assert judged(watchdog.Watched("never", None)) == (["ERROR sensor never"], [])
    assert judged(watchdog.Watched("inbox", NOW, (good,))) == ([], ["sensor inbox"])


def test_silence_proves_nothing_where_nobody_was_watching() -> None:
    asleep = watchdog.Watch.read(WATCH.model_copy(update={"until": NOW - 60 * MINUTE}).model_dump_json(), NOW)
    assert asleep.since == NOW
    assert judged(watchdog.Watched("inbox", NOW - 60 * MINUTE), watch=asleep) == ([], [])


def test_a_sensor_that_fails_now_and_then_is_one_problem_until_it_was_calm_for_an_hour() -> None:
    good = watchdog.Watched("inbox", NOW, (watchdog.Tick(NOW - SECOND),))
    lately = WATCH.model_copy(update={"failed": {"inbox": NOW - 30 * MINUTE}})
    assert judged(good, watch=lately) == ([], [])
    long_ago = WATCH.model_copy(update={"failed": {"inbox": NOW - 61 * MINUTE}})
    assert judged(good, watch=long_ago) == ([], ["sensor inbox"])


# --- late clients ------------------------------------------------------------------------------------------------


def arrivals(home: Path, instance: dg.DagsterInstance, client: str, *days_ago: int) -> None:
    """A client whose files came so many days ago, each bringing newer figures."""
    now = dt.datetime.now(dt.UTC)
    frame = pl.DataFrame(
        [
            {
                "upload_id": f"{i:012x}", "sequence": i, "file": f"{i}.csv", "status": "ok", "platform": "google_ads",
                "kind": "ads", "arrived_at": now - dt.timedelta(days=ago), "bytes": 1,
                "period_start": (now - dt.timedelta(days=ago + 7)).date(),
                "period_end": (now - dt.timedelta(days=ago)).date(),
            }
            for i, ago in enumerate(days_ago, 1)
        ],
        schema_overrides=UPLOADS.schema,
    )  # fmt: skip
    workspace = Workspace.open(Settings(home=home))
    workspace.lake.write(UPLOADS, Part(client), frame)
    (workspace.inbox / client).mkdir(parents=True, exist_ok=True)
    instance.add_dynamic_partitions(clients.name or "", [client])


def evaluations(result: dg.SensorResult) -> list[tuple[str | None, bool]]:
    return [(e.partition, e.passed) for e in result.asset_events if isinstance(e, dg.AssetCheckEvaluation)]


@pytest.mark.skipif(on_time_rule() is None, reason="the rulebook has no rule client_on_time")
def test_a_late_client_is_told_once_recorded_as_a_check_and_ends_when_the_export_comes(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals(tmp_path, instance, "acme", 62, 55, 48, 41, 34, 27, 20)
    arrivals(tmp_path, instance, "bolt", 21, 14, 7, 0)
    first = look(late.late_clients)
    assert evaluations(first) == [("acme", False), ("bolt", True)] and "late: acme" in str(first.skip_reason)
    (line,) = told(tmp_path)
    assert (
        line["title"] == "adtech: acme, late export: 1 problem"
        and "What to do" in line["text"]
        and "raw_uploads" in line["text"]
    )
    assert evaluations(look(late.late_clients)) == [], "not before the pause of the settings is over"
    monkeypatch.setenv("ADTECH_ALERTS__LATE_CHECK_MINUTES", "0.0000001")
    assert evaluations(look(late.late_clients)) == [] and len(told(tmp_path)) == 1
    arrivals(tmp_path, instance, "acme", 62, 55, 48, 41, 34, 27, 20, 0)
    assert evaluations(look(late.late_clients)) == [("acme", True)]
    assert told(tmp_path)[1]["title"] == "adtech: acme, late export: solved" and len(told(tmp_path)) == 2


@pytest.mark.skipif(on_time_rule() is None, reason="the rulebook has no rule client_on_time")
def test_dagster_keeps_the_evaluation_for_the_clients_partition(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    arrivals(tmp_path, instance, "acme", 62, 55, 48, 41, 34, 27, 20)
    (event,) = look(late.late_clients).asset_events
    instance.report_runless_asset_event(event)
    key = dg.AssetCheckKey(dg.AssetKey("raw_uploads"), "client_on_time")
    (record,) = instance.event_log_storage.get_asset_check_execution_history(check_key=key, limit=5)
    assert record.partition == "acme" and record.status.value == "FAILED"


def test_a_client_whose_folder_is_gone_is_not_late(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    arrivals(tmp_path, instance, "acme", 62, 55, 48, 41, 34, 27, 20)
    (tmp_path / "data" / "inbox" / "acme").rmdir()
    assert evaluations(look(late.late_clients)) == [] and not told(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the time of the sensor and of the rule's SQL by so many days."""
    moved, real = [0.0], lateness._any_row

    class Moved(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Moved":
            return cls.fromtimestamp(time.time() + 86400 * moved[0], tz)

    def any_row(workspace: Workspace, client: str, rule: Any, at: dt.datetime | None = None) -> bool:
        return real(workspace, client, rule, at or Moved.now(dt.UTC))

    def checked(workspace: Workspace, rules: list[Any], client: str) -> list[Any]:
        moment = f"timestamptz '{Moved.now(dt.UTC).isoformat()}'"
        arguments = {key: value.replace("now()", moment) for key, value in rules[0].args.items()}
        return check(workspace, [rules[0].model_copy(update={"args": arguments})], client)

    monkeypatch.setattr(lateness, "_any_row", any_row)
    monkeypatch.setattr(lateness, "check", checked)
    monkeypatch.setattr(late.dt, "datetime", Moved)

    def move(days: float) -> None:
        moved[0] += days

    yield move
    monkeypatch.undo()


REGULAR = (62, 55, 48, 41, 34, 27, 20)


@pytest.mark.skipif(on_time_rule() is None, reason="the rulebook has no rule client_on_time")
def test_a_client_that_stopped_is_told_weekly_then_given_up_once_and_never_called_solved(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any], clock: Callable[[float], None]
) -> None:
    arrivals(tmp_path, instance, "acme", *REGULAR)
    for days in (1, 6, 21, 42, 7, 7):
        look(late.late_clients)
        clock(days)
    titles = [line["title"] for line in told(tmp_path)]
    *lasting, last = titles
    assert set(lasting) == {"adtech: acme, late export: 1 problem"} and last.endswith("late export: given up waiting")
    assert len(lasting) == 4, "of the looks at 20, 21, 27, 48 and 90 days all but the second: the week was not over"
    assert "Given up waiting: raw_uploads / client_on_time" in told(tmp_path)[-1]["text"]


@pytest.mark.skipif(on_time_rule() is None, reason="the rulebook has no rule client_on_time")
def test_an_export_that_comes_after_all_is_solved_at_the_next_tick(
    tmp_path: Path, instance: dg.DagsterInstance, look: Callable[..., Any]
) -> None:
    arrivals(tmp_path, instance, "acme", *REGULAR)
    look(late.late_clients)
    arrivals(tmp_path, instance, "acme", *REGULAR, 0)
    assert evaluations(look(late.late_clients)) == [("acme", True)], "without waiting for the hour to be over"
    assert told(tmp_path)[-1]["title"] == "adtech: acme, late export: solved"


def test_a_run_neither_tells_nor_ends_a_late_client(instance: dg.DagsterInstance) -> None:
    @dg.asset(name="raw_uploads", check_specs=[dg.AssetCheckSpec("client_on_time", asset="raw_uploads")])
    def r(config: dict[str, bool]) -> dg.MaterializeResult:
        return dg.MaterializeResult(
            check_results=[dg.AssetCheckResult(check_name="client_on_time", passed=config["on_time"])]
        )

    for on_time in (True, False):
        settings = {"ops": {"raw_uploads": {"config": {"on_time": on_time}}}}
        made = dg.materialize([r], instance=instance, run_config=settings).dagster_run
        said = run_results.alert_of(instance, made, "", failed=False, at=NOW)
        assert not said.failures and "client_on_time" not in {check for _, check in said.passed}


@pytest.mark.parametrize(
    ("job", "partition", "title"),
    [
        ("client_metrics", "acme", "adtech: acme, figures"),
        ("weekly_report", "acme|2026-04-06", "adtech: acme, weekly report of 6 Apr"),
        ("weekly_report", "acme|2025-12-29", "adtech: acme, weekly report of 29 Dec 2025"),
        ("other", "", "adtech: no client, other"),
    ],
)
def test_a_run_is_named_in_words(job: str, partition: str, title: str) -> None:
    run = dg.DagsterRun(job_name=job, run_id="0" * 32, tags={"dagster/partition": partition} if partition else {})
    assert run_results.title_of(run, NOW) == title


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 200)), st.integers(1, 120))
def test_every_client_is_asked_again_after_the_pause_the_longest_waiting_first(ago: dict[str, int], pause: int) -> None:
    at = {client: NOW - minutes * MINUTE for client, minutes in ago.items()}
    waiting = late.due(list("abcdef"), at, NOW, pause * MINUTE)
    assert set(waiting) == {c for c in "abcdef" if ago.get(c, 10**6) >= pause}
    assert waiting == sorted(waiting, key=lambda c: (-ago.get(c, 10**6), c))


def test_a_late_client_is_the_same_problem_every_day() -> None:
    if (rule := on_time_rule()) is None:
        pytest.skip("the rulebook has no rule client_on_time")
    from adtech_assets.quality.runner import RuleResult

    row = {"platform": "google_ads", "newest_file": "a.csv", "arrived": "2026-11-01", "days_ago": 20, "usual_gap": 7}
    result = RuleResult(rule, False, None, None, 1, [row], None, "1 platform fails")
    later = replace(result, failing_rows=[{**row, "days_ago": 21}])
    from adtech_assets.alerting.sameness import fingerprint

    marks = {fingerprint(run_results.failure_of(late.evaluation_of(r, "acme"))) for r in (result, later)}
    assert len(marks) == 1


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance whose ticks are in SQLite, as in use."""
    with dg.instance_for_test(temp_dir=str(tmp_path)) as made:
        yield made


def ticked(instance: dg.DagsterInstance, name: str, status: str, error: str | None = None) -> None:
    """What Dagster's daemon writes of one tick of a sensor."""
    import time

    from dagster._core.remote_origin import (
        InProcessCodeLocationOrigin,
        RemoteInstigatorOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.scheduler.instigation import (
        InstigatorState,
        InstigatorStatus,
        InstigatorType,
        SensorInstigatorData,
        TickData,
        TickStatus,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
    from dagster._utils.error import SerializableErrorInfo

    place = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="adtech_assets.definitions"))
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(place, "__repository__"), name)
    now = time.time()
    state = InstigatorState(
        origin, InstigatorType.SENSOR, InstigatorStatus.DECLARED_IN_CODE, SensorInstigatorData(last_tick_timestamp=now)
    )
    if instance.get_instigator_state(origin.get_id(), state.selector_id) is None:
        instance.add_instigator_state(state)
    cause = SerializableErrorInfo(f"PermissionError: {error}\n", [], "PermissionError")
    wrapped = SerializableErrorInfo("SensorExecutionError: Error occurred\n", [], "SensorExecutionError", cause)
    instance.create_tick(
        TickData(
            instigator_origin_id=origin.get_id(), instigator_name=name, instigator_type=InstigatorType.SENSOR,
            status=TickStatus[status], timestamp=now, selector_id=state.selector_id, error=wrapped if error else None,
        )
    )  # fmt: skip


def test_a_sensor_that_cannot_read_the_inbox_is_told_once_with_the_sentence(
    tmp_path: Path, kept: dg.DagsterInstance
) -> None:
    cursor = None
    for sentence in ("cannot read /srv/inbox", "cannot read /srv/inbox", None):
        ticked(kept, "inbox", "FAILURE" if sentence else "SKIPPED", sentence)
        context = dg.build_sensor_context(
            instance=kept, cursor=cursor, resources={"workspace": AlertWorkspace(home=str(tmp_path))},
            repository_def=dg.Definitions(sensors=[inbox_sensor, watchdog.watchdog]).get_repository_def(),
        )  # fmt: skip
        said = watchdog.watchdog(context)
        cursor = context.cursor
        assert "not well: sensor inbox" in str(said.skip_message)
    (line,) = told(tmp_path)
    assert "ERROR sensor inbox / ticks: the sensor failed: cannot read /srv/inbox" in line["text"]
    assert line["severity"] == "ERROR" and line["text"].endswith("http://localhost:3000/automation")


def test_a_sensor_switched_off_by_hand_is_not_watched(kept: dg.DagsterInstance) -> None:
    from dagster._core.scheduler.instigation import InstigatorStatus

    ticked(kept, "inbox", "FAILURE", "x")
    (state,) = kept.all_instigator_state()
    kept.update_instigator_state(state.with_status(InstigatorStatus.STOPPED))
    assert watchdog.watched_sensors(kept, ["inbox"], NOW) == []
