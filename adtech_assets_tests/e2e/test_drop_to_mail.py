"""What the product promises, with the real daemon: a dropped export becomes a PDF and a mail, once, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from e2e_support import Installation, pdf_text, wait_for

from adtech_assets.demo import demo_frame, write_demo
from adtech_assets.lake import Part
from adtech_assets.tables import CLEANED, DELIVERIES, REPORTS

pytestmark = pytest.mark.e2e

WEEK = dt.date(2025, 3, 24)
BACKFILL = """
mutation($keys: [String!]!) {
  launchPartitionBackfill(backfillParams: {assetSelection: [{path: ["weekly_reports"]}], partitionNames: $keys}) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}
"""
STATUS = """
query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }
"""


def week_of(frame: pl.DataFrame, week: dt.date) -> pl.DataFrame:
    return frame.filter(pl.col("date").is_between(week, week + dt.timedelta(days=6)))


@pytest.fixture(scope="module")
def first_report(installation: Installation) -> Path:
    """Acme's first drop, mailed."""
    write_demo(installation.home / "data" / "inbox" / "acme" / "export.csv")
    wait_for("a mail to Acme", lambda: installation.mails_to("acme@"), 120)
    wait_for("all runs done", installation.idle)
    (pdf,) = installation.pdfs("acme")
    return pdf


def test_a_dropped_export_becomes_a_pdf_with_the_weeks_true_numbers_and_a_mail(
    installation: Installation, first_report: Path
) -> None:
    week = week_of(demo_frame(), WEEK)
    text = pdf_text(first_report)
    assert "Acme Kettles" in text
    assert f"{week['spend'].sum():,.0f}" in text and f"{week['revenue'].sum():,.0f}" in text
    assert f"{week['conversions'].sum():,.0f}" in text and f"{week['revenue'].sum() / week['spend'].sum():.2f}" in text
    (mail,) = installation.mails_to("acme@")
    (attachment,) = mail.iter_attachments()
    assert attachment.get_content() == first_report.read_bytes()
    assert "Acme Kettles" in str(mail["Subject"]) and mail.get_body(("plain",)) is not None


def test_the_same_file_again_makes_no_new_report_and_no_second_mail(
    installation: Installation, first_report: Path
) -> None:
    before, done = first_report.read_bytes(), len(installation.runs("client_metrics"))
    source = installation.home / "data" / "inbox" / "acme" / "export.csv"
    installation.drop("acme", "the same again.csv", source.read_bytes())
    wait_for("the run for the copy", lambda: len(installation.runs("client_metrics")) > done)
    wait_for("all runs done", installation.idle)
    assert installation.pdfs("acme") == [first_report] and first_report.read_bytes() == before
    assert len(installation.mails_to("acme@")) == 1


