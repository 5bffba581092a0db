"""From stored rows to the report where files state weeks or periods: the steps in order, on disk, and the rulebook."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pypdf import PdfReader

from adtech_assets.lake import Part
from adtech_assets.metrics.naming.names import ALL_CAMPAIGNS
from adtech_assets.metrics.weekly import latest_complete_week
from adtech_assets.pipeline import client_steps, week_steps
from adtech_assets.pipeline.checking import check
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.quality.rulebook import rules_of_asset
from adtech_assets.settings import Client, Settings
from adtech_assets.tables import (
    ANOMALY_SCORES,
    CHECKSUMS,
    CLEANED,
    CONSERVATION,
    FINDINGS,
    PERIOD_ROWS,
    RAW_ROWS,
    UPLOAD_COLUMNS,
    UPLOADS,
    WEEKLY,
)

pytestmark = pytest.mark.steps

FIRST, LAST = dt.date(2025, 1, 6), dt.date(2025, 2, 24)
NOW = dt.datetime(2025, 3, 3, 8, tzinfo=dt.UTC)
WEEKS = [FIRST + dt.timedelta(weeks=i) for i in range(8)]
CHECKED = ("raw_uploads", "cleaned_metrics", "weekly_aggregates", "anomaly_scores", "diagnoses", "narratives",
           "weekly_reports")  # fmt: skip
Row = dict[str, Any]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(Settings(home=tmp_path, clients={"acme": Client(name="Acme Kettles", currency="EUR")}))


def row(first: dt.date | None, last: dt.date | None, campaign: str | None, spend: float, **other: Any) -> Row:
    figures = {"impressions": spend * 80, "clicks": spend * 2, "conversions": spend / 20, "revenue": 900.0}
    named = {"platform": "google_ads", "channel": "Search", "campaign": campaign, "spend": spend}
    return {"date": first, "last_day": last, **named, **figures, **other}


def weeks(campaign: str | None, spend: float = 200.0, **other: Any) -> list[Row]:
    """Eight week rows; spend grows by ten a week."""
    return [
        row(monday, monday + dt.timedelta(days=6), campaign, spend + 10 * i, **other) for i, monday in enumerate(WEEKS)
    ]


def store(workspace: Workspace, *files: tuple[list[Row], Row], checksums: list[Row] | None = None) -> None:
    """What ingest leaves behind for files that came in this order; `checksums` are the first file's."""
    uploads = []
    for number, (rows, facts) in enumerate(files, start=1):
        identity = f"{number:012x}"
        part = Part("acme", upload=identity)
        raw = pl.DataFrame(rows, schema_overrides=RAW_ROWS.schema, infer_schema_length=None)
        placed = raw.with_columns(
            upload_id=pl.lit(identity), source_row=pl.int_range(2, raw.height + 2, dtype=pl.Int64)
        )
        workspace.lake.write(RAW_ROWS, part, placed)
        headers = [{"upload_id": identity, "position": 1, "header": "Cost", "field": "spend", "type": "number"}]
        workspace.lake.write(UPLOAD_COLUMNS, part, pl.DataFrame(headers))
        checks = [{"upload_id": identity, **found} for found in (checksums or [])] if number == 1 else []
        workspace.lake.write(CHECKSUMS, part, pl.DataFrame(checks, schema=CHECKSUMS.schema, orient="row"))
        uploads.append({
            "upload_id": identity, "sequence": number, "file": f"file {number}.csv", "status": "ok", "kind": "ads",
            "platform": "google_ads", "grain": "week", "arrived_at": NOW, "rows_read": len(rows), "rows_total": 0,
            "rows_typed": len(rows), "rows_problem": 0, "spend_read": raw["spend"].sum(),
            "period_start": raw["date"].min(), "period_end": raw["last_day"].max(), **facts,
        })  # fmt: skip
    schema = UPLOADS.schema
    workspace.lake.write(
        UPLOADS, Part("acme"), pl.DataFrame(uploads, schema_overrides=schema, infer_schema_length=None)
    )


def metrics(workspace: Workspace) -> pl.DataFrame:
    client_steps.clean(workspace, "acme")
    table = client_steps.aggregate(workspace, "acme")
    client_steps.score(workspace, "acme")
    return table


