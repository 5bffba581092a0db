"""The outlook on the page: forecast and pacing as the tables say, and nothing where they say nothing."""

from __future__ import annotations

import datetime as dt

import polars as pl
from report_fixture import TEMPLATES, WEEK, report_content

from adtech_assets.reporting import document
from adtech_assets.reporting.ahead import build_ahead
from adtech_assets.tables import FORECAST, LIFECYCLE, PACING, Table

SUNDAY = WEEK + dt.timedelta(days=6)
ACCOUNT = {"level": "account", "platform": None, "channel": None, "campaign": None}


def rows(table: Table, *given: dict[str, object]) -> pl.DataFrame:
    return table.conform(pl.DataFrame(list(given), infer_schema_length=None))


def forecast(status: str = "ok") -> pl.DataFrame:
    return rows(
        FORECAST,
        *(
            {**ACCOUNT, "metric": "spend", "made_on": SUNDAY, "date": SUNDAY + dt.timedelta(days=days), "status": status,
             "days_ahead": days, "total": 100.0 * days, "total_low_80": 90.0 * days, "total_high_80": 120.0 * days}
            for days in (7, 30)
        ),
    )  # fmt: skip


def pacing(**budget: object) -> pl.DataFrame:
    campaign = {"level": "campaign", "platform": "google_ads", "channel": "Search", "campaign": "Brand <b>"}
    same = {
        "month": SUNDAY.replace(day=1),
        "on": SUNDAY,
        "status": "ok",
        "projected_low_80": 800.0,
        "projected_high_80": 1000.0,
    }
    return rows(
        PACING,
        {**ACCOUNT, **same, "spent": 400.0, "projected": 900.0},
        {**campaign, **same, "spent": 300.0, "projected": 900.0, **budget},
    )


OVER = {
    "budget": 600.0, "band": "red", "side": "over", "suggested_daily_spend": 12.5, "used_up_on": SUNDAY,
}  # fmt: skip


def test_the_total_of_each_horizon_is_shown_with_the_range_of_four_cases_in_five() -> None:
    ahead = build_ahead(report_content(forecast=forecast()))
    assert ahead is not None
    assert [(r.metric, r.totals) for r in ahead.rows] == [
        ("Spend", (("€700.00", "€630.00 to €840.00"), ("€3,000", "€2,700 to €3,600")))
    ]


def test_a_forecast_that_could_not_be_made_is_left_out() -> None:
    assert build_ahead(report_content(forecast=forecast("not_enough_data"))) is None


def test_budgets_are_shown_where_there_are_some_and_else_the_account_as_a_projection() -> None:
    with_budget = build_ahead(report_content(pacing=pacing(**OVER)))
    without = build_ahead(report_content(pacing=pacing()))
    assert with_budget is not None and without is not None
    (one,) = with_budget.paces
    assert (one.subject, one.band, one.band_text, one.budget) == ("Brand <b>", "red", "will be overspent", "€600.00")
    assert "12.50" in one.advice and "used up on" in one.advice
    (one,) = without.paces
    assert (one.subject, one.band, one.budget, one.advice) == ("The whole account", "", "", "")


def test_a_budget_on_course_gets_no_advice() -> None:
    ahead = build_ahead(report_content(pacing=pacing(**{**OVER, "band": "green", "side": "on"})))
    assert ahead is not None and ahead.paces[0].advice == ""


def test_a_worn_out_campaign_is_told_with_its_figure_and_names_stay_text() -> None:
    worn = rows(
        LIFECYCLE,
        {"campaign": "Spring <i>", "phase": "fatigue", "metric": "ctr", "change": -0.25, "start": WEEK, "status": "ok"},
        {"campaign": "Brand", "phase": "plateau", "metric": "ctr", "change": 0.01, "start": WEEK, "status": "ok"},
    )
    content = report_content(lifecycle=worn, pacing=pacing(**OVER))
    ahead = build_ahead(content)
    assert ahead is not None and len(ahead.tired) == 1 and "25.0%" in ahead.tired[0]
    html = document.render_html(content, TEMPLATES)
    assert "Spring &lt;i&gt;" in html and "Brand &lt;b&gt;" in html
    assert "<i>" not in html and "Brand <b>" not in html
