"""Exports as platforms give them, dropped into the inbox: through the steps to the report, mappings and shops included."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
from pathlib import Path

import polars as pl
import pytest
from dropped_files import drop, run_metrics

from adtech_assets.lake import Part
from adtech_assets.pipeline import client_steps, week_steps
from adtech_assets.pipeline.checking import check
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.quality.rulebook import rules_of_asset
from adtech_assets.settings import Client, Settings
from adtech_assets.tables import CHECKSUMS, CLEANED, CONSERVATION, PERIOD_ROWS, RAW_ROWS

pytestmark = pytest.mark.steps

FILES = Path(__file__).parents[1] / "exports" / "files"
NOW = dt.datetime(2026, 5, 4, 8, tzinfo=dt.UTC)
WEEK = dt.date(2026, 4, 27)
DAYS = [dt.date(2026, 3, 30) + dt.timedelta(days=i) for i in range(35)]
CHECKED = ("raw_uploads", "cleaned_metrics", "weekly_aggregates", "anomaly_scores")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(Settings(home=tmp_path, clients={"acme": Client(name="Acme Kettles", country="GB")}))


def google_report(*, wrong_total_by: float = 0) -> bytes:
    """A daily campaign report as Google's "CSV (Excel)": UTF-16, tabs, two lines above, totals below."""
    rows, spend, shown = [], 0.0, 0
    for i, day in enumerate(DAYS):
        for campaign, cost in (("Kettles | Search", 40 + i), ("Teapots", 12.5)):
            spend, shown = spend + cost, shown + 1000 + 10 * i
            rows.append(
                f'Enabled\t{campaign}\t{day}\tGBP\t{cost:.2f}\t{30 + i}\t"{1000 + 10 * i:,}"\t2.81%\t2.00\t150.00'
            )
    totals = [
        f'{label}\t --\t --\tGBP\t{spend + wrong_total_by:.2f}\t\t"{shown:,}"\t\t\t'
        for label in ("Total: Campaigns", "Total: Account")
    ]
    header = "Campaign status\tCampaign\tDay\tCurrency code\tCost\tClicks\tImpr.\tCTR\tConversions\tConv. value"
    lines = ["Campaign report", "30 March 2026 - 3 May 2026", header, *rows, *totals, ""]
    return b"\xff\xfe" + "\n".join(lines).encode("utf-16-le")


def metrics(workspace: Workspace) -> None:
    run_metrics(workspace, NOW)


def failed(workspace: Workspace) -> set[str]:
    rules = [rule for asset in CHECKED for rule in rules_of_asset(asset)]
    return {result.rule.id for result in check(workspace, rules, "acme") if not result.passed}


def test_a_google_report_in_utf16_becomes_a_report_in_its_currency(workspace: Workspace) -> None:
    drop(workspace, "Campaign report.csv", google_report())
    metrics(workspace)
    assert failed(workspace) == set()
    week_steps.diagnose(workspace, "acme", WEEK)
    week_steps.narrate(workspace, "acme", WEEK)
    html = week_steps.render(workspace, "acme", WEEK).pdf_path.with_suffix(".html").read_text("utf-8")
    spend = sum(40 + i + 12.5 for i, day in enumerate(DAYS) if day >= WEEK)
    assert f"£{spend:,.0f}" in html and "Kettles | Search" in html and "Google Ads" in html
    assert "total row equal to the rows" in html


def test_a_total_row_that_differs_is_a_warning_and_said_in_the_report(workspace: Workspace) -> None:
    drop(workspace, "report.csv", google_report(wrong_total_by=7.25))
    metrics(workspace)
    assert failed(workspace) == {"total_row_equals_rows"}
    week_steps.diagnose(workspace, "acme", WEEK)
    week_steps.narrate(workspace, "acme", WEEK)
    html = week_steps.render(workspace, "acme", WEEK).pdf_path.with_suffix(".html").read_text("utf-8")
    assert "7.25" in html


def test_the_same_report_packed_is_the_same_figures(workspace: Workspace) -> None:
    drop(workspace, "report.csv", google_report())
    metrics(workspace)
    before = workspace.lake.read(CLEANED, Part("acme")).drop("upload_id")
    (workspace.inbox / "acme" / "report.csv").unlink()
    drop(workspace, "report.csv.gz", gzip.compress(google_report(), mtime=0))
    metrics(workspace)
    assert workspace.lake.read(CLEANED, Part("acme")).drop("upload_id").equals(before)