def report(workspace: Workspace, week: dt.date = LAST) -> week_steps.Rendered:
    week_steps.diagnose(workspace, "acme", week)
    week_steps.narrate(workspace, "acme", week)
    return week_steps.render(workspace, "acme", week)


def failing(workspace: Workspace, week: dt.date | None = LAST) -> dict[str, list[Row]]:
    assets = CHECKED if week else CHECKED[:4]
    results = check(workspace, [rule for asset in assets for rule in rules_of_asset(asset)], "acme", week)
    assert [r.error for r in results if r.error] == []
    # The platforms by day are alike from week to week in some of these files, on purpose.
    failed = {result.rule.id: result.failing_rows for result in results if not result.passed}
    failed.pop("no_week_copied", None)
    return failed


def printed(made: week_steps.Rendered) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(made.pdf_path).pages)


def test_a_client_with_week_rows_only_gets_a_right_report_without_anomalies(workspace: Workspace) -> None:
    store(workspace, ([*weeks("Brand"), *weeks("Shoes", 100.0)], {}))
    table = metrics(workspace)
    assert latest_complete_week(table) == LAST
    now = table.filter(level="account", week=LAST).row(0, named=True)
    assert (now["days"], now["spend"], now["spend_previous"]) == (7, 440.0, 420.0)
    assert now["spend_change"] == pytest.approx(20 / 420) and now["roas"] == pytest.approx(1800 / 440)
    for table_ in (ANOMALY_SCORES, FINDINGS):
        assert workspace.lake.read(table_, Part("acme")).is_empty()
    made = report(workspace)
    text = printed(made)
    assert made.row["spend"] == 440.0 and "€440.00" in text and "+4.8%" in text and "€420.00" in text
    assert "single days could not be examined" in text and "day by day" not in text
    assert failing(workspace) == {}


def test_the_causes_of_a_client_with_week_rows_are_measured_against_the_mean_of_the_two_weeks_before(
    workspace: Workspace,
) -> None:
    store(workspace, ([*weeks("Brand"), *weeks("Shoes", 100.0)], {}))
    metrics(workspace)
    found = week_steps.diagnose(workspace, "acme", LAST)
    account = found.filter(kind="change", metric="spend").row(0, named=True)
    assert (account["baseline_value"], account["current_value"]) == (410.0, 440.0)
    drivers = found.filter(kind="driver", metric="spend", dimension="campaign")
    assert dict(drivers.select("member", "contribution").iter_rows()) == {"Brand": 15.0, "Shoes": 15.0}


def test_a_running_week_is_reported_as_provisional_and_only_when_asked_for(workspace: Workspace) -> None:
    store(workspace, (weeks("Brand"), {"arrived_at": dt.datetime(2025, 2, 26, 8, tzinfo=dt.UTC)}))
    table = metrics(workspace)
    assert latest_complete_week(table) == LAST - dt.timedelta(weeks=1)
    assert "figures cover 3 days of the week" in printed(report(workspace))
    assert failing(workspace) == {}


def test_one_platform_by_day_and_one_by_week_are_one_account(workspace: Workspace) -> None:
    days = [row(FIRST + dt.timedelta(days=i), FIRST + dt.timedelta(days=i), "Brand", 30.0 + i % 7) for i in range(56)]
    store(workspace, (days, {"grain": "day"}), (weeks("Reels", platform="meta_ads", channel="Instagram"), {}))
    now = metrics(workspace).filter(level="account", week=LAST).row(0, named=True)
    assert (now["days"], now["spend"], now["spend_previous"]) == (7, 231.0 + 270.0, 231.0 + 260.0)
    scored = workspace.lake.read(ANOMALY_SCORES, Part("acme"))
    assert scored["campaign"].unique().to_list() == ["Brand"]
    assert "Spend of €270.00 is stated for the week as a whole" in printed(report(workspace))
    assert failing(workspace) == {}


