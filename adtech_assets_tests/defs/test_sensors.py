"""Sensors ask for the right runs, once, and never lose a change."""

import datetime as dt
import json
import os
import time
from pathlib import Path

import dagster as dg
import pytest

from adtech_assets.alerting import Failure
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.defs.sensors import alerts, inbox, polling, reports
from adtech_assets.inbox import look
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Inbox, Settings


class TestWorkspace(WorkspaceResource):
    """A workspace below a folder of the test, with no waiting."""

    __test__ = False
    home: str

    def open(self) -> Workspace:
        return Workspace.open(Settings(home=Path(self.home), inbox=Inbox(settle_seconds=0.05, poll_window_seconds=0)))


def tick(home: Path, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance, cursor=cursor, resources={"workspace": TestWorkspace(home=str(home))}
        )
        return inbox.inbox(context)


def drop(home: Path, client: str, name: str = "a.csv", text: str = "x") -> Path:
    path = home / "data" / "inbox" / client / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_new_client_is_added_and_run_in_the_same_tick(tmp_path: Path) -> None:
    drop(tmp_path, "acme")
    result = tick(tmp_path)
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests
    assert request.partition_key == "acme" and request.tags["adtech/client"] == "acme"
    assert result.dynamic_partitions_requests[0].partition_keys == ["acme"]


def test_nothing_new_asks_for_nothing(tmp_path: Path) -> None:
    drop(tmp_path, "acme")
    first = tick(tmp_path)
    assert isinstance(first, dg.SensorResult)
    assert isinstance(tick(tmp_path, first.cursor), dg.SkipReason)


def test_only_the_client_whose_folder_changed_is_run_again(tmp_path: Path) -> None:
    drop(tmp_path, "acme")
    drop(tmp_path, "bolt")
    first = tick(tmp_path)
    assert isinstance(first, dg.SensorResult) and len(first.run_requests) == 2
    drop(tmp_path, "bolt", "b.csv")
    second = tick(tmp_path, first.cursor)
    assert isinstance(second, dg.SensorResult)
    assert [request.partition_key for request in second.run_requests] == ["bolt"]
    assert set(json.loads(second.cursor)) == {"acme", "bolt"}


def test_a_decision_taken_back_is_a_run_of_its_own_and_a_crashed_tick_asks_for_the_same(tmp_path: Path) -> None:
    drop(tmp_path, "acme")
    keys, cursor = [], None
    decision = tmp_path / "data" / "inbox" / "acme" / "aliases.yaml"
    for step in ("before", "decided", "taken back", "decided again"):
        if "decided" in step:
            decision.write_text("aliases: {}")
            os.utime(decision, (1, 1))
        else:
            decision.unlink(missing_ok=True)
        results = [tick(tmp_path, cursor), tick(tmp_path, cursor)]
        assert all(isinstance(result, dg.SensorResult) for result in results), step
        once, again = ({request.run_key for request in result.run_requests} for result in results)
        assert once == again, "the cursor of the first tick was not stored"
        keys += once
        cursor = results[0].cursor
    assert len(keys) == len(set(keys)) == 4


def test_a_cursor_of_an_earlier_version_asks_for_nothing_done_already(tmp_path: Path) -> None:
    drop(tmp_path, "acme")
    state = inbox.fingerprint(look(tmp_path / "data" / "inbox", Inbox())["acme"])
    assert isinstance(tick(tmp_path, json.dumps({"acme": state})), dg.SkipReason)
    drop(tmp_path, "acme", "b.csv")
    result = tick(tmp_path, json.dumps({"acme": state}))
    assert isinstance(result, dg.SensorResult) and result.run_requests[0].run_key.startswith("acme:1:")


@pytest.mark.parametrize(
    "name",
    ["half.csv.part", "download.crdownload", ".hidden.csv", "~$open.csv", "picture.png"],
)
def test_what_is_no_complete_export_is_not_seen(tmp_path: Path, name: str) -> None:
    drop(tmp_path, "acme", name)
    assert isinstance(tick(tmp_path), dg.SkipReason)