def test_a_shop_s_orders_stay_in_bronze_without_its_customers(workspace: Workspace) -> None:
    drop(workspace, "report.csv", google_report())
    shutil.copy(FILES / "shopify_h4_orders_multi_line.csv", workspace.inbox / "acme")
    metrics(workspace)
    assert failed(workspace) == set()
    assert set(workspace.lake.read(CLEANED, Part("acme"))["platform"]) == {"google_ads"}
    orders = next(u for u in workspace.uploads("acme").to_dicts() if u["kind"] == "shop")
    rows = workspace.lake.read(RAW_ROWS, Part("acme", upload=orders["upload_id"]))
    assert rows.height == orders["rows_read"] and "@" not in rows.write_json()


def test_figures_of_a_month_are_kept_apart_and_told(workspace: Workspace) -> None:
    drop(workspace, "report.csv", google_report())
    shutil.copy(FILES / "google_g02_campaign_utf8_gbp.csv", workspace.inbox / "acme" / "month.csv")
    metrics(workspace)
    assert failed(workspace) == {"figures_by_day_or_week"}
    assert workspace.lake.read(PERIOD_ROWS, Part("acme")).height > 0
    kept = workspace.lake.read(CONSERVATION, Part("acme"))
    assert kept.filter(pl.col("file") == "month.csv")["rows_period"].to_list() != [0]


def test_a_mapping_of_the_client_lets_a_refused_file_in_and_reads_old_ones_again(workspace: Workspace) -> None:
    drop(workspace, "sheet.csv", b"Date;Campaign;Spend;Clicks\n03/04/2026;Winter;1.50;5\n04/04/2026;Winter;2.50;7\n")
    assert client_steps.ingest(workspace, "acme", NOW).refused.height == 1
    drop(workspace, "mapping.yaml", b"exports: [{date_order: dmy}]")
    ingested = client_steps.ingest(workspace, "acme", NOW)
    assert ingested.refused.is_empty() and ingested.uploads["period_start"].to_list() == [dt.date(2026, 4, 3)]
    drop(workspace, "mapping.yaml", b"exports: [{date_order: mdy}]")
    assert client_steps.ingest(workspace, "acme", NOW).uploads["period_start"].to_list() == [dt.date(2026, 3, 4)]


def test_a_mapping_that_is_not_valid_refuses_new_files_and_leaves_old_ones(workspace: Workspace) -> None:
    drop(workspace, "report.csv", google_report())
    client_steps.ingest(workspace, "acme", NOW)
    drop(workspace, "mapping.yaml", b"exports: [{colums: {}}]")
    late = drop(workspace, "late.csv", google_report(wrong_total_by=1))
    ingested = client_steps.ingest(workspace, "acme", NOW)
    assert ingested.refused["file"].to_list() == ["late.csv"]
    assert "mapping.yaml is not valid" in late.with_name("late.csv.rejected.txt").read_text("utf-8")
    assert ingested.uploads.filter(pl.col("file") == "report.csv")["status"].to_list() == ["ok"]


def test_a_mapping_that_becomes_invalid_refuses_nothing_that_was_read_under_it(workspace: Workspace) -> None:
    drop(workspace, "sheet.csv", b"Date;Campaign;Spend;Clicks\n03/04/2026;Winter;1.50;5\n04/04/2026;Winter;2.50;7\n")
    drop(workspace, "mapping.yaml", b"exports: [{date_order: dmy}]")
    client_steps.ingest(workspace, "acme", NOW)
    drop(workspace, "mapping.yaml", b"exports: [{colums: {}}]")
    ingested = client_steps.ingest(workspace, "acme", NOW)
    assert ingested.refused.is_empty() and ingested.uploads["status"].to_list() == ["ok"]


def test_the_checksum_of_every_upload_is_stored(workspace: Workspace) -> None:
    drop(workspace, "report.csv", google_report())
    ingested = client_steps.ingest(workspace, "acme", NOW)
    stored = workspace.lake.read(CHECKSUMS, Part("acme", upload=ingested.new[0]))
    assert set(stored["metric"]) == {"spend", "impressions"} and stored["ok"].all()