def test_a_rerun_of_everything_gives_the_same_bytes_and_no_second_mail(
    installation: Installation, first_report: Path
) -> None:
    before = first_report.read_bytes()
    key = f"acme|{WEEK}"
    launch = """
    mutation($tags: [ExecutionTag!]!) {
      launchRun(executionParams: {selector: {repositoryLocationName: "adtech_assets", repositoryName: "__repository__",
        jobName: "weekly_report"}, runConfigData: {}, mode: "default", executionMetadata: {tags: $tags}}) {
        __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
    """
    tags = [
        {"key": "dagster/partition", "value": key}, {"key": "dagster/partition/client", "value": "acme"},
        {"key": "dagster/partition/week", "value": str(WEEK)},
    ]  # fmt: skip
    answer = installation.graphql(launch, {"tags": tags})["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer

    def finished() -> dg.DagsterRun | None:
        with installation.instance as instance:
            run = instance.get_run_by_id(answer["run"]["runId"])
        return run if run and run.is_finished else None

    assert wait_for("the rerun", finished).status == dg.DagsterRunStatus.SUCCESS
    assert first_report.read_bytes() == before and len(installation.mails_to("acme@")) == 1


def test_a_broken_file_is_refused_and_told_while_the_others_go_on(
    installation: Installation, first_report: Path
) -> None:
    broken = installation.drop(
        "acme", "broken.csv", b"date,channel,campaign,spennd,impressions,clicks,conversions,revenue\n1,2\n"
    )
    note = broken.with_name("broken.csv.rejected.txt")
    wait_for("the note beside the file", note.is_file)
    assert "missing: 'Spend'" in note.read_text() and "rename 'spennd'" in note.read_text()
    alert = wait_for("an alert", lambda: [a for a in installation.alerts() if "broken.csv" in a["text"]])[0]
    assert "missing: 'Spend'" in alert["text"] and "/runs/" in alert["text"]
    wait_for("all runs done", installation.idle)
    cleaned = installation.workspace.lake.read(CLEANED, Part("acme"))
    assert cleaned["spend"].sum() == pytest.approx(demo_frame()["spend"].sum())
    assert installation.pdfs("acme") == [first_report] and len(installation.mails_to("acme@")) == 1
    broken.unlink()


def test_a_corrected_file_makes_a_revised_report_that_says_so(installation: Installation, first_report: Path) -> None:
    frame = demo_frame()
    row = week_of(frame, WEEK).filter(pl.col("spend") > 0).row(0, named=True)
    wrong = (pl.col("date") == row["date"]) & (pl.col("campaign") == row["campaign"])
    corrected = frame.with_columns(spend=pl.when(wrong).then(pl.col("spend") + 500).otherwise("spend"))
    installation.drop("acme", "export.csv", corrected.write_csv().encode())
    mails = wait_for("a second mail", lambda: len(found := installation.mails_to("acme@")) == 2 and found)
    revised = [pdf for pdf in installation.pdfs("acme") if "_v2" in pdf.name]
    assert len(revised) == 1 and first_report.is_file(), "the first version stays beside the second"
    text = pdf_text(revised[0])
    assert f"{week_of(corrected, WEEK)['spend'].sum():,.0f}" in text and "evised" in text
    assert "evised" in str(mails[-1]["Subject"])
    wait_for("all runs done", installation.idle)


def test_a_backfill_of_the_reports_over_four_weeks_works_as_from_the_ui_and_mails_nothing(
    installation: Installation, first_report: Path
) -> None:
    weeks = [dt.date(2025, 2, 10) + dt.timedelta(weeks=i) for i in range(4)]
    answer = installation.graphql(BACKFILL, {"keys": [f"acme|{week}" for week in weeks]})["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    sent = len(installation.postbox.mails)

    def status() -> str | None:
        found = installation.graphql(STATUS, {"id": answer["backfillId"]})["partitionBackfillOrError"]["status"]
        return found if found.startswith("COMPLETED") or found == "FAILED" else None

    assert wait_for("the backfill", status, 180) == "COMPLETED_SUCCESS"
    reported = installation.workspace.lake.weeks(REPORTS, "acme")
    assert set(weeks) <= set(reported)
    spend_spike = next(pdf for pdf in installation.pdfs("acme") if "2025-02-10" in pdf.name)
    assert "Google_Search_Brand" in pdf_text(spend_spike)
    assert len(installation.postbox.mails) == sent


def test_a_run_killed_in_the_middle_is_run_again_and_nothing_is_half_written(installation: Installation) -> None:
    installation.drop("bolt", "export.csv", demo_frame(seed=3).write_csv().encode())

    def worker() -> int | None:
        with installation.instance as instance:
            for run in instance.get_runs(dg.RunsFilter(job_name="client_metrics", tags={"dagster/partition": "bolt"})):
                for entry in instance.all_logs(run.run_id):
                    if found := re.search(r"pid: (\d+)", entry.user_message or ""):
                        return int(found.group(1))
        return None

    os.kill(wait_for("the run's process", worker), signal.SIGKILL)
    wait_for("the report of the second try", lambda: installation.mails_to("bolt@"), 150)
    wait_for("all runs done", installation.idle)
    lake = installation.workspace.lake
    assert lake.read(CLEANED, Part("bolt"))["spend"].sum() == pytest.approx(demo_frame(seed=3)["spend"].sum())
    assert lake.read(DELIVERIES, Part("bolt", WEEK)).height == 1 and len(installation.mails_to("bolt@")) == 1
    assert not list((installation.home / "data").rglob("*.tmp")), "a killed write leaves nothing beside the tables"


def test_a_run_ended_from_the_ui_is_cancelled_and_the_next_drop_goes_through(installation: Installation) -> None:
    long = pl.concat([demo_frame(seed).with_columns(campaign=pl.col("campaign") + f" {seed}") for seed in range(60)])
    installation.drop("coral", "export.csv", long.write_csv().encode())

    def started() -> str | None:
        runs = installation.runs("client_metrics", **{"dagster/partition": "coral"})
        return next((run.run_id for run in runs if run.status == dg.DagsterRunStatus.STARTED), None)

    run_id = wait_for("the run", started)
    end = "mutation($id: String!) { terminateRun(runId: $id) { __typename ... on TerminateRunFailure { message } } }"
    assert installation.graphql(end, {"id": run_id})["terminateRun"]["__typename"] == "TerminateRunSuccess"

    def finished() -> dg.DagsterRunStatus | None:
        with installation.instance as instance:
            run = instance.get_run_by_id(run_id)
        return run.status if run and run.is_finished else None

    assert wait_for("its end", finished) == dg.DagsterRunStatus.CANCELED
    installation.drop("coral", "export.csv", demo_frame(seed=4).write_csv().encode())
    wait_for("a mail to Coral", lambda: installation.mails_to("coral@"), 120)
    wait_for("all runs done", installation.idle)
