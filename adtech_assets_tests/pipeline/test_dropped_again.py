"""A file that is put back: the earlier version of a replaced file is the newest again, and nothing else changes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from dropped_files import drop, run_metrics
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from adtech_assets.lake import Part
from adtech_assets.pipeline import client_steps
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Settings
from adtech_assets.tables import CLEANED, RAW_ROWS

NOW = dt.datetime(2026, 5, 4, 8, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def export(spend: int) -> bytes:
    lines = [f"2026-04-{day:02d},Kettles,{spend},{spend * 3},900,GBP" for day in range(1, 11)]
    return "\n".join(["Day,Campaign,Cost,Clicks,Impr.,Currency code", *lines, ""]).encode()


GOOD, BAD, THIRD, UNREADABLE = export(10), export(999), export(20), b"Jane;Doe\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(Settings(home=tmp_path))


def ingest(workspace: Workspace, hours: int = 0) -> list[dict[str, object]]:
    return client_steps.ingest(workspace, "acme", NOW + hours * HOUR).uploads.to_dicts()


def spend(workspace: Workspace) -> float:
    return float(workspace.lake.read(CLEANED, Part("acme"))["spend"].sum())


def test_the_good_file_put_back_over_the_bad_one_is_in_force_again(workspace: Workspace) -> None:
    for step, (data, daily) in enumerate([(GOOD, 10), (BAD, 999), (GOOD, 10), (BAD, 999), (GOOD, 10)]):
        drop(workspace, "report.csv", data)
        run_metrics(workspace, NOW + step * HOUR)
        assert spend(workspace) == 10 * daily, step
    uploads = workspace.uploads("acme")
    assert uploads.height == 2 and uploads["sequence"].to_list() == [4, 5]
    assert uploads["arrived_at"].to_list() == [NOW + 3 * HOUR, NOW + 4 * HOUR]
    for upload in uploads["upload_id"]:
        assert workspace.lake.read(RAW_ROWS, Part("acme", upload=upload)).height == 10, "its rows stay"


def test_the_same_bytes_under_another_name_change_nothing(workspace: Workspace) -> None:
    drop(workspace, "report.csv", GOOD)
    ingest(workspace)
    drop(workspace, "report.csv", BAD)
    before = ingest(workspace, 1)
    drop(workspace, "copy.csv", GOOD)
    assert ingest(workspace, 2) == before


def test_after_a_refused_version_the_file_put_back_was_never_replaced(workspace: Workspace) -> None:
    drop(workspace, "report.csv", GOOD)
    before = ingest(workspace)
    drop(workspace, "report.csv", UNREADABLE)
    refused = ingest(workspace, 1)
    assert [row["status"] for row in refused] == ["ok", "refused"] and ingest(workspace, 2) == refused
    drop(workspace, "report.csv", GOOD)
    assert ingest(workspace, 3) == before


def test_two_names_that_swapped_their_files_do_not_take_turns(workspace: Workspace) -> None:
    drop(workspace, "a.csv", GOOD)
    ingest(workspace)
    drop(workspace, "b.csv", BAD)
    ingest(workspace, 1)
    drop(workspace, "a.csv", BAD)
    drop(workspace, "b.csv", GOOD)
    after = ingest(workspace, 2)
    assert ingest(workspace, 3) == after == ingest(workspace, 4)


def test_a_file_put_back_under_another_kind_of_name_can_still_be_read_again(workspace: Workspace) -> None:
    drop(workspace, "a.csv", GOOD)
    ingest(workspace)
    drop(workspace, "b.txt", BAD)
    ingest(workspace, 1)
    drop(workspace, "b.txt", GOOD)
    (row,) = (row for row in ingest(workspace, 2) if row["file"] == "b.txt" and row["sequence"] == 3)
    assert workspace.lake.archive("acme", str(row["upload_id"]), ".txt").read_bytes() == GOOD


STEPS = st.lists(
    st.tuples(st.sampled_from(["a.csv", "b.csv", "c.tsv"]), st.sampled_from([GOOD, BAD, THIRD, UNREADABLE, None])),
    min_size=1,
    max_size=8,
)


@given(steps=STEPS, at_once=st.integers(1, 3))
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ingest_again_is_always_a_no_op_and_what_was_dropped_last_is_newest(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bytes | None]], at_once: int
) -> None:
    workspace = Workspace.open(Settings(home=tmp_path_factory.mktemp("home")))
    for number, (name, data) in enumerate(steps, 1):
        if data is None:
            (workspace.inbox / "acme" / name).unlink(missing_ok=True)
        else:
            drop(workspace, name, data)
        if number % at_once and number != len(steps):
            continue
        once = client_steps.ingest(workspace, "acme", NOW + number * HOUR).uploads
        again = client_steps.ingest(workspace, "acme", NOW + (number + 100) * HOUR)
        assert again.uploads.equals(once) and again.new == ()
        read = once.filter(pl.col("status") != "refused")
        assert read["sequence"].is_unique().all() and read["upload_id"].is_unique().all()