def test_a_note_whose_file_was_taken_away_is_news_so_that_it_can_be_cleared(tmp_path: Path) -> None:
    path = drop(tmp_path, "acme", "bad.csv")
    drop(tmp_path, "acme", "bad.csv.rejected.txt")
    first = tick(tmp_path)
    assert isinstance(first, dg.SensorResult)
    path.unlink()
    assert isinstance(tick(tmp_path, first.cursor), dg.SensorResult)


def test_a_file_outside_a_clients_folder_is_named(tmp_path: Path) -> None:
    drop(tmp_path, "Bad Name")
    result = tick(tmp_path)
    assert isinstance(result, dg.SkipReason) and "Bad Name" in str(result.skip_message)


def test_a_file_that_still_grows_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(tmp_path, "acme")
    sleep = time.sleep

    def grow(seconds: float) -> None:
        path.write_text(path.read_text() + "more")
        sleep(seconds)

    monkeypatch.setattr("adtech_assets.inbox.time.sleep", grow)
    assert isinstance(tick(tmp_path), dg.SkipReason)
    monkeypatch.undo()
    assert isinstance(tick(tmp_path), dg.SensorResult)


def test_watching_ends_with_the_first_news_or_with_the_window() -> None:
    answers = iter([None, None, "news"])
    assert polling.watch(lambda: next(answers), 5, 0.01) == "news"
    started = time.monotonic()
    assert polling.watch(lambda: None, 0.1, 0.02) is None
    assert time.monotonic() - started < 1


def test_the_pause_may_follow_from_the_last_look() -> None:
    answers, pauses = iter([None, None, "news"]), []

    def pause() -> float:
        pauses.append(0.01)
        return pauses[-1]

    assert polling.watch(lambda: next(answers), 5, pause) == "news" and len(pauses) == 2


def test_a_run_under_way_is_seen_and_only_a_finished_one_asks_for_reports() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        graph = dg.Definitions([table]).resolve_asset_graph()
        run = instance.create_run_for_job(dg.define_asset_job("client_metrics", [table]).resolve(asset_graph=graph))
        (record,) = reports.changed_after(instance, 0.0)
        assert record.dagster_run.status in reports.UNFINISHED and reports.succeeded([record]) == []
        instance.report_run_failed(run)
        assert reports.changed_after(instance, 0.0) == []


@dg.asset(check_specs=[dg.AssetCheckSpec("fine", asset="table"), dg.AssetCheckSpec("odd", asset="table")])
def table() -> dg.MaterializeResult:
    rows = dg.MetadataValue.table([dg.TableRecord({"file": "x.csv", "reason": "no day"})])
    return dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(check_name="fine", passed=True),
            dg.AssetCheckResult(
                check_name="odd", passed=False, severity=dg.AssetCheckSeverity.WARN, description="1 file fails",
                metadata={"failing rows (sample)": rows},
            ),
        ]
    )  # fmt: skip


@dg.asset
def broken() -> None:
    raise ValueError("the disk is full")


def test_failed_checks_of_a_successful_run_are_found_with_their_rows() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([table], instance=instance).dagster_run
        alert = alerts.alert_of(instance, run, "http://ui", failed=False)
    assert alert is not None and alert.link == f"http://ui/runs/{run.run_id}"
    assert alert.failures == (Failure("table", "odd", "WARN", "1 file fails", [{"file": "x.csv", "reason": "no day"}]),)


def test_a_failed_step_is_told_by_its_cause_and_a_clean_run_says_nothing() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        bad = dg.materialize([broken], instance=instance, raise_on_error=False).dagster_run
        alert = alerts.alert_of(instance, bad, "http://ui", failed=True)
        assert alert is not None and alert.failures[0].description == "the disk is full"


def test_weeks_are_named_by_their_monday_and_the_running_week_is_valid() -> None:
    from adtech_assets.defs.partitions import client_week_key, weeks

    keys = weeks.get_partition_keys(current_time=dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
    assert keys[0] == "2018-01-01" and keys[-1] == "2026-11-16"
    assert client_week_key("acme", dt.date(2025, 3, 24)) == "acme|2025-03-24"