def test_a_period_is_in_no_weekly_figure_but_stored_told_and_accounted_for(workspace: Workspace) -> None:
    month = [row(dt.date(2025, 2, 1), dt.date(2025, 2, 28), name, 800.0, platform="tiktok_ads") for name in "AB"]
    store(workspace, (weeks("Brand"), {}), (month, {"grain": "period", "platform": "tiktok_ads"}))
    table = metrics(workspace)
    assert table.filter(level="account", week=LAST)["spend"].to_list() == [270.0]
    assert workspace.lake.read(PERIOD_ROWS, Part("acme"))["spend"].sum() == 1600.0
    made = report(workspace)
    assert "file 2.csv: 1–28 Feb 2025, €1,600.00 of spend" in printed(made)
    assert {u for item in made.content.evidence.items for u in item.uploads} == {"000000000001"}
    (found,) = failing(workspace)["figures_by_day_or_week"]
    assert (found["file"], found["rows"]) == ("file 2.csv", 2) and len(failing(workspace)) == 1


def test_a_client_with_nothing_but_a_period_has_no_week_and_is_told_why(workspace: Workspace) -> None:
    store(workspace, ([row(dt.date(2025, 2, 1), dt.date(2025, 2, 28), "A", 800.0), row(None, None, "B", 1.0)], {}))
    assert metrics(workspace).is_empty()
    assert workspace.lake.read(CONSERVATION, Part("acme")).select("rows_period", "spend_period").row(0) == (2, 801.0)
    told = failing(workspace, None)
    assert {"figures_by_day_or_week", "metrics_not_empty"} <= set(told)
    assert not {"rows_conserved", "spend_conserved", "period_rows_accounted"} & set(told)
    with pytest.raises(week_steps.NoData, match="no figures in the week"):
        week_steps.diagnose(workspace, "acme", LAST)


def test_shop_and_web_files_stay_in_bronze_and_fail_no_account_of_ads(workspace: Workspace) -> None:
    shop = ([row(LAST, LAST, None, 0.0)], {"kind": "shop", "platform": "shopify_orders", "currency": "DKK"})
    web = ([row(None, None, None, 0.0)], {"kind": "web", "platform": "ga4", "grain": "none"})
    store(workspace, (weeks("Brand"), {"currency": "EUR"}), shop, web)
    metrics(workspace)
    report(workspace)
    assert failing(workspace) == {} and workspace.currency("acme") == "EUR"
    assert workspace.raw_rows("acme")["upload_id"].n_unique() == 3
    assert workspace.lake.read(CLEANED, Part("acme"))["upload_id"].unique().to_list() == ["000000000001"]


def test_a_report_of_placements_counts_only_where_no_report_of_campaigns_does(workspace: Workspace) -> None:
    placements = [row for place in ("feed", "stories") for row in weeks(None, 150.0, device=place)]
    store(workspace, (placements, {}), (weeks("Brand")[:4], {}))
    account = metrics(workspace).filter(level="account").sort("week")
    assert account["spend"].to_list() == [200.0, 210.0, 220.0, 230.0, 380.0, 400.0, 420.0, 440.0]
    assert workspace.lake.read(WEEKLY, Part("acme")).filter(level="campaign", week=LAST)["member"].to_list() == [
        ALL_CAMPAIGNS
    ]
    assert "All campaigns" in printed(report(workspace)) and failing(workspace) == {}


def test_total_rows_are_read_over_all_uploads_checked_and_told_in_the_report(workspace: Workspace) -> None:
    total = {"source_row": 10, "label": "Total", "tolerance": 0.01}
    equal = {**total, "metric": "clicks", "rows_sum": 3760.0, "file_total": 3760.0, "ok": True}
    off = {**total, "metric": "spend", "rows_sum": 1880.0, "file_total": 1800.0, "ok": False}
    store(workspace, (weeks("Brand"), {}), (weeks("Reels", platform="meta_ads"), {}), checksums=[equal, off])
    assert workspace.checksums("acme")["metric"].to_list() == ["clicks", "spend"]
    metrics(workspace)
    assert "total row differs: Spend +€80.00 (rows €1,880.00, total row €1,800.00)" in printed(report(workspace))
    (found,) = failing(workspace)["total_row_equals_rows"]
    assert (found["file"], found["metric"], found["difference"]) == ("file 1.csv", "spend", 80.0)


def test_a_store_of_before_total_rows_were_kept_has_none(workspace: Workspace) -> None:
    assert workspace.checksums("acme").is_empty() and workspace.checksums("acme").schema == CHECKSUMS.schema
