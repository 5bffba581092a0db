"""The steps in order, on disk, as assets and command line call them: files in, report and mail out, and again."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from dropped_files import drop, run_metrics

from adtech_assets.demo import demo_frame
from adtech_assets.lake import Part
from adtech_assets.pipeline import client_steps, delivery, week_steps
from adtech_assets.pipeline.due import due_reports
from adtech_assets.pipeline.quick_look import NotReported, quick_look
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Client, Paths, Settings
from adtech_assets.tables import CLEANED, RAW_ROWS, REPORTS

pytestmark = pytest.mark.steps

WEEK = dt.date(2025, 3, 24)
NOW = dt.datetime(2025, 4, 1, 8, tzinfo=dt.UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    clients = {"acme": Client(name="Acme Kettles", currency="EUR", country="DE", recipients=("a@client.example",))}
    return Workspace.open(Settings(home=tmp_path, clients=clients))


def metrics(workspace: Workspace) -> None:
    run_metrics(workspace, NOW)


def report(workspace: Workspace, week: dt.date = WEEK) -> week_steps.Rendered:
    week_steps.diagnose(workspace, "acme", week)
    week_steps.narrate(workspace, "acme", week)
    return week_steps.render(workspace, "acme", week)


def corrected(extra: float = 400.0) -> bytes:
    first = (pl.col("date") == WEEK) & (pl.col("campaign") == "Google_Search_Brand")
    return (
        demo_frame()
        .with_columns(spend=pl.when(first).then(pl.col("spend") + extra).otherwise("spend"))
        .write_csv()
        .encode()
    )


def test_a_file_becomes_a_report_and_one_mail_whatever_is_rerun(workspace: Workspace) -> None:
    drop(workspace, "export.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    assert [(d.week, d.reason) for d in due_reports(workspace, "acme")] == [(WEEK, "new")]
    first = report(workspace)
    delivery.deliver(workspace, "acme", WEEK, NOW)
    before = {p: p.read_bytes() for p in sorted(workspace.settings.home.rglob("*")) if p.is_file()}
    metrics(workspace)
    second = report(workspace)
    delivery.deliver(workspace, "acme", WEEK, NOW + dt.timedelta(hours=1))
    after = {p: p.read_bytes() for p in sorted(workspace.settings.home.rglob("*")) if p.is_file()}
    assert first.row == second.row and due_reports(workspace, "acme") == []
    assert before == after, "the same input gives the same bytes in the same places"
    assert len(list(workspace.outbox.rglob("*.eml"))) == 1


def test_changed_figures_make_a_second_version_that_says_what_moved(workspace: Workspace) -> None:
    drop(workspace, "export.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    first = report(workspace)
    delivery.deliver(workspace, "acme", WEEK, NOW)
    drop(workspace, "newer.csv", corrected(4000.0))
    metrics(workspace)
    assert [(d.week, d.reason) for d in due_reports(workspace, "acme")] == [(WEEK, "revised")]
    second = report(workspace)
    assert second.row["version"] == 2 and first.pdf_path.is_file()
    assert "spend was €" in (second.content.revision_note or "") and "and is €" in (second.content.revision_note or "")
    sent = delivery.deliver(workspace, "acme", WEEK, NOW)
    assert sent["version"].to_list() == [1, 2] and sent["message_id"].n_unique() == 2


def test_small_revisions_are_filed_and_mailed_once_they_add_up_to_news(workspace: Workspace) -> None:
    drop(workspace, "export.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    spend = report(workspace).row["spend"]
    delivery.deliver(workspace, "acme", WEEK, NOW)
    for name, share in (("b", 0.03), ("c", 0.045), ("d", 0.06)):
        drop(workspace, f"{name}.csv", corrected(share * spend))
        metrics(workspace)
        report(workspace)
        delivery.deliver(workspace, "acme", WEEK, NOW)
        assert due_reports(workspace, "acme") == []
    sent = delivery.deliver(workspace, "acme", WEEK, NOW)
    assert sent["transport"].to_list() == ["outbox", "filed", "filed", "outbox"]
    assert len(list(workspace.outbox.rglob("*.eml"))) == 2


def test_days_after_a_week_change_nothing_its_report_said(workspace: Workspace) -> None:
    until = demo_frame().filter(pl.col("date") <= dt.date(2025, 2, 16))
    drop(workspace, "until.csv", until.write_csv().encode())
    metrics(workspace)
    week = dt.date(2025, 2, 10)
    then = report(workspace, week)
    drop(workspace, "whole.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    assert [due.week for due in due_reports(workspace, "acme")] == [WEEK], "no reported week is revised by later days"
    now = report(workspace, week)
    assert now.row["version"] == 1 and now.content.narrative == then.content.narrative
    assert now.content.findings.equals(then.content.findings) and now.content.findings["end"].max() <= dt.date(
        2025, 2, 16
    )


def test_a_report_asked_for_alone_never_prints_text_written_for_other_figures(workspace: Workspace) -> None:
    drop(workspace, "export.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    report(workspace)
    assert [d.reason for d in due_reports(workspace, "acme")] == ["undelivered"]
    drop(workspace, "newer.csv", corrected(5000.0))
    metrics(workspace)
    alone = week_steps.render(workspace, "acme", WEEK)
    spend = workspace.lake.read(CLEANED, Part("acme")).filter(pl.col("date").is_between(WEEK, WEEK + dt.timedelta(6)))
    account = next(
        i for i in alone.content.evidence.items if i.metric == "spend" and not i.segment and i.kind == "change"
    )
    assert account.to == pytest.approx(spend["spend"].sum())


def test_a_campaign_a_newer_file_no_longer_names_is_kept_and_told_in_the_report(workspace: Workspace) -> None:
    drop(workspace, "a.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    filtered = demo_frame().filter(pl.col("campaign") != "Google_Display").with_columns(pl.col("spend") + 1)
    drop(workspace, "filtered.csv", filtered.write_csv().encode())
    metrics(workspace)
    made = report(workspace)
    html = made.pdf_path.with_suffix(".html").read_text("utf-8")
    assert "Missing in the newest file" in html and "was kept: Google_Display" in html


def test_a_refused_file_is_told_and_forgotten_when_corrected(workspace: Workspace) -> None:
    drop(workspace, "good.csv", demo_frame().write_csv().encode())
    bad = drop(workspace, "bad.csv", b"date,channel\n2025-01-01,x\n")
    ingested = client_steps.ingest(workspace, "acme", NOW)
    note = bad.with_name("bad.csv.rejected.txt")
    assert ingested.refused["file"].to_list() == ["bad.csv"] and "no metric" in note.read_text()
    bad.unlink()
    assert client_steps.ingest(workspace, "acme", NOW).refused.is_empty() and not note.exists()


def test_the_original_bytes_are_archived_and_the_same_bytes_are_one_upload(workspace: Workspace) -> None:
    data = demo_frame().write_csv().encode()
    drop(workspace, "a.csv", data)
    drop(workspace, "b.csv", data)
    ingested = client_steps.ingest(workspace, "acme", NOW)
    assert ingested.uploads.height == 1
    assert workspace.lake.archive("acme", ingested.uploads["upload_id"][0], ".csv").read_bytes() == data


def test_an_upload_read_by_an_older_reader_is_read_again_from_its_archived_bytes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(workspace, "a.csv", demo_frame().write_csv().encode())
    first = client_steps.ingest(workspace, "acme", NOW)
    path.unlink()
    part = Part("acme", upload=first.uploads["upload_id"][0])
    rows = workspace.lake.read(RAW_ROWS, part)
    workspace.lake.write(RAW_ROWS, part, rows.head(1))
    monkeypatch.setattr(client_steps, "READER_VERSION", 99)
    client_steps.ingest(workspace, "acme", NOW)
    assert workspace.lake.read(RAW_ROWS, part).equals(rows)


def test_a_week_without_figures_is_an_error_with_a_sentence(workspace: Workspace) -> None:
    drop(workspace, "a.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    with pytest.raises(week_steps.NoData, match="no figures in the week of 2024-01-01"):
        week_steps.diagnose(workspace, "acme", dt.date(2024, 1, 1))


def test_only_refused_files_leave_empty_tables_not_a_crash(workspace: Workspace) -> None:
    drop(workspace, "bad.csv", b"nothing,known\n1,2\n")
    metrics(workspace)
    assert due_reports(workspace, "acme") == [] and workspace.lake.read(CLEANED, Part("acme")).is_empty()


ADTECH = ["Date,Campaign_ID,Spend,Impressions,Conversions,Location"] + [
    f"2025-01-{day:02d},C-{c},{10 + c}.50,{1000 * c},{c},{'Berlin' if c == 1 else 'Bonn'}"
    for day in range(6, 27)
    for c in (1, 2)
]


def test_an_adtech_sheet_without_clicks_and_revenue_is_reported_without_them(tmp_path: Path) -> None:
    from pypdf import PdfReader

    file = tmp_path / "adtech.csv"
    file.write_text("\n".join(ADTECH))
    places = Paths(inbox=Path("in"), lake=Path("lake"), reports=tmp_path / "out", outbox=Path("mail"))
    made = quick_look(Settings(home=tmp_path, paths=places), file, "acme", None, with_checks=False)
    text = " ".join(page.extract_text() for page in PdfReader(made.pdf).pages)
    assert made.week == dt.date(2025, 1, 20) and "CTR" not in text and "ROAS" not in text and "168" in text


@pytest.mark.parametrize(
    ("content", "day", "said"),
    [
        (b"a,b\n1,2\n", None, "not recognised"),
        ("\n".join(ADTECH).encode(), dt.date(2031, 1, 1), "no figures in the week of 2030-12-30"),
        ("\n".join(ADTECH[:5]).encode(), None, "no week up to its Sunday"),
    ],
    ids=["foreign table", "week without data", "no whole week"],
)
def test_a_quick_look_that_cannot_report_says_why(
    tmp_path: Path, content: bytes, day: dt.date | None, said: str
) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(NotReported, match=said):
        quick_look(Settings(home=tmp_path / "home"), file, "acme", day, with_checks=False)


def test_reports_are_kept_by_week(workspace: Workspace) -> None:
    drop(workspace, "a.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    for week in (dt.date(2025, 2, 10), dt.date(2025, 2, 17)):
        report(workspace, week)
    assert workspace.lake.weeks(REPORTS, "acme") == [dt.date(2025, 2, 10), dt.date(2025, 2, 17)]


PLANTED_WEEKS = {
    dt.date(2025, 2, 10): "Google_Search_Brand",
    dt.date(2025, 3, 10): "FB_Retargeting",
    dt.date(2025, 2, 17): "Email_Newsletter",
    dt.date(2025, 2, 24): "IG_Influencer",
    dt.date(2025, 3, 17): "Google_Display",
}


def test_the_reports_of_the_weeks_with_planted_anomalies_name_them(workspace: Workspace) -> None:
    drop(workspace, "a.csv", demo_frame().write_csv().encode())
    metrics(workspace)
    for week, campaign in PLANTED_WEEKS.items():
        said = " ".join(s.text for s in report(workspace, week).content.narrative.of("anomalies"))
        assert campaign in said, f"{week}: {said}"
